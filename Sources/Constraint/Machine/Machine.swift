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
  /// Rules entered within each other before a character.
  private static let entryDepthMax = 400

  var words: Words
  private(set) var frames: ThreadList
  private(set) var threads: ThreadList

  init(carver: inout Carver, byteCount: Int) {
    words = Words(carver: &carver, byteCount: byteCount)
    frames = ThreadList(carver: &carver, capacity: Self.frameCountMax, reserved: 1)
    threads = ThreadList(carver: &carver, capacity: Self.threadCountMax)
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
  }

  var mark: Mark { Mark(frameCount: frames.count, threadCount: threads.count) }

  mutating func goBack(to mark: Mark) {
    frames.shrink(to: mark.frameCount)
    threads.shrink(to: mark.threadCount)
  }

  /// The set before a JSON value.
  mutating func begin(node: Int) -> Level {
    frames.shrink(to: 1)
    threads.shrink(to: 0)
    threads.append(Thread(.value, place: node))
    return Level(start: 0, count: 1)
  }

  /// The set before a text of a rule.
  mutating func begin(rule: Int) -> Level {
    frames.shrink(to: 1)
    threads.shrink(to: 0)
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

  /// Makes a set the only one, and drops the frames that it has not.
  mutating func commit(_ level: Level) -> Level {
    for index in 0..<level.count { threads[index] = threads[level.start + index] }
    threads.shrink(to: level.count)
    if frames.count > Self.frameCountMax / 2 { collectFrames() }
    return Level(start: 0, count: level.count)
  }

  /// Adds a thread to the set that begins at `first`, unless an equal one is there.
  private mutating func add(_ thread: Thread, _ first: Int) {
    if threads.isFull || threads.count - first == Self.setCountMax { return }
    if threads.index(of: thread, from: first) == nil { threads.append(thread) }
  }

  /// - Returns: nil if there is no room, or the stack is too deep.
  private mutating func push(_ frame: Thread) -> Int? {
    if frame.depth >= Self.depthMax { return nil }
    let start = max(1, frames.count - Self.sharedFrameCount)
    if let index = frames.index(of: frame, from: start) { return index }
    if frames.isFull { return nil }
    frames.append(frame)
    return frames.count - 1
  }
}

