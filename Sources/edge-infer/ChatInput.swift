import Platform

/// The commands of a conversation.
enum ChatCommand {
  case reset
  case stats
  case save
  case load
  case help
  case exit

  static let list: StaticString = """
       /reset       forgets the conversation
       /stats       tokens taken, slots filled, speed, peak memory
       /save FILE   writes the conversation's cache to a file
       /load FILE   goes on from such a file, of this model and these settings, in place of what was said
       /help        this list
       /exit        ends, as does the end of the input (Ctrl-D)
       A message that begins with / is written with two of them.

    """

  /// - Parameter name: with its slash.
  init?(_ name: Span<UInt8>) {
    if matches(name, "/reset") {
      self = .reset
    } else if matches(name, "/stats") {
      self = .stats
    } else if matches(name, "/save") {
      self = .save
    } else if matches(name, "/load") {
      self = .load
    } else if matches(name, "/help") {
      self = .help
    } else if matches(name, "/exit") || matches(name, "/quit") {
      self = .exit
    } else {
      return nil
    }
  }
}

/// What a line of a conversation is.
enum ChatInput {
  /// What follows its name is in `argument`.
  case command(ChatCommand, argument: Range<Int>)
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
    } else {
      let space = UInt8(ascii: " ")
      var nameEnd = 0
      while nameEnd < line.count && line[nameEnd] != space { nameEnd += 1 }
      guard let command = ChatCommand(line.extracting(0..<nameEnd)) else {
        self = .unknownCommand
        return
      }
      var (start, end) = (nameEnd, line.count)
      while start < end && line[start] == space { start += 1 }
      while start < end && line[end - 1] == space { end -= 1 }
      self = .command(command, argument: start..<end)
    }
  }
}
