import CPlatform
import Generation
import Platform
import Profile

enum Command {
  case run
  case plan
  case bench
  case score
  case tokenize
  case inspect
  case chat
  case pack
  case probe
  case serve
  case profileRun

  static let names: StaticString =
    "run, chat, serve, plan, bench, profile-run, score, pack, probe, tokenize or inspect"

  init?(_ name: UnsafePointer<CChar>) {
    if unsafe isEqual(name, "run") {
      self = .run
    } else if unsafe isEqual(name, "plan") {
      self = .plan
    } else if unsafe isEqual(name, "bench") {
      self = .bench
    } else if unsafe isEqual(name, "score") {
      self = .score
    } else if unsafe isEqual(name, "tokenize") {
      self = .tokenize
    } else if unsafe isEqual(name, "inspect") {
      self = .inspect
    } else if unsafe isEqual(name, "chat") {
      self = .chat
    } else if unsafe isEqual(name, "pack") {
      self = .pack
    } else if unsafe isEqual(name, "probe") {
      self = .probe
    } else if unsafe isEqual(name, "serve") {
      self = .serve
    } else if unsafe isEqual(name, "profile-run") {
      self = .profileRun
    } else {
      return nil
    }
  }
}

/// The command line, taken apart. Values are pointers into it; each option may stand once.
@safe struct Arguments {
  /// Generated tokens where `--max-tokens` does not say.
  static let maxTokensDefault = 256
  static let chatMaxTokensDefault = 1024
  /// Time for `probe --tune`: at most two minutes with what comes before and after.
  static let tuneSecondsDefault = 110
  static let tuneSecondsMax = 3600
  /// 4 MiB of ids.
  static let maxTokensLimit = 1_048_576

  private(set) var command = Command.run
  /// The word after `bench`.
  private(set) var benchmark = Benchmark.speed
  private(set) var wantsHelp = false
  private(set) var wantsVersion = false
  private(set) var profile: UnsafePointer<CChar>?
  private(set) var model: UnsafePointer<CChar>?
  private(set) var shape: UnsafePointer<CChar>?
  /// A text; for `bench` the lengths of its prompts.
  private(set) var prompt: UnsafePointer<CChar>?
  private(set) var promptFile: UnsafePointer<CChar>?
  private(set) var tokens: UnsafePointer<CChar>?
  private(set) var system: UnsafePointer<CChar>?
  private(set) var report: UnsafePointer<CChar>?
  private(set) var saveCache: UnsafePointer<CChar>?
  private(set) var loadCache: UnsafePointer<CChar>?
  /// `original` or `compact`.
  private(set) var positions: UnsafePointer<CChar>?
  private(set) var logits: UnsafePointer<CChar>?
  private(set) var output: UnsafePointer<CChar>?
  /// Of `plan`: the command that is planned.
  private(set) var planned: UnsafePointer<CChar>?
  /// What takes the place of the root folder, for the kernel's files.
  private(set) var sysroot: UnsafePointer<CChar>?
  private(set) var jsonFile: UnsafePointer<CChar>?
  private(set) var csvFile: UnsafePointer<CChar>?
  /// Of `bench`: cache sizes, policies and block sizes to measure.
  private(set) var kv: UnsafePointer<CChar>?
  private(set) var policies: UnsafePointer<CChar>?
  private(set) var blocks: UnsafePointer<CChar>?
  private(set) var overrides = ProfileOverrides()
  private(set) var sampling = SamplingOptions()
  private(set) var stops = StopTexts()
  private(set) var service = ServeOptions()
  private(set) var isJSON = false
  private(set) var isRaw = false
  private(set) var isQuiet = false
  private(set) var wantsLogProbabilities = false
  private(set) var wantsNoLockdown = false
  private(set) var wantsLockedMemory = false
  private(set) var wantsNoHugePages = false
  private(set) var maxTokens: Int?
  private(set) var skip: Int?
  /// Of `probe`.
  private(set) var reserveMiB: Int?
  private(set) var wantsTuning = false
  /// Of `profile-run`.
  private(set) var isQuick = false
  private(set) var tuneSeconds: Int?
  private(set) var generate: Int?
  private(set) var repeatCount: Int?
  /// Degrees Celsius.
  private(set) var maxTemperature: Int?

