import CPlatform
import Memory
import Platform

/// Turns a text into tokens while it is read: the caller pulls one token after the other, and the
/// encoder holds a window of the text of fixed size. The tokens do not depend on how the text is
/// cut into reads.
///
/// A word of more than 16384 bytes is cut there, before the scalar that passes this limit, and the
/// rest is cut into words anew; text of no language has such words.
/// - Complexity: O(bytes of the text)
@safe public struct Encoder: ~Copyable {
  /// Bytes past the longest word that decide where it ends: one scalar.
  private static let lookaheadByteCount = 4
  /// What must be in the buffer before a word is cut off, unless the text ends in it.
  private static let windowByteCount =
    BytePairMerger.wordByteCountMax + lookaheadByteCount
    + VocabularyCounts.specialTokenByteCountMax
  private static let bufferByteCount = 65536
  /// Less room than this at the buffer's end, and the text is moved to its start. The window and
  /// this room fill less than half of the buffer, so bytes are moved less than once on average.
  private static let readByteCountMin = 4096

  private let preTokenizer: PreTokenizer
  private let buffer: UnsafeMutablePointer<UInt8>
  /// The text in the buffer that is still to be encoded.
  private var start = 0
  private var end = 0
  /// Nothing follows the text in the buffer directly: the source has ended or given a token.
  private var isSegmentWhole = false
  /// The token that the source gave after the text in the buffer, or -1.
  private var followingToken: Int32 = -1
  /// The special token whose text is next in the buffer, at `specialStart`; -1 if none is known.
  private var specialToken: Int32 = -1
  private var specialByteCount = 0
  /// No special token begins from `start` to here.
  private var specialStart = 0

  private var merger: BytePairMerger
  private var cache: WordCache
  /// Tokens of the last word that are still to be given, in the cache's slot or in the merger.
  private var wordSlot = -1
  private var wordIndex = 0
  private var wordTokenCount = 0

  /// Bytes of the text so far that no token of the vocabulary has, and that were left out.
  public private(set) var droppedByteCount = 0

  public init(carver: inout Carver, preTokenizer: PreTokenizer) {
    self.preTokenizer = preTokenizer
    unsafe buffer = unsafe carver.take(.text, UInt8.self, count: Self.bufferByteCount)
    merger = BytePairMerger(carver: &carver)
    cache = WordCache(carver: &carver)
  }

  /// Bytes that have been read from the source and are still to be encoded.
  public var pendingByteCount: Int { end - start }

  /// Forgets the text so far, so that another one can be encoded.
  public mutating func reset() {
    (start, end, specialStart) = (0, 0, 0)
    (specialToken, followingToken) = (-1, -1)
    isSegmentWhole = false
    (wordIndex, wordTokenCount) = (0, 0)
    droppedByteCount = 0
  }

  /// The next token of the text that `source` gives, or nil at its end. A text must be read from one
  /// source to its end, or `reset`; the vocabulary must always be the same.
  public mutating func nextToken<Source: TextSource & ~Copyable>(
    from source: inout Source, _ vocabulary: borrowing Vocabulary
  ) throws(TokenizerError) -> Int32? {
    while true {
      if wordIndex < wordTokenCount { return nextTokenOfWord() }
      try fill(from: &source)
      if start == end {
        if followingToken < 0 { return nil }
        let token = followingToken
        followingToken = -1
        isSegmentWhole = false
        return token
      }
      if source.parsesSpecialTokens {
        findSpecialToken(vocabulary.specialTokens)
        if specialToken >= 0 && specialStart == start { return takeSpecialToken() }
      }
      encodeWord(vocabulary)
    }
  }
}

/// The buffer.
extension Encoder {
  private mutating func fill<Source: TextSource & ~Copyable>(
    from source: inout Source
  ) throws(TokenizerError) {
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
      }
    }
  }

  private mutating func makeRoom() {
    if Self.bufferByteCount - end >= Self.readByteCountMin { return }
    unsafe _ = memmove(buffer, buffer + start, end - start)
    specialStart -= start
    end -= start
    start = 0
  }

  private func text(from place: Int, to limit: Int) -> TextSlice {
    unsafe TextSlice(UnsafePointer(buffer) + place, count: limit - place)
  }
}

/// Special tokens.
extension Encoder {
  /// Looks for the first special token that could end the next word.
  private mutating func findSpecialToken(_ specialTokens: borrowing SpecialTokens) {
    if specialToken >= 0 { return }
    specialStart = max(specialStart, start)
    let text = text(from: 0, to: end)
    let limit = isSegmentWhole ? end : end - VocabularyCounts.specialTokenByteCountMax
    while specialStart < limit {
      specialStart = specialTokens.firstCandidate(text, in: specialStart..<limit)
      if specialStart == limit { break }
      if let found = specialTokens.match(text, at: specialStart) {
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
    return token
  }
}

/// Words.
extension Encoder {
  private mutating func encodeWord(_ vocabulary: borrowing Vocabulary) {
    let segment = text(from: start, to: specialToken >= 0 ? specialStart : end)
    let seen = segment.boundary(
      notAfter: BytePairMerger.wordByteCountMax + Self.lookaheadByteCount)
    var count = unsafe preTokenizer.firstWordByteCount(TextSlice(segment.base, count: seen))
    if count > BytePairMerger.wordByteCountMax {
      count = segment.boundary(notAfter: BytePairMerger.wordByteCountMax)
    }
    let word = text(from: start, to: start + count)
    start += count
    wordIndex = 0
    wordSlot = cache.slot(of: word)
    if wordSlot >= 0 {
      wordTokenCount = cache.tokenCount(of: word, inSlot: wordSlot)
      if wordTokenCount >= 0 { return }
    }
    wordTokenCount = merger.merge(word, vocabulary)
    droppedByteCount += merger.droppedByteCount
    if wordSlot >= 0 && merger.droppedByteCount == 0 {
      cache.keep(word, wordTokenCount, of: merger, inSlot: wordSlot)
    }
    wordSlot = -1
  }

  @inline(__always)
  private mutating func nextTokenOfWord() -> Int32 {
    let index = wordIndex
    wordIndex += 1
    return wordSlot >= 0 ? cache.token(index, inSlot: wordSlot) : merger[index]
  }
}
