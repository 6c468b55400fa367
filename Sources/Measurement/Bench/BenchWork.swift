/// Where the run at work stands among all runs, for the events that tell of it.
public struct BenchWork: Sendable {
  /// A generated token takes about as long as so many of a prompt.
  private static let promptTokensPerGenerated = 8

  let request: BenchRequest
  private let runsBefore: Int
  private let runCount: Int
  private let tokensBefore: Int
  private let tokenCount: Int
  private var prompt = 0
  private var run = 0

  @export(interface)
  public init(_ request: BenchRequest) {
    self.init(
      request, runsBefore: 0, runCount: request.prompts.count * request.repeatCount,
      tokensBefore: 0, tokenCount: Self.tokenCount(request))
  }

  /// - Parameters:
  ///   - runsBefore: of requests before this one; `tokensBefore`: what `tokenCount` gives of them.
  ///   - runCount: of all requests, as `tokenCount`.
  init(
    _ request: BenchRequest, runsBefore: Int, runCount: Int, tokensBefore: Int, tokenCount: Int
  ) {
    self.request = request
    self.runsBefore = runsBefore
    self.runCount = runCount
    self.tokensBefore = tokensBefore
    self.tokenCount = tokenCount
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

  func event(prefilled count: Int) -> MeasurementEvent {
    .prompt(
      run: number, runCount: runCount, tokens: count, tokenCount: request.prompts[prompt],
      fraction: fraction(count))
  }

  func event(generated count: Int) -> MeasurementEvent {
    .answer(
      run: number, runCount: runCount, tokens: count, tokenCount: request.generateCount,
      fraction: fraction(request.prompts[prompt] + Self.promptTokensPerGenerated * count))
  }

  private var number: Int { runsBefore + prompt * request.repeatCount + run + 1 }

  /// - Parameter tokens: of the run, as tokens of prompts.
  private func fraction(_ tokens: Int) -> Double {
    var done = tokensBefore + run * Self.tokensPerRun(request, prompt) + tokens
    for earlier in 0..<prompt {
      done += request.repeatCount * Self.tokensPerRun(request, earlier)
    }
    return Double(done) / Double(max(tokenCount, 1))
  }
}