  /// What error lines call a text prompt's file: nil for the command line's own text.
  var promptPath: UnsafePointer<CChar>? {
    if unsafe prompt != nil { return nil }
    return unsafe promptFile ?? cString("-")
  }

  /// Whether positions are renumbered at the trained length.
  var renumbers: Bool {
    if let positions = unsafe positions { unsafe isEqual(positions, "compact") } else { false }
  }

  /// The command whose memory is laid out, where it is `run`, `chat` or `serve`.
  var plannedCommand: Command? {
    if command != .plan { return command }
    guard let planned = unsafe planned else { return .run }
    guard let named = unsafe Command(planned), named == .run || named == .chat || named == .serve
    else { return nil }
    return named
  }

  /// Whether the command line names a text or ids.
  var hasPrompt: Bool { unsafe prompt != nil || promptFile != nil || tokens != nil }

  init(
    count: Int, values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    console: inout Console
  ) throws(Exit) {
    var reader = unsafe ArgumentReader(values: values, count: count)
    var hasCommand = false
    var hasBenchmark = false
    while let argument = unsafe reader.next() {
      if unsafe argument[0] == CChar(UInt8(ascii: "-")) && argument[1] != 0 {
        unsafe try take(option: argument, &reader, &console)
        hasCommand = true
      } else if !hasCommand {
        guard let named = unsafe Command(argument) else {
          throw unsafe Self.refuse(
            argument, "is not a command; there are ", Command.names, &console)
        }
        command = named
        hasCommand = true
      } else if command == .bench && !hasBenchmark {
        guard let named = unsafe Benchmark(argument) else {
          throw unsafe Self.refuse(
            argument, "is not a benchmark; there are ", Benchmark.names, &console)
        }
        benchmark = named
        hasBenchmark = true
      } else if unsafe command == .inspect && model == nil {
        unsafe model = unsafe argument
      } else {
        throw unsafe Self.refuse(argument, "is not an option; see edge-infer --help", "", &console)
      }
    }
    if !wantsHelp && !wantsVersion { try checkCombination(&console) }
  }

  private mutating func take(
    option name: UnsafePointer<CChar>, _ reader: inout ArgumentReader, _ console: inout Console
  ) throws(Exit) {
    if unsafe isEqual(name, "--help") || isEqual(name, "-h") {
      wantsHelp = true
    } else if unsafe isEqual(name, "--version") {
      wantsVersion = true
    } else if unsafe isEqual(name, "--json") {
      unsafe try takeJSON(&reader, name, &console)
    } else if unsafe isEqual(name, "--raw") {
      isRaw = true
    } else if unsafe isEqual(name, "--quiet") {
      isQuiet = true
    } else if unsafe isEqual(name, "--quick") {
      isQuick = true
    } else if unsafe isEqual(name, "--tune") {
      wantsTuning = true
    } else if unsafe isEqual(name, "--logprobs") {
      wantsLogProbabilities = true
    } else if unsafe isEqual(name, "--no-lockdown") {
      wantsNoLockdown = true
    } else if unsafe isEqual(name, "--lock-memory") {
      wantsLockedMemory = true
    } else if unsafe isEqual(name, "--no-huge-pages") {
      wantsNoHugePages = true
    } else if unsafe isEqual(name, "--stop") {
      unsafe try append(stop: reader.value(of: name, after: false, &console))
    } else if unsafe try sampling.take(name, &reader, &console) {
      return
    } else if unsafe try service.take(name, &reader, &console) {
      return
    } else if unsafe try takeText(name, &reader, &console) {
      return
    } else if unsafe try takeNumber(name, &reader, &console) {
      return
    } else if let option = unsafe ProfileOption(name: cStringSpan(name)) {
      unsafe try override(option, with: reader.value(of: name, after: false, &console), &console)
    } else {
      throw unsafe Self.refuse(name, "is not an option; see edge-infer --help", "", &console)
    }
  }

