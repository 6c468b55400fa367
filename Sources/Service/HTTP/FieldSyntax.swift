import Profile

/// Whether all of a text, one byte at least, is a token (RFC 9110, section 5.6.2).
func isToken(_ text: Span<UInt8>) -> Bool {
  if text.count == 0 { return false }
  for index in 0..<text.count where !isTokenByte(text[index]) { return false }
  return true
}

private func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "!"),
    UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"),
    UInt8(ascii: "|"), UInt8(ascii: "~"):
    true
  default: false
  }
}

func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

/// The text without the spaces and tabs around it.
@_lifetime(copy text)
func trimmed(_ text: Span<UInt8>) -> Span<UInt8> {
  var (start, end) = (0, text.count)
  while start < end && isBlank(text[start]) { start += 1 }
  while end > start && isBlank(text[end - 1]) { end -= 1 }
  return text.extracting(start..<end)
}

func firstIndex(of byte: UInt8, in text: Span<UInt8>, from start: Int = 0) -> Int? {
  for index in start..<text.count where text[index] == byte { return index }
  return nil
}

/// Whether `text` is exactly `word`.
func matches(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
  if text.count != word.utf8CodeUnitCount { return false }
  let start = unsafe word.utf8Start
  for index in 0..<text.count where unsafe text[index] != start[index] { return false }
  return true
}

/// Whether `text`, all of it, is exactly `word`.
func matches<let capacity: Int>(_ text: FixedText<capacity>, _ word: StaticString) -> Bool {
  if text.offeredByteCount != word.utf8CodeUnitCount { return false }
  let start = unsafe word.utf8Start
  for index in 0..<text.count where unsafe text[index] != start[index] { return false }
  return true
}

/// Whether `text` is `word` but for the case of ASCII letters; `word` must be in lower case.
func matchesIgnoringCase(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
  text.count == word.utf8CodeUnitCount && hasPrefixIgnoringCase(text, word)
}

/// Whether `text` begins with `word` but for the case of ASCII letters; `word` must be in lower
/// case.
func hasPrefixIgnoringCase(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
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

/// The value of decimal digits, one at least, or nil. A number that Int cannot hold is Int.max.
func decimalCount(_ text: Span<UInt8>) -> Int? {
  count(text, radix: 10)
}

/// The value of hexadecimal digits, one at least, or nil. A number that Int cannot hold is Int.max.
func hexadecimalCount(_ text: Span<UInt8>) -> Int? {
  count(text, radix: 16)
}

private func count(_ text: Span<UInt8>, radix: Int) -> Int? {
  if text.count == 0 { return nil }
  var value = 0
  for index in 0..<text.count {
    guard let digit = hexadecimalDigit(text[index]), Int(digit) < radix else { return nil }
    let (product, isProductOver) = value.multipliedReportingOverflow(by: radix)
    let (sum, isSumOver) = product.addingReportingOverflow(Int(digit))
    // Int.max stays: a further digit overflows it again.
    value = isProductOver || isSumOver ? Int.max : sum
  }
  return value
}

func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
  default: nil
  }
}
