/// A matrix of weights, one row an output, in the format that it names.
public enum WeightMatrix: BitwiseCopyable {
  case int8(Int8Matrix)
  case bits(BitsMatrix)

  /// - Parameter memory: `format.byteCount(outputs:k:)` bytes, aligned to a cache line.
  public init(_ format: MatrixFormat, memory: UnsafeMutableRawPointer, outputs: Int, k: Int) {
    switch format {
    case .int8: self = unsafe .int8(Int8Matrix(memory: memory, outputs: outputs, k: k))
    case .bits(let kind):
      self = unsafe .bits(BitsMatrix(kind, memory: memory, outputs: outputs, k: k))
    }
  }

  public var format: MatrixFormat {
    switch self {
    case .int8: .int8
    case .bits(let matrix): .bits(matrix.kind)
    }
  }

  public var outputCount: Int {
    switch self {
    case .int8(let matrix): matrix.outputCount
    case .bits(let matrix): matrix.outputCount
    }
  }

  /// The true length of a row.
  public var k: Int {
    switch self {
    case .int8(let matrix): matrix.k
    case .bits(let matrix): matrix.k
    }
  }

  /// The length of a row with its padding.
  public var kPadded: Int {
    switch self {
    case .int8(let matrix): matrix.kPadded
    case .bits(let matrix): matrix.k
    }
  }

  /// Groups of outputs, by which products are shared out.
  public var groupCount: Int { Int8Matrix.groupCount(outputCount) }

  /// One row as the matrix holds it: `kPadded` values.
  public func row(_ output: Int, into row: UnsafeMutablePointer<Float>) {
    switch self {
    case .int8(let matrix): unsafe matrix.row(output, into: row)
    case .bits(let matrix): unsafe matrix.row(output, into: row)
    }
  }
}
