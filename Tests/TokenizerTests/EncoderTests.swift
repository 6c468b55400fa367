import Foundation
import Platform
import TestSupport
import Testing

@testable import Tokenizer

@Suite struct EncoderTests {
  /// Byte-pair encoding by its definition, for one word.
  private func mergedByDefinition(
    _ word: [UInt8], _ ranks: [[Int32]: Int], _ merged: [[Int32]: Int32]
  ) -> [Int32] {
    var ids = word.map { Int32($0) }
    while true {
      var best = (rank: Int.max, place: 0)
      for place in 0..<max(ids.count - 1, 0) {
        if let rank = ranks[[ids[place], ids[place + 1]]], rank < best.rank {
          best = (rank, place)
        }
      }
      if best.rank == .max { return ids }
      ids[best.place] = merged[[ids[best.place], ids[best.place + 1]]]!
      ids.remove(at: best.place + 1)
    }
  }

  @Test func mergesAsTheDefinitionDoes() throws {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<20 {
      var tiny = TinyVocabulary()
      var texts: [[UInt8]] = [[97], [98], [99]]
      for _ in 0..<60 {
        let (left, right) = (
          texts.randomElement(using: &random)!, texts.randomElement(using: &random)!
        )
        if left.count + right.count > 9 { continue }
        tiny.merge(left, right)
        if !texts.contains(left + right) { texts.append(left + right) }
      }
      let made = try tiny.tokenizing()
      var ranks: [[Int32]: Int] = [:]
      var merged: [[Int32]: Int32] = [:]
      for (rank, merge) in tiny.merges.enumerated() {
        let sides = merge.split(separator: 0x20).map(Array.init)
        let pair = sides.map { made.vocabulary.token(of: $0.span)! }
        ranks[pair] = rank
        merged[pair] = made.vocabulary.token(of: (sides[0] + sides[1]).span)!
      }
      for _ in 0..<60 {
        let count = Int.random(in: 1...90, using: &random)
        let word = (0..<count).map { _ in UInt8.random(in: 97...99, using: &random) }
        let expected = mergedByDefinition(word, ranks, merged)
        #expect(try made.encode(word) == expected)
        #expect(try made.encode(word) == expected)
      }
    }
  }

