/// Rows of activations, one a token, rounded in each form that the matrices ask for that they are
/// multiplied with (`MatrixFormat.form`).
public struct ActivationRows: BitwiseCopyable {
  let row: Int8Rows?
  let blocks: BlockRows?
  let longBlocks: BlockRows?
  public let tokenCount: Int
  /// The length of a row with its padding.
  public let kPadded: Int
  public let k: Int

  /// - Parameter memory: `byteCount` bytes of the same arguments, aligned to a cache line.
  @export(interface)
  public init(_ forms: RoundingForms, memory: UnsafeMutableRawPointer, k: Int, tokenCount: Int) {
    self.tokenCount = tokenCount
    self.k = k
    var place = unsafe memory
    if forms.contains(.row) {
      let scales = unsafe place + Self.rowValueByteCount(tokens: tokenCount, k: k)
      let rows = unsafe Int8Rows(
        values: place.assumingMemoryBound(to: Int8.self),
        scales: scales.assumingMemoryBound(to: Float.self), k: k, tokenCount: tokenCount)
      row = rows
      kPadded = rows.kPadded
      unsafe place += Self.byteCount(.row, tokens: tokenCount, k: k)
    } else {
      row = nil
      kPadded = k
    }
    blocks =
      unsafe forms.contains(.blocks)
      ? BlockRows(memory: place, k: k, tokenCount: tokenCount, blockLength: 32) : nil
    if forms.contains(.blocks) { unsafe place += Self.byteCount(.blocks, tokens: tokenCount, k: k) }
    longBlocks =
      unsafe forms.contains(.longBlocks)
      ? BlockRows(memory: place, k: k, tokenCount: tokenCount, blockLength: 256) : nil
  }

  /// Bytes of the rows; more tokens or a larger K take no less.
  @export(interface)
  public static func byteCount(_ forms: RoundingForms, tokens: Int, k: Int) -> Int {
    var count = 0
    if forms.contains(.row) {
      count += rowValueByteCount(tokens: tokens, k: k) + roundUp(tokens * 4, to: 64)
    }
    if forms.contains(.blocks) {
      count += BlockRows.byteCount(tokens: tokens, k: k, blockLength: 32)
    }
    if forms.contains(.longBlocks) {
      count += BlockRows.byteCount(tokens: tokens, k: k, blockLength: 256)
    }
    return count
  }

  private static func rowValueByteCount(tokens: Int, k: Int) -> Int {
    roundUp(
      tokens == 1
        ? Int8Matrix.paddedRowLength(k) : Int8Rows.valueCount(tokens: tokens, k: k), to: 64)
  }

  /// Tokens that lie in one tile, where they lie in tiles.
  public static var tokensPerTile: Int { Int8Rows.tokensPerTile }

  /// Tokens that a thread rounds together: those of a tile share cache lines.
  public var tokensPerShare: Int {
    let isPlain = tokenCount <= Int8Geometry.plainRowsMax && blocks == nil && longBlocks == nil
    return isPlain ? 1 : Self.tokensPerTile
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
    var nothing: Float = 0
    if let blocks { unsafe nothing += blocks.setToken(token, from: row, factor: factor) }
    if let longBlocks { unsafe nothing += longBlocks.setToken(token, from: row, factor: factor) }
    // The last one, because it transforms the row.
    if let rows = self.row { unsafe nothing += rows.setToken(token, from: row, factor: factor) }
    return nothing
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

/// x * weight, and what the RMS norm multiplies it by.
struct RowNorm {
  /// The sum of x^2.
  let squares: Float
  let factor: Float

  /// - Parameter count: values, a multiple of 16; those from `k` on are 0.
  @inline(__always)
  init(
    _ row: UnsafePointer<Float>, weight: UnsafePointer<Float>, count: Int, k: Int, epsilon: Float,
    into target: UnsafeMutablePointer<Float>
  ) {
    var lanes = SIMD16<Float>()
    var offset = 0
    while offset < count {
      let v = unsafe row.lanes(offset)
      lanes.addProduct(v, v)
      unsafe target.store(v * weight.lanes(offset), offset)
      offset &+= 16
    }
    squares = total(lanes)
    factor = 1 / squareRoot(squares / Float(k) + epsilon)
  }
}
