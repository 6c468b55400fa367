// Comparisons of texts with words that the program knows.

/// Whether `text` is exactly `word`.
@export(interface)
public func matches(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
  text.count == word.utf8CodeUnitCount && hasText(text, word, at: 0)
}

/// Whether `text`, all that was offered to it, is exactly `word`.
public func matches<let capacity: Int>(_ text: FixedText<capacity>, _ word: StaticString) -> Bool {
  !text.isCut && matches(text.bytes, word)
}

/// Whether a zero-terminated string is exactly `word`.
@export(interface)
public func isEqual(_ string: UnsafePointer<CChar>, _ word: StaticString) -> Bool {
  let count = word.utf8CodeUnitCount
  for index in 0..<count
  where unsafe string[index] == 0 || UInt8(bitPattern: string[index]) != word.utf8Start[index] {
    return false
  }
  return unsafe string[count] == 0
}

/// Whether `word` stands in `text` from `start` on.
@export(interface)
public func hasText(_ text: Span<UInt8>, _ word: StaticString, at start: Int) -> Bool {
  if start < 0 || start + word.utf8CodeUnitCount > text.count { return false }
  let other = unsafe word.utf8Start
  for index in 0..<word.utf8CodeUnitCount where unsafe text[start + index] != other[index] {
    return false
  }
  return true
}

/// Whether `word` stands anywhere in `text`.
@export(interface)
public func hasText(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
  var start = 0
  while start + word.utf8CodeUnitCount <= text.count {
    if hasText(text, word, at: start) { return true }
    start += 1
  }
  return false
}

/// Whether `text` is `word` but for the case of ASCII letters; `word` must be in lower case.
public func matchesIgnoringCase(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
  text.count == word.utf8CodeUnitCount && hasPrefixIgnoringCase(text, word)
}

/// Whether `text` begins with `word` but for the case of ASCII letters; `word` must be in lower
/// case.
@export(interface)
public func hasPrefixIgnoringCase(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
  if text.count < word.utf8CodeUnitCount { return false }
  let start = unsafe word.utf8Start
  for index in 0..<word.utf8CodeUnitCount where unsafe lowercase(text[index]) != start[index] {
    return false
  }
  return true
}

private func lowercase(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