  /// `plan --json` prints to standard output; elsewhere the option names a file.
  private mutating func takeJSON(
    _ reader: inout ArgumentReader, _ name: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) {
    if command == .plan {
      isJSON = true
    } else {
      unsafe jsonFile = unsafe try reader.value(of: name, after: jsonFile != nil, &console)
    }
  }

  private mutating func takeText(
    _ name: UnsafePointer<CChar>, _ reader: inout ArgumentReader, _ console: inout Console
  ) throws(Exit) -> Bool {
    if unsafe isEqual(name, "--profile") {
      unsafe profile = unsafe try reader.value(of: name, after: profile != nil, &console)
    } else if unsafe isEqual(name, "--model") {
      unsafe model = unsafe try reader.value(of: name, after: model != nil, &console)
    } else if unsafe isEqual(name, "--shape") {
      unsafe shape = unsafe try reader.value(of: name, after: shape != nil, &console)
    } else if unsafe isEqual(name, "--prompt") {
      unsafe prompt = unsafe try reader.value(of: name, after: prompt != nil, &console)
    } else if unsafe isEqual(name, "--prompt-file") {
      unsafe promptFile = unsafe try reader.value(of: name, after: promptFile != nil, &console)
    } else if unsafe isEqual(name, "--tokens") {
      unsafe tokens = unsafe try reader.value(of: name, after: tokens != nil, &console)
    } else if unsafe isEqual(name, "--system") {
      unsafe system = unsafe try reader.value(of: name, after: system != nil, &console)
    } else if unsafe isEqual(name, "--report") {
      unsafe report = unsafe try reader.value(of: name, after: report != nil, &console)
    } else if unsafe isEqual(name, "--save-cache") {
      unsafe saveCache = unsafe try reader.value(of: name, after: saveCache != nil, &console)
    } else if unsafe isEqual(name, "--load-cache") {
      unsafe loadCache = unsafe try reader.value(of: name, after: loadCache != nil, &console)
    } else if unsafe isEqual(name, "--positions") {
      unsafe positions = unsafe try reader.value(of: name, after: positions != nil, &console)
    } else if unsafe isEqual(name, "--logits") {
      unsafe logits = unsafe try reader.value(of: name, after: logits != nil, &console)
    } else if unsafe isEqual(name, "-o") || isEqual(name, "--output") {
      unsafe output = unsafe try reader.value(of: name, after: output != nil, &console)
    } else if unsafe isEqual(name, "--of") {
      unsafe planned = unsafe try reader.value(of: name, after: planned != nil, &console)
    } else if unsafe isEqual(name, "--sysroot") {
      unsafe sysroot = unsafe try reader.value(of: name, after: sysroot != nil, &console)
    } else {
      return unsafe try takeBenchText(name, &reader, &console)
    }
    return true
  }

  private mutating func takeBenchText(
    _ name: UnsafePointer<CChar>, _ reader: inout ArgumentReader, _ console: inout Console
  ) throws(Exit) -> Bool {
    if unsafe isEqual(name, "--kv") {
      unsafe kv = unsafe try reader.value(of: name, after: kv != nil, &console)
    } else if unsafe isEqual(name, "--policies") {
      unsafe policies = unsafe try reader.value(of: name, after: policies != nil, &console)
    } else if unsafe isEqual(name, "--blocks") {
      unsafe blocks = unsafe try reader.value(of: name, after: blocks != nil, &console)
    } else if unsafe isEqual(name, "--csv") {
      unsafe csvFile = unsafe try reader.value(of: name, after: csvFile != nil, &console)
    } else {
      return false
    }
    return true
  }

