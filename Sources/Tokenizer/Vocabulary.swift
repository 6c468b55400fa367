import Memory
import Platform

/// The tokens of a model, their bytes, and the merges or scores that say when they are made. It is
/// made empty, in memory that its counts determine; then every token is added in the order of ids,
/// then every merge in the order of ranks, and `finish` checks that it is whole.
@safe public struct Vocabulary: ~Copyable {
  let counts: VocabularyCounts
  /// Bytes of all tokens, one after the other.
  private let bytes: UnsafeMutablePointer<UInt8>
  /// Where each token begins in `bytes`; one more entry says where the last one ends.
  let starts: UnsafeMutablePointer<UInt32>
  /// The token's kind; `endFlag` is added where generation ends with the token.
  let kinds: UnsafeMutablePointer<UInt8>
  /// Of SentencePiece: scores as ranks, the best one lowest.
  private let ranks: UnsafeMutablePointer<UInt32>
  /// Open-addressing table by text: id + 1, or 0.
  let textSlots: UnsafeMutablePointer<UInt32>
  let textSlotMask: Int
  /// The token of each single byte, or -1.
  let byteTokens: UnsafeMutablePointer<Int32>
  /// Both sides of a merge, without the space between them.
  private let mergeBytes: UnsafeMutablePointer<UInt8>
  var merges: MergeTable
  var specialTokens: SpecialTokens
  /// Of SentencePiece.
  private(set) var neighbours: Neighbours
  /// The first token of kind `unknown`, or -1.
  var unknownToken: Int32 = -1
  public internal(set) var tokenCount = 0

  static let endFlag: UInt8 = 0x80

  @export(interface)
  public init(carver: inout Carver, counts: VocabularyCounts) {
    self.counts = counts
    let tokenCount = counts.tokenCount
    let slotCount = HashTable.slotCount(entryCount: tokenCount)
    let scheme = counts.scheme
    unsafe bytes = unsafe carver.take(.tokenizer, UInt8.self, count: counts.tokenByteCount)
    unsafe starts = unsafe carver.take(.tokenizer, UInt32.self, count: tokenCount + 1)
    unsafe kinds = unsafe carver.take(.tokenizer, UInt8.self, count: tokenCount)
    unsafe ranks = unsafe carver.take(
      .tokenizer, UInt32.self, count: scheme.mergesByScore ? tokenCount : 0)
    unsafe textSlots = unsafe carver.take(.tokenizer, UInt32.self, count: slotCount)
    unsafe byteTokens = unsafe carver.take(.tokenizer, Int32.self, count: 256)
    unsafe mergeBytes = unsafe carver.take(
      .tokenizer, UInt8.self, count: max(counts.longestTokenByteCount, 1))
    textSlotMask = slotCount - 1
    merges = MergeTable(carver: &carver, countMax: counts.mergeCount)
    specialTokens = SpecialTokens(carver: &carver, byteCountMax: counts.specialByteCount)
    neighbours = Neighbours(
      carver: &carver, tokenByteCount: scheme.hasPieces ? max(counts.tokenByteCount, 1) : 0)
    if !carver.isMeasuring {
      for value in 0..<256 { unsafe byteTokens[value] = -1 }
    }
  }

  var scheme: Scheme { counts.scheme }

  /// Whether a space that no text has stands before a text's first token.
  public var addsSpacePrefix: Bool { scheme.addsSpacePrefix }

