/// The prompts, the tokens after them and the runs that a measurement of speed is asked for.
public struct BenchRequest: Sendable {
  public static let promptLengthMax = 1_048_576
  public static let generateMax = 65_536
  public static let repeatCountMax = Spread.runCountMax

  /// The prompts' lengths in tokens.
  public let prompts: NumberList
  /// Tokens after each prompt.
  public let generateCount: Int
  /// Runs of each prompt.
  public let repeatCount: Int
  /// Whether the table and the report say how long each thread waited for the others.
  public var showsWaits = false
  /// Whether passes of several tokens are measured too.
  public var measuresPasses = false

  /// Checks what the command line gave.
  @export(interface)
  public init(
    prompts: NumberList, generate: Int, repeat repeatCount: Int
  ) throws(BenchRequestError) {
    try BenchRequestError.check("--generate", generate, maximum: Self.generateMax)
    self.init(
      prompts: prompts, generateCount: generate, repeatCount: try Self.checked(repeat: repeatCount))
  }

  init(prompts: NumberList, generateCount: Int, repeatCount: Int) {
    self.prompts = prompts
    self.generateCount = generateCount
    self.repeatCount = repeatCount
  }

  /// One prompt, and no tokens after the first.
  public init(prompt: Int, repeatCount: Int) {
    self.init(prompts: NumberList(prompt), generateCount: 0, repeatCount: repeatCount)
  }

  static func checked(repeat count: Int) throws(BenchRequestError) -> Int {
    try BenchRequestError.check("--repeat", count, maximum: repeatCountMax)
    return count
  }
}
