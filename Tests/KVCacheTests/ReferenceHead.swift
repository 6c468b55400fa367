import Foundation
import Kernels
import Profile

@testable import KVCache

/// A token as the cache should hold it: keys and values rounded to Float16, kept as Double.
struct ReferenceToken {
  let position: Int
  let key: [Double]
  let value: [Double]

  init(position: Int, key: [Float], value: [Float]) {
    self.position = position
    self.key = key.map { Double(Float16($0)) }
    self.value = value.map { Double(Float16($0)) }
  }
}

/// One head's tokens and the policies by their definitions, slowly, in Double: of all tokens after a
/// block, the N with the highest scores stay.
struct ReferenceHead {
  private(set) var tokens: [ReferenceToken] = []
  /// Scores of the tokens, from `score`.
  private(set) var scores: [Double] = []
  /// How far two scores must lie apart to be certain to keep their order in Float32.
  private(set) var tolerance = 0.0
  /// `keydiffStream`: the sum of all unit keys that ever came, and position: the score that a token got
  /// when it came.
  private var stream: [Double] = []
  private var marks: [Int: Double] = [:]
  private var newCount = 0
  private var markedBlocks = 0
  /// Position: the weights that H2O has summed up.
  private var accumulated: [Int: Double] = [:]
  private var queries: [[Double]] = []
  private var group = 1
  private var blockCount = 0

  mutating func append(_ token: ReferenceToken) {
    tokens.append(token)
    newCount += 1
  }

  /// The queries of the block whose tokens were appended last, `[tokens * group]`.
  mutating func setQueries(_ rows: [[Float]], group: Int) {
    queries = rows.map { $0.map(Double.init) }
    self.group = group
    blockCount += 1
  }

  func sum(headDim: Int) -> [Double] {
    (0..<headDim).map { index in tokens.reduce(0) { $0 + $1.key[index] } }
  }

  /// As `scores`, infinite for the tokens that no policy evicts.
  func protectedScores(sinks: Int, recents: Int, nextPosition: Int) -> [Double] {
    zip(tokens, scores).map { token, score in
      token.position < sinks || token.position >= nextPosition - recents ? .infinity : score
    }
  }

  mutating func keep(_ positions: Set<Int>) {
    tokens.removeAll { !positions.contains($0.position) }
  }