// Values of JSON.
extension Machine {
  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
  }

  private mutating func step(_ given: Thread, _ byte: UInt8, _ first: Int) {
    var thread = given
    switch thread.kind {
    case .end, .closed: break
    case .string:
      switch StringState.step(&thread, byte, words) {
      case .refused: break
      case .goesOn: add(thread, first)
      case .end: close(thread, first)
      }
    case .number: if NumberState.step(&thread, byte, words) { add(thread, first) }
    case .word:
      if Word.takes(&thread, byte) {
        if Word.isWhole(thread) { close(thread, first) } else { add(thread, first) }
      }
    case .objectName:
      switch StringState.step(&thread, byte, words) {
      case .refused: break
      case .goesOn: add(thread, first)
      case .end:
        NameState.end(&thread, words)
        add(thread, first)
      }
    case .grammar: stepGrammar(thread, byte, first)
    default:
      if Self.isSpace(byte) {
        if thread.pending == Self.spaceCountMax { return }
        thread.pending += 1
        add(thread, first)
      } else {
        thread.pending = 0
        stepStructure(thread, byte, first)
      }
    }
  }

  private mutating func stepStructure(_ given: Thread, _ byte: UInt8, _ first: Int) {
    var thread = given
    switch (thread.kind, byte) {
    case (.value, _): beginValue(thread, byte, first)
    case (.objectStart, UInt8(ascii: "}")), (.objectNext, UInt8(ascii: "}")):
      if ObjectState.canEnd(thread, words) { close(thread, first) }
    case (.objectStart, UInt8(ascii: "\"")), (.objectComma, UInt8(ascii: "\"")):
      if !ObjectState.canGoOn(thread, words) { return }
      thread.kind = .objectName
      thread.last = UInt32(words[Int(thread.place) + ObjectRecord.propertyCount])
      add(thread, first)
    case (.objectNext, UInt8(ascii: ",")):
      if !ObjectState.canGoOn(thread, words) { return }
      thread.kind = .objectComma
      add(thread, first)
    case (.objectColon, UInt8(ascii: ":")):
      let node = Int(thread.state)
      thread.kind = .objectNext
      thread.state = 0
      beginPart(node, of: thread, first)
    case (.arrayStart, UInt8(ascii: "]")), (.arrayNext, UInt8(ascii: "]")):
      if Int(thread.count) >= words[Int(thread.place) + ArrayRecord.least] { close(thread, first) }
    case (.arrayNext, UInt8(ascii: ",")): beginElement(thread, nil, first)
    case (.arrayStart, _): beginElement(thread, byte, first)
    default: break
    }
  }

  /// A value begins inside a frame.
  private mutating func beginPart(_ node: Int, of frame: Thread, _ first: Int) {
    if let index = push(frame) {
      add(Thread(.value, place: node, parent: index, depth: frame.depth + 1), first)
    }
  }

  /// - Parameter byte: the element's first one, if it has come.
  private mutating func beginElement(_ given: Thread, _ byte: UInt8?, _ first: Int) {
    var thread = given
    let record = Int(thread.place)
    let node = ArrayState.node(record, Int(thread.count), words)
    if Int(thread.count) >= words[record + ArrayRecord.most]
      || words[node + NodeRecord.shortest] == NodeRecord.none
    {
      return
    }
    thread.kind = .arrayNext
    thread.count += 1
    guard let byte else {
      beginPart(node, of: thread, first)
      return
    }
    if let index = push(thread) {
      beginValue(
        Thread(.value, place: node, parent: index, depth: thread.depth + 1), byte, first)
    }
  }

  private mutating func beginValue(_ thread: Thread, _ byte: UInt8, _ first: Int) {
    let type = Self.types(byte)
    if type == 0 { return }
    var branch = words[Int(thread.place) + NodeRecord.firstBranch]
    while branch != 0 {
      if words[branch + BranchRecord.types] & type != 0 {
        var value = thread
        value.branch = UInt32(branch)
        value.place = 0
        beginValue(&value, type, byte, first)
      }
      branch = words[branch + BranchRecord.next]
    }
  }

  private static func types(_ byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "n"): TypeMask.null
    case UInt8(ascii: "f"): TypeMask.false
    case UInt8(ascii: "t"): TypeMask.true
    case UInt8(ascii: "\""): TypeMask.string
    case UInt8(ascii: "["): TypeMask.array
    case UInt8(ascii: "{"): TypeMask.object
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): TypeMask.number
    default: 0
    }
  }

  private mutating func beginValue(
    _ value: inout Thread, _ type: Int, _ byte: UInt8, _ first: Int
  ) {
    let branch = Int(value.branch)
    // Branches without choices do not differ once their records are known.
    if words[branch + BranchRecord.choiceCount] == 0 { value.branch = 0 }
    switch type {
    case TypeMask.string:
      value.kind = .string
      let record = words[branch + BranchRecord.string]
      value.place = UInt32(record)
      if record != 0 { value.last = UInt32(words[record + StringRecord.textCount]) }
      add(value, first)
    case TypeMask.number:
      value.kind = .number
      value.place = UInt32(words[branch + BranchRecord.number])
      if NumberState.step(&value, byte, words) { add(value, first) }
    case TypeMask.array:
      value.kind = .arrayStart
      value.place = UInt32(words[branch + BranchRecord.array])
      add(value, first)
    case TypeMask.object:
      value.kind = .objectStart
      value.place = UInt32(words[branch + BranchRecord.object])
      add(value, first)
    default:
      value.kind = .word
      value.place = UInt32(type)
      value.offset = 1
      add(value, first)
    }
  }
}

