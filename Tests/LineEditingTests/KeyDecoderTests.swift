import Testing

@testable import LineEditing

@Suite struct KeyDecoderTests {
  private static let paste = "\u{1B}[200~"
  private static let pasteEnd = "\u{1B}[201~"

  @Test(arguments: [
    ("a\u{E9}日😀", ["a", "é", "日", "😀"]),
    ("\r", ["enter"]), ("\n", ["enter"]),
    ("\u{1B}\r", ["lineBreak"]), ("\u{1B}\n", ["lineBreak"]),
    ("\u{1B}[13;2u", ["lineBreak"]), ("\u{1B}[13;3u", ["lineBreak"]), ("\u{1B}[13u", ["enter"]),
    ("\u{1B}[27;2;13~", ["lineBreak"]), ("\u{1B}[27;1;13~", ["enter"]),
    ("\u{1B}[27;2;65~", ["other"]), ("\u{1B}[1;2;3;4;5A", ["up"]),
    ("\u{1B}[A\u{1B}OB\u{1B}[1;5C\u{1B}[D", ["up", "down", "right", "left"]),
    ("\u{1B}[H\u{1B}[4~\u{1B}[3~\u{1B}[5~", ["home", "end", "delete", "other"]),
    ("\u{1}\u{2}\u{3}\u{4}\u{5}", ["home", "left", "interrupt", "endOrDelete", "end"]),
    ("\u{1B}[99999999999999999999999~a", ["other", "a"]),
    ("\u{1B}[201~a", ["other", "a"]),
  ])
  func keys(bytes: String, expected: [String]) {
    #expect(Typed.keys(of: bytes) == expected)
  }

  /// Lines' ends of any kind are the message's; nothing in a paste ends it, edits or recalls.
  @Test(arguments: [
    ("one\ntwo", ["o", "n", "e", "lineBreak", "t", "w", "o"]),
    ("a\rb\r\nc\n\rd", ["a", "lineBreak", "b", "lineBreak", "c", "lineBreak", "lineBreak", "d"]),
    ("\r\n\r\n", ["lineBreak", "lineBreak"]),
    ("a\tb", ["a", "\t", "b"]),
    (
      "a\u{3}\u{4}\u{7F}\u{1B}[Ab\u{1B}c\u{1B}\rd\u{1B}[200~e",
      ["a", "b", "c", "lineBreak", "d", "e"]
    ),
    ("", []),
  ])
  func pasted(text: String, expected: [String]) {
    let keys = Typed.keys(of: Self.paste + text + Self.pasteEnd + "\r")
    #expect(keys == expected + ["pasteEnd", "enter"])
  }

  /// A character that the paste's end cuts is dropped, and so is one that another byte cuts.
  @Test func cutCharacters() {
    let paste = Array(Self.paste.utf8)
    let end = Array(Self.pasteEnd.utf8)
    #expect(Typed.keys(of: paste + [0xE6, 0x97] + end + [0x61]) == ["pasteEnd", "a"])
    #expect(Typed.keys(of: [0xE6, 0x97, 0x61, 0xC3, 0xA9, 0xFF, 0x80, 0xC0]) == ["a", "é"])
  }

  /// However the bytes are cut, no state is left behind a whole message.
  @Test func noBytesLeaveAStateBehind() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("\u{1B}[]O~;0123u A\r\n\té".utf8)
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0..<12, using: &random)).map { _ in
        alphabet.randomElement(using: &random)!
      }
      // The end of a paste, of a sequence, and of a character: from here on all is plain.
      let keys = Typed.keys(of: bytes + Array("~\(Self.pasteEnd)~\(Self.pasteEnd)xy\r".utf8))
      #expect(keys.suffix(3) == ["x", "y", "enter"], "\(bytes)")
    }
  }
}
