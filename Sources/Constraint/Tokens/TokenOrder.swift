import Memory
import Tokenizer

/// The tokens of a vocabulary that can be in a bound answer, in the order of their bytes: a trie without
/// nodes. Each token's entry says how many bytes it shares with the one before it, so that tokens that
/// begin alike are walked over, or skipped, together.
@safe struct TokenOrder {
  /// Longer tokens are not used in bound answers.
  static let byteCountMax = 255
  private static let plainFlag: UInt32 = 0x8000_0000
  private static let insideFlag: UInt32 = 0x4000_0000
  private let entries: UnsafeMutablePointer<UInt32>
  private let shared: UnsafeMutablePointer<UInt8>
  /// Of tokens of plain text: characters that begin in them.
  private let characterCounts: UnsafeMutablePointer<UInt8>
  /// Of tokens of plain text: what is behind the characters that they share with the one of plain text
  /// before.
  private let kinds: UnsafeMutablePointer<UInt8>
  private var longestCharacterCount = 0
  /// A bit for each token that is plain text of a JSON string as a whole.
  let plain: TokenSet
  let capacity: Int
  private(set) var count = 0

  init(carver: inout Carver, vocabularyCount: Int) {
    capacity = vocabularyCount
    unsafe entries = unsafe carver.take(.grammar, UInt32.self, count: vocabularyCount)
    unsafe shared = unsafe carver.take(.grammar, UInt8.self, count: vocabularyCount)
    unsafe characterCounts = unsafe carver.take(.grammar, UInt8.self, count: vocabularyCount)
    unsafe kinds = unsafe carver.take(.grammar, UInt8.self, count: vocabularyCount)
    plain = TokenSet(carver: &carver, capacity: vocabularyCount)
  }

  @inline(__always)
  func token(_ index: Int) -> Int32 {
    precondition(index >= 0 && index < count)
    return unsafe Int32(bitPattern: entries[index] & ~(Self.plainFlag | Self.insideFlag))
  }

  @inline(__always)
  func isPlain(_ index: Int) -> Bool {
    precondition(index >= 0 && index < count)
    return unsafe entries[index] & Self.plainFlag != 0
  }

  /// Bytes that the token has in common with the one before it.
  @inline(__always)
  func sharedCount(_ index: Int) -> Int {
    precondition(index >= 0 && index < count)
    return unsafe Int(shared[index])
  }

  /// Characters that begin in a token of plain text.
  @inline(__always)
  func characterCount(_ index: Int) -> Int {
    precondition(index >= 0 && index < count)
    return unsafe Int(characterCounts[index])
  }

  /// The kinds of bytes in a token of plain text behind the characters that it shares with the one before.
  @inline(__always)
  func kinds(_ index: Int) -> ByteKinds {
    precondition(index >= 0 && index < count)
    return unsafe ByteKinds(rawValue: kinds[index])
  }

  /// Whether a token of plain text parts from the one before inside a character.
  @inline(__always)
  func partsInside(_ index: Int) -> Bool {
    precondition(index >= 0 && index < count)
    return unsafe entries[index] & Self.insideFlag != 0
  }

  /// The next entry, from an index on, that shares no more than so many bytes with the one before it; the
  /// count of entries if there is none.
  func next(from start: Int, sharingAtMost depth: Int) -> Int {
    precondition(start >= 0 && start <= count)
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = start
    // Eight at a time, if none of them is below a bound of at most 128 (Anderson, "Bit twiddling hacks",
    // 1997: "Determine if a word has a byte less than n").
    while depth < 128 && index + 8 <= count {
      let counts = unsafe UnsafeRawPointer(shared + index).loadUnaligned(as: UInt64.self)
      if (counts &- ones &* UInt64(depth + 1)) & ~counts & (ones << 7) != 0 { break }
      index += 8
    }
    while unsafe index < count && Int(shared[index]) > depth { index += 1 }
    return index
  }

  /// Reads the vocabulary, which must be whole.
  /// - Complexity: O(n log n) for n tokens; each comparison is of one byte.
  mutating func prepare(_ vocabulary: borrowing Vocabulary) {
    count = 0
    for id in 0..<Int32(min(vocabulary.tokenCount, capacity)) {
      let byteCount = vocabulary.bytes(of: id).count
      if Self.isText(vocabulary.kind(of: id)), byteCount > 0, byteCount <= Self.byteCountMax {
        unsafe entries[count] = UInt32(id)
        count += 1
      }
    }
    sort(0, count, 0, vocabulary)
    for index in 0..<count {
      unsafe shared[index] =
        index == 0
        ? 0
        : Self.sharedCount(
          token(index - 1), token(index), vocabulary)
    }
    preparePlain(vocabulary)
  }

