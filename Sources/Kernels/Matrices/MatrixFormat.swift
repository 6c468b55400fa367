/// How a matrix holds its weights, and with them its geometry: the padding of its rows, the groups
/// of its outputs, and the rows of activations that it is multiplied with. Each format is a family of
/// types in a folder of its own, which nothing but this folder names.
///
/// All formats have the same groups of outputs, so that products of two of them may share a range.
public enum MatrixFormat: Sendable, BitwiseCopyable, Equatable {
  /// One byte a weight and one scale a row, behind a Walsh-Hadamard transform: Int8/.
  case int8
  /// The file's own codes and scales: Bits/.
  case bits(BitsKind)

  /// Bytes of a matrix.
  public func byteCount(outputs: Int, k: Int) -> Int {
    switch self {
    case .int8: Int8Matrix.byteCount(outputs: outputs, k: k)
    case .bits(let kind): BitsMatrix.byteCount(kind, outputs: outputs, k: k)
    }
  }

  /// How activations are rounded for it.
  public var form: RoundingForms {
    switch self {
    case .int8: .row
    case .bits(let kind): kind.format.blockLength == 32 ? .blocks : .longBlocks
    }
  }

  /// The length that a row's K is a multiple of.
  public var rowMultiple: Int {
    switch self {
    case .int8: 1
    case .bits(let kind): kind.format.blockLength
    }
  }
}

/// Room that serves a matrix of any format.
extension MatrixFormat {
  /// Of a row that products take, which are 0 behind its `k` values.
  public static func inputCapacity(_ k: Int) -> Int { Int8Matrix.paddedRowLength(k) }

  /// Of a row that products write.
  public static func outputCapacity(_ outputs: Int) -> Int { Int8Matrix.paddedOutputCount(outputs) }

  /// Of a row of a product's outputs that another product takes.
  public static func rowCapacity(_ count: Int) -> Int {
    max(inputCapacity(count), outputCapacity(count))
  }
}