  /// Adds the token of the next id.
  /// - Parameters:
  ///   - text: as in `tokenizer.ggml.tokens`.
  ///   - type: as in `tokenizer.ggml.token_type`.
  ///   - score: as in `tokenizer.ggml.scores`; used by SentencePiece only.
  @export(interface)
  public mutating func addToken(
    _ text: Span<UInt8>, type: Int32, score: Float = 0
  ) throws(TokenizerError) {
    let kind = try VocabularyCounts.kind(type, text, index: tokenCount)
    guard tokenCount < counts.tokenCount else {
      throw .wrongCount(
        field: "tokenizer.ggml.tokens", count: tokenCount + 1, expected: counts.tokenCount)
    }
    let byteCount = try store(text, kind)
    let id = Int32(tokenCount)
    let start = unsafe starts[tokenCount]
    unsafe starts[tokenCount + 1] = start + UInt32(byteCount)
    let ends = kind == .control && TokenKind.endsGeneration(text)
    unsafe kinds[tokenCount] = UInt8(kind.rawValue) | (ends ? Self.endFlag : 0)
    tokenCount += 1
    if kind == .unknown && unknownToken < 0 { unknownToken = id }
    if scheme.hasPieces { try addPiece(id, kind, text, score) }
    // The text of SentencePiece's bytes is not what they stand for.
    let hasText = !(scheme.hasPieces && kind == .byte)
    guard !hasText || !Self.canBeMade(text, kind, scheme) || addToTextTable(id),
      !kind.isSpecial || !Self.canBeMade(text, kind, scheme)
        || specialTokens.add(text, token: id, isControl: kind.isControl)
    else {
      throw malformedToken(id, text, "too many tokens have the same hash")
    }
  }

  /// Whether any text can become the token. Vocabularies that were extended have tokens without
  /// text, special ones that are not UTF-8, and normal ones that are not written in the byte
  /// alphabet: such a token has its id and its bytes, and no text becomes it.
  private static func canBeMade(
    _ text: Span<UInt8>, _ kind: TokenKind, _ scheme: Scheme
  ) -> Bool {
    if text.isEmpty { return false }
    if kind.isSpecial { return UTF8Sequence.validPrefixByteCount(text) == text.count }
    return scheme.hasPieces || kind != .normal || ByteAlphabet.isWritten(in: text)
  }

  private func malformedToken(
    _ index: Int32, _ text: Span<UInt8>, _ expected: StaticString
  ) -> TokenizerError {
    .malformedToken(index: Int(index), text: Excerpt(text), expected: expected)
  }

  /// What SentencePiece keeps of a token beside its bytes.
  private mutating func addPiece(
    _ id: Int32, _ kind: TokenKind, _ text: Span<UInt8>, _ score: Float
  ) throws(TokenizerError) {
    if scheme.mergesByScore {
      if score.isNaN { throw malformedToken(id, text, "its score must be a number") }
      // Ordered as the scores are, from the best one; adding 0 makes one zero of two.
      let bits = (score + 0).bitPattern
      unsafe ranks[Int(id)] = bits >> 31 == 0 ? ~(bits | 0x8000_0000) : bits
    }
    let start = unsafe bytes + Int(starts[Int(id)])
    if kind == .byte {
      unsafe byteTokens[Int(start[0])] = id
    } else if kind.isPiece && !text.isEmpty {
      let count = unsafe Int(starts[Int(id) + 1]) - Int(starts[Int(id)])
      unsafe neighbours.add(TextSlice(UnsafePointer(start), count: count))
    }
  }

  /// Writes the token's bytes after those of the one before; returns their count.
  private func store(_ text: Span<UInt8>, _ kind: TokenKind) throws(TokenizerError) -> Int {
    let start = unsafe Int(starts[tokenCount])
    let room = counts.tokenByteCount - start
    let target = unsafe bytes + start
    let id = Int32(tokenCount)
    var byteCount = text.count
    switch (scheme, kind) {
    case (.byteLevelBPE, .normal) where ByteAlphabet.isWritten(in: text):
      byteCount = unsafe ByteAlphabet.decode(text, 0..<text.count, into: target, capacity: room)
    case (_, .byte) where scheme.hasPieces:
      guard let byte = PieceText.byte(text), room > 0 else {
        throw malformedToken(id, text, "a byte must be written as '<0x00>' to '<0xFF>'")
      }
      unsafe target[0] = byte
      byteCount = 1
    case _ where scheme.hasPieces && kind.isPiece:
      byteCount = unsafe PieceText.decode(text, into: target, capacity: room)
    default:
      if byteCount > room { byteCount = -1 } else { unsafe Self.copy(text, to: target) }
    }
    if byteCount < 0 {
      throw .wrongCount(
        field: "tokenizer.ggml.tokens (bytes)", count: start + text.count,
        expected: counts.tokenByteCount)
    }
    return byteCount
  }

