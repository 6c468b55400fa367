import TestSupport
import Testing

@testable import Model

@Suite struct KeyTests {
  @Test func readsTheShape() throws {
    try withModel(GGUFBuilder()) { model in
      let shape = model.shape
      #expect(
        shape.layerCount == 2 && shape.layer(0).headCount == 4 && shape.layer(0).kvHeadCount == 2)
      #expect(shape.layer(0).headDim == 8 && shape.embeddingLength == 32)
      #expect(shape.layer(0).feedForwardLength == 64 && shape.vocabularyCount == 12)
      #expect(shape.contextLength == 128 && shape.isOutputTied)
      #expect(shape.ropeTables[0].frequencyBase == 10_000 && shape.rmsEpsilon == 1e-5)
      #expect(shape.layer(0).queryLength == 32 && shape.layer(0).kvLength == 16)
    }
  }

  @Test func acceptsEveryIntegerType() throws {
    let fours: [GGUFValue] = [
      .uint8(4), .int8(4), .uint16(4), .int16(4), .uint32(4), .int32(4), .uint64(4), .int64(4),
    ]
    for four in fours {
      var builder = GGUFBuilder()
      builder.set("llama.attention.head_count", four)
      try withModel(builder) { model in #expect(model.shape.layer(0).headCount == 4) }
    }
    var builder = GGUFBuilder()
    builder.set("llama.attention.layer_norm_rms_epsilon", .float64(1e-6))
    try withModel(builder) { model in #expect(model.shape.rmsEpsilon == 1e-6) }
  }

  @Test func usesDefaults() throws {
    var builder = GGUFBuilder()
    for name in [
      "llama.rope.freq_base", "llama.rope.dimension_count", "llama.vocab_size", "general.name",
      "tokenizer.ggml.scores", "tokenizer.chat_template",
    ] {
      builder.remove(name)
    }
    try withModel(builder) { model in
      #expect(
        model.shape.ropeTables[0].frequencyBase == 10_000 && model.shape.vocabularyCount == 12)
      #expect(model.name.count == 0 && model.tokenizer.chatTemplate == nil)
    }
    builder.remove("llama.attention.head_count_kv")
    for layer in 0..<2 {
      builder.change("blk.\(layer).attn_k.weight") { $0.extents[1] = 32 }
      builder.change("blk.\(layer).attn_v.weight") { $0.extents[1] = 32 }
    }
    try withModel(builder) { model in #expect(model.shape.layer(0).kvHeadCount == 4) }
  }

  @Test func takesTheHeadDimFromItsKeys() throws {
    var builder = GGUFBuilder(layerCount: 1)
    builder.set("llama.attention.key_length", .uint32(16))
    builder.set("llama.attention.value_length", .uint32(16))
    builder.set("llama.rope.dimension_count", .uint32(16))
    builder.change("blk.0.attn_q.weight") { $0.extents = [32, 64] }
    builder.change("blk.0.attn_k.weight") { $0.extents = [32, 32] }
    builder.change("blk.0.attn_v.weight") { $0.extents = [32, 32] }
    builder.change("blk.0.attn_output.weight") { $0.extents = [64, 32] }
    try withModel(builder) { model in
      #expect(model.shape.layer(0).headDim == 16 && model.shape.layer(0).queryLength == 64)
    }
  }

  private static let required = [
    "general.architecture", "llama.block_count", "llama.context_length", "llama.embedding_length",
    "llama.feed_forward_length", "llama.attention.head_count",
    "llama.attention.layer_norm_rms_epsilon",
  ]

  @Test(arguments: required) func requires(name: String) {
    var builder = GGUFBuilder()
    builder.remove(name)
    #expect(complaint(builder) == "key '\(name)' is missing")
  }

  @Test func requiresSomeVocabulary() {
    var builder = GGUFBuilder()
    builder.remove("llama.vocab_size")
    builder.remove("tokenizer.ggml.tokens")
    builder.remove("tokenizer.ggml.token_type")
    builder.remove("tokenizer.ggml.scores")
    #expect(complaint(builder) == "key 'llama.vocab_size' is missing")
  }

  /// Every key that is read, with each value type that it must not have.
  @Test(arguments: 0..<MetadataKey.count) func checksTypes(index: Int) throws {
    let key = try #require(MetadataKey(rawValue: index))
    let name = string(key.name(of: Self.reader(key)))
    let right = Self.kind(key)
    let values: [(Kind, GGUFValue)] = [
      (.integer, .uint8(1)), (.integer, .int64(1)), (.real, .float32(1)), (.real, .float64(1)),
      (.bool, .bool(true)), (.text, .string("llama")), (.strings, .strings(["a"])),
      (.int32s, .int32s([1])), (.float32s, .float32s([1])),
      (.other, .raw(type: 9, bytes: array(4, 1, [0, 0, 0, 0]))),
      (.other, .raw(type: 9, bytes: array(10, 0, []))),
    ]
    for (kind, value) in values where kind != right {
      var builder = GGUFBuilder(architecture: Self.reader(key))
      if Self.isYarns(key) {
        builder.set("llama.rope.scaling.type", .string("yarn"))
        builder.set("llama.rope.scaling.factor", .float32(4))
      }
      builder.set(name, value)
      let line = try #require(complaint(builder), "\(name) \(value)")
      #expect(line.hasPrefix("key '\(name)' is "))
      #expect(line.contains(", expected "))
      #expect(line.contains(" of "))
    }
  }

  /// An architecture that reads the key.
  private static func reader(_ key: MetadataKey) -> Architecture {
    switch key {
    case .convolutionLength: .lfm2
    case .attentionPeriod, .deltaKeyHeadCount, .deltaValueHeadCount, .deltaKeyLength,
      .deltaValueLength, .deltaConvolutionLength:
      .qwen35
    case .expertCount, .expertUsedCount, .expertFeedForwardLength, .expertGating, .expertScale,
      .plainLayerCount:
      .qwen3moe
    case .sharedKeyLayerCount, .windowKeyLength, .windowValueLength, .windowDimensionCount,
      .layerInputLength:
      .gemma4
    default: .llama
    }
  }

  private static func isYarns(_ key: MetadataKey) -> Bool {
    switch key {
    case .ropeOriginalContext, .ropeAttentionFactor, .ropeYarnLogMultiplier, .ropeFastTurns,
      .ropeSlowTurns:
      true
    default: false
    }
  }

  private enum Kind { case integer, real, bool, text, strings, int32s, float32s, other }

  private static func kind(_ key: MetadataKey) -> Kind {
    switch key {
    case .architecture, .fileType, .name, .ropeScalingType, .tokenizerModel, .tokenizerPre,
      .chatTemplate, .toolTemplate:
      .text
    case .ropeFrequencyBase, .rmsEpsilon, .ropeScalingFactor, .ropeScaleLinear: .real
    case .ropeAttentionFactor, .ropeYarnLogMultiplier, .ropeFastTurns, .ropeSlowTurns: .real
    case .queryGrowthScale, .finalSoftCap, .windowFrequencyBase, .expertScale: .real
    case .attentionScale, .residualScale, .embeddingScale, .logitScale: .real
    case .addsBOS, .addsEOS, .addsSpacePrefix, .isCausal: .bool
    case .tokens, .merges: .strings
    case .tokenTypes: .int32s
    case .scores: .float32s
    default: .integer
    }
  }

  @Test(arguments: 0..<MetadataKey.count) func refusesRepeatedKeys(index: Int) throws {
    let name = try string(#require(MetadataKey(rawValue: index)).name(of: .llama))
    var builder = GGUFBuilder()
    let value = builder.keys.first { $0.name == name }?.value ?? .uint32(0)
    if builder.keys.allSatisfy({ $0.name != name }) { builder.keys.append((name, value)) }
    builder.keys.append((name, value))
    #expect(complaint(builder) == "key '\(name)' is repeated, expected it once")
  }

  @Test func keysHaveDistinctNames() {
    let names = (0..<MetadataKey.count).map { string(MetadataKey(rawValue: $0)!.name(of: .llama)) }
    #expect(Set(names).count == names.count)
    #expect(MetadataKey(rawValue: MetadataKey.count) == nil)
  }

  private static let ranges: [(String, [Int64])] = [
    ("llama.block_count", [-1, 0, 513, 1 << 40, .min]),
    ("llama.context_length", [-1, 0, 1 << 31, .max]),
    ("llama.embedding_length", [-32, 0, 2, 34, 65_540, .max, .min]),
    ("llama.feed_forward_length", [-4, 0, 3, 62, 65_540, .max]),
    ("llama.attention.head_count", [-1, 0, 257, 3, 5, .min, .max]),
    ("llama.attention.head_count_kv", [-1, 0, 3, 8, .min, .max]),
    ("llama.attention.key_length", [-2, 0, 1, 7, 16, 258, .min, .max]),
    ("llama.attention.value_length", [-2, 0, 16, .min, .max]),
    ("llama.rope.dimension_count", [-1, 0, 4, 16, .max]),
    ("llama.attention.sliding_window", [-1, 1, 127]),
    ("llama.vocab_size", [-1, 0, 1_048_577, .max]),
    ("llama.expert_count", [-1, 1, 8]),
    ("split.count", [-1, 65, .max]),
  ]

  @Test(arguments: ranges.indices) func checksRanges(index: Int) throws {
    let (name, values) = Self.ranges[index]
    for value in values {
      var builder = GGUFBuilder()
      builder.set(name, .int64(value))
      let line = try #require(complaint(builder), "\(name) \(value)")
      #expect(line.hasPrefix("key '") && line.contains(", expected "))
    }
    var builder = GGUFBuilder()
    builder.set(name, .uint64(.max))
    #expect(
      complaint(builder)
        == "key '\(name)' is 18446744073709551615, expected an integer below 2^63")
  }

  @Test func namesTheValueAndTheRange() {
    var builder = GGUFBuilder()
    builder.set("llama.block_count", .int64(-3))
    #expect(complaint(builder) == "key 'llama.block_count' is -3, expected 1 to 256")
    builder = GGUFBuilder()
    builder.set("llama.attention.head_count_kv", .uint32(3))
    #expect(
      complaint(builder)
        == "key 'llama.attention.head_count_kv' is 3, expected a divisor of "
        + "llama.attention.head_count, which is 4")
    builder = GGUFBuilder()
    builder.set("llama.attention.head_count_kv", .int32s([2, 2]))
    #expect(
      complaint(builder)
        == "key 'llama.attention.head_count_kv' is an array of INT32, expected an integer")
    builder = GGUFBuilder()
    builder.set("llama.rope.dimension_count", .uint32(4))
    #expect(
      complaint(builder)
        == "key 'llama.rope.dimension_count' is 4, expected the same as the dimension of a head, "
        + "which is 8")
  }

  @Test(arguments: [0, -1e-5, .nan, .infinity, 1e-300, 1e300] as [Double])
  func refusesReals(value: Double) {
    for (name, expected) in [
      ("llama.attention.layer_norm_rms_epsilon", "a finite number above 0"),
      ("llama.rope.freq_base", "a number from 2 to 1000000000000"),
    ] {
      var builder = GGUFBuilder()
      builder.set(name, .float64(value))
      let line = complaint(builder)
      #expect(line?.hasPrefix("key '\(name)' is ") == true)
      #expect(line?.hasSuffix(", expected \(expected)") == true)
    }
  }

  @Test(arguments: ["gpt2", "gemma", "Llama", "", String(repeating: "llama", count: 100)])
  func refusesOtherArchitectures(name: String) {
    var builder = GGUFBuilder()
    // Whatever the order of keys and their other faults.
    builder.keys.removeFirst()
    builder.set("llama.block_count", .int64(-3))
    builder.set("general.architecture", .string(name))
    let shown = name.count > 96 ? name.prefix(96) + "…" : name[...]
    #expect(
      complaint(builder)
        == "key 'general.architecture' is '\(shown)', expected " + Self.architectures)
  }

  @Test(arguments: [
    ("qwen2moe", "experts of all tokens"), ("gemma2", "caps of attention's scores"),
    ("gemma3n", "residual streams"),
  ])
  func saysWhatAnotherArchitectureNeeds(name: String, missing: String) {
    var builder = GGUFBuilder()
    builder.set("general.architecture", .string(name))
    let line = complaint(builder) ?? ""
    #expect(
      line.hasPrefix("key 'general.architecture' is '\(name)', for which is missing: ")
        && line.contains(missing) && line.hasSuffix("supported are " + Self.architectures),
      "\(line)")
  }

  private static let architectures =
    "'llama', 'qwen2', 'qwen3', "
    + "'gemma3', 'smollm3', 'granite', 'minicpm', 'phi3', 'mistral3', 'lfm2', "
    + "'qwen3moe', 'granitemoe', 'lfm2moe', 'qwen35', 'gemma4' or 'gpt-oss'"

  /// The keys of another architecture do not count.
  @Test func readsTheArchitecturesOwnKeys() throws {
    var builder = GGUFBuilder()
    builder.set("qwen2.block_count", .uint32(7))
    try withModel(builder) { #expect($0.shape.layerCount == 2) }
    builder.set("general.architecture", .string("qwen2"))
    #expect(complaint(builder) == "key 'qwen2.embedding_length' is missing")
    builder = GGUFBuilder(architecture: .qwen2)
    try withModel(builder) { model in
      #expect(model.shape.architecture == .qwen2 && model.shape.layer(0).hasBias)
    }
    builder = GGUFBuilder(architecture: .qwen3)
    try withModel(builder) { model in
      #expect(model.shape.architecture == .qwen3 && !model.shape.layer(0).hasBias)
    }
  }

  private func scaling(_ keys: [(String, GGUFValue)]) throws -> RopeScaling {
    var builder = GGUFBuilder()
    for (name, value) in keys { builder.set("llama.rope." + name, value) }
    var scaling = RopeScaling.none
    try withModel(builder) { scaling = $0.shape.ropeTables[0].scaling }
    return scaling
  }

  @Test func readsLinearScaling() throws {
    for keys: [(String, GGUFValue)] in [
      [("scaling.type", .string("linear")), ("scaling.factor", .float32(4))],
      [("scaling.factor", .float64(4)), ("scale_linear", .float32(2))],
      [("scale_linear", .float32(4))],
    ] {
      guard case .linear(let factor) = try scaling(keys) else {
        Issue.record("\(keys)")
        continue
      }
      #expect(factor == 4)
    }
    for keys: [(String, GGUFValue)] in [
      [("scaling.type", .string("none")), ("scaling.factor", .float32(8))],
      [("scaling.type", .string("linear"))], [("scaling.factor", .float32(0))],
      [("scaling.factor", .float32(1))],
    ] {
      guard case .none = try scaling(keys) else {
        Issue.record("\(keys)")
        continue
      }
    }
  }

  @Test func readsYarn() throws {
    let least: [(String, GGUFValue)] = [
      ("scaling.type", .string("yarn")), ("scaling.factor", .float32(4)),
    ]
    guard case .yarn(let yarn) = try scaling(least) else { return #expect(Bool(false)) }
    #expect(yarn.factor == 4 && yarn.originalContextLength == 128)
    #expect(yarn.fastTurns == 32 && yarn.slowTurns == 1 && yarn.attentionFactor == 1)
    let all: [(String, GGUFValue)] = [
      ("scaling.original_context_length", .uint32(64)), ("scaling.attn_factor", .float32(0.5)),
      ("scaling.yarn_beta_fast", .float32(16)), ("scaling.yarn_beta_slow", .float32(2)),
    ]
    guard case .yarn(let full) = try scaling(least + all) else { return #expect(Bool(false)) }
    #expect(full.originalContextLength == 64 && full.attentionFactor == 0.5)
    #expect(full.fastTurns == 16 && full.slowTurns == 2)
  }

  @Test func refusesScalingItLacks() throws {
    var builder = GGUFBuilder()
    builder.set("llama.rope.scaling.type", .string("dynamic"))
    #expect(
      complaint(builder)
        == "key 'llama.rope.scaling.type' is 'dynamic', expected 'none', 'linear', 'longrope' or "
        + "'yarn'")
    builder.set("llama.rope.scaling.type", .string("yarn"))
    #expect(complaint(builder) == "key 'llama.rope.scaling.factor' is missing")
    for factor in [0.5, -1, .nan, .infinity, 1e7] {
      builder.set("llama.rope.scaling.factor", .float64(factor))
      let line = try #require(complaint(builder))
      #expect(line.hasSuffix(", expected 0, or a number from 1 to 1000000"))
    }
    builder.remove("llama.rope.scaling.type")
    builder.set("llama.rope.scaling.factor", .float32(1))
    #expect(complaint(builder) == nil)
    builder.set("llama.rope.scale_linear", .float32(.nan))
    #expect(complaint(builder)?.hasPrefix("key 'llama.rope.scale_linear' is nan") == true)
  }

  /// A window as long as the text hides nothing.
  @Test func refusesSlidingWindows() {
    var builder = GGUFBuilder()
    builder.set("llama.attention.sliding_window", .uint32(128))
    #expect(complaint(builder) == nil)
    builder.set("llama.attention.sliding_window", .uint32(64))
    #expect(
      complaint(builder)
        == "key 'llama.attention.sliding_window' is 64, expected 0: sliding-window attention is "
        + "not supported here")
  }

  @Test func refusesExperts() {
    var builder = GGUFBuilder()
    builder.set("llama.expert_count", .uint32(8))
    #expect(
      complaint(builder)
        == "key 'llama.expert_count' is 8, expected 0: mixture-of-experts models are not supported")
    builder.set("llama.expert_count", .uint32(0))
    #expect(complaint(builder) == nil)
  }

  /// Keys may come in any order.
  @Test func orderDoesNotMatter() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<20 {
      var builder = GGUFBuilder()
      builder.keys.shuffle(using: &generator)
      builder.tensors.shuffle(using: &generator)
      #expect(complaint(builder) == nil)
    }
  }
}
