import Foundation
import Platform
import Testing

@testable import Profile

/// Reads a whole document of any shape.
private func readValue(_ scanner: inout JSONScanner) throws(JSONError) {
  var text = FixedText<64>()
  switch try scanner.nextKind() {
  case .object:
    try scanner.beginObject()
    while try scanner.nextMember(name: &text) { try readValue(&scanner) }
  case .array:
    try scanner.beginArray()
    while try scanner.nextElement() { try readValue(&scanner) }
  case .string: try scanner.readString(into: &text)
  case .number: _ = try scanner.readInteger()
  case .boolean: _ = try scanner.readBoolean()
  case .null: try scanner.readNull()
  }
}

func scan(_ bytes: [UInt8]) -> JSONError? {
  do throws(JSONError) {
    var scanner = try JSONScanner(bytes.span)
    try readValue(&scanner)
    try scanner.finish()
    return nil
  } catch {
    return error
  }
}

func scan(_ text: String) -> JSONError? { scan(Array(text.utf8)) }

private func readString(_ json: String) -> Result<String, JSONError> {
  let bytes = Array(json.utf8)
  do throws(JSONError) {
    var scanner = try JSONScanner(bytes.span)
    var text = FixedText<64>()
    try scanner.readString(into: &text)
    try scanner.finish()
    return .success(string(text))
  } catch {
    return .failure(error)
  }
}

private func readInteger(_ json: String) -> Int? {
  let bytes = Array(json.utf8)
  guard var scanner = try? JSONScanner(bytes.span) else { return nil }
  return (try? scanner.readInteger()) ?? nil
}

@Suite struct JSONScannerTests {
  @Test(arguments: [
    "{}", "[]", " [ ] ", "\r\n\t{ \"a\" : [ 1 , { } , [ ] , null , true , false ] }\n",
    "0", "-0", "12", "-1.5e+10", "1E-2", "0.0", "\"\"", "\"é\u{1F600}\"", "\"\u{7f}\"",
    "[[[[[[[[1]]]]]]]]", "{\"a\":1,\"a\":2}", "null", "\"\\u0000\"",
  ])
  func accepts(_ text: String) { #expect(scan(text) == nil, "\(text)") }

  @Test(arguments: [
    ("", JSONProblem.unexpectedEnd), (" \n", .unexpectedEnd), ("{", .unexpectedEnd),
    ("[", .unexpectedEnd), ("[1", .unexpectedEnd), ("[1,", .unexpectedEnd),
    ("{\"a\"", .unexpectedEnd), ("{\"a\":", .unexpectedEnd), ("\"abc", .unexpectedEnd),
    ("\"\\", .unexpectedEnd), ("\"\\u12", .unexpectedEnd), ("-", .unexpectedEnd),
    ("1.", .unexpectedEnd), ("1e", .unexpectedEnd), ("1e+", .unexpectedEnd),
    ("[1,]", .trailingComma), ("{\"a\":1,}", .trailingComma), ("{\"a\":1, \n }", .trailingComma),
    ("[,1]", .unexpectedText), ("[1 2]", .unexpectedText), ("[1,,2]", .unexpectedText),
    ("{,}", .unexpectedText), ("{1:2}", .unexpectedText), ("{a:1}", .unexpectedText),
    ("{'a':1}", .unexpectedText), ("{\"a\" 1}", .unexpectedText), ("[1}", .unexpectedText),
    ("{\"a\":1]", .unexpectedText), ("NaN", .unexpectedText), ("nan", .unexpectedText),
    ("Infinity", .unexpectedText), ("-Infinity", .malformedNumber), ("+1", .unexpectedText),
    (".5", .unexpectedText), ("tru", .unexpectedEnd), ("[tru]", .unexpectedText),
    ("True", .unexpectedText),
    ("nulls", .trailingText), ("[truefalse]", .unexpectedText), ("]", .unexpectedText),
    ("[01]", .leadingZero), ("[-00]", .leadingZero), ("[00.5]", .leadingZero),
    ("[1.]", .malformedNumber), ("[1.e3]", .malformedNumber), ("[-]", .malformedNumber),
    ("[1e]", .malformedNumber), ("[1e+]", .malformedNumber), ("[-.5]", .malformedNumber),
    ("[0x10]", .unexpectedText), ("[1.5.2]", .unexpectedText), ("[1_000]", .unexpectedText),
    ("[1]x", .trailingText), ("{} {}", .trailingText), ("1 2", .trailingText),
    ("[1] // end", .comment), ("/* a */ [1]", .comment), ("[1, // one\n2]", .comment),
    ("{ /* a */ }", .comment), ("[1 /* a */]", .comment),
    ("\"a\tb\"", .controlCharacter), ("\"a\nb\"", .controlCharacter),
    ("\"a\u{0}b\"", .controlCharacter), ("\"\\x41\"", .badEscape), ("\"\\'\"", .badEscape),
    ("\"\\U0041\"", .badEscape), ("\"\\u12g4\"", .badEscape), ("\"\\u 123\"", .badEscape),
    ("\"\\ud800\"", .loneSurrogate), ("\"\\udc00\"", .loneSurrogate),
    ("\"\\ud800x\"", .loneSurrogate), ("\"\\ud800\\n\"", .loneSurrogate),
    ("\"\\ud800\\ud800\"", .loneSurrogate), ("\"\\udc00\\ud800\"", .loneSurrogate),
    (String(repeating: "[", count: 33), .tooDeep), ("\u{feff}{}", .byteOrderMark),
  ])
  func rejects(_ text: String, _ problem: JSONProblem) {
    #expect(scan(text)?.problem == problem, "\(text)")
  }

  @Test(
    arguments: [
      [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80],
      [0xed, 0xbf, 0xbf],
      [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff],
      [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xc3, 0x28], [0xe2, 0x28, 0xa1],
      [0xe2, 0x82, 0x28],
      [0xf0, 0x9f, 0x98, 0x28],
    ] as [[UInt8]])
  func rejectsInvalidUTF8(_ sequence: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    let error = scan([10, quote] + sequence + [quote])
    #expect(error?.problem == .invalidUTF8)
    #expect(error?.line == 2)
    #expect(scan([quote] + sequence)?.problem == .invalidUTF8)
  }

  @Test func everyScalarValueIsValidUTF8() {
    for value in stride(from: UInt32(0x20), through: 0x10ffff, by: 1) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let bytes = Array(String(Character(scalar)).utf8)
      let byteCount = utf8SequenceByteCount(bytes.span, at: 0)
      if byteCount != bytes.count { Issue.record("U+\(value): \(byteCount) bytes") }
      var text = FixedText<8>()
      text.append(scalar: value)
      if (0..<text.count).map({ text[$0] }) != bytes { Issue.record("U+\(value)") }
    }
  }

