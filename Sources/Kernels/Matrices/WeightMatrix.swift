/// A matrix of weights, one row an output, in the format that it names.
public enum WeightMatrix: BitwiseCopyable {
  case int8(Int8Matrix)

  /// - Parameter memory: `format.byteCount(outputs:k:)` bytes, aligned to a cache line.
  public init(_ format: MatrixFormat, memory: UnsafeMutableRawPointer, outputs: Int, k: Int) {
    switch format {
    case .int8: self = .int8(Int8Matrix(memory: memory, outputs: outputs, k: k))
    }
  }

  public var outputCount: Int {
    switch self {
    case .int8(let matrix): matrix.outputCount
    }
  }

  /// The true length of a row.
  public var k: Int {
    switch self {
    case .int8(let matrix): matrix.k
    }
  }

  /// The length of a row with its padding.
  public var kPadded: Int {
    switch self {
    case .int8(let matrix): matrix.kPadded
    }
  }

  /// Groups of outputs, by which products are shared out.
  public var groupCount: Int {
    switch self {
    case .int8(let matrix): matrix.groupCount
    }
  }

  /// Tokens that are rounded, and multiplied, together.
  public var tokensPerTile: Int {
    switch self {
    case .int8: Int8Rows.tokensPerTile
    }
  }

  /// Rows of activations in the rounding that the matrix is multiplied with.
  /// - Parameters:
  ///   - values: `MatrixFormat.activationCapacity` bytes.
  ///   - scales: one for each token.
  public func rows(
    values: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>, tokenCount: Int
  ) -> ActivationRows {
    switch self {
    case .int8(let matrix):
      .int8(Int8Rows(values: values, scales: scales, k: matrix.k, tokenCount: tokenCount))
    }
  }

  /// Rounds and stores one row.
  /// - Parameter row: `kPadded` values, zero from `k` on; overwritten.
  /// - Returns: false if a value is not finite.
  public func setRow(_ output: Int, from row: UnsafeMutablePointer<Float>) -> Bool {
    switch self {
    case .int8(let matrix): matrix.setRow(output, from: row)
    }
  }

  /// One row as the matrix holds it: `kPadded` values.
  public func row(_ output: Int, into row: UnsafeMutablePointer<Float>) {
    switch self {
    case .int8(let matrix): matrix.row(output, into: row)
    }
  }

  /// The scales of all weights in order, by which a matrix is known again: they are the same on every
  /// processor and change with the weights.
  public var scales: UnsafeBufferPointer<Float> {
    switch self {
    case .int8(let matrix):
      UnsafeBufferPointer(start: matrix.scales, count: matrix.outputCount)
    }
  }
}

/// For weights that are made up.
extension WeightMatrix {
  /// The integer codes of all weights, padding included: a multiple of 64 bytes, in which four
  /// consecutive weights of a row lie side by side.
  public var codes: UnsafeMutableRawBufferPointer {
    switch self {
    case .int8(let matrix):
      UnsafeMutableRawBufferPointer(
        start: matrix.weights, count: Int8Matrix.weightCount(outputs: matrix.outputCount, k: k))
    }
  }

  /// Gives all rows one scale; the codes of each row must add up to 0.
  /// - Parameter scale: what a code is multiplied by.
  @export(interface)
  public func setScales(repeating scale: Float) {
    switch self {
    case .int8(let matrix):
      let count = Int8Matrix.paddedOutputCount(matrix.outputCount)
      matrix.scales.update(repeating: scale, count: count)
      matrix.starts.update(repeating: 0, count: count)
    }
  }
}
