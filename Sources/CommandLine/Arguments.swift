import Platform
import Profile
import Text

/// The command line, taken apart and checked. Values are pointers into it; each option but `--stop`
/// and the overrides may stand once.
@safe public struct Arguments {
  /// How often `--stop` may be given, and the bytes of each of its texts.
  public static let stopCountMax = 16
  public static let stopByteCountMax = 256

  public private(set) var command = Command.run
  /// Of `inspect`: the model.
  private var operand: UnsafePointer<CChar>?
  /// A bit for each option.
  private var given = InlineArray<2, UInt64>(repeating: 0)
  private var texts: InlineArray<96, UnsafePointer<CChar>?>
  /// Whole numbers, and bit patterns of others.
  private var numbers = InlineArray<96, UInt64>(repeating: 0)
  private var stopTexts: InlineArray<16, UnsafePointer<CChar>?>
  public private(set) var stopCount = 0
  public private(set) var overrides = ProfileOverrides()

  /// - Parameters:
  ///   - count: of words, with the program's name.
  ///   - values: zero-terminated, and as long there as their uses are.
  @export(interface)
  public init(
    count: Int, values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) throws(UsageError) {
    unsafe texts = InlineArray(repeating: nil)
    unsafe stopTexts = InlineArray(repeating: nil)
    var words = unsafe WordReader(values: values, count: count)
    var hasCommand = false
    var hasBenchmark = false
    while let word = unsafe words.next() {
      if unsafe word[0] == CChar(UInt8(ascii: "-")) && word[1] != 0 {
        unsafe try take(option: word, &words)
        hasCommand = true
      } else if !hasCommand {
        guard let named = unsafe Command(word) else {
          throw .unknownCommand(unsafe Excerpt(cString: word))
        }
        command = named
        hasCommand = true
      } else if command.isBenchmark && !hasBenchmark {
        guard let named = unsafe Command(benchmark: word) else {
          throw .unknownBenchmark(unsafe Excerpt(cString: word))
        }
        command = named
        hasBenchmark = true
      } else if unsafe command == .inspect && operand == nil {
        unsafe operand = unsafe word
      } else {
        throw .notAnOption(unsafe Excerpt(cString: word))
      }
    }
    if !wantsHelp && !wantsVersion { try check() }
  }

  private mutating func take(
    option word: UnsafePointer<CChar>, _ words: inout WordReader
  ) throws(UsageError) {
    guard let option = unsafe Option(word) else {
      throw .notAnOption(unsafe Excerpt(cString: word))
    }
    let value = option.use(by: command).value
    if case .flag = value {
      note(option)
      return
    }
    let mayRepeat: Bool = if case .override = value { true } else { option == .stop }
    if has(option) && !mayRepeat { throw .repeated(option) }
    guard let text = unsafe words.next() else { throw .missingValue(option) }
    note(option)
    if option == .stop {
      unsafe try appendStop(text)
    } else {
      unsafe try take(text, of: option, value)
    }
  }

  private mutating func take(
    _ text: UnsafePointer<CChar>, of option: Option, _ value: OptionValue
  ) throws(UsageError) {
    switch value {
    case .flag: break
    case .text: unsafe texts[option.rawValue] = unsafe text
    case .whole(let range, _):
      guard let whole = unsafe DecimalNumber(text)?.whole, whole <= UInt64(Int32.max) else {
        throw .notWhole(option, unsafe Excerpt(cString: text))
      }
      if !range.contains(Int(whole)) { throw .outOfRange(option, Int(whole), range) }
      numbers[option.rawValue] = whole
    case .seed:
      guard let whole = unsafe DecimalNumber(text)?.whole else {
        throw .notWhole(option, unsafe Excerpt(cString: text))
      }
      numbers[option.rawValue] = whole
    case .decimal(let range, _):
      guard let number = unsafe DecimalNumber(text)?.double, range.contains(number) else {
        throw .notANumber(option, unsafe Excerpt(cString: text), range)
      }
      numbers[option.rawValue] = number.bitPattern
    case .override:
      guard let field = ProfileOption(name: span(option.name)) else { break }
      do throws(ProfileError) {
        unsafe try overrides.set(field, to: cStringSpan(text))
      } catch {
        throw .override(error)
      }
    }
  }

