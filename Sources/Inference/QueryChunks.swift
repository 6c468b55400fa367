import Kernels

/// The query rows of a block for one KV head: row r is query head r % group of token r / group. They
/// are attended to in chunks, the last rows first: they see the most slots.
package struct QueryChunks {
  package let tokenCount: Int
  /// Query heads a KV head.
  package let group: Int

  package init(tokenCount: Int, group: Int) {
    self.tokenCount = tokenCount
    self.group = group
  }

  package var rowCount: Int { tokenCount * group }
  package var count: Int {
    (rowCount + AttentionGeometry.chunkRows - 1) / AttentionGeometry.chunkRows
  }

  /// - Parameter part: 0 for the block's last rows, 1 for the chunk before, …
  package func rows(part: Int) -> Range<Int> {
    let first = (count - 1 - part) * AttentionGeometry.chunkRows
    return first..<min(first + AttentionGeometry.chunkRows, rowCount)
  }

  /// The first row of the block's last tokens.
  /// - Parameter windowTokens: may be more than there are.
  package func windowStart(_ windowTokens: Int) -> Int {
    (tokenCount - min(windowTokens, tokenCount)) * group
  }

  /// The parts that have rows of the block's last tokens.
  package func partCount(_ windowTokens: Int) -> Int {
    windowTokens == 0 ? 0 : count - windowStart(windowTokens) / AttentionGeometry.chunkRows
  }

  /// The most parts that the last tokens of any block of at most `tokenCount` have rows in: a block
  /// may end anywhere in a chunk.
  @export(interface)
  package func partCountMax(_ windowTokens: Int) -> Int {
    let rows = min(windowTokens, tokenCount) * group
    if rows == 0 { return 0 }
    let chunk = AttentionGeometry.chunkRows
    return min(count, (rows + chunk - 1) / chunk + 1)
  }
}

extension Attention {
  /// Sets the queries of some rows of a block, rotated, times log2(e) and the scale of their products with
  /// keys: the softmax works with powers of two.
  /// - Parameters:
  ///   - source: the queries of the KV head for the block's first token.
  ///   - stride: from one token's queries to the next one's.
  ///   - scale: nil for headDim^(-1/2).
  /// - Returns: the largest squared length of a query as it was set, Float32's largest number where it
  ///   is past that; infinite where a product with a key might be.
  @export(interface)
  package func setQueries(
    _ rows: Range<Int>, from source: UnsafePointer<Float>, stride: Int, group: Int,
    _ rotary: RotaryTable, scale: Float? = nil
  ) -> Float {
    let headDim = 2 * rotary.half
    let factor = scale.map { log2OfE * $0 } ?? log2OfE / squareRoot(Float(headDim))
    var largest: Float = 0
    for row in rows {
      let (token, member) = (row / group, row % group)
      let query = unsafe source + token * stride + member * headDim
      unsafe setQuery(row - rows.lowerBound, from: query, rotary, token: token, factor: factor)
      let squares = unsafe sumOfProducts(query, query, count: headDim)
      if squares <= largest { continue }
      largest = unsafe squares < .infinity ? squares : Self.outsized(query, count: headDim)
      if largest == .infinity { return .infinity }
    }
    return largest * factor * factor
  }

  /// Elements of keys are at most 65,504, and of 2^16 of them a sum stays below 2^128 where those of a
  /// query are below 2^96.
  private static func outsized(_ query: UnsafePointer<Float>, count: Int) -> Float {
    for index in 0..<count where unsafe !(query[index].magnitude < 0x1p96) { return .infinity }
    return .greatestFiniteMagnitude
  }
}
