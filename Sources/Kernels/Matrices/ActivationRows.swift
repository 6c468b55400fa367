/// Rows of activations, one a token, rounded as the matrices that they are multiplied with ask for;
/// `WeightMatrix.rows` makes them.
public enum ActivationRows: BitwiseCopyable {
  case int8(Int8Rows)

  public var tokenCount: Int {
    switch self {
    case .int8(let rows): rows.tokenCount
    }
  }

  /// The length of a row with its padding.
  public var kPadded: Int {
    switch self {
    case .int8(let rows): rows.kPadded
    }
  }

  /// Tokens that lie in one tile: threads take whole tiles.
  public var tokensPerTile: Int {
    switch self {
    case .int8: Int8Rows.tokensPerTile
    }
  }

  /// Rounds one token's row.
  /// - Parameters:
  ///   - row: `kPadded` values, zero from `k` on; overwritten.
  ///   - factor: multiplies the row: a norm that was left out of it.
  /// - Returns: 0, or NaN if a value is not finite or rounding passed Float32's range.
  @discardableResult
  public func setToken(
    _ token: Int, from row: UnsafeMutablePointer<Float>, factor: Float
  ) -> Float {
    switch self {
    case .int8(let rows): rows.setToken(token, from: row, factor: factor)
    }
  }

  /// RMS norm (x / sqrt(mean(x^2) + epsilon) * weight), then `setToken`.
  /// - Parameters:
  ///   - row, weight: `kPadded` values, zero from `k` on.
  ///   - scratch: `kPadded` values, overwritten.
  /// - Returns: the sum of x^2, which is not finite if an x is not, or is past Float32's root.
  @discardableResult
  public func setNormalizedToken(
    _ token: Int, from row: UnsafePointer<Float>, weight: UnsafePointer<Float>, epsilon: Float,
    scratch: UnsafeMutablePointer<Float>
  ) -> Float {
    switch self {
    case .int8(let rows):
      rows.setNormalizedToken(token, from: row, weight: weight, epsilon: epsilon, scratch: scratch)
    }
  }
}
