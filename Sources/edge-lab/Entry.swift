import Foundation

/// edge-lab: evaluates models, policies and budgets on this runtime, in process.
@main
enum EdgeLab {
  static func main() {
    exit(run(Array(CommandLine.arguments.dropFirst())))
  }

  /// - Returns: the exit code.
  static func run(_ words: [String]) -> Int32 {
    do {
      try dispatch(words)
      return 0
    } catch {
      let failure = LabFailure(error)
      writeError("edge-lab: \(failure.description)")
      return failure.code
    }
  }

  private static func dispatch(_ words: [String]) throws {
    guard let name = words.first else {
      throw LabFailure.usage("a command is missing; --help lists them")
    }
    if name == "--help" || name == "-h" || name == "help" {
      print(help)
      return
    }
    guard let command = commandList.first(where: { $0.name == name }) else {
      throw LabFailure.usage("'\(name)' is not a command; --help lists them")
    }
    let rest = Array(words.dropFirst())
    if rest.contains("--help") || rest.contains("-h") {
      print(help(of: command))
      return
    }
    try command.init(LabArguments(rest, options: command.options)).run()
  }

  private static var help: String {
    let width = (commandList.map { $0.name.count }.max() ?? 0) + 2
    let lines = commandList.map { "  " + padded($0.name, width) + $0.summary }
    return """
      edge-lab: how good are the answers under a policy and a budget?

      edge-lab COMMAND [OPTIONS]

      \(lines.joined(separator: "\n"))

      edge-lab COMMAND --help lists a command's options. Tables go to standard output, progress and
      errors to standard error.
      """
  }

  private static func help(of command: any Command.Type) -> String {
    let names = command.options.map { $0.name + ($0.value.map { " " + $0 } ?? "") }
    let width = min((names.map(\.count).max() ?? 0) + 2, 26)
    let lines = zip(names, command.options).map { name, option in
      "  " + (name.count < width ? padded(name, width) : name + "  ") + option.help
    }
    let operands = command.operands.isEmpty ? "" : " " + command.operands
    let about = [command.summary, command.details].filter { !$0.isEmpty }.joined(separator: "\n\n")
    return """
      edge-lab \(command.name) [OPTIONS]\(operands)

      \(about)

      \(lines.joined(separator: "\n"))
      """
  }
}

func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(width - text.count, 0))
}

func paddedLeft(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(width - text.count, 0)) + text
}
