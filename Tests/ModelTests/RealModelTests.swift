import Memory
import TestSupport
import Testing

@testable import Model

@Suite struct RealModelTests {
  @Test(
    .enabled(if: Files.model != nil, "the default model is not installed"))
  func smolLM() throws {
    let buffer = ReadBuffer(byteCount: 64 * 1024)
    try withModel(Files.model!, buffer: buffer) { model in
      let shape = model.shape
      #expect(
        shape.layerCount == 30 && shape.embeddingLength == 576 && shape.layer(0).headDim == 64)
      #expect(
        shape.layer(0).headCount == 9 && shape.layer(0).kvHeadCount == 3
          && shape.layer(0).feedForwardLength == 1536)
      #expect(shape.vocabularyCount == 49_152 && shape.contextLength == 8192)
      #expect(shape.ropeTables[0].frequencyBase == 100_000 && shape.rmsEpsilon == 1e-5)
      #expect(shape.isOutputTied && model.tensorCount == 272 && model.version == 3)
      let facts = model.tokenizer
      #expect(facts.kind == .byteLevelBPE && string(facts.preTokenizer) == "smollm")
      #expect(facts.tokenCount == 49_152 && facts.mergeCount == 48_900)
      #expect(facts.bosID == 1 && facts.eosID == 2 && facts.unknownID == 0 && facts.eotID == nil)
      #expect(facts.addsBOS == false && facts.addsSpacePrefix == false && facts.addsEOS == nil)
      try walk(model, buffer)
    }
  }

  private func walk(_ model: borrowing ModelFile, _ buffer: ReadBuffer) throws {
    let facts = model.tokenizer
    var tokens = TokenList()
    unsafe try model.forEachToken(buffer: buffer.bytes, &tokens)
    #expect(tokens.texts.count == 49_152)
    #expect(tokens.strings[1] == "<|im_start|>" && tokens.strings[2] == "<|im_end|>")
    #expect(tokens.texts.reduce(0) { $0 + $1.count } == facts.tokens?.textByteCount)
    #expect(tokens.types.count { $0 == 3 || $0 == 4 } == facts.specialTokenCount)
    var merges = TokenList()
    unsafe try model.forEachMerge(buffer: buffer.bytes, &merges)
    #expect(merges.texts.count == 48_900 && merges.strings[0] == "Ġ t")
    let text = ReadBuffer(byteCount: GGUF.chatTemplateByteCountMax)
    let count = unsafe try model.readChatTemplate(into: text.bytes)
    #expect(
      unsafe String(decoding: text.bytes[..<count], as: UTF8.self).hasPrefix("{% for message"))
  }

  @Test(
    .enabled(if: Files.stories != nil, "the shared models are not here"))
  func stories() throws {
    for path in [Files.stories!, Files.shared("data/models/stories260K-f16.gguf")!] {
      try withModel(path) { model in
        let shape = model.shape
        #expect(shape.layerCount == 5 && shape.embeddingLength == 64 && shape.layer(0).headDim == 8)
        #expect(
          shape.layer(0).headCount == 8 && shape.layer(0).kvHeadCount == 4
            && shape.layer(0).feedForwardLength == 172)
        #expect(shape.vocabularyCount == 512 && shape.contextLength == 512)
        #expect(shape.isOutputTied && model.tensorCount == 47)
        #expect(model.tokenizer.kind == .sentencePiece && string(model.tokenizer.name) == "llama")
      }
    }
    #expect(try embedding(Files.stories!, row: 0).0 == .float32)
    let (type, halves) = try embedding(Files.shared("data/models/stories260K-f16.gguf")!, row: 100)
    #expect(type == .float16)
    let (_, floats) = try embedding(Files.stories!, row: 100)
    #expect(zip(halves, floats).allSatisfy { $0 == Float(Float16($1)) })
  }

  /// A row of the token embedding, found through a table in an arena.
  private func embedding(_ path: String, row: Int) throws -> (TensorType, [Float]) {
    try withModel(path) { model in
      var measuring = Carver.measuring
      _ = TensorTable(shape: model.shape, carver: &measuring)
      let arena = try Arena(plan: measuring.measured())
      var carver = arena.carver()
      var table = TensorTable(shape: model.shape, carver: &carver)
      let buffer = ReadBuffer()
      unsafe try table.fill(from: model, buffer: buffer.bytes)
      let tensor = table[.tokenEmbedding]
      let bytes = ReadBuffer(byteCount: tensor.rowByteCount)
      unsafe try model.read(into: bytes.bytes, at: tensor.fileOffset(row: row))
      var values = [Float](repeating: 0, count: tensor.columnCount)
      unsafe values.withUnsafeMutableBufferPointer {
        unsafe dequantize(
          tensor.type, from: bytes.bytes.baseAddress!, count: tensor.columnCount,
          into: $0.baseAddress!)
      }
      return (tensor.type, values)
    }
  }
}
