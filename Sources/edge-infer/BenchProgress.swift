import Measurement
import Platform

/// One line on a terminal that tells which run is at work, and the time left.
struct BenchProgress {
  /// A generated token takes about as long as so many of a prompt.
  private static let promptTokensPerGenerated = 8

  let request: BenchRequest
  let isQuiet: Bool
  private let runsBefore: Int
  private let runCount: Int
  private let tokensBefore: Int
  private let tokenCount: Int
  private var line: StatusLine
  private var prompt = 0
  private var run = 0

  /// - Parameters:
  ///   - runsBefore: of requests before this one; `tokensBefore`: what `tokenCount` gives of them.
  ///   - runCount: of all requests, as `tokenCount`; nil where there is only this one.
  init(
    _ request: BenchRequest, runsBefore: Int = 0, runCount: Int? = nil, tokensBefore: Int = 0,
    tokenCount: Int? = nil, work: WorkShare = WorkShare(), isQuiet: Bool,
    _ console: borrowing Console
  ) {
    self.request = request
    self.isQuiet = isQuiet
    self.runsBefore = runsBefore
    self.runCount = runCount ?? request.prompts.count * request.repeatCount
    self.tokensBefore = tokensBefore
    self.tokenCount = tokenCount ?? Self.tokenCount(request)
    // The time that writing takes is not to be seen in the figures.
    line = StatusLine(
      intervalNanoseconds: 500_000_000, isQuiet: isQuiet, work: work, console)
  }

  /// All runs' tokens, as tokens of prompts.
  static func tokenCount(_ request: BenchRequest) -> Int {
    var count = 0
    for prompt in 0..<request.prompts.count {
      count += request.repeatCount * tokensPerRun(request, prompt)
    }
    return count
  }

  private static func tokensPerRun(_ request: BenchRequest, _ prompt: Int) -> Int {
    request.prompts[prompt] + promptTokensPerGenerated * request.generateCount
  }

  mutating func start(prompt: Int, run: Int) {
    self.prompt = prompt
    self.run = run
  }

  mutating func update(prefilled count: Int, _ out: inout TextOutput) {
    update(count, of: request.prompts[prompt], "prompt", tokens: count, &out)
  }

  mutating func update(generated count: Int, _ out: inout TextOutput) {
    let tokens = request.prompts[prompt] + Self.promptTokensPerGenerated * count
    update(count, of: request.generateCount, "answer", tokens: tokens, &out)
  }

  /// - Parameter tokens: of the run, as tokens of prompts.
  private mutating func update(
    _ count: Int, of total: Int, _ part: StaticString, tokens: Int, _ out: inout TextOutput
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
    var done = tokensBefore + run * Self.tokensPerRun(request, prompt) + tokens
    for earlier in 0..<prompt {
      done += request.repeatCount * Self.tokensPerRun(request, earlier)
    }
    line.end(Double(done) / Double(max(tokenCount, 1)), &out)
  }

  /// Clears the line.
  func finish(_ out: inout TextOutput) { line.finish(&out) }
}
