import Foundation
import Testing
import Text

@testable import Service

/// The text that a JSON string stands for.
private func readString(_ inside: [UInt8]) -> SeenBody {
  readBody(.text, bytes("{\"prompt\":\"") + inside + bytes("\"}"))
}

@Suite struct JSONTextTests {
  @Test func escapes() {
    let seen = readString(
      bytes(
        "\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u65E5\\uD83D\\uDE00\\ud834\\udd1e\\u0000\u{7f}"))
    #expect(seen.error == nil)
    #expect(
      seen.consumer.promptText
        == "\"\\/\u{8}\u{c}\n\r\tAé日\u{1f600}\u{1d11e}\0\u{7f}")
  }

  /// Of each length in UTF-8, the first and the last, and those around the surrogates.
  @Test func characters() {
    let text = "\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{fffd}\u{ffff}\u{10000}\u{10ffff}"
    #expect(readString(bytes(text)).consumer.promptText == text)
    let escaped = text.utf16.map { String(format: "\\u%04x", $0) }.joined()
    #expect(readString(bytes(escaped)).consumer.promptText == text)
  }

  @Test(arguments: [
    "\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud800a", "\\ud800\\n", "\\udc00\\ud800",
    "\\udbff\\u0041", "\\uDFFF",
  ])
  func loneSurrogates(_ text: String) {
    #expect(readString(bytes(text)).error?.problem == .json(.loneSurrogate))
  }

  @Test(arguments: ["\\x", "\\u12g4", "\\u 123", "\\u-123", "\\U0041", "\\'", "\\0", "\\\n"])
  func badEscapes(_ text: String) {
    #expect(readString(bytes(text)).error?.problem == .json(.badEscape))
  }

  @Test(arguments: [
    [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x28], [0xe0, 0x80, 0x80],
    [0xe0, 0x9f, 0xbf], [0xe2, 0x82], [0xe2, 0x28, 0xa1], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
    [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80], [0xf0, 0x9f, 0x98], [0xff], [0xfe], [0xf8, 0x88, 0x80, 0x80, 0x80],
  ])
  func invalidUTF8(_ sequence: [UInt8]) {
    let seen = readString(bytes("good ") + sequence + bytes(" text"))
    #expect(seen.error?.problem == .json(.invalidUTF8))
    #expect(seen.consumer.promptText == "good ")
  }

  @Test func controlCharacters() {
    for byte in UInt8(0)..<0x20 {
      #expect(readString([byte]).error?.problem == .json(.controlCharacter))
    }
  }

  @Test(arguments: [
    "", " ", "{", "{\"", "{\"prompt\"", "{\"prompt\":", "{\"prompt\":\"", "{\"prompt\":\"a\"",
    "{\"prompt\":\"a\",\"n\":1", "{\"prompt\":\"a\\", "{\"user\":tru", "{\"user\":-", "{\"user\":[",
  ])
  func cutBodies(_ text: String) {
    #expect(readBody(.text, bytes(text)).error?.problem == .json(.unexpectedEnd))
  }

  @Test(arguments: [
    ("{\"prompt\":\"a\"}x", JSONFault.trailingText), ("{\"prompt\":\"a\"}{}", .trailingText),
    ("{\"prompt\":\"a\",}", .nameExpected), ("{,}", .nameExpected), ("{a:1}", .nameExpected),
    ("{'a':1}", .nameExpected), ("{\"user\" 1}", .colonExpected), ("{\"user\"::1}", .valueExpected),
    ("{\"user\":1 \"b\":2}", .separatorExpected), ("{\"user\":[1,]}", .valueExpected),
    ("{\"user\":[,1]}", .valueExpected), ("{\"user\":[1}", .separatorExpected),
    ("{\"user\":{\"b\":1]}", .separatorExpected), ("{\"user\":True}", .valueExpected),
    ("{\"user\":nul}", .valueExpected), ("{\"user\":truex}", .separatorExpected),
    ("{\"user\":NaN}", .valueExpected), ("{\"user\":+1}", .valueExpected),
    ("{\"user\":.5}", .valueExpected),
    ("{\"user\":01}", .separatorExpected), ("{\"user\":-}", .malformedNumber),
    ("{\"user\":1.}", .malformedNumber), ("{\"user\":1e}", .malformedNumber),
    ("{\"user\":1e+}", .malformedNumber), ("{\"user\":-01}", .separatorExpected),
    ("{\"user\":0x10}", .separatorExpected), ("{\"user\":1.2.3}", .separatorExpected),
    ("{\"user\":1 /**/}", .separatorExpected), ("\u{feff}{}", .valueExpected),
    ("\0{}", .valueExpected),
    ("{\"user\":\0}", .valueExpected), ("{\u{a0}}", .nameExpected),
  ])
  func malformed(_ text: String, _ fault: JSONFault) {
    #expect(readBody(.text, bytes(text)).error?.problem == .json(fault))
  }

  @Test(arguments: ["[]", "\"a\"", "null", "true", "[{}]", "12 "])
  func noObject(_ text: String) {
    #expect(readBody(.text, bytes(text)).error?.problem == .notAnObject)
  }

  @Test func nesting() {
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      "{\"prompt\":\"\",\"user\":" + String(repeating: open, count: depth) + "1"
        + String(repeating: close, count: depth) + "}"
    }
    let depthMax = JSONTokenizer.depthMax
    #expect(readBody(.text, bytes(nested(depthMax - 1, "[", "]"))).error == nil)
    #expect(readBody(.text, bytes(nested(depthMax - 1, "{\"a\":", "}"))).error == nil)
    for depth in [depthMax, 100_000] {
      let lists = readBody(.text, [bytes(nested(depth, "[", "]"))[...]])
      #expect(lists.error?.problem == .json(.tooDeep))
      let objects = readBody(.text, [bytes(nested(depth, "{\"a\":", "}"))[...]])
      #expect(objects.error?.problem == .json(.tooDeep))
    }
  }

  @Test(arguments: [
    "0", "-0", "1", "0.7", "0.1", "1.5", "1e0", "20E-1", "2.000", "0.000001", "1e-5",
    "1e-999999999",
    "0e999999999", "0.30000000000000004", "1.23456789012345678901234567890",
    "123456789e-9",
  ])
  func numbers(_ text: String) throws {
    let value = try #require(readMember("\"temperature\":\(text)").settings.temperature)
    let expected = try #require(Double(text))
    #expect(abs(value - expected) <= expected.ulp * (text.count > 16 ? 4 : 0))
  }

  @Test func numbersOfAnyLength() {
    let zeros = String(repeating: "0", count: 100_000)
    #expect(readMember("\"temperature\":1.\(zeros)").settings.temperature == 1)
    #expect(readMember("\"temperature\":1\(zeros)").error?.problem == .invalid)
    #expect(readMember("\"max_tokens\":1\(zeros)").error?.problem == .invalid)
    #expect(readMember("\"user\":-1\(zeros).\(zeros)e\(zeros)9").error == nil)
    #expect(readMember("\"temperature\":1e-\(zeros)1").settings.temperature == 0.1)
  }
}
