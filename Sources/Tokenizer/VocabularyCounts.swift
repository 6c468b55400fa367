import Platform

/// The sizes of a vocabulary, for the memory plan: made in a first walk over the tokens, before
/// `Vocabulary` is filled in a second one.
public struct VocabularyCounts: Sendable {
  /// Four times the largest vocabularies in use.
  public static let tokenCountMax = 1 << 20
  public static let mergeCountMax = 1 << 21
  /// Bytes of all tokens together; places in them are kept as 32-bit numbers.
  public static let tokenByteCountMax = 1 << 28
  /// Bytes of one special token: how far a text must be read ahead to tell whether it stands there.
  public static let specialTokenByteCountMax = 256
  /// Bytes of all special tokens together.
  public static let specialByteCountMax = 1 << 22

  public private(set) var tokenCount = 0
  /// An upper bound.
  public private(set) var tokenByteCount = 0
  public private(set) var longestTokenByteCount = 0
  public private(set) var specialByteCount = 0
  public private(set) var mergeCount = 0

  let scheme: Scheme

  public init(_ scheme: Scheme) { self.scheme = scheme }

  /// Counts that were made before; nil where they are past the limits.
  init?(
    _ scheme: Scheme, tokenCount: Int, tokenByteCount: Int, longestTokenByteCount: Int,
    specialByteCount: Int, mergeCount: Int
  ) {
    self.scheme = scheme
    self.tokenCount = tokenCount
    self.tokenByteCount = tokenByteCount
    self.longestTokenByteCount = longestTokenByteCount
    self.specialByteCount = specialByteCount
    self.mergeCount = mergeCount
    if tokenCount > Self.tokenCountMax || tokenByteCount > Self.tokenByteCountMax
      || longestTokenByteCount > tokenByteCount || specialByteCount > Self.specialByteCountMax
      || mergeCount > Self.mergeCountMax
    {
      return nil
    }
  }

  /// Counts the next token.
  @export(interface)
  public mutating func include(token text: Span<UInt8>, type: Int32) throws(TokenizerError) {
    let kind = try Self.kind(type, text, index: tokenCount)
    let byteCount = byteCount(text, kind)
    tokenCount += 1
    tokenByteCount += byteCount
    longestTokenByteCount = max(longestTokenByteCount, byteCount)
    if kind.isSpecial {
      specialByteCount += text.count
    }
    try Self.check("tokenizer.ggml.tokens (count)", tokenCount, Self.tokenCountMax)
    try Self.check("tokenizer.ggml.tokens (bytes)", tokenByteCount, Self.tokenByteCountMax)
    try Self.check(
      "tokenizer.ggml.tokens (bytes of special tokens)", specialByteCount,
      Self.specialByteCountMax)
  }

  /// Counts `count` merges.
  @export(interface)
  public mutating func includeMerges(count: Int) throws(TokenizerError) {
    try Self.check("tokenizer.ggml.merges (count)", count, Self.mergeCountMax)
    mergeCount += max(count, 0)
    try Self.check("tokenizer.ggml.merges (count)", mergeCount, Self.mergeCountMax)
  }

  /// The kind of token `index`, whose text is checked for what its kind asks.
  static func kind(
    _ type: Int32, _ text: Span<UInt8>, index: Int
  ) throws(TokenizerError) -> TokenKind {
    guard let kind = TokenKind(rawValue: type) else {
      throw .malformedToken(
        index: index, text: Excerpt(text),
        expected: "its entry in tokenizer.ggml.token_type must be 1 to 6")
    }
    if kind.isSpecial && text.count > specialTokenByteCountMax {
      throw .malformedToken(
        index: index, text: Excerpt(text),
        expected: "a special token must have 256 bytes or less")
    }
    // A message cannot end itself, whatever kind the file gives the token.
    return kind != .byte && TokenKind.endsGeneration(text) ? .control : kind
  }

  /// The count of bytes of the text that the token stands for, or more.
  private func byteCount(_ text: Span<UInt8>, _ kind: TokenKind) -> Int {
    switch (scheme, kind) {
    case (.byteLevelBPE, .normal):
      ByteAlphabet.isWritten(in: text) ? Self.scalarCount(text) : text.count
    case (_, .byte) where scheme.hasPieces: 1
    case _ where scheme.hasPieces && kind.isPiece: PieceText.decodedByteCount(text)
    default: text.count
    }
  }

  private static func scalarCount(_ text: Span<UInt8>) -> Int {
    var count = 0
    for index in 0..<text.count where text[index] & 0xC0 != 0x80 { count += 1 }
    return count
  }

  private static func check(
    _ field: StaticString, _ count: Int, _ limit: Int
  ) throws(TokenizerError) {
    if count > limit { throw .overLimit(field: field, count: count, limit: limit) }
  }
}