  @Test func specialTokensAreTheLeftmostThenTheLongest() throws {
    var tiny = TinyVocabulary()
    for text in ["<a>", "<a><b>", "a><", "<b>", "\n\n"] { tiny.add(text, type: 3) }
    let made = try tiny.tokenizing()
    #expect(try made.encode("<a><b>") == [257])
    #expect(try made.encode("<a><c") == [256, 60, 99])
    #expect(try made.encode("xa><b>") == [120, 258, 98, 62])
    #expect(try made.encode("!\n\n\n") == [33, 260, 10])
    #expect(
      try made.encode("<a><b", parsesSpecialTokens: false) == Array("<a><b".utf8).map(Int32.init))
    for cut in 1...7 {
      #expect(try made.encode(Array("..<a><b>".utf8), cuts: [cut]) == [46, 46, 257])
    }
  }

  /// White space before a special token is at the end of its text.
  @Test func specialTokensPartTheText() throws {
    var tiny = TinyVocabulary()
    tiny.add("<a>", type: 3)
    tiny.merge(" ", " ")
    tiny.merge(" ", "x")
    let made = try tiny.tokenizing()
    #expect(try made.encode("  <a>") == [257, 256])
    #expect(try made.encode("  x") == [32, 258])
    #expect(try made.encode("  <a>", parsesSpecialTokens: false) == [32, 32, 60, 97, 62])
  }

  @Test func invalidUTF8IsNamedByItsOffset() throws {
    let made = try TinyVocabulary().tokenizing()
    let cases: [([UInt8], Int)] = [
      ([0x80], 0), ([97, 0xC0, 0x80], 1), ([97, 98, 0xC1, 0xBF], 2), ([0xE0, 0x9F, 0xBF], 0),
      ([0xED, 0xA0, 0x80], 0), ([0xF0, 0x8F, 0xBF, 0xBF], 0), ([0xF4, 0x90, 0x80, 0x80], 0),
      ([0xF5, 0x80, 0x80, 0x80], 0), ([0xFF], 0), ([97, 0xE2, 0x82], 1), ([97, 0xE2, 0x82, 97], 1),
      ([0xC3, 0xA9, 0xC3], 2), ([97, 0xF0, 0x9F, 0xA6], 1), ([0xE2, 0x82, 0xAC, 0x82], 3),
    ]
    for (text, offset) in cases {
      for cut in 1...5 {
        let padding = [UInt8](repeating: 97, count: 70000)
        for (prefix, shift) in [([], 0), (padding, 70000)] {
          let error = try #require(throws: TokenizerError.self) {
            try made.encode(prefix + text, cuts: [cut])
          }
          guard case .invalidUTF8(let found, _) = error else {
            Issue.record("\(error)")
            continue
          }
          #expect(found == shift + offset)
          #expect(error.exitCode == .malformedData)
        }
      }
    }
    #expect(
      message(of: .invalidUTF8(byteOffset: 7, in: "prompt"))
        == "prompt: byte 7 begins a sequence that is not UTF-8; the text must be UTF-8")
  }

  @Test func aFailedReadIsAnError() throws {
    struct Broken: ByteSource {
      mutating func read(into target: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int {
        throw SystemFailure("read", code: 5)
      }
    }
    let made = try TinyVocabulary().tokenizing()
    var source = PlainText(Broken(), name: "prompt", parsesSpecialTokens: true)
    let error = try #require(throws: TokenizerError.self) { try made.encode(&source) }
    #expect(error.exitCode == .inputOutput)
    #expect(message(of: error) == "read: input/output error")
  }

  @Test func longWordsAreCutAtAScalar() throws {
    var tiny = TinyVocabulary()
    tiny.merge("a", "a")
    tiny.merge(" ", "x")
    let made = try tiny.tokenizing()
    let limit = Encoder.wordByteCountMax
    let odd = try made.encode([UInt8](repeating: 97, count: 2 * limit + 1))
    #expect(odd == [Int32](repeating: 256, count: limit) + [97])
    let accents = String(repeating: "日", count: 20000)
    #expect(try made.decode(made.encode(accents)) == Array(accents.utf8))
    // The limit itself is not cut: the last space of the run still goes to the next word.
    let spaces = [UInt8](repeating: 32, count: limit + 1)
    #expect(try made.encode(spaces + [120]).suffix(2) == [32, 257])
    #expect(try made.encode([UInt8](repeating: 32, count: limit) + [120]).suffix(2) == [32, 257])
  }

  @Test func cutsOfTheInputDoNotMatter() throws {
    var random = SeededGenerator(seed: 11)
    var tiny = TinyVocabulary()
    for text in ["<|im_end|>", "<|im_", "|>|"] { tiny.add(text, type: 3) }
    for pair in [("t", "h"), ("th", "e"), (" ", "q"), (" ", " "), ("'", "s"), ("a", "a")] {
      tiny.merge(pair.0, pair.1)
    }
    let made = try tiny.tokenizing()
    var text = Array(random.text(pieceCount: 1500).utf8)
    text += [UInt8](repeating: 97, count: 40000) + [UInt8](repeating: 32, count: 20000)
    text += Array(random.text(pieceCount: 8000).utf8)
    for parses in [true, false] {
      let whole = try made.encode(text, parsesSpecialTokens: parses)
      for cut in Array(1...20) + [63, 64, 255, 4095, 4096, 4097, 16383, 16384, 16645, 65535] {
        #expect(try made.encode(text, parsesSpecialTokens: parses, cuts: [cut]) == whole)
        if parses { #expect(try made.encode(hesitating: text, cuts: [cut]) == whole) }
      }
      for _ in 0..<10 {
        let cuts = (0..<97).map { _ in Int.random(in: 1...3000, using: &random) }
        #expect(try made.encode(text, parsesSpecialTokens: parses, cuts: cuts) == whole)
      }
    }
  }

  @Test func timeIsLinear() throws {
    var tiny = TinyVocabulary()
    for letter in ["a", " ", "\n", "-"] {
      var text = letter
      for _ in 0..<6 {
        tiny.merge(text, text)
        text += text
      }
    }
    tiny.add(String(repeating: "-", count: 40) + ">", type: 3)
    let made = try tiny.tokenizing()
    for letter in ["a", " ", "\n", "-", "'", "7", " a", "  \n"] {
      func seconds(_ byteCount: Int) throws -> Double {
        let count = byteCount / letter.utf8.count
        let text = Array(String(repeating: letter, count: count).utf8)
        let start = Instant.now()
        _ = try made.encode(text)
        return Double(Instant.now().nanoseconds(since: start)) / 1e9
      }
      let short = try seconds(250_000)
      #expect(try seconds(2_000_000) < 24 * short + 0.5)
    }
  }
}
