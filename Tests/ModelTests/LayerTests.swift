import TestSupport
import Testing

@testable import Model

private func set(_ layer: Int, to spec: LayerSpec, in layers: inout LayerTable) {
  let isSet = layers.set(layer, to: spec)
  #expect(isSet)
}

/// Descriptions of layers: what they say of tensors and sizes, and what is refused of them.
@Suite struct LayerTests {
  private static let plain = LayerSpec(
    headCount: 4, kvHeadCount: 2, headDim: 8, feedForwardLength: 64)

  private static func shape(_ layers: LayerTable, _ tables: RopeTables? = nil) throws -> ModelShape
  {
    try ModelShape(
      architecture: .llama, layers: layers,
      ropeTables: tables ?? RopeTables(RopeSpec(frequencyBase: 10_000, dimensionCount: 8)),
      embeddingLength: 32, vocabularyCount: 12, contextLength: 128, rmsEpsilon: 1e-5,
      isOutputTied: true)
  }

  private static func shape(_ change: (inout LayerSpec) -> Void) throws -> ModelShape {
    var layers = LayerTable(repeating: plain, count: 3)
    var layer = plain
    change(&layer)
    set(1, to: layer, in: &layers)
    return try shape(layers)
  }

  @Test func layersOfAFewKinds() {
    var layers = LayerTable(repeating: Self.plain, count: LayerTable.layerCountMax)
    var expected = [LayerSpec](repeating: Self.plain, count: layers.count)
    var random = SeededGenerator(seed: 5)
    for _ in 0..<2000 {
      let layer = Int.random(in: 0..<layers.count, using: &random)
      expected[layer].feedForwardLength = 64 + 4 * Int.random(in: 0..<7, using: &random)
      set(layer, to: expected[layer], in: &layers)
    }
    #expect(layers.kindCount == 7)
    for layer in expected.indices { #expect(layers[layer] == expected[layer]) }
    #expect(layers.largest { $0.feedForwardLength } == 88)
    #expect(
      layers.sum { $0.feedForwardLength } == expected.reduce(0) { $0 + $1.feedForwardLength })
  }

  @Test func moreKindsAreRefused() {
    var layers = LayerTable(repeating: Self.plain, count: 40)
    var layer = Self.plain
    for index in 1..<LayerTable.kindCountMax {
      layer.feedForwardLength += 4
      set(index, to: layer, in: &layers)
    }
    layer.feedForwardLength += 4
    let isSet = layers.set(30, to: layer)
    #expect(!isSet && layers[30] == Self.plain)
    set(30, to: layers[5], in: &layers)
    #expect(layers[30] == layers[5])
  }

  /// What a layer has decides which tensors are needed, and of what size.
  @Test func sizesOfLayersThatDiffer() throws {
    let shape = try Self.shape {
      $0.headCount = 8
      $0.feedForwardLength = 128
      $0.norms.afterAttention = true
      $0.hasBias = true
    }
    #expect(shape.layer(1).group == 4 && shape.layer(1).queryKeyValueLength == 96)
    let plain = 32 * (32 + 2 * 16) + 32 * 32 + 3 * 32 * 64
    let changed = 32 * (64 + 2 * 16) + 64 * 32 + 3 * 32 * 128
    #expect(shape.layerMatrixWeightCount == 2 * plain + changed)
    let vectors = 3 * 2 * 32 + 32 + (64 + 2 * 16) + 32
    #expect(shape.parameterCount == 2 * plain + changed + vectors + 12 * 32)
    #expect(shape.layer(1).has(.attentionPostNorm) && !shape.layer(0).has(.attentionPostNorm))
    #expect(shape.layer(1).has(.keyBias) && !shape.layer(2).has(.keyBias))
  }

