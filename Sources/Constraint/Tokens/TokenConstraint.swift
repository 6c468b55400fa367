import Memory
import Tokenizer

/// A constraint on an answer's tokens: which ones may come next, so that the text is what it must be and
/// is whole within the tokens that are left.
public struct TokenConstraint: ~Copyable {
  /// Ends of an answer that a vocabulary may have.
  private static let endCountMax = 16
  /// With more tokens left no text is led to its end.
  private static let leadCountMax = 1 << 14

  /// What answers must be.
  public var text: Constraint
  private var order: TokenOrder
  /// The tokens that may come, after `findAllowed`.
  public let allowed: TokenSet
  private var ends = InlineArray<16, Int32>(repeating: -1)
  private var endCount = 0
  /// The first space of the answer's first token is not written.
  private(set) var dropsSpace = false
  private(set) var spaces = WrittenSpaces()
  /// While the answer is free: looks for the beginning of calls.
  private var trigger: ToolTrigger?
  private var marks = ToolMarks()
  /// Tokens of plain text without the first byte of the mark at the end of a form's texts.
  private let rawPlain: TokenSet

  /// - Parameter byteCount: for a schema or grammar, and what it is compiled to.
  @export(interface)
  public init(carver: inout Carver, byteCount: Int, vocabularyCount: Int) {
    text = Constraint(carver: &carver, byteCount: byteCount)
    order = TokenOrder(carver: &carver, vocabularyCount: vocabularyCount)
    allowed = TokenSet(carver: &carver, capacity: vocabularyCount)
    rawPlain = TokenSet(carver: &carver, capacity: vocabularyCount)
  }

  /// Reads the vocabulary, once, when it is whole.
  @export(interface)
  public mutating func prepare(_ vocabulary: borrowing Vocabulary) {
    order.prepare(vocabulary)
    for id in 0..<Int32(min(vocabulary.tokenCount, order.capacity)) {
      if vocabulary.endsGeneration(id) { addEnd(id) }
    }
  }

  /// A token that ends an answer.
  @export(interface)
  public mutating func addEnd(_ token: Int32) {
    if token < 0 || Int(token) >= order.capacity || endCount == Self.endCountMax { return }
    ends[endCount] = token
    endCount += 1
  }

  /// Whether the answer is bound here.
  public var isActive: Bool { text.isActive && trigger == nil }

  /// Whether the answer is free so far, and may come to calls of tools.
  public var isWaiting: Bool { trigger != nil }

  /// Whether a control token stands for text of calls.
  public func isMark(_ token: Int32) -> Bool { marks.contains(token) }

  /// An answer begins.
  /// - Parameter dropsSpace: whether a space at the beginning of its first token is not written.
  @export(interface)
  public mutating func begin(dropsSpace: Bool, _ vocabulary: borrowing Vocabulary) {
    text.restart()
    self.dropsSpace = dropsSpace
    spaces.begin()
    marks = ToolMarks()
    trigger = nil
    guard let tools = text.tools else { return }
    marks.find(tools, vocabulary)
    if let keyed = tools.form.keyed, keyed.hasRawTexts {
      order.findPlain(without: unsafe keyed.textEnd.utf8Start[0], vocabulary, into: rawPlain)
    }
    if text.isLazy { trigger = ToolTrigger(tools) }
  }

  /// Whether a token may come.
  /// - Parameter leftCount: tokens that may follow it.
  @export(interface)
  public mutating func allows(
    _ token: Int32, _ vocabulary: borrowing Vocabulary, leftCount: Int
  ) -> Bool {
    if isEnd(token) { return text.acceptsEnd() }
    if !vocabulary.isToken(token) || vocabulary.kind(of: token) == .unused { return false }
    if vocabulary.kind(of: token) == .unknown { return false }
    if vocabulary.kind(of: token) == .control
      && !(isMark(token) && isPlaceOfMark(vocabulary.bytes(of: token)))
    {
      return false
    }
    let mark = text.machine.mark
    let level = step(vocabulary.bytes(of: token))
    let isAllowed = !level.isEmpty && canEnd(level, leftCount)
    text.machine.goBack(to: mark)
    return isAllowed
  }

  /// Whether a control token's bytes can be the form's own text here.
  private func isPlaceOfMark(_ bytes: Span<UInt8>) -> Bool {
    text.machine.isBetweenValues(text.level) || text.machine.endsRawText(text.level, bytes)
  }

  private func isEnd(_ token: Int32) -> Bool {
    for index in 0..<endCount where ends[index] == token { return true }
    return false
  }

  private mutating func step(_ bytes: Span<UInt8>) -> Machine.Level {
    var level = text.level
    for index in firstIndex(bytes)..<bytes.count {
      level = text.machine.step(level, bytes[index])
      if level.isEmpty { return level }
    }
    return level
  }

