import Foundation
import TestSupport
import Testing

@testable import Model

struct TokenList: TokenVisitor, MergeVisitor {
  var texts: [[UInt8]] = []
  var types: [Int32] = []
  var countMax = Int.max
  private(set) var isInOrder = true

  var scores: [Float] = []

  mutating func visit(
    index: Int, text: Span<UInt8>, type: Int32, score: Float
  ) -> VisitResult {
    types.append(type)
    scores.append(score)
    return visit(index: index, text: text)
  }

  mutating func visit(index: Int, text: Span<UInt8>) -> VisitResult {
    isInOrder = isInOrder && index == texts.count
    texts.append(text.indices.map { text[$0] })
    return texts.count < countMax ? .next : .stop
  }

  var strings: [String] { texts.map { String(decoding: $0, as: UTF8.self) } }
}

@Suite struct VocabularyTests {
  @Test func readsFacts() throws {
    try withModel(GGUFBuilder()) { model in
      let facts = model.tokenizer
      #expect(facts.kind == .byteLevelBPE && string(facts.name) == "gpt2")
      #expect(string(facts.preTokenizer) == "smollm")
      #expect(facts.tokenCount == 12 && facts.mergeCount == 3)
      #expect(facts.tokens?.textByteCount == 24 && facts.tokens?.longestByteCount == 5)
      #expect(facts.merges?.textByteCount == 10)
      #expect(facts.specialTokenCount == 3)
      #expect(facts.bosID == 1 && facts.eosID == 2 && facts.eotID == 2 && facts.unknownID == 0)
      #expect(facts.addsBOS == true && facts.addsEOS == false && facts.addsSpacePrefix == false)
      #expect(facts.scores?.count == 12 && facts.tokenTypes?.count == 12)
    }
  }