// The ends of values.
extension Machine {
  /// A value has been read; `closeValues` goes on with what it lies in.
  private mutating func close(_ value: Thread, _ first: Int) {
    var closed = Thread(.closed, parent: Int(value.parent), depth: value.depth)
    closed.branch = value.branch
    add(closed, first)
  }

  /// Ends the numbers of a set that can end before a byte with which they cannot go on, or, without a
  /// byte, all that can end.
  /// - Returns: what follows them.
  private mutating func endNumbers(_ level: Level, _ byte: UInt8?) -> Level {
    let first = threads.count
    for index in level.start..<level.start + level.count where threads[index].kind == .number {
      var thread = threads[index]
      if !NumberState.accepts(thread, words) { continue }
      if let byte, NumberState.step(&thread, byte, words) { continue }
      close(threads[index], first)
    }
    closeValues(first)
    return Level(start: first, count: threads.count - first)
  }

  /// Goes on with the frames of the values that have ended, and drops those that are valid by more than
  /// one alternative of a `oneOf`.
  private mutating func closeValues(_ first: Int) {
    let last = threads.count
    var closedCount = 0
    for index in first..<last where threads[index].kind == .closed { closedCount += 1 }
    if closedCount == 0 { return }
    if closedCount > 1 { dropAmbiguous(first, last) }
    for index in first..<last where threads[index].kind == .closed && threads[index].moved == 0 {
      resume(Int(threads[index].parent), first)
    }
    var kept = first
    for index in first..<threads.count where threads[index].kind != .closed {
      threads[kept] = threads[index]
      kept += 1
    }
    threads.shrink(to: kept)
  }

  private mutating func resume(_ parent: Int, _ first: Int) {
    if parent == 0 {
      add(Thread(.end), first)
      return
    }
    let frame = frames[parent]
    if frame.kind == .grammar {
      arrive(Int(frame.place), parent: Int(frame.parent), depth: frame.depth, first, 0)
    } else {
      add(frame, first)
    }
  }

  /// Marks the ended values that were also read by another alternative of a `oneOf` which they have in
  /// them. A branch has the lists of `oneOf` from the outermost: an inner one is looked at first, for a
  /// value that it drops is not valid by the outer one's alternative.
  private func dropAmbiguous(_ first: Int, _ last: Int) {
    var depth = 0
    for index in first..<last { depth = max(depth, choiceCount(index)) }
    while depth > 0 {
      depth -= 1
      for index in first..<last where isAmbiguous(index, depth, first, last) {
        setMark(index, Self.isFound)
      }
      for index in first..<last where threads[index].moved == Self.isFound {
        setMark(index, Self.isDropped)
      }
    }
  }

  private static var isFound: UInt32 { 1 }
  private static var isDropped: UInt32 { 2 }

  private func setMark(_ index: Int, _ mark: UInt32) {
    var thread = threads[index]
    thread.moved = mark
    threads[index] = thread
  }

  /// Lists of `oneOf` in the branch of an ended value.
  private func choiceCount(_ index: Int) -> Int {
    let thread = threads[index]
    if thread.kind != .closed || thread.branch == 0 { return 0 }
    return words[Int(thread.branch) + BranchRecord.choiceCount]
  }

  private func isAmbiguous(_ index: Int, _ depth: Int, _ first: Int, _ last: Int) -> Bool {
    let closed = threads[index]
    if choiceCount(index) <= depth || closed.moved != 0 { return false }
    let place = Int(closed.branch) + BranchRecord.choices + 2 * depth
    for other in first..<last
    where choiceCount(other) > 0 && threads[other].parent == closed.parent
      && threads[other].moved != Self.isDropped
    {
      let choice = choice(of: words[place], Int(threads[other].branch))
      if choice >= 0 && choice != words[place + 1] { return true }
    }
    return false
  }