  /// Where the bytes of the answer begin in those of its next token.
  private func firstIndex(_ bytes: Span<UInt8>) -> Int {
    dropsSpace && bytes.count > 0 && bytes[0] == UInt8(ascii: " ") ? 1 : 0
  }

  /// Whether the text can be whole within the tokens that are left, if each byte has a token of its own.
  /// If it can not yet, tokens of several bytes may still lead there: nothing is left out.
  private func canEnd(_ level: Machine.Level, _ leftCount: Int) -> Bool {
    leftCount >= Self.leadCountMax || text.machine.distance(level) <= leftCount
      || !isLed(leftCount)
  }

  /// Whether only such tokens come that the text can still be whole.
  private func isLed(_ leftCount: Int) -> Bool {
    leftCount < Self.leadCountMax && text.distance <= leftCount + 1
  }

  /// Takes a token that is allowed and is no end.
  @export(interface)
  public mutating func accept(_ token: Int32, _ vocabulary: borrowing Vocabulary) {
    let bytes = vocabulary.bytes(of: token)
    var level = text.level
    for index in firstIndex(bytes)..<bytes.count {
      text.machine.note(bytes[index], level, &spaces)
      level = text.machine.step(level, bytes[index])
      precondition(!level.isEmpty, "the token is not allowed")
    }
    text.level = text.machine.commit(level)
    dropsSpace = false
  }

  /// Takes a token of free text, unless calls begin in it that cannot go on as it does.
  /// - Returns: false if it is not taken.
  @export(interface)
  public mutating func acceptFree(_ token: Int32, _ vocabulary: borrowing Vocabulary) -> Bool {
    guard var trigger = trigger, vocabulary.isToken(token) else { return true }
    let bytes = vocabulary.bytes(of: token)
    if vocabulary.kind(of: token) == .control && !(isMark(token) && trigger.goesOn(bytes)) {
      return true
    }
    var index = firstIndex(bytes)
    while index < bytes.count {
      let wasMatching = trigger.matchedCount > 0
      switch trigger.take(bytes[index]) {
      case .matched: index += 1
      case .text: if !wasMatching { index += 1 }
      case .whole: return beginCalls(bytes.extracting((index + 1)...))
      }
    }
    self.trigger = trigger
    dropsSpace = false
    return true
  }

  /// The answer is bound from here on.
  /// - Parameter rest: the token's bytes behind the mark.
  private mutating func beginCalls(_ rest: Span<UInt8>) -> Bool {
    guard let form = text.tools?.form else { return true }
    text.restart()
    var level = text.level
    for index in 0..<form.triggerCount {
      level = unsafe text.machine.step(level, form.begin.utf8Start[index])
    }
    for index in 0..<rest.count where !level.isEmpty {
      level = text.machine.step(level, rest[index])
    }
    if level.isEmpty { return false }
    text.level = text.machine.commit(level)
    trigger = nil
    dropsSpace = false
    return true
  }

  /// Whether the answer is whole and nothing can follow.
  public var mustEnd: Bool { text.mustEnd }
}

// All tokens that may come.
extension TokenConstraint {
  /// The sets after the beginnings of a token.
  private struct Path {
    var starts = InlineArray<256, UInt16>(repeating: 0)
    var counts = InlineArray<256, UInt16>(repeating: 0)
    var frames = InlineArray<256, UInt16>(repeating: 0)
    var names = InlineArray<256, UInt16>(repeating: 0)

    func level(_ depth: Int) -> Machine.Level {
      Machine.Level(start: Int(starts[depth]), count: Int(counts[depth]))
    }

    /// What belongs to the sets up to `depth`.
    func mark(_ depth: Int) -> Machine.Mark {
      Machine.Mark(
        frameCount: Int(frames[depth]), threadCount: Int(starts[depth]) + Int(counts[depth]),
        nameCount: Int(names[depth]))
    }

    mutating func set(_ depth: Int, _ level: Machine.Level, _ mark: Machine.Mark) {
      starts[depth] = UInt16(level.start)
      counts[depth] = UInt16(level.count)
      frames[depth] = UInt16(mark.frameCount)
      names[depth] = UInt16(mark.nameCount)
    }
  }

