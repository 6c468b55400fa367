import Platform
import Profile

/// What `bench` measures: the word after it.
enum Benchmark {
  /// Prompt and decode speed; also without a word.
  case speed

  static let names: StaticString = "speed"

  init?(_ name: UnsafePointer<CChar>) {
    if unsafe isEqual(name, "speed") {
      self = .speed
    } else {
      return nil
    }
  }
}

/// The prompts, the tokens after them and the runs that `bench` is asked for, checked.
struct BenchRequest {
  static let promptCountMax = 16
  static let promptLengthMax = 1_048_576
  static let generateMax = 65_536
  static let repeatCountMax = 100

  private var lengths = InlineArray<16, Int>(repeating: 0)
  private(set) var promptCount = 0
  /// Tokens after each prompt.
  let generateCount: Int
  /// Runs of each prompt.
  let repeatCount: Int

  init(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
    generateCount = arguments.generate ?? 64
    repeatCount = arguments.repeatCount ?? 3
    if unsafe arguments.promptFile != nil || arguments.tokens != nil {
      throw console.fail(.usage, "bench makes its prompts up; --prompt takes their lengths")
    }
    if unsafe arguments.model != nil && arguments.shape != nil {
      throw console.fail(.usage, "give one of --model and --shape")
    }
    try Self.check("--generate", generateCount, maximum: Self.generateMax, &console)
    try Self.check("--repeat", repeatCount, maximum: Self.repeatCountMax, &console)
    if let text = unsafe arguments.prompt {
      unsafe try read(lengths: text, &console)
    } else {
      promptCount = 2
      lengths[0] = 512
      lengths[1] = 2048
    }
  }

  /// Tokens of a prompt, in the order of the command line.
  subscript(index: Int) -> Int { lengths[index] }

  var longestPrompt: Int {
    var longest = 0
    for index in 0..<promptCount { longest = max(longest, lengths[index]) }
    return longest
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

  /// Whole numbers with commas between them.
  private mutating func read(
    lengths text: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) {
    var value = 0
    var digitCount = 0
    var index = 0
    while true {
      let byte = unsafe UInt8(bitPattern: text[index])
      if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
        value = min(value * 10 + Int(byte - UInt8(ascii: "0")), Self.promptLengthMax + 1)
        digitCount += 1
      } else {
        let isEnd = byte == 0
        let isLength = digitCount > 0 && value >= 1 && value <= Self.promptLengthMax
        if !isLength || promptCount == Self.promptCountMax || !(isEnd || byte == UInt8(ascii: ","))
        {
          throw unsafe Self.refuse(lengths: text, &console)
        }
        lengths[promptCount] = value
        promptCount += 1
        if isEnd { return }
        (value, digitCount) = (0, 0)
      }
      index += 1
    }
  }

  private static func refuse(
    lengths text: UnsafePointer<CChar>, _ console: inout Console
  ) -> Exit {
    console.beginError()
    console.error.write("--prompt: ")
    unsafe console.error.write(quoted: Excerpt(cString: text))
    console.error.write(" is no list of at most ")
    console.error.write(promptCountMax)
    console.error.write(" lengths from 1 to ")
    console.error.write(promptLengthMax)
    console.error.write(" tokens, such as 512,2048")
    return console.end(.usage)
  }
}
