/// Rotated rows of a layer's heads, of consecutive tokens. A head's values are in the order in which
/// the first half is rotated with the second, which for Llama is not the file's; products of keys and
/// queries, norms and angles are the same in any order.
public struct HeadRows {
  let rows: FloatRows
  public let rowCount: Int
  public let headDim: Int

  /// `[headDim]`
  public func row(_ token: Int, head: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: rows[token] + head * headDim, count: headDim)
  }
}

/// Sees what happens inside a layer's attention.
public protocol ForwardObserver: AnyObject {
  /// Keys, after rotary embedding, as they enter the cache, and queries, before the attention of the
  /// same layer. Row 0 is position `firstPosition`. Called by one thread.
  func layer(_ layer: Int, firstPosition: Int, keys: HeadRows, queries: HeadRows)

  /// A query's attention weights over positions 0 to its own, which sum to 1. Calls for one query
  /// head come one after another, in order of positions; those for other heads at the same time.
  func attention(
    layer: Int, head: Int, position: Int, weights: UnsafeBufferPointer<Float>)
}
