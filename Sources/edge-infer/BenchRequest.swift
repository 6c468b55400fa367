import Measurement
import Platform
import Profile

/// What `bench` measures: the word after it.
enum Benchmark {
  /// Prompt and decode speed; also without a word.
  case speed
  /// What each policy adds to a block.
  case scoring
  /// Time to first token.
  case ttft

  static let names: StaticString = "speed, scoring and ttft"

  init?(_ name: UnsafePointer<CChar>) {
    if unsafe isEqual(name, "speed") {
      self = .speed
    } else if unsafe isEqual(name, "scoring") {
      self = .scoring
    } else if unsafe isEqual(name, "ttft") {
      self = .ttft
    } else {
      return nil
    }
  }
}

/// The prompts, the tokens after them and the runs that `bench` is asked for, checked.
struct BenchRequest {
  static let promptLengthMax = 1_048_576
  static let generateMax = 65_536
  static let repeatCountMax = 100

  /// The prompts' lengths in tokens.
  let prompts: NumberList
  /// Tokens after each prompt.
  let generateCount: Int
  /// Runs of each prompt.
  let repeatCount: Int

  init(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
    generateCount = arguments.generate ?? 64
    try Self.check("--generate", generateCount, maximum: Self.generateMax, &console)
    repeatCount = try Self.repeatCount(arguments, default: 3, &console)
    prompts = unsafe try NumberList(
      "--prompt", arguments.prompt, maximum: Self.promptLengthMax, example: "512,2048", &console)
  }

  init(prompts: NumberList, generateCount: Int, repeatCount: Int) {
    self.prompts = prompts
    self.generateCount = generateCount
    self.repeatCount = repeatCount
  }

  /// One prompt, and no tokens after the first.
  init(prompt: Int, repeatCount: Int) {
    prompts = NumberList(prompt)
    generateCount = 0
    self.repeatCount = repeatCount
  }

  /// What the benchmarks have in common.
  static func check(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
    if unsafe arguments.promptFile != nil || arguments.tokens != nil {
      throw console.fail(.usage, "bench makes its prompts up; --prompt takes their lengths")
    }
    if unsafe arguments.model != nil && arguments.shape != nil {
      throw console.fail(.usage, "give one of --model and --shape")
    }
  }

  static func repeatCount(
    _ arguments: Arguments, default count: Int, _ console: inout Console
  ) throws(Exit) -> Int {
    let asked = arguments.repeatCount ?? count
    try check("--repeat", asked, maximum: repeatCountMax, &console)
    return asked
  }

  private static func check(
    _ name: StaticString, _ value: Int, maximum: Int, _ console: inout Console
  ) throws(Exit) {
    if value >= 1 && value <= maximum { return }
    console.beginError()
    console.error.write(name)
    console.error.write(" is ")
    console.error.write(value)
    console.error.write("; it must be from 1 to ")
    console.error.write(maximum)
    throw console.end(.usage)
  }
}