  @Test func resolvesEscapes() throws {
    #expect(try readString(#""\"\\\/\b\f\n\r\t""#).get() == "\"\\/\u{8}\u{c}\n\r\t")
    #expect(try readString(#""\u0041\u00e9\u20AC\ud83d\ude00""#).get() == "Aé€😀")
    #expect(try readString(#""\uDBFF\uDFFF\uD800\uDC00""#).get() == "\u{10FFFF}\u{10000}")
    #expect(try readString(#""a\u0000b""#).get() == "a\0b")
    #expect(try readString(#""\uffff\ue000\ud7ff""#).get() == "\u{ffff}\u{e000}\u{d7ff}")
  }

  @Test func cutsLongStringsAndCountsThem() throws {
    let bytes = Array("\"\(String(repeating: "x", count: 70))\"".utf8)
    var scanner = try JSONScanner(bytes.span)
    var text = FixedText<64>()
    try scanner.readString(into: &text)
    #expect(text.count == 63)
    #expect(text.offeredByteCount == 70)
    #expect(text.isCut)
    #expect(text.withCString { strlen($0) } == 63)
    text.removeAll()
    #expect(text.withCString { strlen($0) } == 0)
  }

  @Test func readsIntegers() {
    #expect(readInteger("0") == 0)
    #expect(readInteger("-0") == 0)
    #expect(readInteger("  42,") == 42)
    #expect(readInteger("-17") == -17)
    #expect(readInteger("9223372036854775807") == Int.max)
    #expect(readInteger("-9223372036854775808") == Int.min)
    #expect(readInteger("9223372036854775808") == Int.max)
    #expect(readInteger("-9223372036854775809") == Int.min)
    #expect(readInteger(String(repeating: "9", count: 400)) == Int.max)
    #expect(readInteger("1.0") == nil)
    #expect(readInteger("1e2") == nil)
  }

  @Test func namesTheLine() {
    #expect(scan("{\n\n  \"a\": 1,\n  \"b\" 2\n}")?.line == 4)
    #expect(scan("[\r\n1,\r\n]")?.line == 3)
    #expect(scan("[1]\n\n\nx")?.line == 4)
  }

  @Test func refusesLargeDocuments() {
    let limit = JSONScanner.byteCountMax
    #expect(scan(String(repeating: " ", count: limit - 1) + "1") == nil)
    #expect(scan(String(repeating: " ", count: limit) + "1")?.problem == .tooLarge)
  }

  @Test func writesMessages() throws {
    let cases = [
      ("[1,]", "line 1: ']': a comma is followed by no further item; remove the comma"),
      ("\n[1 2]", "line 2: found '2' where ',' or ']' is needed"),
      ("[1", "line 1: the text ends where ',' or ']' is needed"),
      ("[01]", "line 1: '01': a number may not begin with a further zero; write it without"),
      ("[NaN]", "line 1: found 'NaN' where an item or the closing bracket is needed"),
      ("[1,NaN]", "line 1: found 'NaN' where a further item is needed"),
      ("[1] // x", "line 1: '//': JSON has no comments; remove it"),
    ]
    for (text, expected) in cases { #expect(message(try #require(scan(text))) == expected) }
    let large = try #require(scan(String(repeating: " ", count: 70_000)))
    #expect(message(large) == "line 1: the text is larger than 65536 bytes")
    let mark = try #require(scan("\u{feff}{}"))
    #expect(message(mark).contains("byte order mark; save it as UTF-8 without one"))
  }
}