  private static func copy(_ text: Span<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
    for index in 0..<text.count { unsafe target[index] = text[index] }
  }

  /// Adds the merge of the next rank. One whose sides, or whose whole, are no tokens is counted and
  /// never made.
  /// - Parameter text: as in `tokenizer.ggml.merges`: the left token, a space, the right token.
  @export(interface)
  public mutating func addMerge(_ text: Span<UInt8>) throws(TokenizerError) {
    guard !merges.isFull else {
      throw .wrongCount(
        field: "tokenizer.ggml.merges", count: merges.count + 1, expected: counts.mergeCount)
    }
    guard let space = Self.firstSpace(text) else {
      throw malformedMerge(text, "a merge must be two tokens with a space between them")
    }
    let capacity = counts.longestTokenByteCount
    let leftCount = unsafe decode(text, 0..<space, into: mergeBytes, capacity: capacity)
    let rightCount = unsafe decode(
      text, (space + 1)..<text.count, into: mergeBytes + max(leftCount, 0),
      capacity: capacity - max(leftCount, 0))
    guard leftCount > 0, rightCount > 0, let left = unsafe find(mergeBytes, leftCount),
      let right = unsafe find(mergeBytes + leftCount, rightCount),
      let merged = unsafe find(mergeBytes, leftCount + rightCount)
    else { return merges.addUnusable() }
    if !merges.add(left: left, right: right, merged: merged) {
      throw malformedMerge(text, "too many merges have the same hash")
    }
  }

  /// A side of a merge.
  private func decode(
    _ text: Span<UInt8>, _ range: Range<Int>, into target: UnsafeMutablePointer<UInt8>,
    capacity: Int
  ) -> Int {
    scheme.hasPieces
      ? unsafe PieceText.decode(text.extracting(range), into: target, capacity: capacity)
      : unsafe ByteAlphabet.decode(text, range, into: target, capacity: capacity)
  }

  private static func firstSpace(_ text: Span<UInt8>) -> Int? {
    for index in 0..<text.count where text[index] == UInt8(ascii: " ") { return index }
    return nil
  }

  private func malformedMerge(_ text: Span<UInt8>, _ expected: StaticString) -> TokenizerError {
    .malformedMerge(index: merges.count, text: Excerpt(text), expected: expected)
  }

  /// Checks that all tokens and merges are there. Nothing is added after it.
  @export(interface)
  public mutating func finish() throws(TokenizerError) {
    if tokenCount != counts.tokenCount {
      throw .wrongCount(
        field: "tokenizer.ggml.tokens", count: tokenCount, expected: counts.tokenCount)
    }
    if merges.count != counts.mergeCount {
      throw .wrongCount(
        field: "tokenizer.ggml.merges", count: merges.count, expected: counts.mergeCount)
    }
    settleEnds()
    if scheme.hasPieces { return }
    var found = 0
    for value in 0..<256 {
      unsafe mergeBytes[0] = UInt8(value)
      let token = unsafe find(mergeBytes, 1) ?? -1
      unsafe byteTokens[value] = token
      if token >= 0 { found += 1 }
    }
    if found == 0 {
      throw .wrongCount(
        field: "tokenizer.ggml.tokens (tokens of a single byte)", count: 0, expected: 256)
    }
  }
}

/// Ends of answers.
extension Vocabulary {
  /// Takes the meaning of an end from tokens that have another one beside certain others: `<|end|>`
  /// ends one of an answer's messages if there are tokens for the end of all of them, and `</s>` is
  /// text in the vocabularies that have `<|tool_response>` (llama.cpp, src/llama-vocab.cpp).
  private func settleEnds() {
    if (has("<|return|>") && has("<|call|>")) || (has("<|calls|>") && has("<|flush|>")) {
      clearEnd("<|end|>")
    }
    if has("<|tool_response>") { clearEnd("</s>") }
  }

  private func control(_ text: StaticString) -> Int32? {
    guard let id = unsafe find(text.utf8Start, text.utf8CodeUnitCount) else { return nil }
    return kind(of: id) == .control ? id : nil
  }

  private func has(_ text: StaticString) -> Bool { control(text) != nil }

