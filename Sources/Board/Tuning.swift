import Profile

/// Whole numbers in the order in which they are to be timed: the likeliest first, none twice.
public struct TuningList: Sendable {
  public static let countMax = 8
  private var values = InlineArray<8, Int>(repeating: 0)
  public private(set) var count = 0

  public init() {}

  /// Leaves out what is there already, and numbers below 1.
  @export(interface)
  public mutating func insert(_ value: Int) {
    if value < 1 || count == Self.countMax { return }
    for index in 0..<count where values[index] == value { return }
    values[count] = value
    count += 1
  }

  public subscript(index: Int) -> Int {
    precondition(index >= 0 && index < count)
    return values[index]
  }

  /// Thread counts, each for the first cores of `order`: the fast cores, these with half of the slower
  /// ones and with all of them, all hardware threads, the fast ones but one (from four on), half of
  /// the fast ones, one. One thread where no core is known.
  @export(interface)
  public static func threadCounts(_ order: CoreOrder) -> TuningList {
    var list = TuningList()
    let slowCount = order.coreCount - order.fastCount
    list.insert(order.fastCount)
    list.insert(order.fastCount + slowCount / 2)
    list.insert(order.coreCount)
    list.insert(order.count)
    if order.fastCount >= 4 { list.insert(order.fastCount - 1) }
    list.insert(order.fastCount / 2)
    list.insert(1)
    return list
  }

  /// Block sizes: the profile's, 64, 256 and 32, and 128 where it is not the profile's.
  @export(interface)
  public static func blockSizes(first: Int) -> TuningList {
    var list = TuningList()
    list.insert(first)
    list.insert(128)
    list.insert(64)
    list.insert(256)
    list.insert(32)
    return list
  }
}

/// Threads and a block, and what came of them.
public struct TuningCase: Sendable {
  public let threadCount: Int
  public let blockSize: Int
  /// The plan, of the whole process.
  public var processByteCount = 0
  public var isOverCap = false
  /// Tokens a second of a prompt whose cache is filled, and of the answer; nil where it was not timed.
  public var rates: (prompt: Double, answer: Double)?

  public init(threadCount: Int, blockSize: Int) {
    self.threadCount = threadCount
    self.blockSize = blockSize
  }

  public var isTimed: Bool { rates != nil }
}

/// The cases of a search, in the order in which they came up.
public struct TuningTable: Sendable {
  /// Each of at most seven thread counts with one block, and each of at most five blocks with two of
  /// these.
  public static let countMax = 16
  /// An answer may be slower than the fastest by this share.
  public static let answerLossMax = 0.10
  /// Prompts whose speeds differ by no more than this share count as equally fast: what is left of
  /// noise in medians.
  public static let tieShare = 0.02

  private var cases = InlineArray<16, TuningCase>(
    repeating: TuningCase(threadCount: 1, blockSize: 1))
  public private(set) var count = 0

  public init() {}

  public subscript(index: Int) -> TuningCase {
    get {
      precondition(index >= 0 && index < count)
      return cases[index]
    }
    set {
      precondition(index >= 0 && index < count)
      cases[index] = newValue
    }
  }

  /// - Returns: the place of the case, which is made where it is not there.
  @export(interface)
  public mutating func index(threadCount: Int, blockSize: Int) -> Int {
    for index in 0..<count
    where cases[index].threadCount == threadCount && cases[index].blockSize == blockSize {
      return index
    }
    precondition(count < Self.countMax)
    cases[count] = TuningCase(threadCount: threadCount, blockSize: blockSize)
    count += 1
    return count - 1
  }

  /// The best of those that were timed: of the cases whose answers, if so few of the threads make them as
  /// is fastest, are not slower than the fastest by more than `answerLossMax`, the fastest prompt; where others come within `tieShare` of it, the one
  /// of these with the fewest threads, then with the smallest plan. nil where none was timed.
  /// - Parameter threadCount: looks at this one only.
  @export(interface)
  public func best(threadCount: Int? = nil) -> Int? {
    var fastestAnswer = 0.0
    for index in 0..<count {
      if let rates = rates(index, threadCount) { fastestAnswer = max(fastestAnswer, rates.answer) }
    }
    let least = fastestAnswer * (1 - Self.answerLossMax)
    var fastestPrompt = 0.0
    for index in 0..<count {
      if let rates = rates(index, threadCount), rates.answer >= least {
        fastestPrompt = max(fastestPrompt, rates.prompt)
      }
    }
    var best: Int?
    for index in 0..<count {
      guard let rates = rates(index, threadCount), rates.answer >= least,
        rates.prompt >= fastestPrompt * (1 - Self.tieShare)
      else { continue }
      if let old = best, !isSmaller(index, than: old) { continue }
      best = index
    }
    return best
  }

  private func rates(_ index: Int, _ threadCount: Int?) -> (prompt: Double, answer: Double)? {
    if let threadCount, cases[index].threadCount != threadCount { return nil }
    guard let rates = cases[index].rates else { return nil }
    let answer = fastestAnswer(threadCountMax: cases[index].threadCount)
    return (rates.prompt, max(rates.answer, answer))
  }

  private func fastestAnswer(threadCountMax: Int) -> Double {
    var fastest = 0.0
    for index in 0..<count where cases[index].threadCount <= threadCountMax {
      if let rates = cases[index].rates { fastest = max(fastest, rates.answer) }
    }
    return fastest
  }

  /// How many of a case's threads make answers fastest; of counts that come within `tieShare` of it, the
  /// least.
  @export(interface)
  public func decodeThreadCount(of best: Int) -> Int {
    let least = fastestAnswer(threadCountMax: self[best].threadCount) * (1 - Self.tieShare)
    var threadCount = self[best].threadCount
    for index in 0..<count where cases[index].threadCount < threadCount {
      if let rates = cases[index].rates, rates.answer >= least {
        threadCount = cases[index].threadCount
      }
    }
    return threadCount
  }

  private func isSmaller(_ index: Int, than other: Int) -> Bool {
    let (one, two) = (cases[index], cases[other])
    return one.threadCount != two.threadCount
      ? one.threadCount < two.threadCount : one.processByteCount < two.processByteCount
  }
}
