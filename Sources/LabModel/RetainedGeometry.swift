/// What a policy's choice of tokens leaves of a text's attention and keys.
extension GeometryObserver {
  /// Attention weights of the last block's queries, of all query heads of a KV head.
  public struct RetainedMass: Sendable {
    /// Share of all weights that fall on what these queries can still see: kept tokens and their own
    /// block.
    public let share: Double
    /// Share of the weights on tokens before the block that fall on kept ones; 1 if there are
    /// none before it.
    public let pastShare: Double
  }

  /// - Parameter kept: positions that the KV head keeps when the last block begins, all before it.
  public func retainedMass(layer: Int, kvHead: Int, kept: some Sequence<Int>) -> RetainedMass {
    let weights = receivedLast(layer: layer, kvHead: kvHead)
    let past = weights[..<lastBlockStart].reduce(0, +)
    let own = weights[lastBlockStart...].reduce(0, +)
    let keptPast = kept.reduce(0) {
      precondition($1 < lastBlockStart)
      return $0 + weights[$1]
    }
    return RetainedMass(
      share: (keptPast + own) / (past + own), pastShare: past > 0 ? keptPast / past : 1)
  }

  /// log det of the kept keys' Gram matrix (Figure 12); see `GramDeterminant`.
  /// - Parameter kept: at least one position of the text.
  public func logDeterminant(layer: Int, kvHead: Int, kept: some Sequence<Int>) -> Double {
    GramDeterminant.logarithm(kept.map { key(layer: layer, kvHead: kvHead, position: $0) })
  }
}
