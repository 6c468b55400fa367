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

/// Whether a byte may stand in a list of tokens.
func isTokenListByte(_ byte: UInt8) -> Bool {
  isTokenByte(byte) || isBlank(byte) || byte == UInt8(ascii: ",")
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
