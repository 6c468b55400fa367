/// Bytes that are likely to come next of an answer, and how sure each one is.
public struct LikelyText {
  public static let byteCountMax = 96

  /// Why a byte is likely, the surest ones first.
  public enum Kind: UInt8, Sendable {
    /// No other can come but white space, and an escape of the same character in a string.
    case only
    /// It is what answers have most often: properties in the order of the schema, white space as before.
    case usual
    /// A string, text or number that could go on ends.
    case end
  }

  public private(set) var bytes = InlineArray<96, UInt8>(repeating: 0)
  private var kinds = InlineArray<96, UInt8>(repeating: 0)
  public private(set) var count = 0

  public init() {}

  public var isFull: Bool { count == Self.byteCountMax }

  /// The least sure kind of some bytes.
  public func kind(_ range: Range<Int>) -> Kind {
    var most: UInt8 = 0
    for index in range { most = max(most, kinds[index]) }
    return Kind(rawValue: most)!
  }

  mutating func append(_ byte: UInt8, _ kind: Kind) {
    bytes[count] = byte
    kinds[count] = kind.rawValue
    count += 1
  }
}

extension TokenConstraint {
  /// Finds bytes that are likely to come next; none if the answer is free.
  @export(interface)
  public mutating func findLikely(_ likely: inout LikelyText) {
    likely = LikelyText()
    if !isActive || dropsSpace { return }
    let mark = text.machine.mark
    var (level, spaces) = (text.level, spaces)
    while !likely.isFull, addLikely(&likely, &level, &spaces) {}
    text.machine.goBack(to: mark)
  }

  /// Adds the byte that is likely to come, and the white space before it.
  /// - Returns: false if no further one is known.
  private mutating func addLikely(
    _ likely: inout LikelyText, _ level: inout Machine.Level, _ spaces: inout WrittenSpaces
  ) -> Bool {
    let isFirst = likely.count == 0
    let ended = text.machine.levelBehindNumber(level)
    // Behind a number whose end is a guess nothing of its own is known.
    if ended != nil && !isFirst { return false }
    let shown = ended ?? level
    let next = text.machine.likelyByte(shown, hasContent: isFirst && spaces.hasContent)
    let least: LikelyText.Kind = ended == nil ? .only : .end
    if let place = text.machine.spacePlace(shown, before: next?.byte) {
      guard let run = spaces.rest(at: place) else { return false }
      let kind: LikelyText.Kind = least == .end ? .end : run.isSeen ? .only : .usual
      for index in run.start..<run.spaces.count
      where !take(run.spaces.byte(index), kind, &likely, &level, &spaces) {
        return false
      }
    }
    guard let next else { return false }
    let kind = next.kind.rawValue > least.rawValue ? next.kind : least
    return take(next.byte, kind, &likely, &level, &spaces)
  }

  private mutating func take(
    _ byte: UInt8, _ kind: LikelyText.Kind, _ likely: inout LikelyText,
    _ level: inout Machine.Level, _ spaces: inout WrittenSpaces
  ) -> Bool {
    if likely.isFull { return false }
    text.machine.note(byte, level, &spaces)
    level = text.machine.step(level, byte)
    if level.isEmpty { return false }
    likely.append(byte, kind)
    return true
  }
}
