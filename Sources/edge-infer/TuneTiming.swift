import Inference
import Measurement
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
  private var source = SplitMix64(seed: seed)

  /// An interrupt ends it between two blocks; the times then mean nothing.
  mutating func measure(
    _ program: inout BenchProgram, _ console: inout Console
  ) throws(Exit) {
    program.engine.fillCacheSynthetic(seed: Self.seed)
    let blockSize = program.engine.settings.blockSize
    _ = try time(&program, tokenCount: min(Self.warmUpTokenCount, blockSize), &console)
    promptNanoseconds = try median(
      &program, tokenCount: blockSize, countMax: Self.blockCountMax,
      limit: Self.promptNanoseconds, &console)
    answerNanoseconds = try median(
      &program, tokenCount: 1, countMax: Self.tokenCountMax, limit: Self.answerNanoseconds,
      &console)
  }

  private mutating func median(
    _ program: inout BenchProgram, tokenCount: Int, countMax: Int, limit: Int64,
    _ console: inout Console
  ) throws(Exit) -> Int64 {
    var times = InlineArray<100, Int64>(repeating: 0)
    var (count, sum) = (0, Int64(0))
    repeat {
      times[count] = try time(&program, tokenCount: tokenCount, &console)
      sum += times[count]
      count += 1
    } while count < countMax && sum < limit && !Interrupt.isRaised
    return Spread(times, count: count).median
  }

  /// A block; of a single token the logits are made too.
  private mutating func time(
    _ program: inout BenchProgram, tokenCount: Int, _ console: inout Console
  ) throws(Exit) -> Int64 {
    program.engine.rewindToBudget()
    let vocabularyCount = UInt64(program.engine.shape.vocabularyCount)
    for index in 0..<tokenCount {
      unsafe program.engine.block[index] = Int32(source.next() % vocabularyCount)
    }
    let start = Instant.now()
    _ = try BenchRun.forward(&program, tokenCount: tokenCount, &console)
    if tokenCount == 1 {
      program.engine.makeLogits(firstRow: 0, rowCount: 1)
      unsafe program.engine.block[0] = program.engine.logits(0).best()
    }
    return Instant.now().nanoseconds(since: start)
  }
}
