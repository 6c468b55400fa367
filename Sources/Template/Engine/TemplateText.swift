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
///
/// A long text comes in pieces, one at a time in the same memory: the template is run again for each.
/// Therefore only one copy of this value may be used.
public struct TemplateText {
  private let run: TemplateRun
  private var output: Output
  private let wholeCount: Int
  private let hasStreamed: Bool
  /// Parts of the present piece.
  public private(set) var partCount: Int
  /// Bytes of the last part; nil for all of it.
  private var lastByteCount: Int?
  /// Where the text is ended, as a place of `Output`.
  private var limit: Int?

  init(_ run: TemplateRun, _ output: Output) {
    self.run = run
    self.output = output
    wholeCount = output.position
    hasStreamed = output.hasStreamed
    partCount = output.count
  }

  private var memory: TemplateMemory { run.memory }

  /// Bytes of the whole text; nil if a part of it is read while it is written out.
  public var byteCount: Int? { hasStreamed ? nil : limit ?? wholeCount }

  /// Goes on to the next piece.
  /// - Returns: false at the text's end.
  @export(interface)
  public mutating func advance() -> Bool {
    if !output.isFull { return false }
    if let limit, limit <= output.end { return false }
    return move(to: output.end)
  }

  /// Goes back to the first piece.
  @export(interface)
  public mutating func rewind() { if output.start > 0 { _ = move(to: 0) } }

  private mutating func move(to start: Int) -> Bool {
    var message = Value.undefined
    // What can fail has failed in the first run.
    guard let next = try? run.output(from: start, &message) else { return false }
    output = next
    setBounds()
    return true
  }

  /// Ends the piece at the limit.
  private mutating func setBounds() {
    (partCount, lastByteCount) = (output.count, nil)
    guard let limit else { return }
    var place = output.start
    for index in 0..<output.count {
      place += Output.size(output.part(index))
      if place < limit { continue }
      partCount = index + 1
      lastByteCount = Output.size(output.part(index)) - (place - limit)
      return
    }
  }

  @export(interface)
  public func part(_ index: Int) -> TemplatePart {
    let value = output.part(index)
    let isStreamed = value.flags.contains(.streamed)
    let start = isStreamed ? 0 : value.offset
    var count = isStreamed ? 0 : value.length
    if let lastByteCount, index == partCount - 1, !isStreamed { count = lastByteCount }
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
    guard let mark = lastMark() else { return false }
    limit = mark.kept
    setBounds()
    return true
  }

  /// Bytes of the text up to the end of the last mark; nil if it has none.
  @export(interface)
  public mutating func byteCountToMark() -> Int? {
    lastMark().map { $0.start + TemplateData.endMark.utf8CodeUnitCount }
  }

  /// Places of the last mark and of the end of what is kept before it. The text is at its first piece
  /// then.
  private mutating func lastMark() -> (start: Int, kept: Int)? {
    var found: (start: Int, kept: Int)?
    rewind()
    repeat {
      if let mark = lastMarkOfPiece() { found = mark }
    } while advance()
    rewind()
    return found
  }

  private func lastMarkOfPiece() -> (start: Int, kept: Int)? {
    let mark = TemplateData.endMark
    var place = output.end
    for index in stride(from: output.count - 1, through: 0, by: -1) {
      let part = part(index)
      place -= Output.size(output.part(index))
      if part.isStreamed || !part.isForeign { continue }
      var start = part.range.upperBound - mark.utf8CodeUnitCount + 1
      while start > part.range.lowerBound {
        start -= 1
        if matches(mark, at: start) {
          return (
            place + start - part.range.lowerBound, place + keptByteCount(part.range, upTo: start)
          )
        }
      }
    }
    return nil
  }

  /// Whether the text ends within thoughts, as of templates that write their beginning.
  @export(interface)
  public mutating func endsInThoughts(_ marks: ThoughtMarks) -> Bool {
    while advance() {}
    let endsInThoughts = partCount > 0 && isInThoughts(bytes(of: part(partCount - 1)), marks)
    rewind()
    return endsInThoughts
  }

  private func isInThoughts(_ bytes: Span<UInt8>, _ marks: ThoughtMarks) -> Bool {
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
