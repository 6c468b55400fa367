import Platform

/// One line on a terminal that tells which run is at work.
struct BenchProgress {
  let request: BenchRequest
  let isQuiet: Bool
  private let runsBefore: Int
  private let runCount: Int
  private var line: StatusLine
  private var prompt = 0
  private var run = 0

  /// - Parameters:
  ///   - runsBefore: of requests before this one.
  ///   - runCount: of all requests; nil where there is only this one.
  init(
    _ request: BenchRequest, runsBefore: Int = 0, runCount: Int? = nil, isQuiet: Bool,
    _ console: borrowing Console
  ) {
    self.request = request
    self.isQuiet = isQuiet
    self.runsBefore = runsBefore
    self.runCount = runCount ?? request.prompts.count * request.repeatCount
    // The time that writing takes is not to be seen in the figures.
    line = StatusLine(intervalNanoseconds: 500_000_000, isQuiet: isQuiet, console)
  }

  mutating func start(prompt: Int, run: Int) {
    self.prompt = prompt
    self.run = run
  }

  mutating func update(prefilled count: Int, _ out: inout TextOutput) {
    update(count, of: request.prompts[prompt], "prompt", &out)
  }

  mutating func update(generated count: Int, _ out: inout TextOutput) {
    update(count, of: request.generateCount, "answer", &out)
  }

  private mutating func update(
    _ count: Int, of total: Int, _ part: StaticString, _ out: inout TextOutput
  ) {
    if !line.begin(&out) { return }
    out.write("run ")
    out.write(runsBefore + prompt * request.repeatCount + run + 1)
    out.write(" of ")
    out.write(runCount)
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
  func finish(_ out: inout TextOutput) { line.finish(&out) }
}