  private mutating func appendStop(_ text: UnsafePointer<CChar>) throws(UsageError) {
    if stopCount == Self.stopCountMax {
      throw .sentence("--stop may be given 16 times at most")
    }
    let byteCount = unsafe cStringSpan(text).count
    if byteCount == 0 { throw .sentence("--stop: a text must not be empty") }
    if byteCount > Self.stopByteCountMax {
      throw .sentence("--stop: a text has 256 bytes at most")
    }
    unsafe stopTexts[stopCount] = unsafe text
    stopCount += 1
  }
}

// What commands read.
extension Arguments {
  public func has(_ option: Option) -> Bool {
    given[option.rawValue >> 6] >> UInt64(option.rawValue & 63) & 1 != 0
  }

  private mutating func note(_ option: Option) {
    given[option.rawValue >> 6] |= 1 << UInt64(option.rawValue & 63)
  }

  func text(_ option: Option) -> UnsafePointer<CChar>? { unsafe texts[option.rawValue] }

  /// The number that is given, or that which the option's declaration has for the command.
  func whole(_ option: Option) -> Int {
    givenWhole(option) ?? Self.standard(option, command)
  }

  func givenWhole(_ option: Option) -> Int? {
    has(option) ? Int(numbers[option.rawValue]) : nil
  }

  var seed: UInt64 { numbers[Option.seed.rawValue] }

  func decimal(_ option: Option) -> Double {
    if has(option) { return Double(bitPattern: numbers[option.rawValue]) }
    guard case .decimal(_, let standard) = option.use(by: command).value else { return 0 }
    return standard
  }

  /// What `--max-tokens` is if it is not given.
  public static var maxTokensDefault: Int { standard(.maxTokens, .run) }
  public static var chatMaxTokensDefault: Int { standard(.maxTokens, .chat) }
  public static var tuneSecondsDefault: Int { standard(.tuneSeconds, .probe) }

  private static func standard(_ option: Option, _ command: Command) -> Int {
    guard case .whole(_, let standard?) = option.use(by: command).value else { return 0 }
    return standard
  }

