import Profile
import Text

/// `--help` of each command, from the declarations of its options.
public enum Help {
  private static let optionColumn = 24
  /// From a policy's name to what it keeps: the longest name, and a space.
  private static let policyColumn = 20

  public static func write<Sink: ByteSink & ~Copyable>(_ command: Command, to out: inout Sink) {
    if command == .run {
      out.write("edge-infer: runs a language model inside a fixed memory size.\n\n")
      for index in 0..<Command.count {
        if let each = Command(rawValue: index) { writeUsage(each, to: &out) }
      }
      out.write("edge-infer COMMAND --help\nedge-infer --version\n")
    } else {
      writeUsage(command, to: &out)
    }
    out.write("\n")
    out.write(command.purpose)
    writeOptions(command, to: &out)
    if command == .chat {
      out.write("\nCommands are lines that begin with /:\n")
      ChatCommand.writeList(indentation: 2, to: &out)
    }
    out.write(command.notes)
  }

  /// One line: what must be given, and that there is more.
  private static func writeUsage<Sink: ByteSink & ~Copyable>(
    _ command: Command, to out: inout Sink
  ) {
    out.write("edge-infer ")
    out.write(command == .run ? "[run]" : command == .bench ? "bench [speed]" : command.name)
    for index in 0..<Option.count {
      guard let option = Option(rawValue: index) else { continue }
      if !option.declaration.commands.contains(command) { continue }
      let use = option.use(by: command)
      if !use.isRequired { continue }
      out.write(" ")
      out.write(option.name)
      out.write(" ")
      out.write(use.placeholder)
    }
    out.write(command.usage)
    out.write(
      command == .tokenize || command == .template || command == .inspect ? "\n" : " [option…]\n")
  }

  private static func writeOptions<Sink: ByteSink & ~Copyable>(
    _ command: Command, to out: inout Sink
  ) {
    for index in 0..<Option.count {
      guard let option = Option(rawValue: index) else { continue }
      if !option.declaration.commands.contains(command) { continue }
      if option.isExplained(by: command) { writeOption(option, command, to: &out) }
    }
    if command == .plan {
      writeNames("Options of the planned command:", .own, command, to: &out)
    }
    writeNames("As of edge-infer run:", .machine, command, to: &out)
    writeNames("Sampling, as of edge-infer run:", .sampling, command, to: &out)
    writeNames(
      command == .probe
        ? "Overrides of what was found:" : "Overrides of the profile, as of edge-infer run:",
      .overrides, command, to: &out)
  }

  /// A name and its sentence, in two columns.
  private static func writeOption<Sink: ByteSink & ~Copyable>(
    _ option: Option, _ command: Command, to out: inout Sink
  ) {
    let declaration = option.declaration
    let use = option.use(by: command)
    var column = 2 + declaration.name.utf8CodeUnitCount
    out.write("  ")
    out.write(declaration.name)
    if declaration.hasOtherName {
      out.write(", ")
      out.write(declaration.otherName)
      column += 2 + declaration.otherName.utf8CodeUnitCount
    }
    if use.placeholder.utf8CodeUnitCount > 0 {
      out.write(" ")
      out.write(use.placeholder)
      column += 1 + columnCount(span(use.placeholder))
    }
    if column >= optionColumn {
      out.write("\n")
      column = 0
    }
    out.write(spaces: optionColumn - column)
    var paragraph = HelpParagraph(indentation: optionColumn, column: optionColumn)
    paragraph.write(use.sentence, to: &out)
    use.value.writeLimits(&paragraph, to: &out)
    out.write("\n")
    if option == .policy { writePolicies(to: &out) }
  }

  /// A line each, with what it keeps. Toolchain/policies reads the names from here.
  private static func writePolicies<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    for index in 0..<Policy.count {
      guard let policy = Policy(rawValue: index) else { continue }
      let indentation = optionColumn + policyColumn
      out.write(spaces: optionColumn)
      out.write(policy.name)
      out.write(spaces: policyColumn - policy.name.utf8CodeUnitCount)
      var paragraph = HelpParagraph(indentation: indentation, column: indentation)
      paragraph.write(policy.summary, to: &out)
      out.write("\n")
    }
  }

  /// The options of a group that the command takes and does not explain.
  private static func writeNames<Sink: ByteSink & ~Copyable>(
    _ title: StaticString, _ group: OptionGroup, _ command: Command, to out: inout Sink
  ) {
    var paragraph = HelpParagraph(indentation: 4, column: 2)
    var isEmpty = true
    for index in 0..<Option.count {
      guard let option = Option(rawValue: index) else { continue }
      let declaration = option.declaration
      if declaration.group != group || !declaration.commands.contains(command) { continue }
      if option.isExplained(by: command) { continue }
      if isEmpty {
        out.write("  ")
        paragraph.write(title, to: &out)
        isEmpty = false
      } else {
        out.write(",")
      }
      let placeholder = option.use(by: command).placeholder
      let space = placeholder.utf8CodeUnitCount > 0 ? 1 : 0
      let width = option.name.utf8CodeUnitCount + space + columnCount(span(placeholder))
      paragraph.begin(word: width + 1, to: &out)
      out.write(option.name)
      out.write(spaces: space)
      out.write(placeholder)
    }
    if !isEmpty { out.write("\n") }
  }
}

extension Option {
  /// Whether the help of `command` says what the option does; otherwise it names it.
  fileprivate func isExplained(by command: Command) -> Bool {
    let group = declaration.group
    switch command {
    case .run: return true
    case .plan:
      switch self {
      case .help, .version, .profile, .model, .json, .of: return true
      default: return false
      }
    case .probe: return group == .own || group == .machine
    default: return group == .own
    }
  }
}

extension OptionValue {
  /// What a value may be and what it is without the option, in brackets.
  fileprivate func writeLimits<Sink: ByteSink & ~Copyable>(
    _ paragraph: inout HelpParagraph, to out: inout Sink
  ) {
    switch self {
    case .flag, .override, .text(nil): return
    case .text(let standard?):
      paragraph.begin(word: 10 + columnCount(span(standard)), to: &out)
      out.write("[default ")
      out.write(standard)
    case .whole(let range, let standard):
      if range.upperBound == Option.wholeMax && standard == nil { return }
      paragraph.begin(word: 24, to: &out)
      out.write("[")
      if range.upperBound < Option.wholeMax {
        out.write(range.lowerBound)
        out.write(" to ")
        out.write(range.upperBound)
      }
      if let standard {
        out.write(range.upperBound < Option.wholeMax ? "; default " : "default ")
        out.write(standard)
      }
    case .seed:
      paragraph.begin(word: 11, to: &out)
      out.write("[default 0")
    case .decimal(let range, let standard):
      paragraph.begin(word: 24, to: &out)
      out.write("[")
      writeBound(range.lowerBound, to: &out)
      out.write(" to ")
      writeBound(range.upperBound, to: &out)
      out.write("; default ")
      writeBound(standard, to: &out)
    }
    out.write("]")
  }
}
