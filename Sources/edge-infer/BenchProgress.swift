import CPlatform
import Platform

/// One line on a terminal that tells which run is at work. Silent where standard error is not a
/// terminal.
struct BenchProgress {
  /// Between two updates; the time that writing takes is not to be seen in the figures.
  private static let intervalNanoseconds: Int64 = 500_000_000
  private let request: BenchRequest
  private let isShown: Bool
  private var last = Instant.now()
  private var prompt = 0
  private var run = 0

  init(_ request: BenchRequest, isQuiet: Bool) {
    self.request = request
    isShown = !isQuiet && edge_is_terminal(2) != 0
  }

  mutating func start(prompt: Int, run: Int) {
    self.prompt = prompt
    self.run = run
  }

  mutating func update(prefilled count: Int, _ out: inout TextOutput) {
    update(count, of: request[prompt], "prompt", &out)
  }

  mutating func update(generated count: Int, _ out: inout TextOutput) {
    update(count, of: request.generateCount, "answer", &out)
  }

  private mutating func update(
    _ count: Int, of total: Int, _ part: StaticString, _ out: inout TextOutput
  ) {
    if !isShown { return }
    let now = Instant.now()
    if now.nanoseconds(since: last) < Self.intervalNanoseconds { return }
    last = now
    out.write("\r\u{1B}[Krun ")
    out.write(prompt * request.repeatCount + run + 1)
    out.write(" of ")
    out.write(request.promptCount * request.repeatCount)
    out.write(": ")
    out.write(part)
    out.write(", ")
    out.write(count)
    out.write(" of ")
    out.write(total)
    out.write(" tokens")
    out.flush()
  }

  /// Clears the line.
  func finish(_ out: inout TextOutput) {
    if !isShown { return }
    out.write("\r\u{1B}[K")
    out.flush()
  }
}