  @Test func walksTokensAndMerges() throws {
    try withModel(GGUFBuilder()) { model in
      let buffer = ReadBuffer()
      var tokens = TokenList()
      unsafe try model.forEachToken(buffer: buffer.bytes, &tokens)
      #expect(
        tokens.strings
          == ["<unk>", "<s>", "</s>", "a", "b", "c", "ab", "bc", "abc", " ", "", "x"])
      #expect(tokens.isInOrder)
      #expect(tokens.types == [2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 4])
      var merges = TokenList()
      unsafe try model.forEachMerge(buffer: buffer.bytes, &merges)
      #expect(merges.strings == ["a b", "b c", "ab c"])
      var some = TokenList(countMax: 4)
      unsafe try model.forEachToken(buffer: buffer.bytes, &some)
      #expect(some.texts.count == 4)
    }
  }

  @Test func readsTheChatTemplate() throws {
    try withModel(GGUFBuilder()) { model in
      let target = ReadBuffer(byteCount: 64)
      let count = unsafe try model.readChatTemplate(into: target.bytes)
      #expect(unsafe String(decoding: target.bytes[..<count], as: UTF8.self) == "{{ messages }}")
    }
    var builder = GGUFBuilder()
    builder.remove("tokenizer.chat_template")
    try withModel(builder) { model in
      let target = ReadBuffer(byteCount: 1)
      let count = unsafe try model.readChatTemplate(into: target.bytes)
      #expect(count == 0)
    }
    builder.set("tokenizer.chat_template", .string(String(repeating: "x", count: 65_536)))
    #expect(complaint(builder) == nil)
    builder.set("tokenizer.chat_template", .string(String(repeating: "x", count: 65_537)))
    #expect(
      complaint(builder)
        == "key 'tokenizer.chat_template' has a text of 65537 bytes, expected at most 65536")
  }

  /// The longest texts that are allowed, through the smallest buffer, at many places in it.
  @Test func walksLongTexts() throws {
    var builder = GGUFBuilder()
    let texts = (0..<12).map { index in
      String(repeating: Character(UnicodeScalar(UInt8(97 + index))), count: 4096 - index * 7)
    }
    let merges = (0..<9).map { String(repeating: "m", count: 8193 - $0 * 1001) }
    builder.set("tokenizer.ggml.tokens", .strings(texts))
    builder.set("tokenizer.ggml.merges", .strings(merges))
    try withModel(builder) { model in
      let buffer = ReadBuffer()
      var list = TokenList()
      unsafe try model.forEachToken(buffer: buffer.bytes, &list)
      #expect(list.strings == texts)
      list = TokenList()
      unsafe try model.forEachMerge(buffer: buffer.bytes, &list)
      #expect(list.strings == merges)
    }
    builder.set("tokenizer.ggml.tokens", .strings([texts[0] + "x"] + texts[1...]))
    #expect(
      complaint(builder)
        == "key 'tokenizer.ggml.tokens' has a text of 4097 bytes, expected at most 4096")
    builder.set("tokenizer.ggml.tokens", .strings(texts))
    builder.set("tokenizer.ggml.merges", .strings([merges[0] + "x"]))
    #expect(
      complaint(builder)
        == "key 'tokenizer.ggml.merges' has a text of 8194 bytes, expected at most 8193")
  }

  @Test func checksCounts() {
    var builder = GGUFBuilder()
    builder.set("tokenizer.ggml.token_type", .int32s([1, 1]))
    #expect(
      complaint(builder)
        == "key 'tokenizer.ggml.token_type' is 2, expected the same as the count of tokens, "
        + "which is 12")
    builder = GGUFBuilder()
    builder.set("tokenizer.ggml.scores", .float32s([1, 1]))
    #expect(complaint(builder)?.hasPrefix("key 'tokenizer.ggml.scores' is 2, expected") == true)
    builder = GGUFBuilder()
    builder.set("tokenizer.ggml.tokens", .strings([String](repeating: "a", count: 13)))
    #expect(complaint(builder)?.hasPrefix("key 'tokenizer.ggml.token_type' is 12") == true)
    // The embedding has a row for each token, whatever llama.vocab_size says.
    builder = GGUFBuilder()
    builder.set("llama.vocab_size", .uint32(11))
    #expect(complaint(builder) == nil)
  }

  /// Ids of no token fall back to what the kind of tokenizer has, and the key is named.
  @Test(arguments: [-1, 12, Int64.max, .min]) func idsOfNoToken(id: Int64) throws {
    for kind in ["llama", "gpt2"] {
      for (name, fallback) in [("bos", 1), ("eos", 2), ("eot", nil), ("fim_pad", nil)] {
        var builder = GGUFBuilder()
        builder.set("tokenizer.ggml.model", .string(kind))
        builder.set("tokenizer.ggml.scores", .float32s((0..<12).map { Float($0) }))
        builder.set("tokenizer.ggml.\(name)_token_id", .int64(id))
        try withModel(builder) { model in
          let facts = model.tokenizer
          let found =
            switch name {
            case "bos": facts.bosID
            case "eos": facts.eosID
            case "eot": facts.eotID
            default: facts.fimPadID
            }
          #expect(found == fallback.map { kind == "llama" ? $0 : 11 })
          let wrong = facts.wrongID.map { string($0) }
          #expect(wrong == "tokenizer.ggml.\(name)_token_id")
        }
      }
    }
  }

  /// Files that go with a model are named.
  @Test func filesThatAreNoModel() {
    for (type, word) in [
      ("adapter", "adapter"), ("mmproj", "projector"), ("imatrix", "importance"),
    ] {
      var builder = GGUFBuilder()
      builder.set("general.type", .string(type))
      #expect(complaint(builder)?.contains(word) == true)
    }
    var builder = GGUFBuilder()
    builder.set("general.type", .string("model"))
    #expect(complaint(builder) == nil)
    builder.set("general.architecture", .string("clip"))
    #expect(complaint(builder)?.contains("projector") == true)
  }

  @Test func sentencePiece() throws {
    var builder = GGUFBuilder()
    builder.set("tokenizer.ggml.model", .string("llama"))
    builder.set("tokenizer.ggml.eom_token_id", .uint32(5))
    let scores = (0..<12).map { 1.5 - Float($0) }
    builder.set("tokenizer.ggml.scores", .float32s(scores))
    try withModel(builder) { model in
      #expect(model.tokenizer.kind == .sentencePiece && model.tokenizer.eomID == 5)
      let buffer = ReadBuffer()
      var list = TokenList()
      unsafe try model.forEachToken(buffer: buffer.bytes, &list)
      #expect(list.scores == scores)
    }
    for name in ["bos", "eos", "eot"] { builder.remove("tokenizer.ggml.\(name)_token_id") }
    try withModel(builder) { model in
      let facts = model.tokenizer
      #expect(facts.bosID == 1 && facts.eosID == 2 && facts.eotID == nil)
    }
    builder.remove("tokenizer.ggml.scores")
    #expect(complaint(builder) == "key 'tokenizer.ggml.scores' is missing")
  }

  @Test func marksNeedTheirTokens() {
    for (mark, name) in [("add_bos_token", "bos_token_id"), ("add_eos_token", "eos_token_id")] {
      var builder = GGUFBuilder()
      builder.set("tokenizer.ggml.\(mark)", .bool(true))
      #expect(complaint(builder) == nil)
      builder.remove("tokenizer.ggml.\(name)")
      #expect(complaint(builder) == "key 'tokenizer.ggml.\(name)' is missing")
    }
  }

  @Test func otherTokenizersAreKeptByName() throws {
    var builder = GGUFBuilder()
    builder.set("tokenizer.ggml.model", .string("t5"))
    try withModel(builder) { model in
      #expect(model.tokenizer.kind == .unsupported && string(model.tokenizer.name) == "t5")
    }
    builder.keys.removeAll { $0.name.hasPrefix("tokenizer.") }
    try withModel(builder) { model in
      #expect(model.tokenizer.kind == .absent && model.tokenizer.tokenCount == 0)
      var list = TokenList()
      let buffer = ReadBuffer()
      unsafe try model.forEachToken(buffer: buffer.bytes, &list)
      unsafe try model.forEachMerge(buffer: buffer.bytes, &list)
      #expect(list.texts.isEmpty)
    }
  }

  @Test func tokensWithoutTypesAreNormal() throws {
    var builder = GGUFBuilder()
    builder.remove("tokenizer.ggml.token_type")
    try withModel(builder) { model in
      var list = TokenList()
      let buffer = ReadBuffer()
      unsafe try model.forEachToken(buffer: buffer.bytes, &list)
      #expect(list.types == [Int32](repeating: 1, count: 12))
    }
  }

  /// A file that is cut or overwritten while it is open gives errors.
  @Test func survivesAChangingFile() throws {
    let bytes = GGUFBuilder().build()
    let file = TemporaryFile(bytes)
    try withModel(file.path) { model in
      let start = try #require(model.tokenizer.tokens?.offset)
      let writer = try #require(FileHandle(forWritingAtPath: file.path))
      try writer.seek(toOffset: UInt64(start))
      try writer.write(contentsOf: Data(littleEndian(UInt64.max)))
      let buffer = ReadBuffer()
      var list = TokenList()
      #expect(throws: ModelError.self) {
        unsafe try model.forEachToken(buffer: buffer.bytes, &list)
      }
      try writer.seek(toOffset: UInt64(start))
      try writer.write(contentsOf: Data(littleEndian(UInt64(5000))))
      #expect(throws: ModelError.self) {
        unsafe try model.forEachToken(buffer: buffer.bytes, &list)
      }
      try writer.truncate(atOffset: UInt64(start + 4))
      #expect(throws: ModelError.self) {
        unsafe try model.forEachToken(buffer: buffer.bytes, &list)
      }
      #expect(throws: ModelError.self) {
        unsafe try model.forEachMerge(buffer: buffer.bytes, &list)
      }
    }
  }
}
