import Testing
import Text

struct MatchingTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func spans() {
    #expect(matches("keydiff", "keydiff"))
    #expect(matches("", ""))
    for other in ["keydif", "keydiffs", "Keydiff", ""] {
      #expect(!matches(other, "keydiff"))
    }
    #expect(hasText("abcd", "cd", at: 2))
    #expect(!hasText("abcd", "cd", at: 3))
    #expect(!hasText("abcd", "ab", at: -1))
  }

  /// A text that was cut is not the word that its beginning is.
  @Test func fixedTexts() {
    var text = FixedText<4>()
    for byte in "abcd".utf8 { text.append(byte) }
    #expect(text.isCut && !Text.matches(text, "abc"))
    text.removeAll()
    for byte in "abc".utf8 { text.append(byte) }
    #expect(Text.matches(text, "abc") && !Text.matches(text, "ab"))
  }

  @Test func cStrings() {
    #expect(isEqual("run", "run") && !isEqual("runs", "run") && !isEqual("ru", "run"))
    #expect(isEqual("", "") && !isEqual("", "a"))
    let bytes = cStringSpan(cString("serve"))
    let isServe = Text.matches(bytes, "serve")
    #expect(isServe)
  }

  @Test func cases() {
    #expect(matchesIgnoringCase("Content-LENGTH", "content-length"))
    #expect(!matchesIgnoringCase("content", "content-length"))
    #expect(hasPrefixIgnoringCase("BEARER x", "bearer "))
  }

  @Test func excerptsAreCut() {
    let long = Excerpt(bytes(String(repeating: "x", count: 200)).span)
    #expect(long.isCut && long.count == Excerpt.byteCountMax)
    #expect(written { $0.write(quoted: long) }.hasSuffix("x…'"))
    #expect(written { $0.write(quoted: Excerpt("a\u{1}é")) } == "'a\\x01\\xc3\\xa9'")
    #expect(Excerpt("abc").isEqual(to: "abc") && !Excerpt("abc").isEqual(to: "ab"))
  }
}
