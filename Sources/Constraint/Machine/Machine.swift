import Memory

/// A pushdown automaton over bytes in fixed memory. It follows all ways in which a text can be read at
/// once; each one is a `Thread`, whose stack is the chain of its frames. Ways that share what lies below
/// share those frames, and equal threads are one.
///
/// A set of threads is a range of `threads`; a step adds the set after a byte behind all others, so that
/// going back is giving back.
struct Machine: ~Copyable {
  static let frameCountMax = 1024
  static let threadCountMax = 2048
  /// Threads of one set; a text with more ways is refused, or loses its last ones.
  static let setCountMax = 192
  static let depthMax: UInt8 = 48
  /// Bytes of white space in a row.
  static let spaceCountMax: UInt8 = 40
  /// Frames behind the newest one that are looked at for an equal one.
  private static let sharedFrameCount = 32

  var words: Words
  var frames: ThreadList
  var threads: ThreadList
  var names: UsedNames

  init(carver: inout Carver, byteCount: Int) {
    words = Words(carver: &carver, byteCount: byteCount)
    frames = ThreadList(carver: &carver, capacity: Self.frameCountMax, reserved: 1)
    threads = ThreadList(carver: &carver, capacity: Self.threadCountMax)
    names = UsedNames(start: words.capacity)
  }

  /// A set of threads.
  struct Level {
    var start = 0
    var count = 0
    var isEmpty: Bool { count == 0 }
  }

  /// What must be given back to undo steps.
  struct Mark {
    let frameCount: Int
    let threadCount: Int
    let nameCount: Int
  }

  var mark: Mark {
    Mark(frameCount: frames.count, threadCount: threads.count, nameCount: names.count)
  }

  mutating func goBack(to mark: Mark) {
    frames.shrink(to: mark.frameCount)
    threads.shrink(to: mark.threadCount)
    names.shrink(to: mark.nameCount)
  }

  /// The set before a JSON value.
  mutating func begin(node: Int) -> Level {
    removeAll()
    threads.append(Thread(.value, place: node))
    return Level(start: 0, count: 1)
  }

  private mutating func removeAll() {
    frames.shrink(to: 1)
    threads.shrink(to: 0)
    names.shrink(to: 0)
  }

  /// The set before a text of a rule.
  mutating func begin(rule: Int) -> Level {
    removeAll()
    enter(rule, parent: 0, depth: 0, 0, 0)
    return Level(start: 0, count: threads.count)
  }

  /// The set after a byte; empty if the byte cannot come.
  mutating func step(_ level: Level, _ byte: UInt8) -> Level {
    let ended = endNumbers(level, byte)
    let first = threads.count
    for index in level.start..<level.start + level.count { step(threads[index], byte, first) }
    for index in ended.start..<ended.start + ended.count { step(threads[index], byte, first) }
    closeValues(first)
    return Level(start: first, count: threads.count - first)
  }

  /// Whether the text may end after a set.
  @export(interface)
  mutating func accepts(_ level: Level) -> Bool {
    for index in level.start..<level.start + level.count where threads[index].kind == .end {
      return true
    }
    let mark = mark
    let ended = endNumbers(level, nil)
    var isEnd = false
    for index in ended.start..<ended.start + ended.count where threads[index].kind == .end {
      isEnd = true
    }
    goBack(to: mark)
    return isEnd
  }

  /// Whether the text must end after a set: nothing can follow.
  func mustEnd(_ level: Level) -> Bool {
    for index in level.start..<level.start + level.count where threads[index].kind != .end {
      return false
    }
    return level.count > 0
  }

  /// Whether the text is inside a string that may be any text, between two characters, in every way.
  func isFreeString(_ level: Level) -> Bool {
    for index in level.start..<level.start + level.count {
      let thread = threads[index]
      if thread.kind != .string || thread.place != 0 || thread.part != StringState.Part.plain {
        return false
      }
    }
    return level.count > 0
  }

  /// Bytes up to the end of the text, if it is between two characters of a name that may be any, in every
  /// way, and the name becomes another one than those that the schema has; nil if it is not.
  func freeNameDistance(_ level: Level) -> Int? {
    var result = 0
    for index in level.start..<level.start + level.count {
      let thread = threads[index]
      if thread.kind != .objectName || thread.part != StringState.Part.plain
        || !ObjectState.allowsOther(thread, words)
      {
        return nil
      }
      result = max(result, NameState.otherDistance(thread, words) + frameDistances(thread))
    }
    return level.count > 0 ? result : nil
  }

  /// Whether the text is in a text without quotation marks that may be any, in every way.
  func isFreeRawText(_ level: Level) -> Bool {
    for index in level.start..<level.start + level.count
    where !RawText.isFree(threads[index]) {
      return false
    }
    return level.count > 0
  }

  /// Whether the text is between the values that a grammar has in it, in every way.
  func isBetweenValues(_ level: Level) -> Bool {
    for index in level.start..<level.start + level.count {
      let thread = threads[index]
      // A number ends with the byte behind it.
      let isNumber = thread.kind == .number && NumberState.accepts(thread, words)
      if thread.kind != .grammar && !isNumber { return false }
    }
    return level.count > 0
  }

  /// Whether a control token's bytes end the text that is being read, in every way.
  func endsRawText(_ level: Level, _ bytes: Span<UInt8>) -> Bool {
    for index in level.start..<level.start + level.count
    where !RawText.isMark(threads[index], bytes, words) {
      return false
    }
    return level.count > 0
  }

  /// The one string, without listed texts, that a set is in between two characters.
  func boundString(_ level: Level) -> Thread? {
    if level.count != 1 { return nil }
    let thread = threads[level.start]
    if thread.kind != .string || thread.place == 0 || thread.part != StringState.Part.plain
      || words[Int(thread.place) + StringRecord.hasTexts] != 0
    {
      return nil
    }
    return thread
  }

  /// Makes a set the only one, and drops the frames and names that it has not.
  mutating func commit(_ level: Level) -> Level {
    for index in 0..<level.count { threads[index] = threads[level.start + index] }
    threads.shrink(to: level.count)
    if frames.count > Self.frameCountMax / 2 || names.isHalfFull { collectFrames() }
    return Level(start: 0, count: level.count)
  }

  /// Adds a thread to the set that begins at `first`, unless an equal one is there.
  mutating func add(_ thread: Thread, _ first: Int) {
    if threads.isFull || threads.count - first == Self.setCountMax { return }
    if threads.index(of: thread, from: first) == nil { threads.append(thread) }
  }

  /// - Returns: nil if there is no room, or the stack is too deep.
  mutating func push(_ frame: Thread) -> Int? {
    if frame.depth >= Self.depthMax { return nil }
    let start = max(1, frames.count - Self.sharedFrameCount)
    if let index = frames.index(of: frame, from: start) { return index }
    if frames.isFull { return nil }
    frames.append(frame)
    return frames.count - 1
  }
}
