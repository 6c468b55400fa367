import Kernels

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

/// KeyDiff as the paper defines it (section 3.2), slowly: of all tokens after a block, the N with
/// the highest scores stay; the score is -cos(mean of the keys, key).
struct ReferenceHead {
  private(set) var tokens: [ReferenceToken] = []

  mutating func append(_ token: ReferenceToken) { tokens.append(token) }

  func sum(headDim: Int) -> [Double] {
    (0..<headDim).map { index in tokens.reduce(0) { $0 + $1.key[index] } }
  }

  /// A zero key scores 0; with a zero mean all score 0.
  func scores() -> [Double] {
    let mean = sum(headDim: tokens[0].key.count).map { $0 / Double(tokens.count) }
    return tokens.map { token in
      let lengths = length(mean) * length(token.key)
      return lengths == 0 ? 0 : -dot(mean, token.key) / lengths
    }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func length(_ a: [Double]) -> Double { dot(a, a).squareRoot() }

  /// As `scores`, infinite for the tokens that no policy evicts.
  func protectedScores(sinks: Int, recents: Int, nextPosition: Int) -> [Double] {
    zip(tokens, scores()).map { token, score in
      token.position < sinks || token.position >= nextPosition - recents ? .infinity : score
    }
  }

  mutating func keep(_ positions: Set<Int>) {
    tokens.removeAll { !positions.contains($0.position) }
  }
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
