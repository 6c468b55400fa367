import TestSupport
import Testing

@testable import Tokenizer

/// Against Python's definition of white space.
@Suite struct TrimmedTextTests {
  private static let spaces: [Unicode.Scalar] = [
    "\t", "\n", "\u{B}", "\u{C}", "\r", "\u{1C}", "\u{1D}", "\u{1E}", "\u{1F}", " ", "\u{85}",
    "\u{A0}", "\u{1680}", "\u{2000}", "\u{2005}", "\u{200A}", "\u{2028}", "\u{2029}", "\u{202F}",
    "\u{205F}", "\u{3000}",
  ]
  private static let others: [Unicode.Scalar] = [
    "a", "é", "\u{A1}", "\u{200B}", "\u{2030}", "\u{3001}", "\u{1681}", "日", "🦙", "\u{2060}",
  ]

  private func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  private func encode(_ text: String, _ ends: TrimmedEnds, cut: Int) throws -> [Int32] {
    let made = try TinyVocabulary().tokenizing()
    var source = TrimmedText(
      PlainText(CutInput(Array(text.utf8), [cut]), name: "text", parsesSpecialTokens: false), ends)
    return try made.encode(&source)
  }

  @Test func textsAreTrimmedAsPythonTrims() throws {
    let made = try TinyVocabulary().tokenizing()
    var random = SeededGenerator(seed: 5)
    for _ in 0..<300 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        Int.random(in: 0..<3, using: &random) > 0
          ? Self.spaces.randomElement(using: &random)!
          : Self.others.randomElement(using: &random)!
      }
      let isSpace = { (scalar: Unicode.Scalar) in Self.spaces.contains(scalar) }
      let start = text.firstIndex { !isSpace($0) } ?? text.endIndex
      let end = text.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? text.startIndex
      let cut = Int.random(in: 1...9, using: &random)
      for (ends, range) in [
        (TrimmedEnds.none, 0..<text.count), (.leading, start..<text.count), (.trailing, 0..<end),
        (.both, min(start, end)..<end),
      ] {
        #expect(
          try encode(string(text), ends, cut: cut) == made.encode(string(text[range])), "\(text)")
      }
    }
  }

  @Test func longWhiteSpaceStays() throws {
    let text = "a" + String(repeating: " \u{3000}", count: 5000) + "b"
    let made = try TinyVocabulary().tokenizing()
    #expect(try encode(" " + text + "\n", .both, cut: 4) == made.encode(text))
  }

  /// No other text than Python's is made.
  @Test func moreSpaceAtTheEndThanIsHeldIsAnError() throws {
    let made = try TinyVocabulary().tokenizing()
    let most = "a" + String(repeating: " ", count: 1020)
    #expect(try encode(most, .both, cut: 4) == made.encode("a"))
    #expect(throws: TokenizerError.self) { try encode(most + " ", .trailing, cut: 4) }
    #expect(throws: TokenizerError.self) {
      try encode(most + String(repeating: "\u{3000}", count: 3000), .both, cut: 7)
    }
  }
}
