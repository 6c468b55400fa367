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

  init(_ memory: TemplateMemory, _ output: Output) {
    self.memory = memory
    self.output = output
  }

  public var partCount: Int { output.count }

  @export(interface)
  public func part(_ index: Int) -> TemplatePart {
    let value = output.part(index)
    let isStreamed = value.flags.contains(.streamed)
    let start = isStreamed ? 0 : value.offset
    return TemplatePart(
      range: start..<start + (isStreamed ? 0 : value.length),
      isForeign: value.flags.contains(.foreign), isStreamed: isStreamed,
      trimsStart: isStreamed && value.tag & TrimmedEnds.leading != 0,
      trimsEnd: isStreamed && value.tag & TrimmedEnds.trailing != 0)
  }

  /// The bytes of a part.
  @_lifetime(immortal)
  public func bytes(of part: TemplatePart) -> Span<UInt8> { memory.bytes(part.range) }
}
