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
    /// SentencePiece's tokens with ranked merges: `gemma4`.
    case rankedPieces
    /// Another kind; `name` tells which.
    case unsupported
  }

  public let kind: Kind
  /// tokenizer.ggml.model; empty if absent.
  public let name: Excerpt
  /// tokenizer.ggml.pre, or what the caller wants in its place: the way text is split before merging; empty
  /// if absent.
  public internal(set) var preTokenizer: Excerpt
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
  /// What fills the middle of a text up, and what marks files in one: an answer ends at them.
  public let fimPadID: Int?
  public let fimRepositoryID: Int?
  public let fimSeparatorID: Int?
  public let unknownID: Int?
  /// Nil if the file leaves it to the kind of tokenizer.
  public let addsBOS: Bool?
  public let addsEOS: Bool?
  public let addsSpacePrefix: Bool?
  public let chatTemplate: FileRange?
  /// A further template, for conversations with tools.
  public let toolTemplate: FileRange?
  /// A key whose id is no token; a default took its place.
  public let wrongID: Excerpt?

  /// Whether text is split before merging in a way that the file does not name.
  public var lacksPreTokenizer: Bool { kind == .byteLevelBPE && preTokenizer.count == 0 }

  /// Whether there is a tokenizer, and of a kind that can be read.
  public var isKnown: Bool { kind != .absent && kind != .unsupported }

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
    try Self.check(.tokenTypes, tokenTypes, tokens)
    try Self.check(.scores, scores, tokens)
    if kind == .sentencePiece && scores == nil { throw .key(.scores, .missing) }
    specialTokenCount = try Self.specialTokenCount(tokenTypes, &cursor, of: file)
    var ids = TokenIDs(kind: kind, vocabularyCount: vocabularyCount)
    bosID = try ids.next(.bosID, metadata, default: 1)
    eosID = try ids.next(.eosID, metadata, default: 2)
    eotID = try ids.next(.eotID, metadata)
    eomID = try ids.next(.eomID, metadata)
    fimPadID = try ids.next(.fimPadID, metadata)
    fimRepositoryID = try ids.next(.fimRepositoryID, metadata)
    fimSeparatorID = try ids.next(.fimSeparatorID, metadata)
    unknownID = try ids.next(.unknownID, metadata)
    wrongID = ids.wrong.map { $0.name(of: .llama) }
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
    if name.isEqual(to: "gemma4") { return .rankedPieces }
    return name.isEqual(to: "llama") ? .sentencePiece : .unsupported
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
}

/// Reads the ids of tokens that have a role.
private struct TokenIDs {
  let kind: TokenizerFacts.Kind
  let vocabularyCount: Int
  /// The last key whose value is no token.
  private(set) var wrong: MetadataKey?

  /// What llama.cpp takes for the first and the last token of a text in byte-level BPE if the file
  /// names one that there is not (src/llama-vocab.cpp).
  private static let byteLevelDefault = 11

  init(kind: TokenizerFacts.Kind, vocabularyCount: Int) {
    self.kind = kind
    self.vocabularyCount = vocabularyCount
  }

  /// - Parameter id: SentencePiece's own default, for files that have no such key.
  mutating func next(
    _ key: MetadataKey, _ metadata: borrowing Metadata, default id: Int? = nil
  ) throws(ModelError) -> Int? {
    let value = try metadata.integer(key)
    if let value, isToken(value) { return value }
    if value != nil { wrong = key }
    guard let id else { return nil }
    switch kind {
    case .sentencePiece: return isToken(id) ? id : nil
    case .byteLevelBPE:
      return value != nil && isToken(Self.byteLevelDefault) ? Self.byteLevelDefault : nil
    case .absent, .unsupported, .rankedPieces: return nil
    }
  }

  private func isToken(_ id: Int) -> Bool { id >= 0 && id < vocabularyCount }
}
