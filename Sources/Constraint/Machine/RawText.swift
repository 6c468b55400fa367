/// A text without quotation marks while it is read, as some forms of calls have texts: it ends with a
/// mark that it does not have in it. `place` of the thread is its record, as of a string, or 0; `seen`
/// says where the mark lies, and `scalar` how many of the mark's bytes have come. These belong to the
/// text if the mark does not go on.
enum RawText {
  /// A thread before the first byte.
  /// - Parameter element: of a grammar, of kind `raw`.
  static func begin(_ element: Int, _ words: Words) -> Thread {
    let record = words[element + GrammarElement.first]
    let mark = words[element + GrammarElement.second]
    var thread = Thread(.raw, place: record)
    if record != 0 { thread.last = UInt32(words[record + StringRecord.textCount]) }
    thread.seen[0] = UInt32(words[mark])
    thread.seen[1] = UInt32(words[mark + 1])
    return thread
  }

  static func step(_ thread: inout Thread, _ byte: UInt8, _ words: Words) -> StringState.Step {
    if thread.part != StringState.Part.plain { return StringState.step(&thread, byte, words) }
    while true {
      let matched = Int(thread.scalar)
      if mark(thread, matched, words) == byte {
        if matched + 1 == markCount(thread) {
          return Content.canEnd(thread, words) ? .end : .refused
        }
        thread.scalar += 1
        if Content.canEnd(thread, words) { return .goesOn }
        var text = thread
        return release(&text, matched + 1, words) ? .goesOn : .refused
      }
      if matched == 0 { return StringState.stepRaw(&thread, byte, words) ? .goesOn : .refused }
      if !release(&thread, matched - borderCount(thread, words), words) { return .refused }
    }
  }

  /// Whether the place is between two characters of a text that may be any, before its mark.
  static func isFree(_ thread: Thread) -> Bool {
    thread.kind == .raw && thread.place == 0 && thread.part == StringState.Part.plain
      && thread.scalar == 0
  }

  /// Whether a token's bytes are the mark's first ones, and the text can end there.
  static func isMark(_ thread: Thread, _ bytes: Span<UInt8>, _ words: Words) -> Bool {
    if thread.kind != .raw || thread.part != StringState.Part.plain || thread.scalar != 0
      || bytes.count > markCount(thread) || !Content.canEnd(thread, words)
    {
      return false
    }
    for index in 0..<bytes.count where mark(thread, index, words) != bytes[index] { return false }
    return true
  }

  /// Bytes up to the mark's end.
  static func distance(_ given: Thread, _ words: Words) -> Int {
    var thread = given
    let matched = Int(thread.scalar)
    if matched > 0 {
      if Content.canEnd(thread, words) { return markCount(thread) - matched }
      if !release(&thread, matched, words) { return NodeRecord.none }
    }
    // A string's distance has its quotation mark in it.
    return min(Content.distance(thread, words) - 1 + markCount(thread), NodeRecord.none)
  }

  private static func markCount(_ thread: Thread) -> Int { Int(thread.seen[1]) }

  static func mark(_ thread: Thread, _ index: Int, _ words: Words) -> UInt8 {
    words.byte(Int(thread.seen[0]) + index)
  }

  /// So many of the mark's bytes, which have come, belong to the text.
  private static func release(_ thread: inout Thread, _ count: Int, _ words: Words) -> Bool {
    for index in 0..<count where !Content.take(&thread, mark(thread, index, words), words) {
      return false
    }
    thread.scalar -= UInt32(count)
    return true
  }

  /// The longest end of the bytes that have come, but not all of them, that the mark begins with.
  private static func borderCount(_ thread: Thread, _ words: Words) -> Int {
    let matched = Int(thread.scalar)
    var count = matched - 1
    while count > 0 {
      var index = 0
      while index < count
        && mark(thread, matched - count + index, words) == mark(thread, index, words)
      {
        index += 1
      }
      if index == count { return count }
      count -= 1
    }
    return 0
  }
}
