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

  @Test func layersOfLFM2ConvolveIfTheyHaveNoHeads() throws {
    var builder = Self.builder(.lfm2, layers: 4)
    let shape = try Self.shape(builder)
    for index in 0..<4 {
      let layer = shape.layer(index)
      #expect(layer.attends == (index % 2 == 1))
      #expect(layer.mixer == (index % 2 == 1 ? .attention : .convolution(length: 3)))
      #expect(layer.kvHeadCount == (index % 2 == 1 ? 2 : 0) && layer.norms.heads == layer.attends)
      #expect(
        layer.stateCount(embeddingLength: shape.embeddingLength)
          == (layer.attends ? 0 : 2 * shape.embeddingLength))
    }
    #expect(shape.layers.kindCount == 2 && shape.stateLayerCount == 2)
    #expect(shape.attentionLayer == shape.layer(1))
    builder.set("lfm2.shortconv.l_cache", .uint32(17))
    #expect(complaint(builder)?.contains("expected 2 to 16") == true)
    builder.remove("lfm2.shortconv.l_cache")
    #expect(complaint(builder)?.contains("'lfm2.shortconv.l_cache' is missing") == true)
    builder.set("lfm2.shortconv.l_cache", .uint32(3))
    for (counts, text) in [
      ([0, 2, 0] as [Int32], "is 3"), ([0, 2, 0, -1], "no number below 0"),
      ([0, 0, 0, 0], "a layer that has KV heads"), ([0, 3, 0, 2], "expected a divisor"),
    ] {
      builder.set("lfm2.attention.head_count_kv", .int32s(counts))
      #expect(complaint(builder)?.contains(text) == true, "\(complaint(builder) ?? "")")
    }
    builder.set("lfm2.attention.head_count_kv", .float32s([0, 1, 0, 1]))
    #expect(complaint(builder)?.contains("INT32 or UINT32") == true)
  }

  /// Other architectures know neither the tensors nor the name.
  @Test func convolutionsOfOtherArchitecturesAreRefused() {
    var builder = Self.builder(.qwen3)
    builder.change("output_norm.weight") { $0.name = "token_embd_norm.weight" }
    #expect(complaint(builder)?.contains("a norm of embeddings") == true)
    builder = Self.builder(.lfm2, layers: 2)
    builder.change("blk.0.shortconv.conv.weight") { $0.name = "blk.1.shortconv.conv.weight" }
    #expect(complaint(builder)?.contains("the layer has KV heads") == true)
    builder = Self.builder(.lfm2, layers: 2)
    builder.tensors.removeAll { $0.name == "blk.0.shortconv.conv.weight" }
    #expect(complaint(builder)?.contains("blk.0.shortconv.conv.weight' is missing") == true)
  }

  @Test func expertsOfQwen3() throws {
    var builder = Self.builder(.qwen3moe, layers: 2)
    let shape = try Self.shape(builder)
    for index in 0..<2 {
      #expect(shape.layer(index).experts == ExpertSpec(count: 4, usedCount: 2))
      #expect(shape.layer(index).feedForwardLength == 32 && shape.layer(index).norms.heads)
    }
    // Router, three matrices of four experts, queries with outputs, keys with values; two of the experts count.
    let layer = 32 * 4 + 3 * 4 * 32 * 32 + 3 * 32 * 32 + 3 * 32 + 2 * 8 - 32
    #expect(shape.parameterCount == 2 * layer + 12 * 32 + 32)
    #expect(shape.layerMatrixWeightCount == 2 * (3 * 2 * 32 * 32 + 3 * 32 * 32))
    for (key, value, text) in [
      ("expert_used_count", 5, "is 5, expected 1 to 4"), ("expert_count", 513, "expected 1 to 512"),
      ("expert_gating_func", 3, "expected 1 (softmax) or 2 (sigmoid)"),
      ("leading_dense_block_count", 2, "expected 0 to 1"),
    ] {
      var other = builder
      other.set("qwen3moe." + key, .uint32(UInt32(value)))
      #expect(complaint(other)?.contains(text) == true, "\(complaint(other) ?? "")")
    }
    builder.set("qwen3moe.expert_weights_scale", .float32(2.5))
    #expect(complaint(builder)?.contains("scales of experts are not supported") == true)
    builder.set("qwen3moe.expert_weights_scale", .float32(1))
    builder.change("blk.1.ffn_up_exps.weight") { $0.extents = [32, 128] }
    #expect(complaint(builder)?.contains("blk.1.ffn_up_exps.weight") == true)
    builder = Self.builder(.qwen3moe, layers: 2)
    builder.remove("qwen3moe.expert_count")
    #expect(complaint(builder)?.contains("'qwen3moe.expert_count' is missing") == true)
  }

  @Test func layersOfQwen35() throws {
    var builder = Self.builder(.qwen35, layers: 4)
    let shape = try Self.shape(builder)
    let delta = DeltaSpec(
      keyHeadCount: 1, valueHeadCount: 2, keyDim: 16, valueDim: 16, convolutionLength: 4)
    for index in 0..<4 {
      let layer = shape.layer(index)
      #expect(layer.attends == (index % 2 == 1) && layer.hasOutputGate == layer.attends)
      #expect(layer.mixer == (index % 2 == 1 ? .attention : .delta(delta)))
      #expect(layer.queryKeyValueLength == (index % 2 == 1 ? 2 * 32 + 2 * 16 : 0))
    }
    #expect(shape.layer(0).stateCount(embeddingLength: 32) == 3 * 64 + 2 * 16 * 16)
    #expect(shape.layer(0).mixerInputLength(embeddingLength: 32) == 96)
    for (key, value, text) in [
      ("ssm.group_count", 3, "expected 1 to 2"), ("ssm.state_size", 8, "a multiple of 16"),
      ("ssm.inner_size", 48, "a multiple of 16"), ("ssm.conv_kernel", 1, "expected 2 to 16"),
      ("full_attention_interval", 5, "at most as many as there are layers"),
      ("ssm.time_step_rank", 5, "expected a divisor of"),
    ] {
      var other = builder
      other.set("qwen35." + key, .uint32(UInt32(value)))
      #expect(complaint(other)?.contains(text) == true, "\(complaint(other) ?? "")")
    }
    builder.remove("qwen35.ssm.conv_kernel")
    #expect(complaint(builder)?.contains("'qwen35.ssm.conv_kernel' is missing") == true)
    builder = Self.builder(.qwen35, layers: 2)
    builder.change("blk.0.ssm_out.weight") { $0.name = "blk.1.ssm_out.weight" }
    #expect(complaint(builder)?.contains("the layer has no delta rule") == true)
  }

  @Test func layersOfGemma4() throws {
    var builder = Self.builder(.gemma4, layers: 6)
    builder.set("gemma4.feed_forward_length", .int32s([64, 64, 64, 64, 128, 128]))
    builder.set("gemma4.final_logit_softcapping", .float32(30))
    for layer in 4..<6 {
      for name in ["gate", "up"] {
        builder.change("blk.\(layer).ffn_\(name).weight") { $0.extents = [32, 128] }
      }
      builder.change("blk.\(layer).ffn_down.weight") { $0.extents = [128, 32] }
    }
    // Keys that no layer reads may be there or not.
    builder.tensors.removeAll { $0.name == "blk.5.attn_k.weight" }
    let shape = try Self.shape(builder)
    #expect(shape.logitCap == 30 && shape.layerInputLength == 16)
    #expect(shape.sharedKeyLayerCount == 2 && shape.windowLayerCount == 3)
    for index in 0..<6 {
      let layer = shape.layer(index)
      #expect(layer.span == (index % 2 == 0 ? .window(20) : .full))
      #expect(layer.ropeTable == (index % 2 == 0 ? 1 : 0) && layer.queryScale == 1)
      #expect(layer.keySource == (index < 4 ? nil : index - 2))
      #expect(layer.feedForwardLength == (index < 4 ? 64 : 128) && layer.norms.values)
      #expect(layer.keptHeadCount == (index < 4 ? 2 : 0))
    }
    for (key, value, text) in [
      ("attention.shared_kv_layers", 6, "expected 0 to 5"),
      ("attention.shared_kv_layers", 5, "none before sees as much"),
      ("embedding_length_per_layer_input", 0, "E2B and E4B are supported"),
      ("embedding_length_per_layer_input", 24, "a multiple of 16"),
      ("attention.value_length_swa", 4, "the same as gemma4.attention.key_length_swa"),
      ("rope.dimension_count_swa", 4, "the same as gemma4.attention.key_length_swa"),
    ] {
      var other = builder
      other.set("gemma4." + key, .uint32(UInt32(value)))
      #expect(complaint(other)?.contains(text) == true, "\(complaint(other) ?? "")")
    }
    var other = builder
    other.remove("gemma4.attention.sliding_window_pattern")
    #expect(complaint(other)?.contains("sliding_window_pattern' is missing") == true)
    other.set("gemma4.attention.sliding_window_pattern", .uint32(6))
    #expect(complaint(other)?.contains("an array of BOOL") == true)
    for name in ["per_layer_token_embd", "per_layer_model_proj", "blk.2.inp_gate"] {
      var lacking = builder
      lacking.tensors.removeAll { $0.name == name + ".weight" }
      #expect(complaint(lacking)?.contains("\(name).weight' is missing") == true)
      var foreign = Self.builder(.qwen3)
      let foreignName = name.hasPrefix("blk") ? "blk.1.inp_gate" : name
      foreign.tensors.append(TensorSpec(name: foreignName + ".weight", extents: [32, 32], type: 0))
      #expect(complaint(foreign)?.contains("this architecture does not have it") == true)
    }
  }

  @Test func layersOfGPTOSS() throws {
    var builder = Self.builder(.gptOSS, layers: 4)
    let shape = try Self.shape(builder)
    var experts = ExpertSpec(count: 4, usedCount: 2)
    experts.hasMatrixBiases = true
    for index in 0..<4 {
      let layer = shape.layer(index)
      #expect(layer.span == (index % 2 == 0 ? .window(20) : .full) && layer.ropeTable == 0)
      #expect(layer.hasSinks && layer.hasOutputBias && layer.hasBias && !layer.norms.afterAttention)
      #expect(layer.experts == experts && layer.activation == .clampedSilu)
    }
    for name in [
      "attn_sinks.weight", "attn_output.bias", "attn_q.bias", "ffn_gate_inp.bias",
      "ffn_gate_exps.bias", "ffn_up_exps.bias", "ffn_down_exps.bias", "post_attention_norm.weight",
    ] {
      var lacking = builder
      lacking.tensors.removeAll { $0.name == "blk.1." + name }
      let missing = name.replacing("post_attention", with: "ffn")
      #expect(
        complaint(lacking)?.contains("blk.1.\(missing)' is missing") == true,
        "\(complaint(lacking) ?? "")")
      if name.hasPrefix("ffn") {
        var foreign = Self.builder(.qwen3moe)
        foreign.tensors.append(TensorSpec(name: "blk.1." + name, extents: [32, 4], type: 0))
        #expect(complaint(foreign)?.contains("may have a bias") == true)
      }
    }
    builder.change("blk.1.attn_sinks.weight") { $0.extents = [2] }
    #expect(complaint(builder)?.contains("blk.1.attn_sinks.weight") == true)
    builder = Self.builder(.gptOSS, layers: 4)
    builder.set("gpt-oss.rope.freq_base_swa", .float32(10_000))
    #expect(complaint(builder) == nil)
    builder.set("gpt-oss.rope.freq_base_swa", .float32(500))
    #expect(complaint(builder)?.contains("the same as the other layers' base") == true)
    builder = Self.builder(.gptOSS, layers: 4)
    builder.set("gpt-oss.attention.sliding_window_pattern", .uint32(4))
    #expect(try Self.shape(builder).layer(1).span == .window(20))
  }

  /// Without a length of their own, Qwen's experts share that of the feed-forward part.
  @Test func lengthOfExperts() throws {
    var builder = Self.builder(.qwen3moe, layers: 1)
    builder.remove("qwen3moe.expert_feed_forward_length")
    #expect(try Self.shape(builder).layer(0).feedForwardLength == 32)
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
