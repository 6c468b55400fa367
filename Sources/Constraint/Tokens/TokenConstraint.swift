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
  private var dropsSpace = false

  /// - Parameter byteCount: for a schema or grammar, and what it is compiled to.
  @export(interface)
  public init(carver: inout Carver, byteCount: Int, vocabularyCount: Int) {
    text = Constraint(carver: &carver, byteCount: byteCount)
    order = TokenOrder(carver: &carver, vocabularyCount: vocabularyCount)
    allowed = TokenSet(carver: &carver, capacity: vocabularyCount)
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

  /// Whether answers are bound.
  public var isActive: Bool { text.isActive }

  /// An answer begins.
  /// - Parameter dropsSpace: whether a space at the beginning of its first token is not written.
  public mutating func begin(dropsSpace: Bool) {
    text.restart()
    self.dropsSpace = dropsSpace
  }

  /// Whether a token may come.
  /// - Parameter leftCount: tokens that may follow it.
  @export(interface)
  public mutating func allows(
    _ token: Int32, _ vocabulary: borrowing Vocabulary, leftCount: Int
  ) -> Bool {
    if isEnd(token) { return text.acceptsEnd() }
    if !vocabulary.isToken(token) || vocabulary.kind(of: token) == .unused { return false }
    if vocabulary.kind(of: token) == .control || vocabulary.kind(of: token) == .unknown {
      return false
    }
    let mark = text.machine.mark
    let level = step(vocabulary.bytes(of: token))
    let isAllowed = !level.isEmpty && canEnd(level, leftCount)
    text.machine.goBack(to: mark)
    return isAllowed
  }

  private func isEnd(_ token: Int32) -> Bool {
    for index in 0..<endCount where ends[index] == token { return true }
    return false
  }

  private mutating func step(_ bytes: Span<UInt8>) -> Machine.Level {
    var level = text.level
    for index in 0..<bytes.count {
      if index == 0 && dropsSpace && bytes[0] == UInt8(ascii: " ") { continue }
      level = text.machine.step(level, bytes[index])
      if level.isEmpty { return level }
    }
    return level
  }

  /// Whether the text can be whole within the tokens that are left: each byte has a token of its own.
  private func canEnd(_ level: Machine.Level, _ leftCount: Int) -> Bool {
    leftCount >= Self.leadCountMax || text.machine.distance(level) <= leftCount
  }

  /// Takes a token that is allowed and is no end.
  @export(interface)
  public mutating func accept(_ token: Int32, _ vocabulary: borrowing Vocabulary) {
    let level = step(vocabulary.bytes(of: token))
    precondition(!level.isEmpty, "the token is not allowed")
    text.level = text.machine.commit(level)
    dropsSpace = false
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

    func level(_ depth: Int) -> Machine.Level {
      Machine.Level(start: Int(starts[depth]), count: Int(counts[depth]))
    }

    /// What belongs to the sets up to `depth`.
    func mark(_ depth: Int) -> Machine.Mark {
      Machine.Mark(
        frameCount: Int(frames[depth]), threadCount: Int(starts[depth]) + Int(counts[depth]))
    }

    mutating func set(_ depth: Int, _ level: Machine.Level, frameCount: Int) {
      starts[depth] = UInt16(level.start)
      counts[depth] = UInt16(level.count)
      frames[depth] = UInt16(frameCount)
    }
  }

  /// Finds all tokens that may come. If there is none, the answer cannot go on.
  /// - Complexity: O(n) for the vocabulary, with a step for each beginning of tokens that can come. In a
  ///   string these are steps of the machine for tokens alone that are not plain text.
  @export(interface)
  public mutating func findAllowed(_ vocabulary: borrowing Vocabulary, leftCount: Int) {
    // A token of plain text may leave a character cut, and makes the text no longer otherwise.
    let isFree =
      text.machine.isFreeString(text.level)
      && (leftCount >= Self.leadCountMax || text.distance + 3 <= leftCount)
    if isFree { allowed.copy(order.plain) } else { allowed.removeAll() }
    let bound = isFree ? nil : text.machine.boundString(text.level)
    if let bound { findPlain(bound, vocabulary, leftCount) }
    findOthers(skipsPlain: isFree || bound != nil, vocabulary, leftCount)
    if text.acceptsEnd() {
      for index in 0..<endCount { allowed.insert(ends[index]) }
    }
  }

  /// Finds the tokens of plain text inside a string with bounds or a pattern.
  private mutating func findPlain(
    _ string: Thread, _ vocabulary: borrowing Vocabulary, _ leftCount: Int
  ) {
    var walk = PlainWalk(string, text.machine.words)
    let isLed = leftCount < Self.leadCountMax
    // Of what the string lies in.
    let outer = isLed ? text.machine.outerDistance(text.level) : 0
    var shared = Int.max
    for index in 0..<order.count {
      shared = min(shared, order.sharedCount(index))
      if !order.isPlain(index) { continue }
      let token = order.token(index)
      if walk.takes(vocabulary.bytes(of: token), shared: shared) {
        let distance = isLed ? walk.distance + outer : 0
        // A character that the token cuts has up to three more bytes.
        if distance + 3 <= leftCount
          || distance <= leftCount && allows(token, vocabulary, leftCount: leftCount)
        {
          allowed.insert(token)
        }
      }
      shared = .max
    }
  }

  /// Finds tokens by the machine's own steps.
  private mutating func findOthers(
    skipsPlain: Bool, _ vocabulary: borrowing Vocabulary, _ leftCount: Int
  ) {
    var path = Path()
    let mark = text.machine.mark
    path.set(0, text.level, frameCount: mark.frameCount)
    // The sets up to `depth` are of the beginning of the token that was walked over last, and what is
    // common to it and the next one; with the byte behind `deadDepth` it could not come.
    var (depth, deadDepth, shared) = (0, Int.max, Int.max)
    for index in 0..<order.count {
      shared = min(shared, order.sharedCount(index))
      if skipsPlain && order.isPlain(index) { continue }
      depth = min(depth, shared)
      if shared <= deadDepth {
        deadDepth = .max
        walk(order.token(index), &path, &depth, &deadDepth, vocabulary, leftCount)
      }
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
      path.set(depth, level, frameCount: text.machine.mark.frameCount)
    }
    if canEnd(path.level(depth), leftCount) { allowed.insert(token) }
  }
}
