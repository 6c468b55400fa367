/// How a matrix holds its weights, and with them its geometry: the padding of its rows, the groups
/// of its outputs, and the rows of activations that it is multiplied with. Each format is a family of
/// types in a folder of its own, which nothing but this folder names.
public enum MatrixFormat: Int, Sendable, BitwiseCopyable {
  /// One byte a weight and one scale a row, behind a Walsh-Hadamard transform: Int8/.
  case int8

  /// Values of a row of activations or of a norm: `k`, and zeros behind them.
  public func paddedRowLength(_ k: Int) -> Int {
    switch self {
    case .int8: Int8Matrix.paddedRowLength(k)
    }
  }

  /// Columns that a product writes: the outputs, and padding.
  public func paddedOutputCount(_ outputs: Int) -> Int {
    switch self {
    case .int8: Int8Matrix.paddedOutputCount(outputs)
    }
  }

  /// Bytes of a matrix.
  public func byteCount(outputs: Int, k: Int) -> Int {
    switch self {
    case .int8: Int8Matrix.byteCount(outputs: outputs, k: k)
    }
  }

  /// Bytes of the rounded rows of so many tokens, without their scales.
  func activationByteCount(tokens: Int, k: Int) -> Int {
    switch self {
    case .int8: Int8Rows.valueCount(tokens: tokens, k: k)
    }
  }
}

/// Room that serves a matrix of any format.
extension MatrixFormat {
  /// Of a row that products take, which are 0 behind its `k` values.
  public static func inputCapacity(_ k: Int) -> Int { largest { $0.paddedRowLength(k) } }

  /// Of a row that products write.
  public static func outputCapacity(_ outputs: Int) -> Int {
    largest { $0.paddedOutputCount(outputs) }
  }

  /// Of a row of a product's outputs that another product takes.
  public static func rowCapacity(_ count: Int) -> Int {
    max(inputCapacity(count), outputCapacity(count))
  }

  /// Bytes of rounded rows; see `ActivationRows`.
  public static func activationCapacity(tokens: Int, k: Int) -> Int {
    largest { $0.activationByteCount(tokens: tokens, k: k) }
  }

  @inline(__always)
  private static func largest(_ size: (MatrixFormat) -> Int) -> Int {
    var (largest, index) = (0, 0)
    while let format = MatrixFormat(rawValue: index) {
      largest = max(largest, size(format))
      index += 1
    }
    return largest
  }
}
