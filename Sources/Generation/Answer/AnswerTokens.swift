import Memory

/// The tokens of an answer, the first of which stay in the arena for reports.
@safe struct AnswerTokens: ~Copyable {
  private let capacity: Int
  private let ids: UnsafeMutablePointer<Int32>
  private let logProbabilities: UnsafeMutablePointer<Double>
  let keepsLogProbabilities: Bool
  private(set) var count = 0
  private(set) var last: Int32?

  /// - Parameter capacity: tokens that are kept; an answer may have more.
  init(carver: inout Carver, capacity: Int, keepsLogProbabilities: Bool) {
    self.capacity = capacity
    self.keepsLogProbabilities = keepsLogProbabilities
    unsafe ids = carver.take(.text, Int32.self, count: capacity)
    unsafe logProbabilities = carver.take(
      .text, Double.self, count: keepsLogProbabilities ? capacity : 0)
  }

  mutating func removeAll() {
    count = 0
    last = nil
  }

  /// - Parameter logProbability: taken only if they are kept.
  mutating func append(_ token: Int32, logProbability: @autoclosure () -> Double) {
    if count < capacity {
      unsafe ids[count] = token
      if keepsLogProbabilities { unsafe logProbabilities[count] = logProbability() }
    }
    count += 1
    last = token
  }

  func id(_ index: Int) -> Int32 {
    precondition(index < min(count, capacity))
    return unsafe ids[index]
  }

  func logProbability(_ index: Int) -> Double {
    precondition(keepsLogProbabilities && index < min(count, capacity))
    return unsafe logProbabilities[index]
  }
}
