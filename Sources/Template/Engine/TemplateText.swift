/// A part of the text that a template has made.
public struct TemplatePart: Sendable {
  /// Of bytes in the engine's memory.
  let range: Range<Int>
  /// Whether what looks like a special token in it is text.
  public let isForeign: Bool
  /// Whether it is the rest of the text that is read while it is written out, which has no bytes here.
  public let isStreamed: Bool
  /// White space at these ends of the streamed text is left out.
  public let trimsStart: Bool
  public let trimsEnd: Bool

  public var byteCount: Int { range.count }
}

/// The text that a template has made. It stays until the engine runs again or its data changes.
public struct TemplateText {
  private let memory: TemplateMemory
  private let output: Output
  public private(set) var partCount: Int
  /// Bytes of the last part; nil for all of it.
  private var lastByteCount: Int?

  init(_ memory: TemplateMemory, _ output: Output) {
    self.memory = memory
    self.output = output
    partCount = output.count
  }

  @export(interface)
  public func part(_ index: Int) -> TemplatePart {
    let value = output.part(index)
    let isStreamed = value.flags.contains(.streamed)
    let start = isStreamed ? 0 : value.offset
    var count = isStreamed ? 0 : value.length
    if let lastByteCount, index == partCount - 1 { count = lastByteCount }
    return TemplatePart(
      range: start..<start + count,
      isForeign: value.flags.contains(.foreign), isStreamed: isStreamed,
      trimsStart: isStreamed && value.tag & TrimmedEnds.leading != 0,
      trimsEnd: isStreamed && value.tag & TrimmedEnds.trailing != 0)
  }

  /// The bytes of a part.
  @_lifetime(immortal)
  public func bytes(of part: TemplatePart) -> Span<UInt8> { memory.bytes(part.range) }

  /// Ends the text at the end of the content that `TemplateData.markEnd` has marked, so that the
  /// answer goes on there.
  /// - Returns: false if the template has not written the mark.
  @export(interface)
  public mutating func endAtMark() -> Bool {
    guard let mark = lastMark else { return false }
    partCount = mark.part + 1
    lastByteCount = keptByteCount(part(mark.part).range, upTo: mark.start)
    return true
  }

  /// Bytes of the text up to the end of the last mark; nil if it has none.
  @export(interface)
  public var byteCountToMark: Int? {
    guard let mark = lastMark else { return nil }
    let end = mark.start + TemplateData.endMark.utf8CodeUnitCount
    var sum = end - part(mark.part).range.lowerBound
    for index in 0..<mark.part { sum += part(index).byteCount }
    return sum
  }

  private var lastMark: (part: Int, start: Int)? {
    for index in stride(from: partCount - 1, through: 0, by: -1) {
      let part = part(index)
      if part.isStreamed || !part.isForeign { continue }
      let mark = TemplateData.endMark
      var start = part.range.upperBound - mark.utf8CodeUnitCount + 1
      while start > part.range.lowerBound {
        start -= 1
        if matches(mark, at: start) { return (index, start) }
      }
    }
    return nil
  }

  /// Whether the text ends within thoughts, as of templates that write their beginning.
  @export(interface)
  public func endsInThoughts(_ marks: ThoughtMarks) -> Bool {
    if partCount == 0 { return false }
    let bytes = bytes(of: part(partCount - 1))
    var (start, last) = (0, -1)
    while let place = find(marks.start, in: bytes, from: start) {
      last = place
      start = place + 1
    }
    return last >= 0 && find(marks.end, in: bytes, from: last) == nil
  }

  private func matches(_ mark: StaticString, at start: Int) -> Bool {
    for index in 0..<mark.utf8CodeUnitCount
    where unsafe memory.byte(start + index) != mark.utf8Start[index] {
      return false
    }
    return true
  }

  /// The mark has a space behind it. If the template trims it, it would trim the content too.
  private func keptByteCount(_ range: Range<Int>, upTo start: Int) -> Int {
    let end = start + TemplateData.endMark.utf8CodeUnitCount
    if end < range.upperBound && memory.byte(end) == UInt8(ascii: " ") {
      return start - range.lowerBound
    }
    var count = start - range.lowerBound
    while count > 0, isSpace(memory.byte(range.lowerBound + count - 1)) { count -= 1 }
    return count
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
