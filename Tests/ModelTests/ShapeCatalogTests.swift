import Model
import TestSupport
import Testing

/// The catalogue of published shapes against the published parameter counts.
@Suite struct ShapeCatalogTests {
  /// The published totals, biases included. They do not tell how heads are split or the RoPE base.
  private static let published: [(name: String, parameterCount: Int, hasBiases: Bool)] = [
    ("llama-3.2-1b", 1_235_814_400, false),
    ("llama-3.2-3b", 3_212_749_824, false),
    ("llama-3.1-8b", 8_030_261_248, false),
    ("qwen2.5-0.5b", 494_032_768, true),
    ("qwen2.5-1.5b", 1_543_714_304, true),
    ("qwen2.5-3b", 3_085_938_688, true),
    ("qwen2.5-7b", 7_615_616_512, true),
    ("smollm2-135m", 134_515_008, false),
    // Without the parts for images.
    ("gemma-3-1b", 999_885_952, false),
    ("gemma-3-4b", 3_880_263_168, false),
    ("smollm3-3b", 3_075_098_624, false),
    ("phi-4-mini", 3_836_021_760, false),
    ("lfm2-1.2b", 1_170_340_608, false),
    ("qwen3-30b-a3b", 30_532_122_624, false),
    // Without the parts for images and for proposing tokens.
    ("qwen3.5-2b", 1_881_825_088, false),
    // Without the parts for images and sound, and without the 2,348,810,240 numbers that stay in the file.
    ("gemma-4-e2b", 2_279_759_139, false),
    ("gpt-oss-20b", 20_914_757_184, true),
  ]

  private static func published(named name: String) -> PublishedShape? {
    let bytes = Array(name.utf8)
    return PublishedShape(name: bytes.span)
  }

  @Test func parameterCountsAreThePublishedOnes() throws {
    #expect(Self.published.count == PublishedShape.count)
    for model in Self.published {
      let shape = try #require(Self.published(named: model.name)).shape
      #expect(shape.layer(0).hasBias == model.hasBiases, "\(model.name)")
      #expect(shape.parameterCount == model.parameterCount, "\(model.name)")
    }
  }

  @Test func namesLeadToTheirShapes() {
    #expect(PublishedShape(rawValue: PublishedShape.count) == nil)
    for index in 0..<PublishedShape.count {
      let shape = PublishedShape(rawValue: index)!
      #expect(Self.published(named: shape.name.description) == shape)
    }
    for name in ["", "llama-3.2-1", "llama-3.2-1bb", "LLAMA-3.2-1B"] {
      #expect(Self.published(named: name) == nil)
    }
  }

  @Test(.enabled(if: Files.model != nil, "needs the default model"))
  func theShapeOfARealModelIsTheCataloguesOne() throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    defer { buffer.deallocate() }
    let real = try Files.model!.withCString { try ModelFile(path: $0, buffer: buffer).shape }
    let listed = PublishedShape.smolLM2At135M.shape
    #expect(real.layerCount == listed.layerCount)
    for layer in 0..<real.layerCount { #expect(real.layer(layer) == listed.layer(layer)) }
    #expect(real.embeddingLength == listed.embeddingLength)
    #expect(real.vocabularyCount == listed.vocabularyCount)
    #expect(real.contextLength == listed.contextLength)
    #expect(real.ropeTables[0].frequencyBase == listed.ropeTables[0].frequencyBase)
    #expect(real.rmsEpsilon == listed.rmsEpsilon)
    #expect(real.isOutputTied == listed.isOutputTied)
  }
}
