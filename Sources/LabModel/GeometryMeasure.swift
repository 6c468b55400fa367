/// A measure of the geometry of keys and queries, of each layer and head.
///
/// Keys and queries are those after rotary embedding, which is what KeyDiff scores. Means are over all
/// tokens of the text. The KeyDiff score of a key k is -cos(k̄, k), k̄ the mean of the KV head's keys.
public struct GeometryMeasure: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Spearman's correlation of the KeyDiff score with the attention that a token receives: the mean
    /// weight over the queries at or behind it and the query heads of the KV head. (The paper's
    /// Table 3; how it sums "attention scores" over queries is not said there.)
    case spearman = "spearman keydiff"
    /// The same with the mean weight over the last block's queries, of the tokens before that block:
    /// all these queries see all these tokens.
    case spearmanLastBlock = "spearman keydiff last block"
    /// Mean of cos(k̄, k) (Figure 13).
    case cosineKeysMean = "cosine keys mean"
    /// Mean of cos(q̄, q) (Figure 13).
    case cosineQueriesMean = "cosine queries mean"
    /// cos(k̄, q̄) (Figure 14).
    case cosineMeans = "cosine mean key mean query"
    /// Mean of |k| (Figure 15).
    case normKeys = "norm keys"
    /// Mean of |q| (Figure 15).
    case normQueries = "norm queries"
    /// Standard deviation of |k| over its mean.
    case normDeviationKeys = "norm deviation keys"
    /// Standard deviation of |q| over its mean.
    case normDeviationQueries = "norm deviation queries"
    /// cos(k*, q̄), k* the key of the best KeyDiff score (Figure 16).
    case cosineBestKey = "cosine best key mean query"
  }

  public let kind: Kind
  /// `[layers][heads]`: KV heads where it is of keys alone, else query heads. A correlation with
  /// something that does not vary is left out.
  public let values: [[Double]]

  /// Means over the heads of each layer; 0 for a layer without values.
  public var layerMeans: [Double] {
    values.map { $0.isEmpty ? 0 : $0.reduce(0, +) / Double($0.count) }
  }

  /// Of all heads of all layers.
  public var all: [Double] { values.flatMap(\.self) }
}

extension GeometryObserver {
  /// All measures of a text that has passed the model whole.
  public func measures() -> [GeometryMeasure] {
    GeometryMeasure.Kind.allCases.map { kind in
      GeometryMeasure(
        kind: kind, values: (0..<shape.layerCount).map { values(kind, layer: $0) })
    }
  }

  private func values(_ kind: GeometryMeasure.Kind, layer: Int) -> [Double] {
    let spec = shape.layer(layer)
    let (kvHeads, heads, group) = (0..<spec.keptHeadCount, 0..<spec.headCount, spec.group)
    return switch kind {
    case .spearman: kvHeads.compactMap { spearman(layer: layer, kvHead: $0) }
    case .spearmanLastBlock: kvHeads.compactMap { spearmanLastBlock(layer: layer, kvHead: $0) }
    case .cosineKeysMean: kvHeads.map { keySums(layer, $0).meanCosineToMean }
    case .cosineQueriesMean: heads.map { querySums(layer, $0).meanCosineToMean }
    case .cosineMeans:
      heads.map { cosine(keySums(layer, $0 / group).sum, querySums(layer, $0).sum) }
    case .normKeys: kvHeads.map { keySums(layer, $0).meanNorm }
    case .normQueries: heads.map { querySums(layer, $0).meanNorm }
    case .normDeviationKeys: kvHeads.map { keySums(layer, $0).relativeNormDeviation }
    case .normDeviationQueries: heads.map { querySums(layer, $0).relativeNormDeviation }
    case .cosineBestKey:
      heads.map { cosine(bestKey(layer: layer, kvHead: $0 / group), querySums(layer, $0).sum) }
    }
  }

  /// KeyDiff scores of all tokens.
  func scores(layer: Int, kvHead: Int) -> [Double] {
    let anchor = keySums(layer, kvHead).sum
    return (0..<tokenCount).map {
      -cosine(key(layer: layer, kvHead: kvHead, position: $0).map(Double.init), anchor)
    }
  }

  private func spearman(layer: Int, kvHead: Int) -> Double? {
    let received = received(layer: layer, kvHead: kvHead).enumerated().map { position, sum in
      sum / Double(tokenCount - position)
    }
    return RankCorrelation.spearman(scores(layer: layer, kvHead: kvHead), received)
  }

  private func spearmanLastBlock(layer: Int, kvHead: Int) -> Double? {
    let received = receivedLast(layer: layer, kvHead: kvHead)
    return RankCorrelation.spearman(
      Array(scores(layer: layer, kvHead: kvHead)[..<lastBlockStart]),
      Array(received[..<lastBlockStart]))
  }

  private func bestKey(layer: Int, kvHead: Int) -> [Double] {
    let scores = scores(layer: layer, kvHead: kvHead)
    let best = scores.indices.max { scores[$0] < scores[$1] }!
    return key(layer: layer, kvHead: kvHead, position: best).map(Double.init)
  }
}