  /// Scores all tokens.
  /// - Parameter window: the block's last tokens whose weights count.
  mutating func score(_ policy: Policy, window: Int) {
    let headDim = tokens[0].key.count
    // Roundings of a sum over the tokens in 16 parts, and of one over a key.
    let unit = 0x1p-24
    let (overTokens, overKey) = (Double(tokens.count / 16 + 8), Double(headDim + 8))
    let lengths = tokens.map { length($0.key) }
    let mean = sum(headDim: headDim).map { $0 / Double(tokens.count) }
    let longest = lengths.max() ?? 0
    switch policy {
    case .full: scores = tokens.map { _ in 0 }
    case .keydiff:
      // In units of |S|: one rounding of S, half as many of the dot product and of |k| as there are
      // terms, and three more.
      (scores, tolerance) = (negatedCosines(mean, unitAnchor: true), overKey * unit)
    case .keydiffStream:
      markNew()
      scores = tokens.map { marks[$0.position]! }
      // An element that lies between two whole numbers may go to either of them.
      tolerance = overKey * unit + 4 * 0x1p-14
    case .keydiffNormalized, .keydiffPairwise:
      scores = pairwiseScores()
      tolerance = (overTokens + 2 * overKey) * unit
    case .keydiffMedian:
      let median = (0..<headDim).map { index in middle(of: tokens.map { $0.key[index] }) }
      scores = negatedCosines(median, unitAnchor: false)
      tolerance = overKey * length(median) * unit
    case .keydiffDot:
      scores = tokens.map { -dot(mean, $0.key) }
      tolerance = (overTokens + overKey) * unit * longest * longest
    case .keydiffEuclidean:
      scores = tokens.map { token in
        zip(token.key, mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      tolerance = 2 * (overTokens + overKey) * unit * 4 * longest * longest
    case .sink: (scores, tolerance) = (tokens.map { Double($0.position) }, 0)
    case .l2: (scores, tolerance) = (lengths.map { -$0 }, overKey * unit * longest)
    case .tova, .snapkv, .h2o: scoreByWeights(policy, window, overKey * unit)
    }
    tolerance *= 2.02
  }

  /// Scores the tokens that came since the last call. Unit keys are whole numbers of 2^-14.
  private mutating func markNew() {
    let new = tokens.suffix(newCount)
    newCount = 0
    let units = new.map { token in
      let length = length(token.key)
      return token.key.map { length == 0 ? 0 : ($0 / length * 0x1p14).rounded(.toNearestOrEven) }
    }
    if stream.isEmpty { stream = [Double](repeating: 0, count: tokens[0].key.count) }
    for unit in units { for index in unit.indices { stream[index] += unit[index] } }
    let scale = length(stream) * 0x1p14
    // Scores of different blocks are rounded with different sums: that two of them are equal to the last
    // bit here says nothing of Float32.
    markedBlocks += 1
    let mark = Double(markedBlocks) * 1e-13
    let values = units.map { scale == 0 ? 0 : -dot($0, stream) / scale }
    for (index, token) in new.enumerated() {
      let before = values[max(index - 1, 0)]
      let next = values[min(index + 1, values.count - 1)]
      marks[token.position] = (before + next) / 4 + values[index] / 2 - mark
    }
  }

  private func negatedCosines(_ anchor: [Double], unitAnchor: Bool) -> [Double] {
    let scale = unitAnchor ? length(anchor) : 1
    return tokens.map { token in
      let lengths = scale * length(token.key)
      return lengths == 0 ? 0 : -dot(anchor, token.key) / lengths
    }
  }

  /// KeyDiff's equation 7, over the number of tokens.
  private func pairwiseScores() -> [Double] {
    let units = tokens.map { token in
      let length = length(token.key)
      return token.key.map { length == 0 ? 0 : $0 / length }
    }
    return units.map { a in -units.reduce(0) { $0 + dot(a, $1) } / Double(units.count) }
  }

  private func middle(of values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count & 1 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// - Parameter unit: the relative error of a dot product.
  private mutating func scoreByWeights(_ policy: Policy, _ window: Int, _ unit: Double) {
    let blockTokens = queries.count / group
    var sums = [Double](repeating: 0, count: tokens.count)
    var largestExponent = 0.0
    for token in blockTokens - window..<blockTokens {
      for member in 0..<group {
        let (weights, exponent) = weights(token, of: blockTokens, queries[token * group + member])
        for index in weights.indices { sums[index] += weights[index] / Double(group) }
        largestExponent = max(largestExponent, exponent)
      }
    }
    // An exponent's error, exp2's, and those of sums and quotients.
    let error = (largestExponent * unit + 20 * 0x1p-24) * Double(window)
    switch policy {
    case .tova: (scores, tolerance) = (sums, error)
    case .h2o:
      for (token, sum) in zip(tokens, sums) { accumulated[token.position, default: 0] += sum }
      scores = tokens.map { accumulated[$0.position]! }
      tolerance = max(tolerance / 2.02, error) + Double(blockCount) * error
    default:
      scores = pooled(sums)
      tolerance = error
    }
  }

  /// The softmax of one row: a token of the block sees the tokens up to itself.
  /// - Returns: weights, and the largest sum of |q k| of a score.
  private func weights(
    _ blockToken: Int, of blockTokens: Int, _ query: [Double]
  ) -> ([Double], Double) {
    let position = tokens[tokens.count - blockTokens + blockToken].position
    let scale = 1 / Double(query.count).squareRoot()
    let exponents = tokens.map { token in
      token.position > position ? -Double.infinity : dot(query, token.key) * scale
    }
    let largest = exponents.max()!
    let powers = exponents.map { Foundation.exp($0 - largest) }
    let total = powers.reduce(0, +)
    let sizes = tokens.map { token in
      zip(query, token.key).reduce(0) { $0 + ($1.0 * $1.1).magnitude } * scale
    }
    return (powers.map { $0 / total }, sizes.max()!)
  }

  /// Means of seven neighbours in the order of positions; past the ends there is 0.
  private func pooled(_ sums: [Double]) -> [Double] {
    let order = tokens.indices.sorted { tokens[$0].position < tokens[$1].position }
    var result = sums
    for place in order.indices {
      let near = max(place - 3, 0)...min(place + 3, order.count - 1)
      result[order[place]] = near.reduce(0) { $0 + sums[order[$1]] } / 7
    }
    return result
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }

  private func length(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
}

/// What the policy decided about one head's tokens, held against the definition.
struct Decision {
  /// The positions that the definition keeps: highest score first, then the older token.
  let expected: Set<Int>
  /// Where scores differ by less than the Float32 error: another choice may be right too.
  let isClose: Bool
  /// Sentences about choices that no rounding explains.
  let faults: [String]

  /// - Parameter tolerance: how far two scores must lie apart to be certain to keep their order.
  init(head: ReferenceHead, scores: [Double], kept: Set<Int>, tolerance: Double) {
    let ranked = zip(head.tokens, scores).sorted {
      $0.1 != $1.1 ? $0.1 > $1.1 : $0.0.position < $1.0.position
    }
    expected = Set(ranked.prefix(kept.count).map(\.0.position))
    isClose =
      kept.count > 0 && kept.count < ranked.count
      && ranked[kept.count - 1].1 - ranked[kept.count].1 <= tolerance
    faults = Self.faults(ranked, kept, tolerance)
  }

  private static func faults(
    _ ranked: [(ReferenceToken, Double)], _ kept: Set<Int>, _ tolerance: Double
  ) -> [String] {
    var faults: [String] = []
    for (evicted, evictedScore) in ranked where !kept.contains(evicted.position) {
      for (stayed, stayedScore) in ranked where kept.contains(stayed.position) {
        let areEqual =
          evictedScore == stayedScore
          && (evictedScore == .infinity || evicted.key == stayed.key)
        if areEqual && stayed.position > evicted.position {
          faults.append("\(stayed.position) stayed, its older equal \(evicted.position) did not")
        } else if evictedScore - stayedScore > tolerance {
          faults.append("\(stayed.position) stayed, \(evicted.position) scores higher")
        }
      }
    }
    return faults
  }
}
