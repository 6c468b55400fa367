import Board
import Inference
import Memory
import Model
import Platform
import Profile

/// The times of a case's measurements, one a turn.
struct TuneSamples: Sendable {
  fileprivate var prompt = InlineArray<100, Int64>(repeating: 0)
  fileprivate var answer = InlineArray<100, Int64>(repeating: 0)
  fileprivate(set) var count = 0
  /// What the latest measurement took with its memory's mapping and filling.
  fileprivate var wholeNanoseconds: Int64 = 0
}

/// Looks for the fastest threads, cores and block, one after the other: first the core sets with the
/// profile's block, then the blocks with the best of these. The cases of each of the two searches are
/// measured in turns, each time in an arena of its own; their medians count.
public struct TuneRun {
  /// Turns of a search.
  private static let turnCount = 3
  /// A case that is so many times slower than the best is not measured again: no noise makes up for it.
  private static let hopelessFactor = 2.0
  /// The part of the time that the core sets may take.
  private static let coreShare = 0.55

  /// Blocks are searched for with the best core set, and once more where another one has become the
  /// best meanwhile.
  private static let blockSearchCount = 2

  private let base: DeviceProfile
  private let order: CoreOrder
  private let start = Instant.now()
  private let limitNanoseconds: Int64
  private let hasOneBlock: Bool
  public private(set) var table = TuningTable()
  private(set) var samples = InlineArray<16, TuneSamples>(repeating: TuneSamples())
  private(set) var isCutShort = false
  private var threadCounts = TuningList()
  private var blockSizes = TuningList()
  /// The case that was measured last.
  private var latest: Int?
  /// Measurements that are still to come, all at their latest times.
  private var restNanoseconds: Int64 = 0

  /// - Parameters:
  ///   - base: the profile whose threads, cores and block are looked for.
  ///   - threads: the only count of threads to time; nil for all that the cores offer.
  ///   - hasOneBlock: whether the profile's block is the only one to time.
  ///   - limitSeconds: after which no further case is begun.
  @export(interface)
  public init(
    _ base: DeviceProfile, _ order: CoreOrder, threads: Int?, hasOneBlock: Bool, limitSeconds: Int
  ) {
    self.base = base
    self.order = order
    limitNanoseconds = Int64(limitSeconds) * 1_000_000_000
    self.hasOneBlock = hasOneBlock
    if let threads {
      threadCounts.insert(threads)
    } else {
      threadCounts = TuningList.threadCounts(order)
    }
    if hasOneBlock {
      blockSizes.insert(base.blockSize)
    } else {
      blockSizes = TuningList.blockSizes(first: base.blockSize)
    }
  }

  public var best: Int? { table.best() }
  var elapsedSeconds: Double { Double(Instant.now().nanoseconds(since: start)) / 1e9 }

  /// What needs the least memory.
  private var smallest: TuningCase {
    var (threads, block) = (threadCounts[0], blockSizes[0])
    for index in 0..<threadCounts.count { threads = min(threads, threadCounts[index]) }
    for index in 0..<blockSizes.count { block = min(block, blockSizes[index]) }
    return TuningCase(threadCount: threads, blockSize: block)
  }

  /// The profile with a case's threads, cores and block.
  @export(interface)
  public func profile(_ one: TuningCase) -> DeviceProfile {
    var profile = base
    profile.setSizes(blockSize: one.blockSize, l2CacheKiB: base.l2CacheKiB)
    profile.setThreads(one.threadCount, in: order)
    return profile
  }

  /// Plans a case.
  @export(interface)
  private func set(_ plan: inout BenchPlan, _ one: TuningCase) {
    plan.plan(filledCache: plan.settings.with(profile(one)))
  }

  /// Times all cases. If not even the smallest fits below the cap, its error says what would fit. An
  /// interrupt ends it.
  /// - Returns: the best case.
  public mutating func search<Observer: MeasurementObserver & ~Copyable>(
    _ plan: inout BenchPlan, _ observer: inout Observer
  ) throws(MeasurementError) -> Int {
    let block = fittingBlock(&plan)
    for index in 0..<threadCounts.count {
      _ = table.index(threadCount: threadCounts[index], blockSize: block)
    }
    let coreLimit = hasOneBlock ? 1 : Self.coreShare
    try measureTurns(&plan, threadCount: nil, timeShare: coreLimit, &observer)
    for _ in 0..<Self.blockSearchCount {
      guard let best = table.best() else { break }
      let threadCount = table[best].threadCount
      if !insertBlocks(threadCount) { break }
      try measureTurns(&plan, threadCount: threadCount, timeShare: 1, &observer)
    }
    observer.observe(.end)
    guard let best else {
      set(&plan, smallest)
      try plan.checkCap()
      preconditionFailure("what fits is timed")
    }
    return best
  }

  /// - Returns: whether a block was not there with these threads.
  private mutating func insertBlocks(_ threadCount: Int) -> Bool {
    let count = table.count
    for index in 0..<blockSizes.count {
      _ = table.index(threadCount: threadCount, blockSize: blockSizes[index])
    }
    return table.count > count
  }