  /// Finds all tokens that may come. If there is none, the answer cannot go on.
  /// - Complexity: O(n) for the vocabulary, with a step for each beginning of tokens that can come. In a
  ///   string these are steps of the machine for tokens alone that are not plain text.
  @export(interface)
  public mutating func findAllowed(_ vocabulary: borrowing Vocabulary, leftCount: Int) {
    // A token of plain text may leave a character cut, and makes the text no longer otherwise.
    let plain = plainTokens(leftCount)
    if let plain { allowed.copy(plain) } else { allowed.removeAll() }
    let bound = plain == nil ? text.machine.boundString(text.level) : nil
    if let bound { findPlain(bound, vocabulary, leftCount) }
    findOthers(skipped: plain ?? (bound != nil ? order.plain : nil), vocabulary, leftCount)
    for index in 0..<marks.count
    where allows(marks[index], vocabulary, leftCount: leftCount) {
      allowed.insert(marks[index])
    }
    if text.acceptsEnd() {
      for index in 0..<endCount { allowed.insert(ends[index]) }
    }
  }

  /// Tokens of plain text, if all of them can come here; nil if that is not so.
  private func plainTokens(_ leftCount: Int) -> TokenSet? {
    let isLed = isLed(leftCount)
    if text.machine.isFreeString(text.level) {
      return !isLed || text.distance + 3 <= leftCount ? order.plain : nil
    }
    if text.machine.isFreeRawText(text.level) {
      return !isLed || text.distance + 3 <= leftCount ? rawPlain : nil
    }
    // A character may be cut, and a name that is there already needs further ones.
    if let distance = text.machine.freeNameDistance(text.level) {
      return !isLed || distance + 3 + NameState.furtherCountMax <= leftCount ? order.plain : nil
    }
    return nil
  }

  /// Finds the tokens of plain text inside a string with bounds or a pattern.
  private mutating func findPlain(
    _ string: Thread, _ vocabulary: borrowing Vocabulary, _ leftCount: Int
  ) {
    var walk = PlainWalk(string, text.machine.words)
    let isLed = isLed(leftCount)
    if let countMax = walk.characterCountMax, !isLed || text.distance + 3 <= leftCount {
      order.insertPlain(characterCountMax: countMax, into: allowed)
      return
    }
    // Bytes up to the string's end that there are tokens for; a character that is cut has three more.
    let room = isLed ? leftCount - text.machine.outerDistance(text.level) : Int.max
    let isFree = !isLed || walk.farthest + 3 <= room
    var shared = Int.max
    var index = 0
    while index < order.count {
      shared = min(shared, order.sharedCount(index))
      index += 1
      if !order.isPlain(index - 1) { continue }
      let token = order.token(index - 1)
      let canCome =
        walk.passes(
          order.kinds(index - 1), characterCount: order.characterCount(index - 1), shared: shared,
          isInside: order.partsInside(index - 1))
        || walk.takes(vocabulary.bytes(of: token), shared: shared)
      if !canCome {
        index = order.next(from: index, sharingAtMost: walk.deadDepth)
      } else if isFree || walk.distance + 3 <= room
        || walk.distance <= room && allows(token, vocabulary, leftCount: leftCount)
      {
        allowed.insert(token)
      }
      shared = .max
    }
  }

  /// Finds tokens by the machine's own steps.
  private mutating func findOthers(
    skipped: TokenSet?, _ vocabulary: borrowing Vocabulary, _ leftCount: Int
  ) {
    var path = Path()
    let mark = text.machine.mark
    path.set(0, text.level, mark)
    // The sets up to `depth` are of the beginning of the token that was walked over last, and what is
    // common to it and the next one; with the byte behind `deadDepth` it could not come.
    var (depth, deadDepth, shared) = (0, Int.max, Int.max)
    var index = 0
    while index < order.count {
      shared = min(shared, order.sharedCount(index))
      index += 1
      if let skipped, skipped.contains(order.token(index - 1)) { continue }
      depth = min(depth, shared)
      deadDepth = .max
      walk(order.token(index - 1), &path, &depth, &deadDepth, vocabulary, leftCount)
      if deadDepth != .max { index = order.next(from: index, sharingAtMost: deadDepth) }
      shared = .max
    }
    text.machine.goBack(to: mark)
  }

  /// Steps over the bytes of a token from `depth` on.
  private mutating func walk(
    _ token: Int32, _ path: inout Path, _ depth: inout Int, _ deadDepth: inout Int,
    _ vocabulary: borrowing Vocabulary, _ leftCount: Int
  ) {
    let bytes = vocabulary.bytes(of: token)
    text.machine.goBack(to: path.mark(depth))
    while depth < bytes.count {
      var level = path.level(depth)
      if depth > 0 || !dropsSpace || bytes[0] != UInt8(ascii: " ") {
        level = text.machine.step(level, bytes[depth])
      }
      if level.isEmpty {
        deadDepth = depth
        return
      }
      depth += 1
      path.set(depth, level, text.machine.mark)
    }
    if canEnd(path.level(depth), leftCount) { allowed.insert(token) }
  }
}
