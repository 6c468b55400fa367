import Foundation
import Generation
import Profile
import Testing

@testable import CommandLine

/// Parsing, help and the man page say the same of every option.
struct DeclarationTests {
  @Test func everyOptionIsListed() {
    #expect(Option(rawValue: Option.count) == nil && Command(rawValue: Command.count) == nil)
    let names = allOptions.flatMap { option -> [String] in
      let declaration = option.declaration
      return ["\(declaration.name)"]
        + (declaration.hasOtherName ? ["\(declaration.otherName)"] : [])
    }
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.hasPrefix("-") })
  }

  /// Names of options as words of a text, without those that stand inside a longer name.
  private func options(in text: String) -> Set<String> {
    var found: Set<String> = []
    for line in text.split(separator: "\n") {
      let fields = line.split { !"-abcdefghijklmnopqrstuvwxyz0123456789".contains($0) }
      for field in fields where field.hasPrefix("--") || field == "-o" || field == "-h" {
        found.insert(String(field))
      }
    }
    return found
  }

  /// In the part of the help that lists options: lines that begin with two spaces and a hyphen, or
  /// name a group.
  private func listed(_ command: Command) -> Set<String> {
    let lines = help(command).split(separator: "\n").map(String.init)
    var listed: Set<String> = []
    var isGroup = false
    for line in lines {
      if line.hasPrefix("  -") {
        let name = line.dropFirst(2).prefix { $0 != " " && $0 != "," }
        listed.insert(String(name))
        isGroup = false
      } else if line.hasPrefix("  "), line.contains(": --") {
        listed.formUnion(options(in: String(line[line.range(of: ": --")!.lowerBound...])))
        isGroup = true
      } else if isGroup, line.hasPrefix("    -") {
        listed.formUnion(options(in: line))
      } else {
        isGroup = false
      }
    }
    return listed
  }

  @Test func helpListsWhatIsAcceptedAndNothingElse() {
    for command in allCommands {
      let accepted = Set(
        allOptions.filter { $0.declaration.commands.contains(command) }.map { "\($0.name)" })
      #expect(listed(command) == accepted, "\(command.name)")
    }
  }

  /// Options that the texts name exist.
  @Test func textsNameOptionsThatExist() {
    let names = Set(
      allOptions.flatMap { ["\($0.name)", "\($0.declaration.otherName)"] })
    for command in allCommands {
      #expect(options(in: help(command)).subtracting(names).isEmpty, "\(command.name)")
    }
  }

  private func value(_ option: Option, _ command: Command) -> [String] {
    switch option.use(by: command).value {
    case .flag: []
    case .text:
      switch option {
      case .positions: ["compact"]
      case .of: ["run"]
      case .anyModel, .think: ["off"]
      case .allowOrigin: ["https://a.example:8443"]
      default: ["some-\(option.rawValue)"]
      }
    case .whole(let range, _): ["\(range.lowerBound)"]
    case .seed: ["18446744073709551615"]
    case .decimal(let range, _): ["\(range.upperBound)"]
    case .override:
      switch option {
      case .policy: ["sink"]
      case .weights: ["file"]
      case .speculate: ["off"]
      case .ramCapMiB: ["64"]
      default: ["2"]
      }
    }
  }

  /// What must stand there, and what `option` needs or excludes.
  private func line(_ option: Option, _ command: Command) -> [String] {
    var line = words(command)
    let isText = [.prompt, .promptFile, .tokens].contains(option)
    for needed in allOptions where needed.declaration.commands.contains(command) {
      if needed.use(by: command).isRequired && needed != option {
        line += ["\(needed.name)"] + value(needed, command)
      }
    }
    if (command == .score || command == .tokenize) && !isText { line += ["--prompt", "x"] }
    if option == .keptFile { line += ["--kept-file-mib", "1"] }
    if option == .keptFileMiB { line += ["--kept-file", "x"] }
    if command == .inspect && option != .model { line.append("m.gguf") }
    if command == .probe && (option == .tuneSeconds || option == .shape) { line.append("--tune") }
    if command == .plan && !option.declaration.commands.contains(.run) && option != .json
      && option != .of
    {
      line += ["--of", option.declaration.commands.contains(.serve) ? "serve" : "chat"]
    }
    return line + ["\(option.name)"] + value(option, command)
  }

  /// Each command with each option.
  @Test func parsingTakesWhatIsDeclared() {
    for command in allCommands {
      for option in allOptions {
        let line = line(option, command)
        let parsed = parse(line)
        if option.declaration.commands.contains(command) {
          #expect(parsed.arguments?.has(option) == true, "\(line)")
        } else {
          #expect(parsed.error?.exitCode == .usage, "\(line)")
        }
      }
    }
  }

  @Test func defaultsAreWhatIsUsed() {
    let sampling = SamplingSettings()
    let options = parse(["chat", "--profile", "p"]).arguments!.sampling
    #expect(options.temperature == sampling.temperature && options.topK == sampling.topK)
    #expect(options.topP == sampling.topP && options.minP == sampling.minP)
    #expect(options.repeatPenalty == sampling.repeatPenalty && options.seed == sampling.seed)
    guard case .decimal(let range, _) = Option.temperature.use(by: .run).value,
      case .decimal(let penalty, _) = Option.repeatPenalty.use(by: .run).value
    else {
      Issue.record("the kinds of values")
      return
    }
    #expect(range == 0...SamplingSettings.temperatureMax)
    #expect(penalty.lowerBound == SamplingSettings.repeatPenaltyMin)
    #expect(penalty.upperBound == SamplingSettings.repeatPenaltyMax)
    #expect(Arguments.stopCountMax == StopTexts.countMax)
    #expect(Arguments.stopByteCountMax == StopTexts.byteCountMax)
    #expect(Arguments.maxTokensDefault == 256 && Arguments.chatMaxTokensDefault == 1024)
    #expect(help(.run).contains("default 256") && help(.chat).contains("default 1024"))
  }

  @Test func chatNamesItsCommands() {
    for word in ["/reset", "/stats", "/save FILE", "/load FILE", "/help", "/exit", "--positions"] {
      #expect(help(.chat).contains(word))
    }
  }

  @Test func everyPolicyIsNamed() {
    let text = help(.run)
    for index in 0..<Policy.count { #expect(text.contains("\(Policy(rawValue: index)!.name)")) }
  }

  @Test func linesAreNoLongerThanATerminal() {
    for command in allCommands {
      for line in help(command).split(separator: "\n") { #expect(line.count <= 102, "\(line)") }
    }
  }
}