  /// Which alternative of a list a branch has chosen; -1 if it has not that list.
  private func choice(of list: Int, _ branch: Int) -> Int {
    if branch == 0 { return -1 }
    for index in 0..<words[branch + BranchRecord.choiceCount]
    where words[branch + BranchRecord.choices + 2 * index] == list {
      return words[branch + BranchRecord.choices + 2 * index + 1]
    }
    return -1
  }

  /// Keeps the frames that the threads have, in their order.
  private mutating func collectFrames() {
    for index in 0..<threads.count { markFrames(Int(threads[index].parent)) }
    var kept = 1
    for index in 1..<frames.count where frames[index].moved != 0 {
      var frame = frames[index]
      // A frame's parent lies before it, and has been moved.
      frame.parent = frame.parent == 0 ? 0 : frames[Int(frame.parent)].moved
      // Where a frame went is said by its old place, whatever lies there now.
      frame.moved = frames[kept].moved
      let place = kept
      frames[place] = frame
      setMoved(index, place)
      kept += 1
    }
    for index in 0..<threads.count where threads[index].parent != 0 {
      threads[index].parent = frames[Int(threads[index].parent)].moved
    }
    frames.shrink(to: kept)
    for index in 1..<kept { setMoved(index, 0) }
  }

  private func setMoved(_ index: Int, _ place: Int) {
    var frame = frames[index]
    frame.moved = UInt32(place)
    frames[index] = frame
  }

  private func markFrames(_ start: Int) {
    var index = start
    while index != 0 && frames[index].moved == 0 {
      setMoved(index, Int(UInt32.max))
      index = Int(frames[index].parent)
    }
  }
}

// Rules of grammars.
extension Machine {
  /// Goes on with each alternative of a rule.
  private mutating func enter(
    _ rule: Int, parent: Int, depth: UInt8, _ first: Int, _ entries: Int
  ) {
    var element = words[rule + RuleRecord.elements]
    var isBorder = true
    while true {
      // An alternative that has no text is not begun.
      if isBorder && restDistance(element) < NodeRecord.none {
        arrive(element, parent: parent, depth: depth, first, entries)
      }
      if words[element] == GrammarElement.Kind.end.rawValue { return }
      isBorder = words[element] == GrammarElement.Kind.alternative.rawValue
      element += GrammarElement.count
    }
  }

  /// Goes on at an element, up to the next characters or values.
  private mutating func arrive(
    _ element: Int, parent: Int, depth: UInt8, _ first: Int, _ entries: Int
  ) {
    if entries > Self.entryDepthMax { return }
    switch GrammarElement.Kind(rawValue: words[element])! {
    case .characters:
      add(Thread(.grammar, place: element, parent: parent, depth: depth), first)
    case .end, .alternative:
      if parent == 0 {
        add(Thread(.end), first)
      } else {
        let frame = frames[parent]
        arrive(Int(frame.place), parent: Int(frame.parent), depth: frame.depth, first, entries + 1)
      }
    case .rule, .value:
      let next = element + GrammarElement.count
      let isValue = words[element] == GrammarElement.Kind.value.rawValue
      let isLast =
        words[next] == GrammarElement.Kind.end.rawValue
        || words[next] == GrammarElement.Kind.alternative.rawValue
      var (below, inner) = (parent, depth)
      if isValue || !isLast {
        let frame = Thread(.grammar, place: next, parent: parent, depth: depth)
        guard let index = push(frame) else { return }
        (below, inner) = (index, depth + 1)
      }
      let target = words[element + GrammarElement.first]
      if isValue {
        add(Thread(.value, place: target, parent: below, depth: inner), first)
      } else {
        enter(target, parent: below, depth: inner, first, entries + 1)
      }
    }
  }

  private mutating func stepGrammar(_ given: Thread, _ byte: UInt8, _ first: Int) {
    var thread = given
    switch Characters.step(&thread, byte, words) {
    case .refused: break
    case .goesOn: add(thread, first)
    case .end:
      arrive(
        Int(thread.place) + GrammarElement.count, parent: Int(thread.parent),
        depth: thread.depth, first, 0)
    }
  }
}
