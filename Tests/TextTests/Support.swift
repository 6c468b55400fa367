import Text

/// Collects what is written.
struct Written: ByteSink {
  private(set) var bytes: [UInt8] = []

  mutating func write(byte: UInt8) { bytes.append(byte) }
}

func written(_ body: (inout Written) -> Void) -> String {
  var sink = Written()
  body(&sink)
  return String(decoding: sink.bytes, as: UTF8.self)
}

func string<let capacity: Int>(_ text: FixedText<capacity>) -> String {
  String(decoding: (0..<text.count).map { text[$0] }, as: UTF8.self)
}

// With arrays in place of spans, which a macro cannot take.

func isUTF8(_ bytes: [UInt8]) -> Bool { Text.isUTF8(bytes.span) }

func utf8SequenceByteCount(_ bytes: [UInt8], at offset: Int) -> Int {
  Text.utf8SequenceByteCount(bytes.span, at: offset)
}

func validPrefixByteCount(_ bytes: [UInt8]) -> Int {
  UTF8Sequence.validPrefixByteCount(bytes.span)
}

func decimalCount(_ text: String) -> Int? { Text.decimalCount(Array(text.utf8).span) }

func hexadecimalCount(_ text: String) -> Int? { Text.hexadecimalCount(Array(text.utf8).span) }

func matches(_ text: String, _ word: StaticString) -> Bool {
  Text.matches(Array(text.utf8).span, word)
}

func matchesIgnoringCase(_ text: String, _ word: StaticString) -> Bool {
  Text.matchesIgnoringCase(Array(text.utf8).span, word)
}

func hasPrefixIgnoringCase(_ text: String, _ word: StaticString) -> Bool {
  Text.hasPrefixIgnoringCase(Array(text.utf8).span, word)
}

func hasText(_ text: String, _ word: StaticString, at start: Int) -> Bool {
  Text.hasText(Array(text.utf8).span, word, at: start)
}
