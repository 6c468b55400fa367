import TestSupport
import Testing

@testable import Model

/// What the keys of an architecture say of its layers.
@Suite struct ArchitectureTests {
  private static func builder(_ architecture: Architecture, layers: Int = 12) -> GGUFBuilder {
    GGUFBuilder(architecture: architecture, layerCount: layers)
  }

  private static func shape(_ builder: GGUFBuilder) throws -> ModelShape {
    try withModel(builder) { $0.shape }
  }

  @Test func windowsOfGemma() throws {
    var builder = Self.builder(.gemma3)
    builder.set("gemma3.attention.sliding_window", .uint32(20))
    builder.set("gemma3.rope.scaling.type", .string("linear"))
    builder.set("gemma3.rope.scaling.factor", .float32(8))
    let shape = try Self.shape(builder)
    for index in 0..<12 {
      let isLocal = index % 6 < 5
      #expect(shape.layer(index).span == (isLocal ? .window(20) : .full))
      #expect(shape.layer(index).ropeTable == (isLocal ? 1 : 0))
      #expect(shape.layer(index).activation == .gelu && shape.layer(index).norms.heads)
    }
    guard case .linear(let factor) = shape.ropeTables[0].scaling else {
      return #expect(Bool(false))
    }
    #expect(factor == 8)
    guard case .none = shape.ropeTables[1].scaling else { return #expect(Bool(false)) }
    #expect(shape.ropeTables[1].frequencyBase == 10_000)
    #expect(shape.embeddingScale == Float(shape.embeddingLength).squareRoot())
    builder.set("gemma3.attention.sliding_window_pattern", .uint32(2))
    builder.set("gemma3.rope.freq_base_swa", .float32(500))
    let other = try Self.shape(builder)
    #expect(other.layer(1).span == .full && other.layer(2).span == .window(20))
    #expect(other.ropeTables[1].frequencyBase == 500)
    builder.set("gemma3.final_logit_softcapping", .float32(30))
    #expect(complaint(builder)?.contains("capped logits are not supported") == true)
  }

  /// Without a window all layers are alike.
  @Test func gemmaWithoutAWindow() throws {
    let shape = try Self.shape(Self.builder(.gemma3))
    #expect(shape.layers.kindCount == 1 && shape.ropeTables.count == 1)
  }

  @Test func everyFourthLayerOfSmolLM3IsNotRotated() throws {
    let shape = try Self.shape(Self.builder(.smollm3))
    for index in 0..<12 {
      #expect(shape.layer(index).ropeTable == (index % 4 == 3 ? nil : 0))
    }
  }

  @Test func scalesOfGraniteAndMiniCPM() throws {
    var builder = Self.builder(.granite)
    builder.set("granite.embedding_scale", .float32(12))
    builder.set("granite.residual_scale", .float32(0.25))
    builder.set("granite.attention.scale", .float32(0.125))
    builder.set("granite.logit_scale", .float32(8))
    var shape = try Self.shape(builder)
    #expect(shape.embeddingScale == 12 && shape.logitScale == 0.125)
    #expect(shape.layer(3).residualScale == 0.25 && shape.layer(3).queryScale == 0.125)
    builder.set("granite.residual_scale", .float32(.nan))
    #expect(complaint(builder)?.hasPrefix("key 'granite.residual_scale' is nan") == true)
    shape = try Self.shape(Self.builder(.minicpm, layers: 4))
    #expect(shape.embeddingScale == 12 && shape.layer(0).residualScale == 0.7)
    #expect(shape.logitScale == 256 / Float(shape.embeddingLength))
  }

  @Test func partOfAHeadIsRotated() throws {
    var builder = Self.builder(.phi3)
    builder.set("phi3.rope.dimension_count", .uint32(6))
    let shape = try Self.shape(builder)
    #expect(shape.ropeTables[0].dimensionCount == 6 && shape.ropeTables[0].headDim == 8)
    #expect(shape.layer(0).isFused)
    for count in [1, 3, 10] {
      builder.set("phi3.rope.dimension_count", .uint32(UInt32(count)))
      #expect(complaint(builder)?.contains("expected an even number") == true)
    }
  }

  @Test func queriesOfMinistralGrow() throws {
    var builder = Self.builder(.mistral3)
    builder.set("mistral3.attention.temperature_scale", .float32(0.1))
    builder.set("mistral3.rope.scaling.original_context_length", .uint32(16))
    let shape = try Self.shape(builder)
    #expect(shape.layer(0).queryGrowth == QueryGrowth(scale: 0.1, length: 16))
    builder.set("mistral3.attention.temperature_scale", .float32(-1))
    #expect(complaint(builder)?.contains("temperature_scale") == true)
  }
}
