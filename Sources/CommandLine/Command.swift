import Platform
import Text

/// What the first words of the command line ask for, in the order of the help.
public enum Command: Int, Sendable {
  case run
  case chat
  case serve
  case plan
  /// Prompt and decode speed.
  case bench
  /// What each policy adds to a block.
  case benchScoring
  /// Time to first token.
  case benchFirstToken
  case profileRun
  case score
  case pack
  case probe
  case tokenize
  /// The text that a chat template makes.
  case template
  case inspect

  public static let count = 14
  static let names: StaticString =
    "run, chat, serve, plan, bench, profile-run, score, pack, probe, tokenize, template or inspect"
  static let benchmarkNames: StaticString = "speed, scoring and ttft"

  public var name: StaticString {
    switch self {
    case .run: "run"
    case .chat: "chat"
    case .serve: "serve"
    case .plan: "plan"
    case .bench: "bench"
    case .benchScoring: "bench scoring"
    case .benchFirstToken: "bench ttft"
    case .profileRun: "profile-run"
    case .score: "score"
    case .pack: "pack"
    case .probe: "probe"
    case .tokenize: "tokenize"
    case .template: "template"
    case .inspect: "inspect"
    }
  }

  /// The command of that first word.
  init?(_ name: UnsafePointer<CChar>) {
    for index in 0..<Self.count {
      if let command = Command(rawValue: index), unsafe isEqual(name, command.name) {
        self = command
        return
      }
    }
    return nil
  }

  /// The benchmark of that word after `bench`.
  init?(benchmark name: UnsafePointer<CChar>) {
    if unsafe isEqual(name, "speed") {
      self = .bench
    } else if unsafe isEqual(name, "scoring") {
      self = .benchScoring
    } else if unsafe isEqual(name, "ttft") {
      self = .benchFirstToken
    } else {
      return nil
    }
  }

  public var isBenchmark: Bool {
    self == .bench || self == .benchScoring || self == .benchFirstToken
  }

  /// Whether `plan` can lay out the command's memory.
  var canBePlanned: Bool { self == .run || self == .chat || self == .serve }
}

/// Commands that take an option.
public struct CommandSet: Sendable {
  private var bits: UInt32

  init<let count: Int>(_ commands: InlineArray<count, Command>) {
    bits = 0
    for index in 0..<count { bits |= 1 << UInt32(commands[index].rawValue) }
  }

  private init(bits: UInt32) { self.bits = bits }

  /// Those that make an answer, and the plan of them.
  static var answering: CommandSet { CommandSet([.run, .chat, .serve, .plan]) }
  static var benchmarks: CommandSet { CommandSet([.bench, .benchScoring, .benchFirstToken]) }
  /// Those that run a model.
  static var running: CommandSet {
    CommandSet([.run, .chat, .serve, .profileRun, .score]) + benchmarks
  }
  /// Those that read a profile.
  static var profiled: CommandSet { running + CommandSet([.plan, .pack]) }

  public func contains(_ command: Command) -> Bool { bits >> UInt32(command.rawValue) & 1 != 0 }

  static func + (left: CommandSet, right: CommandSet) -> CommandSet {
    CommandSet(bits: left.bits | right.bits)
  }

  /// Names with commas and a last `and` between them; `plan`, which takes what the planned command
  /// takes, stands apart.
  func write(to out: inout TextOutput) {
    let others = CommandSet(bits: bits & ~(1 << UInt32(Command.plan.rawValue)))
    if others.bits == 0 {
      out.write("plan alone")
      return
    }
    var rest = others.bits.nonzeroBitCount
    let total = rest
    for index in 0..<Command.count {
      guard let command = Command(rawValue: index), others.contains(command) else { continue }
      if rest < total { out.write(rest == 1 ? " and " : ", ") }
      out.write(command == .bench ? "bench speed" : command.name)
      rest -= 1
    }
    out.write(" alone")
    if contains(.plan) { out.write(", and of plan") }
  }
}
