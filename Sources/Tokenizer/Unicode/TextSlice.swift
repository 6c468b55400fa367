/// Text in memory. Nothing past `count` is read. A byte that is not part of a UTF-8 sequence counts
/// as a scalar of its own, of class `other`.
@safe struct TextSlice {
  let base: UnsafePointer<UInt8>
  let count: Int
  /// Whether marks are of class `letter`, otherwise of class `other`.
  var takesMarksAsLetters = false

  init(_ base: UnsafePointer<UInt8>, count: Int) {
    unsafe self.base = unsafe base
    self.count = count
  }

  var takingMarksAsLetters: TextSlice {
    var text = self
    text.takesMarksAsLetters = true
    return text
  }

  @inline(__always)
  subscript(index: Int) -> UInt8 { unsafe base[index] }

  /// The newlines, or what is none, that the text begins with.
  var firstRun: TextSlice {
    let newline = UInt8(ascii: "\n")
    let isNewline = count > 0 && self[0] == newline
    var end = 0
    while end < count && (self[end] == newline) == isNewline { end += 1 }
    return unsafe TextSlice(base, count: end)
  }

  /// What lies behind a place.
  func from(_ index: Int) -> TextSlice {
    unsafe TextSlice(base + index, count: count - index)
  }

  /// The class of the scalar at `index` and its count of bytes, for an index below `count`;
  /// punctuation counts as `other`.
  @inline(__always)
  func scalar(at index: Int) -> (class: ScalarClass, byteCount: Int) {
    let found = punctuatedScalar(at: index)
    return (found.class.withoutPunctuation, found.byteCount)
  }

  /// As `scalar`, with punctuation.
  @inline(__always)
  func punctuatedScalar(at index: Int) -> (class: ScalarClass, byteCount: Int) {
    let lead = self[index]
    if lead < 0x80 { return (ScalarClass.ofASCII(lead), 1) }
    let found = multibyteValue(at: index)
    let kind = ScalarClass.of(found.value).takingMarks(asLetters: takesMarksAsLetters)
    return (kind, found.byteCount)
  }

  /// The scalar at `index` and its count of bytes, for an index below `count`. The value of a byte
  /// that is not part of a UTF-8 sequence is above all scalars.
  @inline(__always)
  func value(at index: Int) -> (value: UInt32, byteCount: Int) {
    let lead = self[index]
    return lead < 0x80 ? (UInt32(lead), 1) : multibyteValue(at: index)
  }

  private func multibyteValue(at index: Int) -> (value: UInt32, byteCount: Int) {
    let lead = self[index]
    let byteCount = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    let alone = 0x20_0000 | UInt32(lead)
    if lead < 0xC2 || lead > 0xF4 || index + byteCount > count { return (alone, 1) }
    var value = UInt32(lead) & (0x7F >> UInt32(byteCount))
    for place in 1..<byteCount {
      let byte = self[index + place]
      if byte & 0xC0 != 0x80 { return (alone, 1) }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    return (value, byteCount)
  }

  /// The last place not after `index` where a scalar begins.
  func boundary(notAfter index: Int) -> Int {
    if index >= count { return count }
    var place = index
    // In UTF-8 there are at most three bytes in a row that begin no scalar.
    while place > index - 4 && place > 0 {
      if self[place] & 0xC0 != 0x80 { return place }
      place -= 1
    }
    return place == 0 ? 0 : index
  }
}
