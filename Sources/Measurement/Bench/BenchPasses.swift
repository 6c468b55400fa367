import Generation
import Inference
import Model
import Platform

/// What passes of several tokens take, against those of one: after a prompt and its answer, in turns. A pass is
/// measured with the logits of all its tokens, and with the undoing of those that were proposed.
struct BenchPasses {
  /// Tokens of a pass.
  static let tokenCounts: InlineArray<4, Int> = [1, 2, 4, 8]
  /// The most tokens that are proposed in a pass.
  static let proposalCountMax = 7
  /// Passes of each size.
  static let roundCount = 25
  /// Slots that full caches need for it.
  static let slotCount = roundCount * tokenCounts.count + proposalCountMax

  /// The times of passes of one size.
  struct Result {
    var times = Spread()
    /// Where the mean pass's time went.
    var parts = BlockTimes()
    var logitNanoseconds: Int64 = 0
    var undoNanoseconds: Int64 = 0
  }

  private var results = InlineArray<4, Result>(repeating: Result())
  /// Whether they are measured; not if nothing can be proposed.
  private(set) var areMeasured = false

  /// Nanoseconds of each pass, by size and round.
  private typealias Totals = InlineArray<4, InlineArray<100, Int64>>

  init() {}

  subscript(size: Int) -> Result { results[size] }

  /// The median time of a pass of a size, in passes of one token.
  func cost(_ size: Int) -> Double {
    Double(results[size].times.median) / Double(max(results[0].times.median, 1))
  }

  /// An interrupt leaves nothing measured.
  mutating func measure(_ machine: inout BenchMachine) throws(MeasurementError) {
    if machine.engine.proposalRoom < Self.proposalCountMax { return }
    var prompt = MadeUpPrompt(
      seed: BenchModel.seed, count: Int.max, vocabularyCount: machine.engine.shape.vocabularyCount)
    var totals = Totals(repeating: InlineArray<100, Int64>(repeating: 0))
    for round in 0..<Self.roundCount {
      for size in 0..<Self.tokenCounts.count {
        if Interrupt.isRaised { return }
        totals[size][round] = try measure(size, &prompt, &machine)
      }
    }
    summarize(totals)
  }

  /// - Returns: nanoseconds.
  private mutating func measure(
    _ size: Int, _ prompt: inout MadeUpPrompt, _ machine: inout BenchMachine
  ) throws(MeasurementError) -> Int64 {
    let count = Self.tokenCounts[size]
    for index in 0..<count {
      guard case .token(let token) = prompt.next() else { break }
      unsafe machine.engine.block[index] = token
    }
    let start = Instant.now()
    let record = try machine.pass(count)
    let passed = Instant.now()
    machine.engine.makeLogits(firstRow: 0, rowCount: count)
    let made = Instant.now()
    machine.engine.drop()
    let end = Instant.now()
    if let fault = machine.engine.numberFault { throw .pass(.numbers(fault)) }
    results[size].parts = results[size].parts + record.times
    results[size].logitNanoseconds += made.nanoseconds(since: passed)
    results[size].undoNanoseconds += end.nanoseconds(since: made)
    return end.nanoseconds(since: start)
  }

  private mutating func summarize(_ totals: Totals) {
    areMeasured = true
    for size in 0..<Self.tokenCounts.count {
      results[size].times = Spread(totals[size], count: Self.roundCount)
      results[size].parts.divide(by: Int64(Self.roundCount))
      results[size].logitNanoseconds /= Int64(Self.roundCount)
      results[size].undoNanoseconds /= Int64(Self.roundCount)
    }
  }
}

extension BenchMachine {
  /// Passes the first ids of the engine's block through the model: the text's next token, and those that are
  /// proposed behind it.
  fileprivate mutating func pass(_ count: Int) throws(MeasurementError) -> BlockRecord {
    do throws(AppendError) {
      return count == 1 ? try engine.append(1) : try engine.propose(count - 1)
    } catch {
      switch error {
      case .full(let full): throw .pass(.cacheFull(full))
      case .tokenCount: preconditionFailure("a block has room for the tokens of a pass")
      }
    }
  }
}
