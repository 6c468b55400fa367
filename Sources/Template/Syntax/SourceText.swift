import Text

/// The bytes of a template that is being read.
@safe struct SourceText {
  private let base: UnsafePointer<UInt8>
  let count: Int

  /// The memory must stay for the life of this value.
  init(_ base: UnsafePointer<UInt8>, count: Int) {
    unsafe self.base = unsafe base
    self.count = count
  }

  /// 0 behind the end.
  @inline(__always)
  subscript(index: Int) -> UInt8 {
    index >= 0 && index < count ? unsafe base[index] : 0
  }

  func has(_ word: StaticString, at offset: Int) -> Bool {
    if offset < 0 || offset + word.utf8CodeUnitCount > count { return false }
    for index in 0..<word.utf8CodeUnitCount
    where unsafe base[offset + index] != word.utf8Start[index] {
      return false
    }
    return true
  }

  func isWord(_ range: Range<Int>, _ word: StaticString) -> Bool {
    range.count == word.utf8CodeUnitCount && has(word, at: range.lowerBound)
  }

  /// Bytes of the white space character at `offset`, as Python's `str.isspace` knows it; 0 if there
  /// is none.
  func spaceByteCount(at offset: Int) -> Int {
    Whitespace.byteCount(self[offset], self[offset + 1], self[offset + 2])
  }

  /// The end of the white space that begins at `offset`.
  func spaceEnd(from offset: Int) -> Int {
    var index = offset
    while true {
      let count = spaceByteCount(at: index)
      if count == 0 { return index }
      index += count
    }
  }

  /// The line of a place, from 1.
  func line(of offset: Int) -> Int {
    var line = 1
    for index in 0..<min(max(offset, 0), count) where self[index] == UInt8(ascii: "\n") {
      line += 1
    }
    return line
  }
}

/// White space as Python's `str.isspace` and `str.strip` know it.
enum Whitespace {
  /// The count of bytes of the white space character that begins with these bytes; 0 if they are
  /// none. Bytes behind the text's end are given as 0.
  @inline(__always)
  static func byteCount(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int {
    if first < 0x80 {
      return first == 0x20 || first >= 9 && first <= 13 || first >= 0x1C && first < 0x20 ? 1 : 0
    }
    return wideByteCount(first, second, third)
  }

  private static func wideByteCount(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int {
    switch (first, second, third) {
    case (0xC2, 0x85, _), (0xC2, 0xA0, _): 2
    case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8...0xA9),
      (0xE2, 0x80, 0xAF), (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
      3
    default: 0
    }
  }
}
