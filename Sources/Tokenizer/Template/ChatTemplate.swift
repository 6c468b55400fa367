import Memory
import Platform

/// A chat template of a known kind, recognized in the Jinja text of a GGUF file. Of the Jinja text
/// itself only the template's own system text is used.
@safe public struct ChatTemplate {
  public static let defaultSystemByteCountMax = 16384

  let format: ChatFormat
  /// The template's own system text; nil where it has none.
  private let preset: UnsafeMutablePointer<UInt8>?
  private let presetByteCount: Int

  /// Takes memory for the template's own system text from the region `tokenizer`.
  /// - Parameter jinja: the value of the GGUF field `tokenizer.chat_template`.
  public init(carver: inout Carver, jinja: Span<UInt8>) throws(TokenizerError) {
    guard let format = ChatFormat(jinja) else {
      throw .unsupported(field: Self.field, value: Excerpt(jinja), expected: ChatFormat.known)
    }
    self.format = format
    if format.keepsPreset {
      unsafe (preset, presetByteCount) = unsafe try Self.takeDates(&carver, jinja)
    } else {
      unsafe (preset, presetByteCount) = unsafe try Self.takeDefaultSystem(&carver, jinja)
    }
  }

  private static var field: StaticString { "tokenizer.chat_template" }

  /// The system text where the messages have none.
  private static func takeDefaultSystem(
    _ carver: inout Carver, _ jinja: Span<UInt8>
  ) throws(TokenizerError) -> (UnsafeMutablePointer<UInt8>?, Int) {
    guard let found = findDefaultSystem(jinja) else { return (nil, 0) }
    if found.range.count > defaultSystemByteCountMax {
      throw .overLimit(
        field: "tokenizer.chat_template (bytes of the system prompt)",
        count: found.range.count, limit: defaultSystemByteCountMax)
    }
    let target = unsafe carver.take(.text, UInt8.self, count: found.range.count)
    if carver.isMeasuring { return unsafe (target, 0) }
    let count = unsafe JinjaScanner.copy(jinja, found, to: target)
    try unsafe checkUTF8(target, count, at: found.range.lowerBound)
    return unsafe (target, count)
  }

  private static func checkUTF8(
    _ text: UnsafeMutablePointer<UInt8>, _ count: Int, at offset: Int
  ) throws(TokenizerError) {
    let span = unsafe Span(_unsafeStart: UnsafePointer(text), count: count)
    let validByteCount = UTF8Sequence.validPrefixByteCount(span)
    if validByteCount < count { throw .invalidUTF8(byteOffset: offset + validByteCount, in: field) }
  }

  /// The dates of Llama 3.1's template. The day is the one that the template has where it is not
  /// told another: a prompt does not change from day to day.
  private static func takeDates(
    _ carver: inout Carver, _ jinja: Span<UInt8>
  ) throws(TokenizerError) -> (UnsafeMutablePointer<UInt8>?, Int) {
    let head: StaticString = "Cutting Knowledge Date: December 2023\nToday Date: "
    let tail: StaticString = "\n\n"
    let text = JinjaText(jinja)
    guard text.contains("Cutting Knowledge Date"),
      let day = text.value(of: "date_string = \"")
    else { return (nil, 0) }
    let count = head.utf8CodeUnitCount + day.count + tail.utf8CodeUnitCount
    if count > defaultSystemByteCountMax {
      throw .overLimit(
        field: "tokenizer.chat_template (bytes of the day)", count: day.count,
        limit: defaultSystemByteCountMax)
    }
    let target = unsafe carver.take(.text, UInt8.self, count: count)
    if carver.isMeasuring { return unsafe (target, 0) }
    var place = unsafe target
    unsafe place.update(from: head.utf8Start, count: head.utf8CodeUnitCount)
    unsafe place += head.utf8CodeUnitCount
    for index in 0..<day.count { unsafe place[index] = jinja[day.lowerBound + index] }
    unsafe place += day.count
    unsafe place.update(from: tail.utf8Start, count: tail.utf8CodeUnitCount)
    try unsafe checkUTF8(target, count, at: day.lowerBound)
    return unsafe (target, count)
  }

  var hasPreset: Bool { unsafe preset != nil }

  /// The template's own system text.
  var presetText: TextSlice {
    guard let base = unsafe preset else { return TextSlice("") }
    return unsafe TextSlice(UnsafePointer(base), count: presetByteCount)
  }

  /// A system message of ChatML that stands wholly within one string or one piece of plain template
  /// text.
  private static func findDefaultSystem(_ jinja: Span<UInt8>) -> JinjaScanner.Piece? {
    var scanner = JinjaScanner()
    while let piece = scanner.next(jinja) {
      var index = piece.range.lowerBound
      while let head = Bytes.firstIndex(
        of: systemRole, in: jinja, from: index, to: piece.range.upperBound)
      {
        index = head + systemRole.utf8CodeUnitCount
        let newlineByteCount = JinjaScanner.newlineByteCount(jinja, at: index, in: piece)
        if newlineByteCount == 0 { continue }
        let start = index + newlineByteCount
        guard
          let end = Bytes.firstIndex(
            of: "<|im_end|>", in: jinja, from: start, to: piece.range.upperBound)
        else { break }
        return JinjaScanner.Piece(range: start..<end, isString: piece.isString)
      }
    }
    return nil
  }

  private static var systemRole: StaticString { "<|im_start|>system" }
}

extension TextSlice {
  init(_ text: StaticString) { unsafe self.init(text.utf8Start, count: text.utf8CodeUnitCount) }
}
