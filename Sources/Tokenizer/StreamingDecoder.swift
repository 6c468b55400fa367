import Platform

/// Writes tokens as text. What it writes is always UTF-8: bytes of a sequence that ends in a later
/// token are held back, and what turns out not to be UTF-8 is written as U+FFFD, one for each
/// longest beginning of a sequence (The Unicode Standard, section 3.9, "U+FFFD Substitution of
/// Maximal Subparts").
///
/// Where SentencePiece puts a space before a text, that space is not written again: at the start,
/// unless what is written continues a text, and after every control token.
public struct StreamingDecoder: ~Copyable {
  /// Whether control tokens are written, by their literal text.
  public let writesControlTokens: Bool
  /// Control tokens that are written all the same.
  private let shown: ShownTokens
  private var sequence = UTF8Sequence()
  private var held = InlineArray<4, UInt8>(repeating: 0)
  private var heldCount = 0

  /// Whether the next token's first space is not of the text.
  private var isAtStart: Bool

  /// - Parameters:
  ///   - continuesText: whether text stands before what is written.
  ///   - shown: control tokens that are written all the same.
  public init(
    writesControlTokens: Bool = false, continuesText: Bool = false,
    shown: ShownTokens = ShownTokens()
  ) {
    self.writesControlTokens = writesControlTokens
    self.shown = shown
    isAtStart = !continuesText
  }

  /// Writes a token's text. An id that is no token is written as U+FFFD.
  /// - Parameter isText: whether this token is written if it is a control token too.
  public mutating func write<Sink: ByteSink & ~Copyable>(
    _ id: Int32, _ vocabulary: borrowing Vocabulary, isText: Bool = false, to out: inout Sink
  ) {
    guard vocabulary.isToken(id) else {
      finish(to: &out)
      Self.writeReplacement(to: &out)
      return
    }
    let kind = vocabulary.kind(of: id)
    let bytes = vocabulary.bytes(of: id)
    var first = 0
    if vocabulary.scheme.addsSpacePrefix {
      if isAtStart && !kind.isSpecial && bytes[0] == UInt8(ascii: " ") { first = 1 }
      isAtStart = kind.isSpecial
    }
    if kind.isControl && !writesControlTokens && !isText && !shown.contains(id) { return }
    for index in first..<bytes.count { write(bytes[index], to: &out) }
  }

  /// Ends the text: what is still held back can no longer become whole.
  public mutating func finish<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    if heldCount > 0 { Self.writeReplacement(to: &out) }
    heldCount = 0
    sequence = UTF8Sequence()
  }

  private mutating func write<Sink: ByteSink & ~Copyable>(_ byte: UInt8, to out: inout Sink) {
    switch sequence.accept(byte) {
    case .incomplete: hold(byte)
    case .complete:
      for index in 0..<heldCount { out.write(byte: held[index]) }
      heldCount = 0
      out.write(byte: byte)
    case .invalid:
      Self.writeReplacement(to: &out)
      let wasHolding = heldCount > 0
      heldCount = 0
      // The byte that breaks a sequence may begin another one.
      if wasHolding { write(byte, to: &out) }
    }
  }

  private mutating func hold(_ byte: UInt8) {
    held[heldCount] = byte
    heldCount += 1
  }

  private static func writeReplacement<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    out.write(byte: 0xEF)
    out.write(byte: 0xBF)
    out.write(byte: 0xBD)
  }
}

/// A few control tokens whose text is written, such as marks around a model's thoughts.
public struct ShownTokens: Sendable {
  private var tokens = InlineArray<4, Int32>(repeating: -1)
  private var count = 0

  public init() {}

  func contains(_ token: Int32) -> Bool {
    for index in 0..<count where tokens[index] == token { return true }
    return false
  }

  /// Adds the special tokens that a text has; what there is no room for is left out.
  @export(interface)
  public mutating func add(tokensOf text: Span<UInt8>, _ vocabulary: borrowing Vocabulary) {
    let finder = SpecialTokenFinder(vocabulary)
    for start in 0..<text.count {
      guard let found = finder.match(text, at: start), count < tokens.count else { continue }
      tokens[count] = found.token
      count += 1
    }
  }
}
