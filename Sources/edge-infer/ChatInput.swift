import Platform

/// The commands of a conversation.
enum ChatCommand {
  case reset
  case stats
  case help
  case exit

  static let list: StaticString = """
       /reset   forgets the conversation
       /stats   tokens taken, slots filled, speed, peak memory
       /help    this list
       /exit    ends, as does the end of the input (Ctrl-D)
       A message that begins with / is written with two of them.

    """

  /// - Parameter name: with its slash.
  init?(_ name: Span<UInt8>) {
    if isEqual(name, "/reset") {
      self = .reset
    } else if isEqual(name, "/stats") {
      self = .stats
    } else if isEqual(name, "/help") {
      self = .help
    } else if isEqual(name, "/exit") || isEqual(name, "/quit") {
      self = .exit
    } else {
      return nil
    }
  }
}

/// What a line of a conversation is.
enum ChatInput {
  case command(ChatCommand)
  case unknownCommand
  /// From byte `start` on.
  case message(start: Int)

  /// - Parameter line: not empty.
  init(_ line: Span<UInt8>) {
    let slash = UInt8(ascii: "/")
    if line[0] != slash {
      self = .message(start: 0)
    } else if line.count > 1 && line[1] == slash {
      self = .message(start: 1)
    } else if let command = ChatCommand(Self.firstWord(line)) {
      self = .command(command)
    } else {
      self = .unknownCommand
    }
  }

  @_lifetime(copy line)
  private static func firstWord(_ line: Span<UInt8>) -> Span<UInt8> {
    var end = 0
    while end < line.count && line[end] != UInt8(ascii: " ") { end += 1 }
    return line.extracting(0..<end)
  }
}

private func isEqual(_ text: Span<UInt8>, _ other: StaticString) -> Bool {
  if text.count != other.utf8CodeUnitCount { return false }
  for index in 0..<text.count where unsafe text[index] != other.utf8Start[index] { return false }
  return true
}
