import Platform

/// What the metadata say about the tokenizer, without the vocabulary itself.
public struct TokenizerFacts: Sendable {
  public enum Kind: Sendable {
    /// The file has no tokenizer.
    case absent
    /// Byte-level BPE: `gpt2`.
    case byteLevelBPE
    /// SentencePiece's BPE with scores: `llama`.
    case sentencePiece
    /// Another kind; `name` tells which.
    case unsupported
  }

  public let kind: Kind
  /// tokenizer.ggml.model; empty if absent.
  public let name: Excerpt
  /// tokenizer.ggml.pre, the way text is split before merging; empty if absent.
  public let preTokenizer: Excerpt
  public let tokens: FileArray?
  /// One INT32 a token.
  public let tokenTypes: FileArray?
  /// One FLOAT32 a token.
  public let scores: FileArray?
  public let merges: FileArray?
  /// Tokens of type control (3) or user-defined (4).
  public let specialTokenCount: Int
  public let bosID: Int?
  public let eosID: Int?
  public let eotID: Int?
  public let eomID: Int?
  public let unknownID: Int?
  /// Nil if the file leaves it to the kind of tokenizer.
  public let addsBOS: Bool?
  public let addsEOS: Bool?
  public let addsSpacePrefix: Bool?
  public let chatTemplate: FileRange?
  /// A further template, for conversations with tools.
  public let toolTemplate: FileRange?

  /// Whether there is a tokenizer, and of a kind that can be read.
  public var isKnown: Bool { kind == .byteLevelBPE || kind == .sentencePiece }

  public var tokenCount: Int { tokens?.count ?? 0 }
  public var mergeCount: Int { merges?.count ?? 0 }

  init(
    _ metadata: borrowing Metadata, vocabularyCount: Int, _ cursor: inout FileCursor,
    of file: borrowing InputFile
  ) throws(ModelError) {
    let name = try metadata.text(.tokenizerModel, &cursor, of: file)
    self.name = name ?? Excerpt()
    kind = Self.kind(name)
    preTokenizer = try metadata.text(.tokenizerPre, &cursor, of: file) ?? Excerpt()
    tokens = try metadata.strings(.tokens, byteCountMax: GGUF.tokenByteCountMax)
    merges = try metadata.strings(.merges, byteCountMax: GGUF.mergeByteCountMax)
    tokenTypes = try metadata.array(.tokenTypes, of: .int32, expected: "an array of INT32")
    scores = try metadata.array(.scores, of: .float32, expected: "an array of FLOAT32")
    try Self.check(tokens, vocabularyCount)
    try Self.check(.tokenTypes, tokenTypes, tokens)
    try Self.check(.scores, scores, tokens)
    if kind == .sentencePiece && scores == nil { throw .key(.scores, .missing) }
    specialTokenCount = try Self.specialTokenCount(tokenTypes, &cursor, of: file)
    bosID =
      try metadata.tokenID(.bosID, vocabularyCount) ?? Self.idDefault(1, kind, vocabularyCount)
    eosID =
      try metadata.tokenID(.eosID, vocabularyCount) ?? Self.idDefault(2, kind, vocabularyCount)
    eotID = try metadata.tokenID(.eotID, vocabularyCount)
    eomID = try metadata.tokenID(.eomID, vocabularyCount)
    unknownID = try metadata.tokenID(.unknownID, vocabularyCount)
    addsBOS = try metadata.bool(.addsBOS)
    addsEOS = try metadata.bool(.addsEOS)
    if addsBOS == true && bosID == nil { throw .key(.bosID, .missing) }
    if addsEOS == true && eosID == nil { throw .key(.eosID, .missing) }
    addsSpacePrefix = try metadata.bool(.addsSpacePrefix)
    chatTemplate = try Self.template(.chatTemplate, metadata)
    toolTemplate = try Self.template(.toolTemplate, metadata)
  }

  private static func template(
    _ key: MetadataKey, _ metadata: borrowing Metadata
  ) throws(ModelError) -> FileRange? {
    guard let range = try metadata.textRange(key) else { return nil }
    if range.byteCount > GGUF.chatTemplateByteCountMax {
      throw .key(
        key, .textLength(range.byteCount, maximum: GGUF.chatTemplateByteCountMax))
    }
    return range
  }

  private static func kind(_ name: Excerpt?) -> Kind {
    guard let name else { return .absent }
    if name.isEqual(to: "gpt2") { return .byteLevelBPE }
    return name.isEqual(to: "llama") ? .sentencePiece : .unsupported
  }

  /// SentencePiece's own default, for files that have no such key; nil if it is no token.
  private static func idDefault(_ id: Int, _ kind: Kind, _ vocabularyCount: Int) -> Int? {
    kind == .sentencePiece && id < vocabularyCount ? id : nil
  }

  private static func check(_ tokens: FileArray?, _ vocabularyCount: Int) throws(ModelError) {
    if let tokens, tokens.count > vocabularyCount {
      throw .key(
        .tokens, .integer(tokens.count, expected: "at most llama.vocab_size elements"))
    }
  }

  /// An array that goes with the tokens has one element for each.
  private static func check(
    _ key: MetadataKey, _ array: FileArray?, _ tokens: FileArray?
  ) throws(ModelError) {
    guard let array else { return }
    let tokenCount = tokens?.count ?? 0
    if array.count != tokenCount {
      throw .key(
        key, .unequal(array.count, other: Excerpt("the count of tokens"), otherValue: tokenCount))
    }
  }

  private static func specialTokenCount(
    _ types: FileArray?, _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) -> Int {
    guard let types else { return 0 }
    let place = cursor.position
    cursor.move(to: types.offset)
    var count = 0
    for _ in 0..<types.count {
      let type = try cursor.integer(Int32.self, "the type of a token", of: file)
      if type == TokenType.control || type == TokenType.userDefined { count += 1 }
    }
    cursor.move(to: place)
    return count
  }
}

/// Values of tokenizer.ggml.token_type (`llama_token_type` of llama.cpp).
public enum TokenType {
  public static let normal: Int32 = 1
  public static let unknown: Int32 = 2
  public static let control: Int32 = 3
  public static let userDefined: Int32 = 4
  public static let unused: Int32 = 5
  public static let byte: Int32 = 6
}

extension Metadata {
  fileprivate func strings(
    _ key: MetadataKey, byteCountMax: Int
  ) throws(ModelError) -> FileArray? {
    guard let array = try array(key, of: .string, expected: "an array of STRING") else {
      return nil
    }
    if array.longestByteCount > byteCountMax {
      throw .key(key, .textLength(array.longestByteCount, maximum: byteCountMax))
    }
    return array
  }

  fileprivate func tokenID(
    _ key: MetadataKey, _ vocabularyCount: Int
  ) throws(ModelError) -> Int? {
    guard let value = try integer(key) else { return nil }
    if value < 0 || value >= vocabularyCount {
      throw .key(key, .integerRange(value, minimum: 0, maximum: vocabularyCount - 1))
    }
    return value
  }
}
