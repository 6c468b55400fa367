import CPlatform
import Memory
import Platform

/// What comes next of a text's tokens.
public enum EncodedToken: Sendable {
  case token(Int32)
  case end
  /// The text's source has nothing yet; the encoder goes on from here when it is asked again.
  case pending

  /// The token, or nil at the end, of a source that is never pending.
  public var ofWholeText: Int32? {
    switch self {
    case .token(let token): token
    case .end: nil
    case .pending: preconditionFailure("the text's source was said to be never pending")
    }
  }
}

/// Turns a text into tokens while it is read: the caller pulls one token after the other, and the
/// encoder holds a window of the text of fixed size. The tokens do not depend on how the text is
/// cut into reads.
///
/// A word of more than 16384 bytes is cut there, before the scalar that passes this limit, and the
/// rest is cut into words anew; text of no language has such words. (Of SentencePiece a word is what
/// its merges cannot reach beyond; see `Neighbours`.)
/// - Complexity: O(bytes of the text)
@safe public struct Encoder: ~Copyable {
  /// The most bytes of a word. Longer words (in practice only one character without end) are cut.
  static let wordByteCountMax = SymbolChain.countMax
  /// Bytes past the longest word that decide where it ends: one scalar.
  private static let lookaheadByteCount = 4
  /// What must be in the buffer before a word is cut off, unless the text ends in it.
  private static let windowByteCount =
    wordByteCountMax + lookaheadByteCount
    + VocabularyCounts.specialTokenByteCountMax
  private static let bufferByteCount = 65536
  /// Less room than this at the buffer's end, and the text is moved to its start. The window and
  /// this room fill less than half of the buffer, so bytes are moved less than once on average.
  private static let readByteCountMin = 4096

  /// Where the text in the buffer begins at first: before it there is room for SentencePiece's space.
  private static let firstStart = 1

  private let scheme: Scheme
  private let buffer: UnsafeMutablePointer<UInt8>
  /// The text in the buffer that is still to be encoded.
  private var start = Encoder.firstStart
  private var end = Encoder.firstStart
  /// Nothing follows the text in the buffer directly: the source has ended or given a token.
  private var isSegmentWhole = false
  /// The token that the source gave after the text in the buffer, or -1.
  private var followingToken: Int32 = -1
  /// The special token whose text is next in the buffer, at `specialStart`; -1 if none is known.
  private var specialToken: Int32 = -1
  private var specialByteCount = 0
  /// No special token begins from `start` to here.
  private var specialStart = 0

  /// The next word is the first one of a text, or after a special token.
  private var isAtStart = true

  private var merger: WordMerger
  private var cache: WordCache
  /// Tokens of the last word that are still to be given, in the cache's slot or in `merger`.
  private var wordSlot = -1
  private var wordIndex = 0
  private var wordTokenCount = 0

  /// Bytes of the text so far that no token of the vocabulary has, and that were left out.
  public private(set) var droppedByteCount = 0

  @export(interface)
  public init(carver: inout Carver, _ scheme: Scheme) {
    self.scheme = scheme
    unsafe buffer = unsafe carver.take(.text, UInt8.self, count: Self.bufferByteCount)
    merger = WordMerger(
      carver: &carver, hasPieces: scheme.hasPieces, capacity: Self.wordByteCountMax)
    cache = WordCache(carver: &carver)
  }

  /// Bytes that have been read from the source and are still to be encoded.
  public var pendingByteCount: Int { end - start }

  /// Forgets the text so far, so that another one can be encoded.
  @export(interface)
  public mutating func reset() {
    (start, end, specialStart) = (Self.firstStart, Self.firstStart, 0)
    isAtStart = true
    (specialToken, followingToken) = (-1, -1)
    isSegmentWhole = false
    (wordIndex, wordTokenCount) = (0, 0)
    droppedByteCount = 0
  }

  /// The next token of the text that `source` gives. A text must be read from one source to its end,
  /// or `reset`; the vocabulary must always be the same.
  public mutating func next<Source: TextSource & ~Copyable>(
    from source: inout Source, _ vocabulary: borrowing Vocabulary
  ) throws(TokenizerError) -> EncodedToken {
    while true {
      if wordIndex < wordTokenCount { return .token(nextTokenOfWord()) }
      if try !fill(from: &source) { return .pending }
      if start == end {
        if followingToken < 0 { return .end }
        let token = followingToken
        followingToken = -1
        isSegmentWhole = false
        isAtStart = true
        return .token(token)
      }
      if source.parsesSpecialTokens || vocabulary.specialTokens.hasUserDefined {
        findSpecialToken(vocabulary.specialTokens, includesControl: source.parsesSpecialTokens)
        if specialToken >= 0 && specialStart == start { return .token(takeSpecialToken()) }
      }
      encodeWord(vocabulary)
    }
  }
}