  private mutating func preparePlain(_ vocabulary: borrowing Vocabulary) {
    longestCharacterCount = 0
    // Bytes in common with the token of plain text before.
    var shared = 0
    for index in 0..<count {
      shared = min(shared, sharedCount(index))
      let bytes = vocabulary.bytes(of: token(index))
      if !Self.isPlain(bytes) { continue }
      let characterCount = Self.characterCount(bytes)
      longestCharacterCount = max(longestCharacterCount, characterCount)
      unsafe characterCounts[index] = UInt8(characterCount)
      plain.insert(token(index))
      var start = shared
      while start > 0 && start < bytes.count && bytes[start] & 0xc0 == 0x80 { start -= 1 }
      // The same text twice is looked at.
      let kinds = start < bytes.count ? ByteKinds(of: bytes, from: start) : .cut
      unsafe self.kinds[index] = kinds.rawValue
      unsafe entries[index] |= Self.plainFlag | (start < shared ? Self.insideFlag : 0)
      shared = .max
    }
  }

  private static func characterCount(_ bytes: Span<UInt8>) -> Int {
    var count = 0
    for index in 0..<bytes.count where bytes[index] & 0xc0 != 0x80 { count += 1 }
    return count
  }

  /// Adds the tokens of plain text in which so many characters begin at most to a set that has none.
  func insertPlain(characterCountMax: Int, into set: TokenSet) {
    if characterCountMax >= longestCharacterCount {
      set.copy(plain)
      return
    }
    for index in 0..<count
    where unsafe isPlain(index) && Int(characterCounts[index]) <= characterCountMax {
      set.insert(token(index))
    }
  }

  /// Makes a set of the tokens of plain text that do not have a byte.
  func findPlain(
    without byte: UInt8, _ vocabulary: borrowing Vocabulary, into set: TokenSet
  ) {
    set.removeAll()
    for index in 0..<count where isPlain(index) {
      let bytes = vocabulary.bytes(of: token(index))
      var place = 0
      while place < bytes.count && bytes[place] != byte { place += 1 }
      if place == bytes.count { set.insert(token(index)) }
    }
  }

  private static func isText(_ kind: TokenKind) -> Bool {
    switch kind {
    case .normal, .userDefined, .byte: true
    case .unknown, .control, .unused: false
    }
  }

  /// Whether all bytes are text of a JSON string that needs no escape; the last character may be cut.
  private static func isPlain(_ bytes: Span<UInt8>) -> Bool {
    var thread = Thread(.string)
    let words = Words.none
    for index in 0..<bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
      guard case .goesOn = StringState.step(&thread, byte, words) else { return false }
    }
    return true
  }

  private static func sharedCount(
    _ first: Int32, _ second: Int32, _ vocabulary: borrowing Vocabulary
  ) -> UInt8 {
    let (left, right) = (vocabulary.bytes(of: first), vocabulary.bytes(of: second))
    var count = 0
    while count < left.count && count < right.count && left[count] == right[count] { count += 1 }
    return UInt8(count)
  }

  /// The byte of an entry's token, or -1 behind its end.
  private func byte(_ index: Int, _ depth: Int, _ vocabulary: borrowing Vocabulary) -> Int {
    let bytes = vocabulary.bytes(of: token(index))
    return depth < bytes.count ? Int(bytes[depth]) : -1
  }

  /// Sorts entries that share `depth` bytes (Bentley, Sedgewick, "Fast algorithms for sorting and
  /// searching strings", 1997).
  private func sort(
    _ start: Int, _ end: Int, _ depth: Int, _ vocabulary: borrowing Vocabulary
  ) {
    var (start, end, depth) = (start, end, depth)
    while end - start > 1 {
      let pivot = byte(start + (end - start) / 2, depth, vocabulary)
      var (low, high, index) = (start, end, start)
      while index < high {
        let value = byte(index, depth, vocabulary)
        if value < pivot {
          swap(low, index)
          (low, index) = (low + 1, index + 1)
        } else if value > pivot {
          high -= 1
          swap(high, index)
        } else {
          index += 1
        }
      }
      sort(start, low, depth, vocabulary)
      sort(high, end, depth, vocabulary)
      if pivot < 0 { return }
      (start, end, depth) = (low, high, depth + 1)
    }
  }

  private func swap(_ first: Int, _ second: Int) {
    unsafe (entries[first], entries[second]) = unsafe (entries[second], entries[first])
  }
}
