import CInstructions

/// int8 activations of up to `capacity` tokens, one scale a token.
///
/// Layout of the values: `[tokens / 8][K / 4][8][4]`; a single token is stored as a plain row,
/// `[K / 4][4]`. Tokens past the last one in a tile hold whatever was there before: their products
/// are not used.
public struct ActivationRows: BitwiseCopyable {
  let values: UnsafeMutablePointer<Int8>
  /// `[capacity]`
  let scales: UnsafeMutablePointer<Float>
  public let k: Int
  public let tokenCount: Int

  public init(
    values: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>, k: Int,
    tokenCount: Int
  ) {
    self.values = values
    self.scales = scales
    self.k = k
    self.tokenCount = tokenCount
  }

  public static func valueCount(tokens: Int, k: Int) -> Int {
    roundUp(tokens, to: Int8Geometry.tileRows) * roundUp(k, to: Int8Geometry.kStep)
  }

  public var kPadded: Int { roundUp(k, to: Int8Geometry.kStep) }
  public var tileCount: Int { (tokenCount + Int8Geometry.tileRows - 1) / Int8Geometry.tileRows }

  /// Rounds one token's row to int8 after the Hadamard transform.
  /// - Parameters:
  ///   - row: `kPadded` values, zero from `k` on; overwritten by the transform.
  ///   - factor: multiplies the row: a norm that was left out of it.
  public func setToken(_ token: Int, from row: UnsafeMutablePointer<Float>, factor: Float) {
    let block = Hadamard.block(for: k)
    let magnitude = Hadamard.transform(row, count: kPadded, block: block)
    let inverse = Rounding.inverseStep(magnitude)
    scales[token] = magnitude * factor / 127
    let isSingle = tokenCount == 1
    let quadStride = isSingle ? 4 : Int8Geometry.tileRows * 4
    let tile = token / Int8Geometry.tileRows
    var target = UnsafeMutableRawPointer(
      values + tile * Int8Geometry.tileRows * kPadded + token % Int8Geometry.tileRows * 4)
    for offset in stride(from: 0, to: kPadded, by: 16) {
      Rounding.storeQuads(
        Rounding.toInt32(row.lanes(offset), scale: inverse), bias: Int8Geometry.activationBias,
        to: target, stride: quadStride)
      target += 4 * quadStride
    }
  }

  /// RMS norm (x / sqrt(mean(x^2) + epsilon) * weight), then `setToken`.
  /// - Parameters:
  ///   - row, weight: `kPadded` values, zero from `k` on.
  ///   - scratch: `kPadded` values, overwritten.
  public func setNormalizedToken(
    _ token: Int, from row: UnsafePointer<Float>, weight: UnsafePointer<Float>, epsilon: Float,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var squares = SIMD16<Float>()
    for offset in stride(from: 0, to: kPadded, by: 16) {
      let v = row.lanes(offset)
      squares.addProduct(v, v)
      scratch.store(v * weight.lanes(offset), offset)
    }
    let factor = 1 / squareRoot(total(squares) / Float(k) + epsilon)
    setToken(token, from: scratch, factor: factor)
  }
}
