/// A vocabulary's tables as they lie in memory, which can be kept and taken again.
extension VocabularyCounts {
  /// What a vocabulary keeps beside its tables, from `Vocabulary.numbers`; nil where it is past the
  /// limits.
  @export(interface)
  public init?(_ scheme: Scheme, _ numbers: InlineArray<12, UInt64>) {
    for index in 0..<12 where numbers[index] > UInt64(Int32.max) { return nil }
    self.init(
      scheme, tokenCount: Int(numbers[0]), tokenByteCount: Int(numbers[1]),
      longestTokenByteCount: Int(numbers[2]), specialByteCount: Int(numbers[3]),
      mergeCount: Int(numbers[4]))
  }
}

extension Vocabulary {
  /// What it keeps beside its tables; those are region `tokenizer` as a whole.
  public var numbers: InlineArray<12, UInt64> {
    [
      UInt64(counts.tokenCount), UInt64(counts.tokenByteCount),
      UInt64(counts.longestTokenByteCount), UInt64(counts.specialByteCount),
      UInt64(counts.mergeCount), UInt64(unknownToken + 1), UInt64(specialTokens.nodeCount),
      UInt64(specialTokens.longestByteCount), specialTokens.hasUserDefined ? 1 : 0, 0, 0, 0,
    ]
  }

  /// Takes the tables as they lie in memory, in place of adding tokens and merges. Whatever they
  /// hold, nothing outside them is read afterwards.
  /// - Returns: false where they do not fit together.
  @export(interface)
  public mutating func adopt(_ numbers: InlineArray<12, UInt64>) -> Bool {
    tokenCount = counts.tokenCount
    unknownToken = Int32(truncatingIfNeeded: numbers[5]) - 1
    let longestByteCount = Int(clamping: numbers[7])
    return unknownToken < Int32(tokenCount)
      && longestByteCount <= VocabularyCounts.specialTokenByteCountMax
      && specialTokens.adopt(
        tokenCount: tokenCount, nodeCount: Int(clamping: numbers[6]),
        longestByteCount: longestByteCount, hasUserDefined: numbers[8] != 0)
      && merges.adopt(tokenCount: tokenCount) && areTokensSound
  }

  private var areTokensSound: Bool {
    if unsafe starts[0] != 0 || Int(starts[tokenCount]) > counts.tokenByteCount { return false }
    for id in 0..<tokenCount {
      if unsafe starts[id] > starts[id + 1] { return false }
      if unsafe TokenKind(rawValue: Int32(kinds[id] & ~Self.endFlag)) == nil { return false }
    }
    for slot in 0...textSlotMask where unsafe textSlots[slot] > UInt32(tokenCount) { return false }
    for value in 0..<256 {
      let token = unsafe byteTokens[value]
      if token < -1 || Int(token) >= tokenCount { return false }
    }
    return true
  }
}
