import Template

/// Parts the text of an answer into thoughts and what is said, while its bytes come. The marks around
/// the thoughts are left out, and white space beside them.
///
/// The use is: `accept` for each byte, and after each call `next` until it gives nothing.
public struct ThoughtFilter: Sendable {
  private enum State {
    /// Nothing but white space has come.
    case start
    case thoughts
    case said
  }

  /// The most bytes that one byte lets go.
  public static var byteCountMax: Int { 64 }
  /// White space that is held back before a mark; of more, the first bytes are given.
  private static var spaceCountMax: Int { 16 }
  private let marks: ThoughtMarks?
  private var state: State
  /// White space that comes next is left out.
  private var skipsSpace = false
  /// White space, and behind it the beginning of what may be a mark.
  private var held = InlineArray<64, UInt8>(repeating: 0)
  private var heldCount = 0
  /// Bytes of `held` that are to be given, and of them those that have been.
  private var releasedCount = 0
  private var givenCount = 0

  /// - Parameters:
  ///   - marks: nil for a model without thoughts, whose text is passed on.
  ///   - isInThoughts: whether the prompt ends within thoughts.
  public init(_ marks: ThoughtMarks?, isInThoughts: Bool) {
    self.marks = marks
    state = marks == nil ? .said : isInThoughts ? .thoughts : .start
    skipsSpace = marks != nil && isInThoughts
  }

  @export(interface)
  public mutating func accept(_ byte: UInt8) {
    precondition(releasedCount == 0)
    if skipsSpace && Self.isSpace(byte) { return }
    skipsSpace = false
    held[heldCount] = byte
    heldCount += 1
    guard let marks else {
      releasedCount = heldCount
      return
    }
    switch state {
    case .said: releasedCount = heldCount
    case .start: match(marks.start, from: Self.spaceCount(held, 0, heldCount), next: .thoughts)
    case .thoughts: findEnd(marks.end)
    }
  }

  /// No more bytes come.
  public mutating func finish() { releasedCount = heldCount }

  /// The next byte; nil if more must come.
  public mutating func next() -> (byte: UInt8, isThought: Bool)? {
    if givenCount == releasedCount {
      for index in releasedCount..<heldCount { held[index - releasedCount] = held[index] }
      heldCount -= releasedCount
      (releasedCount, givenCount) = (0, 0)
      return nil
    }
    givenCount += 1
    return (held[givenCount - 1], state == .thoughts)
  }

  /// At the answer's start: the mark, or something that is said.
  private mutating func match(_ mark: StaticString, from start: Int, next: State) {
    if start > Self.spaceCountMax || !isBeginning(of: mark, from: start) {
      releasedCount = heldCount
      state = .said
    } else if heldCount - start == mark.utf8CodeUnitCount {
      pass(to: next)
    }
  }

  private mutating func pass(to next: State) {
    heldCount = 0
    skipsSpace = true
    state = next
  }

  /// Within thoughts: bytes are given that are neither white space nor the mark's beginning.
  @export(interface)
  private mutating func findEnd(_ mark: StaticString) {
    var first = 0
    while true {
      let start = Self.spaceCount(held, first, heldCount)
      if start - first <= Self.spaceCountMax && isBeginning(of: mark, from: start) {
        if heldCount - start == mark.utf8CodeUnitCount && first == 0 { return pass(to: .said) }
        break
      }
      first += 1
    }
    releasedCount = first
  }

  private func isBeginning(of mark: StaticString, from start: Int) -> Bool {
    for index in start..<heldCount
    where unsafe index - start >= mark.utf8CodeUnitCount
      || mark.utf8Start[index - start] != held[index]
    {
      return false
    }
    return true
  }

  /// The first place from `start` on that is no white space.
  private static func spaceCount(
    _ bytes: InlineArray<64, UInt8>, _ start: Int, _ end: Int
  ) -> Int {
    var index = start
    while index < end && isSpace(bytes[index]) { index += 1 }
    return index
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
      || byte == UInt8(ascii: "\r")
  }
}
