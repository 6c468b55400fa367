import Foundation
import Inference

/// How far two distributions of the next token are from each other.
struct Divergence {
  /// KL(p || q) = sum of p * log(p / q), in nats.
  let kullbackLeibler: Double
  /// Whether both have the same likeliest token, the lowest id of equal ones.
  let isTopEqual: Bool

  /// Of the softmax of two rows of logits of one length.
  init(_ p: UnsafeBufferPointer<Float>, _ q: UnsafeBufferPointer<Float>) {
    let (pTop, qTop) = (Self.largest(p), Self.largest(q))
    let (pMax, qMax) = (Double(p[pTop]), Double(q[qTop]))
    var (pSum, qSum, weighted) = (0.0, 0.0, 0.0)
    for index in 0..<p.count {
      let (a, b) = (Double(p[index]) - pMax, Double(q[index]) - qMax)
      let weight = exp(a)
      pSum += weight
      qSum += exp(b)
      weighted += weight * (a - b)
    }
    // log p = a - log(pSum), log q = b - log(qSum); rounding may leave a little less than 0.
    kullbackLeibler = max(weighted / pSum - log(pSum) + log(qSum), 0)
    isTopEqual = pTop == qTop
  }

  private static func largest(_ row: UnsafeBufferPointer<Float>) -> Int {
    var best = 0
    for index in 1..<row.count where row[index] > row[best] { best = index }
    return best
  }
}

extension LogitRow {
  var floats: UnsafeBufferPointer<Float> { bytes.assumingMemoryBound(to: Float.self) }
}