  private mutating func takeNumber(
    _ name: UnsafePointer<CChar>, _ reader: inout ArgumentReader, _ console: inout Console
  ) throws(Exit) -> Bool {
    if unsafe isEqual(name, "--max-tokens") {
      maxTokens = unsafe try reader.number(of: name, after: maxTokens, &console)
    } else if unsafe isEqual(name, "--skip") {
      skip = unsafe try reader.number(of: name, after: skip, &console)
    } else if unsafe isEqual(name, "--generate") {
      generate = unsafe try reader.number(of: name, after: generate, &console)
    } else if unsafe isEqual(name, "--repeat") {
      repeatCount = unsafe try reader.number(of: name, after: repeatCount, &console)
    } else if unsafe isEqual(name, "--max-temperature") {
      maxTemperature = unsafe try reader.number(of: name, after: maxTemperature, &console)
    } else if unsafe isEqual(name, "--reserve-mib") {
      reserveMiB = unsafe try reader.number(of: name, after: reserveMiB, &console)
    } else if unsafe isEqual(name, "--tune-seconds") {
      tuneSeconds = unsafe try reader.number(of: name, after: tuneSeconds, &console)
    } else {
      return false
    }
    return true
  }

  private mutating func append(stop text: UnsafePointer<CChar>) throws(CommandFailure) {
    do throws(StopTextError) {
      unsafe try stops.append(text)
    } catch {
      throw CommandFailure(.stopText(error))
    }
  }

  private mutating func override(
    _ option: ProfileOption, with value: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) {
    do throws(ProfileError) {
      unsafe try overrides.set(option, to: cStringSpan(value))
    } catch {
      throw unsafe console.fail(error)
    }
  }

  static func refuse(
    _ value: UnsafePointer<CChar>, _ reason: StaticString, _ more: StaticString,
    _ console: inout Console
  ) -> Exit {
    console.beginError()
    unsafe console.error.write(quoted: Excerpt(cString: value))
    console.error.write(" ")
    console.error.write(reason)
    console.error.write(more)
    return console.end(.usage)
  }
}

/// Walks over the arguments after the program's name.
@safe struct ArgumentReader {
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

  /// The argument after an option that may stand once.
  mutating func value(
    of name: UnsafePointer<CChar>, after isRepeated: Bool, _ console: inout Console
  ) throws(Exit) -> UnsafePointer<CChar> {
    if isRepeated { throw unsafe refuse(name, "is given twice", &console) }
    guard let value = unsafe next() else {
      throw unsafe refuse(name, "needs a value", &console)
    }
    return unsafe value
  }

  /// A whole number from 0 to 2^31 - 1.
  mutating func number(
    of name: UnsafePointer<CChar>, after old: Int?, _ console: inout Console
  ) throws(Exit) -> Int {
    let text = unsafe try value(of: name, after: old != nil, &console)
    var result = 0
    var index = 0
    while unsafe text[index] != 0 {
      let digit = unsafe Int(text[index]) - Int(UInt8(ascii: "0"))
      result = result * 10 + digit
      if digit < 0 || digit > 9 || result > Int(Int32.max) {
        index = -1
        break
      }
      index += 1
    }
    if index > 0 { return result }
    console.beginError()
    unsafe console.error.write(cString: name)
    console.error.write(": ")
    unsafe console.error.write(quoted: Excerpt(cString: text))
    console.error.write(" is not a whole number from 0 to 2147483647")
    throw console.end(.usage)
  }

  private func refuse(
    _ name: UnsafePointer<CChar>, _ reason: StaticString, _ console: inout Console
  ) -> Exit {
    console.beginError()
    unsafe console.error.write(cString: name)
    console.error.write(" ")
    console.error.write(reason)
    return console.end(.usage)
  }
}
