/// White space in a row: newlines, and then spaces or tabs.
struct SpaceRun {
  private var lineCount: UInt8 = 0
  private var fillCount: UInt8 = 0
  private var fill: UInt8 = 0
  /// Whether it is something else.
  private(set) var isOther = false
  /// Whether it is known.
  var isSeen = false

  var count: Int { Int(lineCount) + Int(fillCount) }
  var hasLine: Bool { lineCount > 0 }

  func byte(_ index: Int) -> UInt8 { index < Int(lineCount) ? UInt8(ascii: "\n") : fill }

  mutating func append(_ byte: UInt8) {
    if byte == UInt8(ascii: "\n") && fillCount == 0 {
      lineCount += 1
    } else if byte != UInt8(ascii: "\n") && byte != 0x0d && (fillCount == 0 || fill == byte) {
      fill = byte
      fillCount += 1
    } else {
      isOther = true
    }
  }

  func begins(with other: SpaceRun) -> Bool {
    if other.isOther || other.count > count { return false }
    for index in 0..<other.count where byte(index) != other.byte(index) { return false }
    return true
  }
}

/// Where white space may stand in JSON.
struct SpacePlace {
  enum Kind: Int {
    case beforeFirstName, beforeName, beforeColon, beforeValue, beforeComma, beforeBrace
    case beforeFirstElement, beforeElement, beforeListComma, beforeBracket
    case atStart
  }
  static let kindCount = 11

  let kind: Kind
  let depth: Int
}

/// The white space of an answer's JSON: how it was written where it came last, and what has come of it
/// here. It is kept from answer to answer, for a model writes them alike.
struct WrittenSpaces {
  /// Values that lie deeper are taken for this deep.
  private static let depthCount = 8
  /// A run for each kind of place and depth.
  private var runs = InlineArray<88, SpaceRun>(repeating: SpaceRun())
  private var present = SpaceRun()
  /// Whether a string or text is being read that has bytes.
  private(set) var hasContent = false

  /// Another answer begins.
  mutating func begin() {
    present = SpaceRun()
    hasContent = false
  }

  /// A byte that comes.
  /// - Parameters:
  ///   - place: where white space can stand before it, if it can.
  ///   - isContent: whether it belongs to a string or text.
  mutating func note(_ byte: UInt8, at place: SpacePlace?, isContent: Bool) {
    hasContent = isContent
    guard let place else {
      present = SpaceRun()
      return
    }
    if Machine.isSpace(byte) {
      present.append(byte)
      return
    }
    present.isSeen = !present.isOther
    runs[Self.index(place)] = present
    present = SpaceRun()
  }

  private static func index(_ place: SpacePlace) -> Int {
    place.kind.rawValue * depthCount + min(place.depth, depthCount - 1)
  }

  private func run(_ kind: SpacePlace.Kind, _ depth: Int) -> SpaceRun {
    runs[Self.index(SpacePlace(kind: kind, depth: depth))]
  }

  /// The white space that is likely at a place, of which `start` bytes have come; nil if that is not known.
  func rest(at place: SpacePlace) -> (spaces: SpaceRun, start: Int, isSeen: Bool)? {
    let seen = run(place.kind, place.depth)
    guard let wanted = seen.isSeen ? seen : unseen(place), wanted.begins(with: present) else {
      return nil
    }
    return (wanted, present.count, seen.isSeen)
  }

  /// What is usual where none has come yet.
  private func unseen(_ place: SpacePlace) -> SpaceRun? {
    switch place.kind {
    case .beforeColon, .beforeComma, .beforeListComma: return SpaceRun()
    case .beforeValue: return latest(.beforeValue) ?? Self.oneSpace
    case .beforeName: return following(.beforeFirstName, place.depth)
    case .beforeElement: return following(.beforeFirstElement, place.depth)
    case .beforeBrace: return closing(.beforeFirstName, place.depth)
    case .beforeBracket: return closing(.beforeFirstElement, place.depth)
    case .beforeFirstName, .beforeFirstElement: return hasLines ? nil : SpaceRun()
    case .atStart: return SpaceRun()
    }
  }

  private static var oneSpace: SpaceRun {
    var run = SpaceRun()
    run.append(UInt8(ascii: " "))
    return run
  }

  /// At any depth.
  private func latest(_ kind: SpacePlace.Kind) -> SpaceRun? {
    for depth in 0..<Self.depthCount where run(kind, depth).isSeen { return run(kind, depth) }
    return nil
  }

  /// Whether a list or an object so far begins with a line of its own.
  private var hasLines: Bool {
    for depth in 0..<Self.depthCount
    where run(.beforeFirstName, depth).hasLine || run(.beforeFirstElement, depth).hasLine {
      return true
    }
    return false
  }

  /// Behind a comma: a line of its own if the first one has it.
  private func following(_ first: SpacePlace.Kind, _ depth: Int) -> SpaceRun? {
    let run = run(first, depth)
    if !run.isSeen { return nil }
    return run.hasLine ? run : Self.oneSpace
  }

  /// Before the end: nothing if there is nothing at the beginning.
  private func closing(_ first: SpacePlace.Kind, _ depth: Int) -> SpaceRun? {
    let run = run(first, depth)
    return run.isSeen && !run.hasLine ? run : nil
  }
}

extension Machine {
  /// The set behind a number that may end, if a set is in one; nil if not.
  mutating func levelBehindNumber(_ level: Level) -> Level? {
    if threads[level.start].kind != .number { return nil }
    let ended = endNumbers(level, nil)
    return ended.isEmpty ? nil : ended
  }

  /// Where white space can stand, in the first way in which the text can be read.
  /// - Parameter byte: what is not white space and comes next; nil if it is the first one of a value.
  func spacePlace(_ level: Level, before byte: UInt8?) -> SpacePlace? {
    spacePlace(threads[level.start], before: byte)
  }

  private func spacePlace(_ thread: Thread, before byte: UInt8?) -> SpacePlace? {
    if byte == nil && (thread.kind == .objectNext || thread.kind == .arrayNext) { return nil }
    let kind: SpacePlace.Kind
    var depth = Int(thread.depth)
    switch thread.kind {
    case .value:
      // As deep as what it lies in.
      depth = max(depth - 1, 0)
      let parent = thread.parent == 0 ? .end : frames[Int(thread.parent)].kind
      kind =
        parent == .objectNext ? .beforeValue : parent == .arrayNext ? .beforeElement : .atStart
    case .objectStart:
      kind = byte == UInt8(ascii: "}") ? .beforeBrace : .beforeFirstName
    case .objectComma: kind = .beforeName
    case .objectColon: kind = .beforeColon
    case .objectNext: kind = byte == UInt8(ascii: ",") ? .beforeComma : .beforeBrace
    case .arrayStart: kind = byte == UInt8(ascii: "]") ? .beforeBracket : .beforeFirstElement
    case .arrayNext: kind = byte == UInt8(ascii: ",") ? .beforeListComma : .beforeBracket
    default: return nil
    }
    return SpacePlace(kind: kind, depth: depth)
  }

  /// Tells of a byte that comes after a set.
  func note(_ byte: UInt8, _ level: Level, _ spaces: inout WrittenSpaces) {
    var thread = threads[level.start]
    if thread.kind == .number && Self.endsNumber(byte) && thread.parent != 0 {
      thread = frames[Int(thread.parent)]
    }
    spaces.note(
      byte, at: spacePlace(thread, before: byte),
      isContent: thread.kind == .string || thread.kind == .raw)
  }

  private static func endsNumber(_ byte: UInt8) -> Bool {
    isSpace(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}")
      || byte == UInt8(ascii: "]")
  }
}
