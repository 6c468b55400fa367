import Memory
import Platform

/// The chat template ChatML, recognized in the Jinja text of a GGUF file by its two markers:
/// `<|im_start|>role\n…<|im_end|>\n` for each message. Of the Jinja text only the default system
/// prompt is used.
@safe public struct ChatTemplate {
  public static let defaultSystemByteCountMax = 16384

  /// The system prompt that is put first where the messages have none; nil where nothing is put.
  private let defaultSystem: UnsafeMutablePointer<UInt8>?
  private let defaultSystemByteCount: Int

  /// Takes memory for the default system prompt from the region `tokenizer`.
  /// - Parameter jinja: the value of the GGUF field `tokenizer.chat_template`.
  public init(carver: inout Carver, jinja: Span<UInt8>) throws(TokenizerError) {
    let field: StaticString = "tokenizer.chat_template"
    guard Bytes.firstIndex(of: ChatML.start, in: jinja, from: 0, to: jinja.count) != nil,
      Bytes.firstIndex(of: ChatML.end, in: jinja, from: 0, to: jinja.count) != nil
    else {
      throw .unsupported(
        field: field, value: Excerpt(jinja),
        expected: "the template must be ChatML, with <|im_start|> and <|im_end|>")
    }
    guard let found = Self.findDefaultSystem(jinja) else {
      unsafe defaultSystem = nil
      defaultSystemByteCount = 0
      return
    }
    if found.range.count > Self.defaultSystemByteCountMax {
      throw .overLimit(
        field: "tokenizer.chat_template (bytes of the system prompt)",
        count: found.range.count, limit: Self.defaultSystemByteCountMax)
    }
    let target = unsafe carver.take(.tokenizer, UInt8.self, count: found.range.count)
    unsafe defaultSystem = unsafe target
    if carver.isMeasuring {
      defaultSystemByteCount = 0
      return
    }
    defaultSystemByteCount = unsafe JinjaScanner.copy(jinja, found, to: target)
    let text = unsafe Span(_unsafeStart: UnsafePointer(target), count: defaultSystemByteCount)
    let validByteCount = UTF8Sequence.validPrefixByteCount(text)
    if validByteCount < text.count {
      throw .invalidUTF8(byteOffset: found.range.lowerBound + validByteCount, in: field)
    }
  }

  public var hasDefaultSystem: Bool { unsafe defaultSystem != nil }

  /// The system prompt that is put first where the messages have none.
  var defaultSystemText: TextSlice? {
    guard let base = unsafe defaultSystem else { return nil }
    return unsafe TextSlice(UnsafePointer(base), count: defaultSystemByteCount)
  }

  /// A system message that stands wholly within one string or one piece of plain template text.
  private static func findDefaultSystem(_ jinja: Span<UInt8>) -> JinjaScanner.Piece? {
    var scanner = JinjaScanner()
    while let piece = scanner.next(jinja) {
      var index = piece.range.lowerBound
      while let head = Bytes.firstIndex(
        of: ChatML.systemRole, in: jinja, from: index, to: piece.range.upperBound)
      {
        index = head + ChatML.systemRole.utf8CodeUnitCount
        let newlineByteCount = JinjaScanner.newlineByteCount(jinja, at: index, in: piece)
        if newlineByteCount == 0 { continue }
        let start = index + newlineByteCount
        if let end = Bytes.firstIndex(
          of: ChatML.end, in: jinja, from: start, to: piece.range.upperBound)
        {
          return JinjaScanner.Piece(range: start..<end, isString: piece.isString)
        }
      }
    }
    return nil
  }
}

/// The literal parts of ChatML.
enum ChatML {
  static var start: StaticString { "<|im_start|>" }
  static var end: StaticString { "<|im_end|>" }
  static var systemRole: StaticString { "<|im_start|>system" }
  static var systemHead: StaticString { "<|im_start|>system\n" }
  static var systemTail: StaticString { "<|im_end|>\n" }
  static var userHead: StaticString { "<|im_start|>user\n" }
  static var assistantHead: StaticString { "<|im_end|>\n<|im_start|>assistant\n" }
}