  /// The block that the core sets are compared with: the first that fits with one of them.
  @export(interface)
  private func fittingBlock(_ plan: inout BenchPlan) -> Int {
    for block in 0..<blockSizes.count {
      for index in 0..<threadCounts.count {
        set(
          &plan,
          TuningCase(threadCount: threadCounts[index], blockSize: blockSizes[block]))
        if !plan.isOverCap { return blockSizes[block] }
      }
    }
    return blockSizes[0]
  }
}

// MARK: - Turns

extension TuneRun {
  /// - Parameters:
  ///   - threadCount: of the cases to measure; nil for all that are there.
  ///   - timeShare: of the time limit, at which it ends.
  private mutating func measureTurns<Observer: MeasurementObserver & ~Copyable>(
    _ plan: inout BenchPlan, threadCount: Int?, timeShare: Double,
    _ observer: inout Observer
  ) throws(MeasurementError) {
    for index in 0..<table.count {
      set(&plan, table[index])
      table[index].processByteCount = PlanTable.processByteCount(plan.memory)
      table[index].isOverCap = plan.isOverCap
    }
    let end = Int64(Double(limitNanoseconds) * timeShare)
    for turn in 0..<Self.turnCount {
      for index in 0..<table.count where isWanted(index, threadCount, turn) {
        if !fitsTime(index, end) {
          isCutShort = true
          continue
        }
        planRest(index, threadCount, turn)
        try measure(index, &plan, &observer)
      }
    }
  }

  private func isWanted(_ index: Int, _ threadCount: Int?, _ turn: Int) -> Bool {
    let one = table[index]
    if one.isOverCap || threadCount.map({ $0 != one.threadCount }) ?? false { return false }
    guard turn > 0, let rates = one.rates, let best = table.best() else { return true }
    return rates.prompt * Self.hopelessFactor >= table[best].rates?.prompt ?? 0
  }

  /// Whether a measurement is expected to be over in time; the first one always is.
  private func fitsTime(_ index: Int, _ end: Int64) -> Bool {
    guard let expected = expectedNanoseconds(index) else { return true }
    return Instant.now().nanoseconds(since: start) + expected <= end
  }

  /// As long as the case's latest measurement, or by the one before of another case: work grows with
  /// the block, and is shared by the threads. nil before the first one.
  private func expectedNanoseconds(_ index: Int) -> Int64? {
    if samples[index].count > 0 { return samples[index].wholeNanoseconds }
    guard let latest else { return nil }
    let (one, other) = (table[index], table[latest])
    let growth =
      Double(one.blockSize) / Double(other.blockSize)
      * max(1, Double(other.threadCount) / Double(one.threadCount))
    return Int64(Double(samples[latest].wholeNanoseconds) * max(growth, 0.5))
  }

  /// Sums up what is still to be measured, for the time left that is shown.
  @export(interface)
  private mutating func planRest(_ next: Int, _ threadCount: Int?, _ turn: Int) {
    restNanoseconds = 0
    for index in 0..<table.count where isWanted(index, threadCount, turn) {
      let turns = Self.turnCount - turn - (index < next ? 1 : 0)
      restNanoseconds += Int64(turns) * (expectedNanoseconds(index) ?? 0)
    }
    if threadCount == nil, !hasOneBlock {
      let blocks = Int64((blockSizes.count) * Self.turnCount)
      restNanoseconds += blocks * (expectedNanoseconds(next) ?? 0)
    }
    let left = limitNanoseconds - Instant.now().nanoseconds(since: start)
    restNanoseconds = min(restNanoseconds, max(left, 0))
  }

  private mutating func measure<Observer: MeasurementObserver & ~Copyable>(
    _ index: Int, _ plan: inout BenchPlan, _ observer: inout Observer
  ) throws(MeasurementError) {
    let begin = Instant.now()
    observer.observe(event(index))
    set(&plan, table[index])
    var machine = try BenchMachine(plan, HealthMonitor())
    var timing = TuneTiming(vocabularyCount: machine.engine.shape.vocabularyCount)
    try timing.measure(&machine)
    machine.end()
    if Interrupt.isRaised {
      observer.observe(.end)
      throw .interrupt
    }
    let count = min(samples[index].count, Spread.runCountMax - 1)
    samples[index].prompt[count] = timing.promptNanoseconds
    samples[index].answer[count] = timing.answerNanoseconds
    samples[index].count = count + 1
    samples[index].wholeNanoseconds = Instant.now().nanoseconds(since: begin)
    latest = index
    let prompt = Spread(samples[index].prompt, count: count + 1)
    let answer = Spread(samples[index].answer, count: count + 1)
    table[index].rates = (
      prompt: rate(table[index].blockSize, nanoseconds: prompt.median),
      answer: rate(1, nanoseconds: answer.median)
    )
  }

  private func event(_ index: Int) -> MeasurementEvent {
    .tuning(
      threadCount: table[index].threadCount, blockSize: table[index].blockSize,
      elapsedSeconds: Double(Instant.now().nanoseconds(since: start)) / 1e9,
      leftSeconds: Double(restNanoseconds) / 1e9)
  }
}