/// The buffer.
extension Encoder {
  /// Reads until the next word's end is known.
  /// - Returns: false if the source has too little of the text as yet.
  private mutating func fill<Source: TextSource & ~Copyable>(
    from source: inout Source
  ) throws(TokenizerError) -> Bool {
    while !isSegmentWhole && end - start < Self.windowByteCount {
      makeRoom()
      let room = unsafe UnsafeMutableRawBufferPointer(
        start: buffer + end, count: Self.bufferByteCount - end)
      switch try unsafe source.read(into: room) {
      case .bytes(let count):
        precondition(count > 0 && count <= room.count)
        end += count
      case .token(let token):
        followingToken = token
        isSegmentWhole = true
      case .end: isSegmentWhole = true
      case .pending: return false
      }
    }
    return true
  }

  private mutating func makeRoom() {
    if Self.bufferByteCount - end >= Self.readByteCountMin { return }
    unsafe _ = memmove(buffer + Self.firstStart, buffer + start, end - start)
    specialStart -= start - Self.firstStart
    end -= start - Self.firstStart
    start = Self.firstStart
  }

  private func text(from place: Int, to limit: Int) -> TextSlice {
    unsafe TextSlice(UnsafePointer(buffer) + place, count: limit - place)
  }
}

/// Special tokens.
extension Encoder {
  /// Looks for the first special token that could end the next word.
  @export(interface)
  private mutating func findSpecialToken(
    _ specialTokens: borrowing SpecialTokens, includesControl: Bool
  ) {
    if specialToken >= 0 { return }
    specialStart = max(specialStart, start)
    let text = text(from: 0, to: end)
    let limit = isSegmentWhole ? end : end - VocabularyCounts.specialTokenByteCountMax
    while specialStart < limit {
      specialStart = specialTokens.firstCandidate(text, in: specialStart..<limit)
      if specialStart == limit { break }
      if let found = specialTokens.match(
        text, at: specialStart, includesControl: includesControl)
      {
        specialToken = found.token
        specialByteCount = found.byteCount
        return
      }
      specialStart += 1
    }
  }

  private mutating func takeSpecialToken() -> Int32 {
    let token = specialToken
    start += specialByteCount
    specialStart = start
    specialToken = -1
    isAtStart = true
    return token
  }
}

/// Words.
extension Encoder {
  @export(interface)
  private mutating func encodeWord(_ vocabulary: borrowing Vocabulary) {
    if isAtStart { beginText() }
    let word = takeWord(vocabulary)
    wordIndex = 0
    wordSlot = cache.slot(of: word)
    if wordSlot >= 0 {
      wordTokenCount = cache.tokenCount(of: word, inSlot: wordSlot)
      if wordTokenCount >= 0 { return }
    }
    let made = merger.merge(word, vocabulary)
    wordTokenCount = made.count
    droppedByteCount += made.droppedByteCount
    if wordSlot >= 0 && made.droppedByteCount == 0 {
      unsafe cache.keep(
        word, UnsafePointer(merger.tokens), count: wordTokenCount, inSlot: wordSlot)
    }
    wordSlot = -1
  }

  private mutating func beginText() {
    isAtStart = false
    if !scheme.addsSpacePrefix { return }
    start -= 1
    unsafe buffer[start] = UInt8(ascii: " ")
  }

  /// The next word, which is taken from the text.
  @inline(__always)
  private mutating func takeWord(_ vocabulary: borrowing Vocabulary) -> TextSlice {
    let segment = text(from: start, to: specialToken >= 0 ? specialStart : end)
    let limit = segment.boundary(notAfter: Self.wordByteCountMax + Self.lookaheadByteCount)
    let seen = unsafe TextSlice(segment.base, count: limit)
    var count = vocabulary.firstWordByteCount(seen)
    if count > Self.wordByteCountMax {
      count = segment.boundary(notAfter: Self.wordByteCountMax)
    }
    start += count
    return text(from: start - count, to: start)
  }

  @inline(__always)
  private mutating func nextTokenOfWord() -> Int32 {
    let index = wordIndex
    wordIndex += 1
    return wordSlot >= 0 ? cache.token(index, inSlot: wordSlot) : unsafe merger.tokens[index]
  }
}
