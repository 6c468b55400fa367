import Memory

/// Memory of a stated size that is handed out from its beginning, in words of 32 bits. Everything that
/// is made from a schema or a grammar lies here and is named by its first word's index. Word 0 is no
/// one's, so that 0 means that there is nothing. Behind them lie the words of `UsedNames`.
@safe struct Words {
  private let base: UnsafeMutablePointer<UInt32>
  let capacity: Int
  /// With the words of names.
  private let count: Int
  private(set) var used = 1
  /// Bytes of the text that is being written; it begins at `textStart`.
  private var textStart = 0
  private var textEnd = 0

  init(carver: inout Carver, byteCount: Int) {
    capacity = byteCount / 4
    count = capacity + UsedNames.wordCount
    unsafe base = unsafe carver.take(.grammar, UInt32.self, count: count)
  }

  private init() {
    (capacity, count) = (0, 0)
    unsafe base = unsafe UnsafeMutablePointer(bitPattern: 64)!
  }

  /// Words for what reads none.
  static var none: Words { Words() }

  subscript(index: Int) -> Int {
    get {
      precondition(index >= 0 && index < count)
      return unsafe Int(base[index])
    }
    nonmutating set {
      precondition(index >= 0 && index < count)
      unsafe base[index] = UInt32(truncatingIfNeeded: newValue)
    }
  }

  mutating func removeAll() { used = 1 }

  /// Gives back what was taken since `used` was `count`.
  mutating func shrink(to count: Int) { used = count }

  /// The next words, all 0.
  mutating func take(_ count: Int) throws(ConstraintError) -> Int {
    if count > capacity - used { throw ConstraintError(.memory, 0) }
    let start = used
    used += count
    for index in start..<used { unsafe base[index] = 0 }
    return start
  }

  /// The byte at an index that counts bytes.
  func byte(_ index: Int) -> UInt8 {
    precondition(index >= 0 && index >> 2 < capacity)
    let shift = UInt32(index & 3) << 3
    return unsafe UInt8(truncatingIfNeeded: base[index >> 2] >> shift)
  }

  // A text: its bytes follow each other, and nothing else is taken before it ends.

  mutating func beginText() {
    textStart = used * 4
    textEnd = textStart
  }

  mutating func append(_ byte: UInt8) throws(ConstraintError) {
    if textEnd & 3 == 0 { _ = try take(1) }
    let shift = UInt32(textEnd & 3) << 3
    unsafe base[textEnd >> 2] |= UInt32(byte) << shift
    textEnd += 1
  }

  func endText() -> WordsText { WordsText(start: textStart, count: textEnd - textStart) }
}

/// Bytes in `Words`.
struct WordsText {
  let start: Int
  let count: Int
}

extension Words {
  /// Whether a text is exactly this word.
  func matches(_ text: WordsText, _ word: StaticString) -> Bool {
    if text.count != word.utf8CodeUnitCount { return false }
    for index in 0..<text.count where unsafe byte(text.start + index) != word.utf8Start[index] {
      return false
    }
    return true
  }

  /// The order of two texts by their bytes: negative, 0 or positive.
  func compare(_ first: WordsText, _ second: WordsText) -> Int {
    let count = min(first.count, second.count)
    for index in 0..<count {
      let difference = Int(byte(first.start + index)) - Int(byte(second.start + index))
      if difference != 0 { return difference }
    }
    return first.count - second.count
  }

  /// Bytes of a text as a JSON string, without its quotation marks.
  func writtenByteCount(_ text: WordsText, from first: Int = 0) -> Int {
    var count = 0
    for index in first..<max(text.count, first) {
      switch byte(text.start + index) {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08, 0x09, 0x0a, 0x0c, 0x0d: count += 2
      case 0..<0x20: count += 6
      default: count += 1
      }
    }
    return count
  }
}
