import CInstructions

/// int8 activations of up to `capacity` tokens, one scale a token.
///
/// Layout of the values: `[tokens / R][K / run][R][run]` with R = `Int8Geometry.tileRows`; up to
/// `Int8Geometry.plainRowsMax` tokens are plain rows. Tokens past the last one in a tile, or in as many plain rows, hold
/// whatever was there before: their products are not used.
@safe public struct Int8Rows: BitwiseCopyable {
  let values: UnsafeMutablePointer<Int8>
  /// `[capacity]`
  let scales: UnsafeMutablePointer<Float>
  public let k: Int
  public let tokenCount: Int

  public init(
    values: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>, k: Int,
    tokenCount: Int
  ) {
    unsafe self.values = values
    unsafe self.scales = scales
    self.k = k
    self.tokenCount = tokenCount
  }

  public static func valueCount(tokens: Int, k: Int) -> Int {
    roundUp(tokens, to: Int8Geometry.tileRows) * roundUp(k, to: Int8Geometry.kStep)
  }

  static var tokensPerTile: Int { Int8Geometry.tileRows }
  /// Whether each token is a row for itself.
  var isPlain: Bool { tokenCount <= Int8Geometry.plainRowsMax }
  public var kPadded: Int { roundUp(k, to: Int8Geometry.kStep) }
  public var tileCount: Int { (tokenCount + Int8Geometry.tileRows - 1) / Int8Geometry.tileRows }

  /// Rounds one token's row to int8 after the Hadamard transform.
  /// - Parameters:
  ///   - row: `kPadded` values, zero from `k` on; overwritten by the transform.
  ///   - factor: multiplies the row: a norm that was left out of it.
  /// - Returns: 0, or NaN if a value is not finite or the transform passed Float32's range: each
  ///   value of a block goes into the transform's first one.
  @discardableResult
  @export(interface)
  public func setToken(
    _ token: Int, from row: UnsafeMutablePointer<Float>, factor: Float
  ) -> Float {
    let block = Hadamard.block(for: k)
    let magnitude = unsafe Hadamard.transform(row, count: kPadded, block: block)
    unsafe setTransformedToken(token, from: row, magnitude: magnitude, factor: factor)
    var nothing: Float = 0
    for start in stride(from: 0, to: k, by: block) { unsafe nothing += row[start] * 0 }
    return nothing
  }

  /// `setToken` behind the transform.
  /// - Parameter magnitude: the row's largest.
  @inline(__always)
  package func setTransformedToken(
    _ token: Int, from row: UnsafePointer<Float>, magnitude: Float, factor: Float
  ) {
    unsafe scales[token] = magnitude * factor / 127
    let inverse = Rounding.inverseStep(magnitude)
    if isPlain {
      let target = unsafe UnsafeMutableRawPointer(values + token * kPadded)
      for offset in stride(from: 0, to: kPadded, by: 16) {
        unsafe target.storeBytes(
          of: edge_low_bytes(Self.round(row + offset, inverse)), toByteOffset: offset,
          as: SIMD16<Int8>.self)
      }
      return
    }
    let (rows, run) = (Int8Geometry.tileRows, Int8Geometry.run)
    var target = unsafe RunWriter(
      values + token / rows * rows * kPadded + token % rows * run, runStride: rows * run)
    var source = unsafe row
    let end = unsafe row + kPadded
    repeat {
      unsafe target.write(Self.round(source, inverse))
      unsafe source += 16
    } while unsafe source != end
  }

  @inline(__always)
  private static func round(_ row: UnsafePointer<Float>, _ inverse: Float) -> SIMD16<Int32> {
    unsafe Rounding.nearest(row.lanes(0), scale: inverse, bias: Int8Geometry.activationBias)
  }

  /// RMS norm (x / sqrt(mean(x^2) + epsilon) * weight), then `setToken`.
  /// - Parameters:
  ///   - row, weight: `kPadded` values, zero from `k` on.
  ///   - scratch: `kPadded` values, overwritten.
  /// - Returns: the sum of x^2, which is not finite if an x is not, or is past Float32's root.
  @discardableResult
  @export(interface)
  public func setNormalizedToken(
    _ token: Int, from row: UnsafePointer<Float>, weight: UnsafePointer<Float>, epsilon: Float,
    scratch: UnsafeMutablePointer<Float>
  ) -> Float {
    let norm = unsafe RowNorm(
      row, weight: weight, count: kPadded, k: k, epsilon: epsilon, into: scratch)
    unsafe setToken(token, from: scratch, factor: norm.factor)
    return norm.squares
  }
}
