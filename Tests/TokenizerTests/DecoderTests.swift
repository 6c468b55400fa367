import TestSupport
import Testing

@testable import Tokenizer

@Suite struct DecoderTests {
  @Test func writesOnlyWholeSequences() throws {
    let made = try TinyVocabulary().tokenizing()
    var decoder = StreamingDecoder()
    var steps: [[UInt8]] = []
    for byte in Array("é🦙".utf8) {
      steps.append(writtenBytes { decoder.write(Int32(byte), made.vocabulary, to: &$0) })
    }
    #expect(steps == [[], Array("é".utf8), [], [], [], Array("🦙".utf8)])
  }

  @Test func replacesWhatIsNotUTF8() throws {
    let made = try TinyVocabulary().tokenizing()
    var random = SeededGenerator(seed: 5)
    for _ in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        [0x41, 0x80, 0x9F, 0xA0, 0xBF, 0xC1, 0xC3, 0xE0, 0xE2, 0xED, 0xF0, 0xF4, 0x8F, 0x90, 0xFF]
          .randomElement(using: &random)! as UInt8
      }
      // The standard library repairs in the same way, one U+FFFD for each maximal subpart.
      let expected = Array(String(decoding: bytes, as: UTF8.self).utf8)
      #expect(try made.decode(bytes.map { Int32($0) }) == expected, "\(bytes)")
    }
  }

  @Test func controlTokensAreHidden() throws {
    var tiny = TinyVocabulary()
    tiny.add("<end>", type: 3)
    tiny.add("<think>", type: 4)
    let made = try tiny.tokenizing()
    #expect(try made.decode([97, 256, 257, 98]) == Array("a<think>b".utf8))
    #expect(
      try made.decode([97, 256, 98], writesControlTokens: true) == Array("a<end>b".utf8))
    #expect(try made.decode([0xC3, 256, 0xA9]) == Array("é".utf8))
  }

  @Test func idsThatAreNoTokens() throws {
    let made = try TinyVocabulary().tokenizing()
    #expect(try made.decode([97, -1, 256, .max, 98]) == Array("a\u{FFFD}\u{FFFD}\u{FFFD}b".utf8))
    #expect(try made.decode([0xC3, 999]) == Array("\u{FFFD}\u{FFFD}".utf8))
  }

  @Test func decodingWhatWasEncodedGivesTheTextBack() throws {
    var random = SeededGenerator(seed: 13)
    var tiny = TinyVocabulary()
    tiny.add("<|im_end|>", type: 3)
    for pair in [("t", "h"), ("th", "e"), (" ", "q"), ("'", "s")] { tiny.merge(pair.0, pair.1) }
    let made = try tiny.tokenizing()
    for _ in 0..<300 {
      let text = Array(random.text(pieceCount: 60).utf8)
      #expect(try made.decode(made.encode(text), writesControlTokens: true) == text)
      #expect(try made.decode(made.encode(text, parsesSpecialTokens: false)) == text)
    }
  }
}
