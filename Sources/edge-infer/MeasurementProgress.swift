import Measurement
import Platform

/// One line on a terminal that tells which run of a measurement is at work, and the time left; and a
/// line for each pause.
struct MeasurementProgress: ~Copyable, MeasurementObserver {
  private var line: StatusLine
  private var out = TextOutput.standardError
  private let isQuiet: Bool
  private let isTerminal: Bool

  /// - Parameter intervalNanoseconds: between two updates. The time that writing takes is not to be
  ///   seen in the figures.
  init(
    _ work: WorkShare = WorkShare(), intervalNanoseconds: Int64 = 500_000_000, isQuiet: Bool,
    _ console: borrowing Console
  ) {
    self.isQuiet = isQuiet
    isTerminal = console.isTerminal
    line = StatusLine(
      intervalNanoseconds: intervalNanoseconds, isQuiet: isQuiet, work: work, console)
  }

  mutating func observe(_ event: MeasurementEvent) {
    switch event {
    case .pause(let pause): if !isQuiet { write(pause) }
    case .end: line.finish(&out)
    default: if line.begin(&out) { write(event) }
    }
  }

  private mutating func write(_ event: MeasurementEvent) {
    switch event {
    case .prompt(let run, let runCount, let tokens, let tokenCount, let fraction):
      write(run, runCount, "prompt", tokens, tokenCount)
      line.end(fraction, &out)
    case .answer(let run, let runCount, let tokens, let tokenCount, let fraction):
      write(run, runCount, "answer", tokens, tokenCount)
      line.end(fraction, &out)
    case .policyCost(let slots, let policy, let run, let runCount, let fraction):
      out.write(slots)
      out.write(" slots, ")
      out.write(policy)
      out.write(": run ")
      out.write(run)
      out.write(" of ")
      out.write(runCount)
      line.end(fraction, &out)
    case .tuning(let threadCount, let blockSize, let elapsed, let left):
      StatusLine.writeBar(elapsed / max(elapsed + left, 1e-9), &out)
      write(threadCount, blockSize, left)
      out.flush()
    case .pause, .end: return
    }
  }

  private mutating func write(
    _ run: Int, _ runCount: Int, _ part: StaticString, _ tokens: Int, _ tokenCount: Int
  ) {
    out.write("run ")
    out.write(run)
    out.write(" of ")
    out.write(runCount)
    out.write(": ")
    out.write(part)
    out.write(", ")
    out.write(tokens)
    out.write(" of ")
    out.write(tokenCount)
    out.write(" tokens")
  }

  private mutating func write(_ threadCount: Int, _ blockSize: Int, _ leftSeconds: Double) {
    out.write(threadCount)
    out.write(" threads, block ")
    out.write(blockSize)
    if leftSeconds <= 0 { return }
    out.write("  ")
    out.write(leftSeconds, decimals: 0)
    out.write(" s left")
  }

  private mutating func write(_ pause: HealthPause) {
    // In place of a line of progress.
    if isTerminal { out.write("\r\u{1B}[K") }
    pause.write(to: &out)
    out.flush()
  }
}

extension HealthPause {
  /// A line that says that work waits.
  func write(to out: inout TextOutput) {
    out.write("   paused at ")
    out.write(Double(millidegrees) / 1000, decimals: 1)
    out.write(" °C; goes on at ")
    out.write(Double(resumeMillidegrees) / 1000, decimals: 1)
    out.write(" °C\n")
  }
}
