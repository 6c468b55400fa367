import Text

/// What a line of a conversation that begins with a slash asks for.
public enum ChatCommand: Int, Sendable {
  case reset, stats, save, load, help, exit

  static let count = 6

  /// With its slash.
  var name: StaticString {
    switch self {
    case .reset: "/reset"
    case .stats: "/stats"
    case .save: "/save"
    case .load: "/load"
    case .help: "/help"
    case .exit: "/exit"
    }
  }

  /// With what follows the name.
  private var form: StaticString {
    switch self {
    case .save: "/save FILE"
    case .load: "/load FILE"
    default: name
    }
  }

  private var sentence: StaticString {
    switch self {
    case .reset: "forgets the conversation"
    case .stats: "tokens taken, slots filled, speed, peak memory"
    case .save: "writes the conversation's cache to a file"
    case .load:
      "goes on from such a file, of this model and these settings, in place of what was said"
    case .help: "this list"
    case .exit: "ends, as does the end of the input (Ctrl-D)"
    }
  }

  /// - Parameter name: with its slash.
  public init?(_ name: Span<UInt8>) {
    for index in 0..<Self.count {
      if let command = ChatCommand(rawValue: index), matches(name, command.name) {
        self = command
        return
      }
    }
    if !matches(name, "/quit") { return nil }
    self = .exit
  }

  /// A line for each command, and how a message begins with a slash.
  public static func writeList<Sink: ByteSink & ~Copyable>(indentation: Int, to out: inout Sink) {
    for index in 0..<count {
      guard let command = ChatCommand(rawValue: index) else { continue }
      out.write(spaces: indentation)
      out.write(command.form, width: 13)
      out.write(command.sentence)
      out.write("\n")
    }
    out.write(spaces: indentation)
    out.write("A message that begins with / is written with two of them.\n")
  }
}
