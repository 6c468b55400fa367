import Generation
import Inference
import Model
import Platform

/// Times prompt blocks and tokens of an answer with a cache that is filled to the budget.
struct TuneTiming {
  /// Of the made-up cache and tokens: every case has the same.
  private static let seed: UInt64 = 0x7475_6E65
  /// Tokens of the block that does not count.
  private static let warmUpTokenCount = 16
  /// Blocks and tokens that are timed at most.
  private static let blockCountMax = 5
  private static let tokenCountMax = 16
  /// No further block or token is begun after so long.
  private static let promptNanoseconds: Int64 = 1_000_000_000
  private static let answerNanoseconds: Int64 = 500_000_000

  /// The median block.
  private(set) var promptNanoseconds: Int64 = 0
  /// The median token, with its logits and the choice of the next.
  private(set) var answerNanoseconds: Int64 = 0
  private var prompt: MadeUpPrompt

  init(vocabularyCount: Int) {
    prompt = MadeUpPrompt(seed: Self.seed, count: 0, vocabularyCount: vocabularyCount)
  }

  /// An interrupt ends it between two blocks; the times then mean nothing.
  mutating func measure(
    _ machine: inout BenchMachine
  ) throws(MeasurementError) {
    machine.engine.fillCacheSynthetic(seed: Self.seed)
    let blockSize = machine.engine.settings.blockSize
    _ = try time(&machine, tokenCount: min(Self.warmUpTokenCount, blockSize))
    promptNanoseconds = try median(
      &machine, tokenCount: blockSize, countMax: Self.blockCountMax,
      limit: Self.promptNanoseconds)
    answerNanoseconds = try median(
      &machine, tokenCount: 1, countMax: Self.tokenCountMax, limit: Self.answerNanoseconds)
  }

  @export(interface)
  private mutating func median(
    _ machine: inout BenchMachine, tokenCount: Int, countMax: Int, limit: Int64
  ) throws(MeasurementError) -> Int64 {
    var times = InlineArray<100, Int64>(repeating: 0)
    var (count, sum) = (0, Int64(0))
    repeat {
      times[count] = try time(&machine, tokenCount: tokenCount)
      sum += times[count]
      count += 1
    } while count < countMax && sum < limit && !Interrupt.isRaised
    return Spread(times, count: count).median
  }

  /// A block; after a single token the next one is chosen too.
  @export(interface)
  private mutating func time(
    _ machine: inout BenchMachine, tokenCount: Int
  ) throws(MeasurementError) -> Int64 {
    machine.engine.rewindToBudget()
    machine.begin(answerTokenCount: tokenCount == 1 ? 1 : 0)
    prompt.extend(by: tokenCount)
    let start = Instant.now()
    _ = try machine.step(&prompt)
    if tokenCount == 1 { _ = try machine.step(&prompt) }
    return Instant.now().nanoseconds(since: start)
  }
}
