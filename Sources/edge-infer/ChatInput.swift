import Platform

/// What a message of a conversation is. One of several lines is no command.
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
    } else if Self.hasNewline(line) {
      self = .message(start: line.count > 1 && line[1] == slash ? 1 : 0)
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

  private static func hasNewline(_ line: Span<UInt8>) -> Bool {
    for index in line.indices where line[index] == UInt8(ascii: "\n") { return true }
    return false
  }
}