  private static let refused: [(reason: String, change: @Sendable (inout LayerSpec) -> Void)] = [
    (
      "layer 1 of the model is not supported: a table of rotary embedding for heads of another "
        + "length", { $0.headDim = 16 }
    ),
    (
      "layer 1 of the model is not supported: a table of rotary embedding that the model has not",
      { $0.ropeTable = 1 }
    ),
    (
      "layer 1 of the model is not supported: attention or a feed-forward part without a norm "
        + "before it", { $0.norms.beforeAttention = false }
    ),
    (
      "layer 1 of the model is not supported: a clamped gate without biases of experts, or these "
        + "without it", { $0.activation = .clampedSilu }
    ),
    (
      "layer 1 of the model is not supported: biases of what is scaled before it is added",
      {
        $0.hasOutputBias = true
        $0.residualScale = 0.5
      }
    ),
  ]

  @Test(arguments: refused.indices) func refusesWhatIsNotComputed(index: Int) throws {
    let shape = try Self.shape(Self.refused[index].change)
    let error = #expect(throws: ModelError.self) { try shape.checkIsComputed() }
    #expect(message(try #require(error)) == Self.refused[index].reason)
  }

  @Test func acceptsWhatIsComputed() throws {
    let layers = LayerTable(repeating: Self.plain, count: 2)
    let half = RopeTables(RopeSpec(frequencyBase: 10_000, dimensionCount: 4, headDim: 8))
    try Self.shape(layers, half).checkIsComputed()
    var tables = RopeTables(RopeSpec(frequencyBase: 10_000, dimensionCount: 8))
    tables.append(RopeSpec(frequencyBase: 1e6, dimensionCount: 8))
    var second = layers
    var layer = Self.plain
    layer.ropeTable = 1
    layer.span = .window(16)
    set(1, to: layer, in: &second)
    try Self.shape(second, tables).checkIsComputed()
    try Self.shape { $0.ropeTable = nil }.checkIsComputed()
  }

