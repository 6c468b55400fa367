import Constraint
import Inference
import Kernels
import Memory

/// Some of the tokens with the largest logits, and their weights: the probabilities but for a
/// factor.
@safe struct Candidates: ~Copyable {
  let capacity: Int
  private let ids: UnsafeMutablePointer<Int32>
  private let logits: UnsafeMutablePointer<Float>
  private let weights: UnsafeMutablePointer<Double>
  private(set) var count = 0

  init(carver: inout Carver, capacity: Int) {
    self.capacity = capacity
    unsafe ids = unsafe carver.take(.logits, Int32.self, count: capacity)
    unsafe logits = unsafe carver.take(.logits, Float.self, count: capacity)
    unsafe weights = unsafe carver.take(.logits, Double.self, count: capacity)
  }

  func logit(_ index: Int) -> Float { unsafe logits[index] }

  /// Takes the `countMax` largest logits, from the largest; of equal ones the lowest ids come first.
  /// Logits that are no numbers are left out.
  /// - Parameters:
  ///   - countMax: at least 1, and at most `capacity`.
  /// - Complexity: O(n + m log countMax) for n logits, of which m are larger than `countMax` of those
  ///   before them; m is about countMax * log(n / countMax) in a random order.
  ///   - allowed: of which tokens alone; nil: of all.
  mutating func take(_ row: LogitRow, countMax: Int, of allowed: TokenSet? = nil) {
    precondition(countMax >= 1 && countMax <= capacity)
    count = 0
    let values = unsafe row.values
    var index = 0
    while index < row.count && count < countMax {
      if unsafe !values[index].isNaN && Self.isIn(allowed, index) {
        unsafe (ids[count], logits[count]) = unsafe (
          Int32(truncatingIfNeeded: index), values[index]
        )
        count += 1
      }
      index += 1
    }
    if count == 0 { return }
    // A heap with the least candidate at its root; the sort takes one after the other from it.
    for place in stride(from: count / 2 - 1, through: 0, by: -1) { sift(place, below: count) }
    while index < row.count {
      if unsafe values[index] > logits[0] && Self.isIn(allowed, index) {
        unsafe (ids[0], logits[0]) = unsafe (Int32(truncatingIfNeeded: index), values[index])
        sift(0, below: count)
      }
      index += 1
    }
    for end in stride(from: count - 1, to: 0, by: -1) {
      swap(0, end)
      sift(0, below: end)
    }
  }

  private static func isIn(_ allowed: TokenSet?, _ index: Int) -> Bool {
    guard let allowed else { return true }
    return allowed.contains(Int32(truncatingIfNeeded: index))
  }

  func id(_ index: Int) -> Int32 { unsafe ids[index] }

  /// Moves a candidate to a place before it, over the one that is there.
  func move(_ index: Int, to place: Int) {
    unsafe (ids[place], logits[place]) = unsafe (ids[index], logits[index])
  }

  mutating func shrink(to count: Int) { self.count = count }

  /// Restores the heap below `end` where only `place` may be larger than what is below it.
  private func sift(_ place: Int, below end: Int) {
    var place = place
    while true {
      let left = 2 * place + 1
      if left >= end { return }
      let least = left + 1 < end && isLess(left + 1, left) ? left + 1 : left
      if !isLess(least, place) { return }
      swap(place, least)
      place = least
    }
  }

  /// Whether `first` is the less likely one.
  private func isLess(_ first: Int, _ second: Int) -> Bool {
    unsafe logits[first] < logits[second]
      || logits[first] == logits[second] && ids[first] > ids[second]
  }

  private func swap(_ first: Int, _ second: Int) {
    unsafe (ids[first], ids[second]) = unsafe (ids[second], ids[first])
    unsafe (logits[first], logits[second]) = unsafe (logits[second], logits[first])
  }

  /// weight = exp((logit - largest) / temperature)
  func weigh(temperature: Double, exponentMin: Double) {
    let largest = unsafe Double(logits[0])
    for index in 0..<count {
      let exponent = unsafe (Double(logits[index]) - largest) / temperature
      unsafe weights[index] = exponent < exponentMin ? 0 : Elementary.exp(exponent)
    }
  }

  /// Keeps the fewest first candidates whose weights reach `topP` of all, and of them those whose
  /// weight is at least `minP` of the first one's.
  mutating func cut(topP: Double, minP: Double) {
    let wanted = topP < 1 ? topP * sum(count) : .infinity
    var kept = 1
    var reached = unsafe weights[0]
    while kept < count && reached < wanted {
      unsafe reached += weights[kept]
      kept += 1
    }
    while unsafe kept > 1 && weights[kept - 1] < minP * weights[0] { kept -= 1 }
    count = kept
  }

  private func sum(_ count: Int) -> Double {
    var sum = 0.0
    for index in 0..<count { unsafe sum += weights[index] }
    return sum
  }

  /// The candidate at a fraction, below 1, of all weights.
  func pick(_ fraction: Double) -> Int32 {
    let place = fraction * sum(count)
    var reached = 0.0
    for index in 0..<count {
      unsafe reached += weights[index]
      if reached > place { return unsafe ids[index] }
    }
    return unsafe ids[0]
  }
}