  private func clearEnd(_ text: StaticString) {
    if let id = control(text) { unsafe kinds[Int(id)] &= ~Self.endFlag }
  }

  /// Whether the text of a control token says that generation ends with it. Files name further such
  /// tokens by their ids.
  public func endsGeneration(_ id: Int32) -> Bool {
    unsafe isToken(id) && kinds[Int(id)] & Self.endFlag != 0
  }
}

/// Looking up.
extension Vocabulary {
  public func isToken(_ id: Int32) -> Bool { id >= 0 && Int(id) < tokenCount }

  /// The bytes of a token, which need not be UTF-8 by themselves. `id` must be a token.
  @_lifetime(borrow self)
  public func bytes(of id: Int32) -> Span<UInt8> {
    precondition(isToken(id))
    let start = unsafe Int(starts[Int(id)])
    let end = unsafe Int(starts[Int(id) + 1])
    let span = unsafe Span(_unsafeStart: UnsafePointer(bytes) + start, count: end - start)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// What a token is. `id` must be a token.
  public func kind(of id: Int32) -> TokenKind {
    precondition(isToken(id))
    return TokenKind(rawValue: Int32(unsafe kinds[Int(id)] & ~Self.endFlag))!
  }

  /// The normal token that a whole word is, or -1.
  @inline(__always)
  func normalToken(of word: TextSlice) -> Int32 {
    let id = unsafe find(word.base, word.count) ?? -1
    return id >= 0 && kind(of: id) == .normal ? id : -1
  }

  /// The token that SentencePiece may make of a text, or -1.
  @inline(__always)
  func piece(_ text: UnsafePointer<UInt8>, count: Int) -> Int32 {
    let id = unsafe find(text, count) ?? -1
    return id >= 0 && kind(of: id).isPiece ? id : -1
  }

  /// The rank of a token's score, the best one lowest; below `MergeTable.noRank`.
  @inline(__always)
  func rank(of id: Int32) -> UInt32 { unsafe ranks[Int(id)] }

  /// The token with exactly these bytes, or nil. Of equal tokens it is the first one, but a special
  /// token only where no other has the bytes.
  @export(interface)
  public func token(of text: Span<UInt8>) -> Int32? {
    unsafe text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return nil }
      return unsafe find(base, buffer.count)
    }
  }

  /// The token of one byte, or -1.
  @inline(__always)
  func token(ofByte byte: UInt8) -> Int32 { unsafe byteTokens[Int(byte)] }

  @export(interface)
  private func find(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int32? {
    var slot = unsafe Int(truncatingIfNeeded: Bytes.hash(text, count: count)) & textSlotMask
    for _ in 0..<HashTable.probeCountMax {
      let id = unsafe Int32(bitPattern: textSlots[slot]) - 1
      if id < 0 { return nil }
      if unsafe hasBytes(id, text, count) { return id }
      slot = (slot + 1) & textSlotMask
    }
    return nil
  }

  private func hasBytes(_ id: Int32, _ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    let start = unsafe Int(starts[Int(id)])
    let end = unsafe Int(starts[Int(id) + 1])
    return unsafe end - start == count
      && Bytes.areEqual(UnsafePointer(bytes) + start, text, count: count)
  }

  /// False where no slot is left within the bound.
  private func addToTextTable(_ id: Int32) -> Bool {
    let start = unsafe Int(starts[Int(id)])
    let count = unsafe Int(starts[Int(id) + 1]) - start
    let text = unsafe UnsafePointer(bytes) + start
    var slot = unsafe Int(truncatingIfNeeded: Bytes.hash(text, count: count)) & textSlotMask
    for _ in 0..<HashTable.probeCountMax {
      let old = unsafe Int32(bitPattern: textSlots[slot]) - 1
      if old < 0 {
        unsafe textSlots[slot] = UInt32(id + 1)
        return true
      }
      if unsafe hasBytes(old, text, count) {
        if kind(of: old).isSpecial && !kind(of: id).isSpecial {
          unsafe textSlots[slot] = UInt32(id + 1)
        }
        return true
      }
      slot = (slot + 1) & textSlotMask
    }
    return false
  }
}