  public var wantsHelp: Bool { has(.help) }
  public var wantsVersion: Bool { has(.version) }
  public var profile: UnsafePointer<CChar>? { unsafe text(.profile) }
  public var model: UnsafePointer<CChar>? { unsafe text(.model) ?? operand }
  public var shape: UnsafePointer<CChar>? { unsafe text(.shape) }
  /// A text; for benchmarks the lengths of their prompts.
  public var prompt: UnsafePointer<CChar>? { unsafe text(.prompt) }
  public var promptFile: UnsafePointer<CChar>? { unsafe text(.promptFile) }
  public var tokens: UnsafePointer<CChar>? { unsafe text(.tokens) }
  public var headBudgets: UnsafePointer<CChar>? { unsafe text(.headBudgets) }
  public var system: UnsafePointer<CChar>? { unsafe text(.system) }
  /// The file of another chat template.
  public var preTokenizer: UnsafePointer<CChar>? { unsafe text(.preTokenizer) }
  public var chatTemplate: UnsafePointer<CChar>? { unsafe text(.chatTemplate) }
  /// Whether the template's switch of thinking is set, and to what.
  public var thinks: Bool? {
    if let value = unsafe text(.think) { return unsafe isEqual(value, "on") }
    return nil
  }
  /// The file of a conversation's tools.
  public var tools: UnsafePointer<CChar>? { unsafe text(.tools) }
  public var messages: UnsafePointer<CChar>? { unsafe text(.messages) }
  public var report: UnsafePointer<CChar>? { unsafe text(.report) }
  public var saveCache: UnsafePointer<CChar>? { unsafe text(.saveCache) }
  public var loadCache: UnsafePointer<CChar>? { unsafe text(.loadCache) }
  public var logits: UnsafePointer<CChar>? { unsafe text(.logits) }
  public var output: UnsafePointer<CChar>? { unsafe text(.output) }
  /// What takes the place of the root folder, for the kernel's files.
  public var sysroot: UnsafePointer<CChar>? { unsafe text(.sysroot) }
  public var jsonFile: UnsafePointer<CChar>? { unsafe text(.json) }
  public var csvFile: UnsafePointer<CChar>? { unsafe text(.csv) }
  /// Of benchmarks: cache sizes, policies and block sizes to measure.
  public var kv: UnsafePointer<CChar>? { unsafe text(.kv) }
  public var policies: UnsafePointer<CChar>? { unsafe text(.policies) }
  public var blocks: UnsafePointer<CChar>? { unsafe text(.blocks) }
  /// Of `plan`: whether standard output gets JSON.
  public var isJSON: Bool { command == .plan && has(.json) }
  public var isRaw: Bool { has(.raw) }
  public var isQuiet: Bool { has(.quiet) }
  public var wantsLogProbabilities: Bool { has(.logprobs) }
  public var wantsNoLockdown: Bool { has(.noLockdown) }
  public var wantsLockedMemory: Bool { has(.lockMemory) }
  public var wantsNoHugePages: Bool { has(.noHugePages) }
  public var wantsTuning: Bool { has(.tune) }
  public var isQuick: Bool { has(.quick) }
  /// Tokens of an answer at most; nil if it is not given.
  /// What the answer must be: the file of a schema or of a grammar.
  public var jsonSchema: UnsafePointer<CChar>? { unsafe text(.jsonSchema) }
  public var grammar: UnsafePointer<CChar>? { unsafe text(.grammar) }
  /// For a schema or grammar and what it is compiled to.
  public var grammarByteCount: Int { whole(.grammarKiB) << 10 }
  public var maxTokens: Int? { givenWhole(.maxTokens) }
  public var skip: Int? { givenWhole(.skip) }
  public var reserveMiB: Int? { givenWhole(.reserveMiB) }
  public var tuneSeconds: Int? { givenWhole(.tuneSeconds) }
  public var generate: Int? { givenWhole(.generate) }
  public var showsWaits: Bool { has(.waits) }
  public var measuresPasses: Bool { has(.passes) }
  public var repeatCount: Int? { givenWhole(.repeatCount) }
  /// Degrees Celsius.
  public var maxTemperature: Int? { givenWhole(.maxTemperature) }

  /// The bytes of a stop text.
  public func stop(_ index: Int) -> UnsafePointer<CChar> {
    precondition(index < stopCount)
    return unsafe stopTexts[index]!
  }

  /// What error lines call a text prompt's file: nil for the command line's own text.
  public var promptPath: UnsafePointer<CChar>? {
    if unsafe prompt != nil { return nil }
    return unsafe promptFile ?? cString("-")
  }

  /// Whether positions are renumbered at the trained length.
  public var renumbers: Bool {
    if let positions = unsafe text(.positions) {
      unsafe isEqual(positions, "compact")
    } else {
      false
    }
  }

  /// The command whose memory is laid out: of `plan`, that of `--of`; nil if that has no plan.
  public var plannedCommand: Command? {
    if command != .plan { return command }
    guard let named = unsafe text(.of) else { return .run }
    guard let planned = unsafe Command(named), planned.canBePlanned else { return nil }
    return planned
  }

  /// Whether the command line names a text or ids.
  public var hasPrompt: Bool { has(.prompt) || has(.promptFile) || has(.tokens) }
}

/// Walks over the words after the program's name.
@safe private struct WordReader {
  private let values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int
  private var index = 1

  init(values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, count: Int) {
    unsafe self.values = unsafe values
    self.count = count
  }

  mutating func next() -> UnsafePointer<CChar>? {
    guard index < count, let value = unsafe values[index] else { return nil }
    index += 1
    return unsafe UnsafePointer(value)
  }
}
