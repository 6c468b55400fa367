import Testing

@testable import Tokenizer

@Suite struct SequenceMarksTests {
  private func encode(_ text: String, bos: Int32?, eos: Int32?) throws -> [Int32] {
    var tiny = TinyVocabulary()
    for text in ["<s>", "</s>"] { tiny.add(text, type: 3) }
    let made = try tiny.tokenizing()
    let marks = SequenceMarks(bos: bos, eos: eos)
    let ids = try made.encode(text, marks)
    #expect(try made.encode(text, marks, hesitates: true) == ids)
    return ids
  }

  @Test func marksTheEnds() throws {
    #expect(try encode("ab", bos: nil, eos: nil) == [97, 98])
    #expect(try encode("ab", bos: 256, eos: nil) == [256, 97, 98])
    #expect(try encode("ab", bos: nil, eos: 257) == [97, 98, 257])
    #expect(try encode("ab", bos: 256, eos: 257) == [256, 97, 98, 257])
    #expect(try encode("a", bos: 256, eos: 257) == [256, 97, 257])
  }

  @Test func anEmptyText() throws {
    #expect(try encode("", bos: nil, eos: nil) == [])
    #expect(try encode("", bos: 256, eos: nil) == [256])
    #expect(try encode("", bos: 256, eos: 257) == [256, 257])
    #expect(try encode("", bos: nil, eos: 257) == [257])
  }

  @Test func theFirstMarkIsNotPutTwice() throws {
    #expect(try encode("<s>a", bos: 256, eos: nil) == [256, 97])
    #expect(try encode("a<s>", bos: 256, eos: nil) == [256, 97, 256])
  }

  @Test func tokensThatEndGeneration() throws {
    var tiny = TinyVocabulary()
    tiny.add("<|eot_id|>", type: 3)
    tiny.add("<|im_end|>", type: 4)
    tiny.add("<|fim_pad|>")
    tiny.add("<think>", type: 3)
    let made = try tiny.tokenizing()
    #expect((0..<262).filter { made.vocabulary.endsGeneration(Int32($0)) } == [256, 257, 258])
    #expect(!made.vocabulary.endsGeneration(-1) && !made.vocabulary.endsGeneration(260))
    // A message cannot end itself, whatever kind the file gives the token.
    #expect(made.vocabulary.kind(of: 257) == .control)
    #expect(try made.encode("<|im_end|>", parsesSpecialTokens: false).count == 10)
  }

  /// Beside certain other tokens, a token means another end than that of the answer.
  @Test func endsThatDependOnOthers() throws {
    for (others, end, isEnd) in [
      (["<|return|>", "<|call|>"], "<|end|>", false), (["<|return|>"], "<|end|>", true),
      (["<|flush|>", "<|calls|>"], "<|end|>", false), ([], "<|end|>", true),
      (["<|tool_response>"], "</s>", false), ([], "</s>", true),
    ] {
      var tiny = TinyVocabulary()
      tiny.add(end, type: 3)
      for other in others { tiny.add(other, type: 3) }
      let made = try tiny.tokenizing()
      #expect(made.vocabulary.endsGeneration(256) == isEnd, "\(end) beside \(others)")
      let ends = others.indices.filter { made.vocabulary.endsGeneration(Int32(257 + $0)) }
      #expect(ends.count == others.count)
    }
  }

  @Test func userDefinedTokensAreFoundInEveryText() throws {
    var tiny = TinyVocabulary()
    tiny.add("<a>", type: 3)
    tiny.add("<ab", type: 4)
    tiny.add("<a", type: 4)
    let made = try tiny.tokenizing()
    #expect(try made.encode("<a><ab<a", parsesSpecialTokens: false) == [258, 62, 257, 258])
    #expect(try made.encode("<a><ab<a") == [256, 257, 258])
  }

  @Test func aWholeWordIgnoresItsMerges() throws {
    var tiny = TinyVocabulary()
    tiny.add("abc")
    tiny.merge("b", "c")
    tiny.add("abd", type: 3)
    #expect(try tiny.tokenizing(.qwen2).encode("abc") == [97, 257])
    let made = try tiny.tokenizing(.llama3)
    #expect(try made.encode("abc") == [256])
    #expect(try made.encode("abc") == [256])
    #expect(try made.encode("abcbc", parsesSpecialTokens: false) == [97, 257, 257])
    #expect(try made.encode("abd", parsesSpecialTokens: false) == [97, 98, 100])
  }
}