  /// Heads that are not rotated share one table.
  @Test func refusesPlainHeadsOfTwoLengths() throws {
    let error = #expect(throws: ModelError.self) {
      var layers = LayerTable(repeating: Self.plain, count: 2)
      var layer = Self.plain
      layer.ropeTable = nil
      set(0, to: layer, in: &layers)
      layer.headDim = 16
      set(1, to: layer, in: &layers)
      try Self.shape(layers).checkIsComputed()
    }
    #expect(
      message(try #require(error))
        == "layer 1 of the model is not supported: heads of two lengths without rotary embedding")
  }

  /// What a fused tensor holds.
  @Test func partsOfFusedTensors() throws {
    let shape = try Self.shape { $0.isFused = true }
    let (fused, plain) = (shape.layer(1), shape.layer(0))
    #expect((0..<4).map { fused.part($0, of: .queryKeyValue) } == [.query, .key, .value, nil])
    #expect((0..<3).map { fused.part($0, of: .up) } == [.gate, .up, nil])
    #expect((0..<2).map { plain.part($0, of: .up) } == [.up, nil])
    #expect((0..<2).map { fused.part($0, of: .down) } == [.down, nil])
    #expect(fused.rowCount(ofPart: .key) == 16 && plain.rowCount(ofPart: .key) == nil)
    #expect(!fused.has(.gate) && fused.has(.queryKeyValue) && !plain.has(.queryKeyValue))
    #expect(shape.parameterCount == (try Self.shape { _ in }).parameterCount)
  }

  /// Whatever the description says changes the hash of it.
  @Test func everythingOfADescriptionIsInItsFingerprint() throws {
    let changes: [(inout LayerSpec) -> Void] = [
      { $0.span = .window(16) }, { $0.span = .window(17) }, { $0.ropeTable = nil },
      { $0.headCount = 8 }, { $0.kvHeadCount = 4 }, { $0.headDim = 16 }, { $0.hasBias = true },
      { $0.norms.beforeAttention = false }, { $0.norms.afterAttention = true },
      { $0.norms.beforeFeedForward = false }, { $0.norms.afterFeedForward = true },
      { $0.norms.heads = true }, { $0.feedForwardLength = 68 }, { $0.activation = .gelu },
      { $0.queryScale = 0.5 }, { $0.residualScale = 0.5 }, { $0.isFused = true },
      { $0.queryGrowth = QueryGrowth(scale: 0.1, length: 16) },
      { $0.queryGrowth = QueryGrowth(scale: 0.1, length: 32) },
      { $0.experts = ExpertSpec(count: 4, usedCount: 2) },
      { $0.experts = ExpertSpec(count: 4, usedCount: 1) },
      { $0.experts = ExpertSpec(count: 8, usedCount: 2) },
      { $0.experts = ExpertSpec(count: 4, usedCount: 2, gating: .sigmoid) },
      { $0.experts = ExpertSpec(count: 4, usedCount: 2, hasBias: true) },
      { $0.hasOutputGate = true }, { $0.mixer = .delta(Self.delta(2, 4, 16, 16, 4)) },
      { $0.mixer = .delta(Self.delta(4, 4, 16, 16, 4)) },
      { $0.mixer = .delta(Self.delta(2, 2, 16, 16, 4)) },
      { $0.mixer = .delta(Self.delta(2, 4, 32, 16, 4)) },
      { $0.mixer = .delta(Self.delta(2, 4, 16, 32, 4)) },
      { $0.mixer = .delta(Self.delta(2, 4, 16, 16, 3)) },
      { $0.mixer = .convolution(length: 3) }, { $0.mixer = .convolution(length: 4) },
    ]
    var hashes = try Set(changes.map { try Self.shape($0).fingerprint })
    #expect(hashes.count == changes.count)
    hashes.insert(try Self.shape { _ in }.fingerprint)
    let rotations: [(inout RopeSpec) -> Void] = [
      { $0.frequencyBase = 10_001 }, { $0.dimensionCount = 4 }, { $0.factors = .all },
      { $0.scaling = .linear(factor: 2) }, { $0.scaling = .linear(factor: 4) },
      { $0.scaling = .yarn(Self.yarn) }, { $0.headDim = 16 }, { $0.attentionFactor = 1.25 },
      { $0.factors = .long },
      {
        $0.factors = .long
        $0.originalContextLength = 64
      },
    ]
    for change in rotations {
      var table = RopeSpec(frequencyBase: 10_000, dimensionCount: 8)
      change(&table)
      let layers = LayerTable(repeating: Self.plain, count: 3)
      hashes.insert(try Self.shape(layers, RopeTables(table)).fingerprint)
    }
    #expect(hashes.count == changes.count + 1 + rotations.count)
  }

  private static func delta(
    _ keyHeads: Int, _ valueHeads: Int, _ keyDim: Int, _ valueDim: Int, _ length: Int
  ) -> DeltaSpec {
    DeltaSpec(
      keyHeadCount: keyHeads, valueHeadCount: valueHeads, keyDim: keyDim, valueDim: valueDim,
      convolutionLength: length)
  }

  private static let yarn = YarnScaling(
    factor: 4, originalContextLength: 64, fastTurns: 32, slowTurns: 1, attentionFactor: 1)

  private static let refusedKeys: [(name: String, value: GGUFValue, text: String)] = [
    ("llama.attention.causal", .bool(false), "is false, expected true: only causal attention"),
    ("llama.attention.scale", .float32(0.5), "is 0.500000000, expected none: scales"),
    ("llama.residual_scale", .float32(0.5), "is 0.500000000, expected none: scales"),
    ("llama.embedding_scale", .float32(12), "is 12.000000000, expected none: scales"),
    ("llama.logit_scale", .float32(8), "is 8.000000000, expected none: scales"),
  ]

  @Test(arguments: refusedKeys.indices) func refusesByKey(index: Int) {
    let (name, value, text) = Self.refusedKeys[index]
    var builder = GGUFBuilder()
    builder.set(name, value)
    #expect(complaint(builder)?.hasPrefix("key '\(name)' \(text)") == true)
  }

  @Test func acceptsKeysThatAskForNothing() {
    var builder = GGUFBuilder()
    builder.set("llama.attention.causal", .bool(true))
    for name in ["llama.residual_scale", "llama.embedding_scale", "llama.logit_scale"] {
      builder.set(name, .float32(1))
    }
    builder.set("llama.attention.scale", .float32(0))
    #expect(complaint(builder) == nil)
  }
}
