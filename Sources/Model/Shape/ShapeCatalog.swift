import Text

/// Published models whose sizes are known without a file: for plans and for measurements with
/// weights that are made up.
///
/// The sizes are those of the models' `config.json`. The scaling of Llama 3's rotary frequencies is
/// left out, as are Phi-4's factors, Gemma 3's and gpt-oss's scaling (other values in the same table).
/// Trained lengths are the instruct models'; the runtime does not plan by them.
public enum PublishedShape: Int, Sendable {
  case llama32At1B
  case llama32At3B
  case llama31At8B
  case qwen25At500M
  case qwen25At1500M
  case qwen25At3B
  case qwen25At7B
  case smolLM2At135M
  case gemma3At1B
  case gemma3At4B
  case smolLM3At3B
  case phi4Mini
  case lfm2At1B
  case qwen3At30B
  case qwen35At2B
  case gemma4AtE2B
  case gptOSSAt20B

  public static let count = 17

  public init?(name: Span<UInt8>) {
    for index in 0..<Self.count {
      if let shape = PublishedShape(rawValue: index), matches(name, shape.name) {
        self = shape
        return
      }
    }
    return nil
  }

  /// The name on the command line and in reports.
  public var name: StaticString {
    switch self {
    case .llama32At1B: "llama-3.2-1b"
    case .llama32At3B: "llama-3.2-3b"
    case .llama31At8B: "llama-3.1-8b"
    case .qwen25At500M: "qwen2.5-0.5b"
    case .qwen25At1500M: "qwen2.5-1.5b"
    case .qwen25At3B: "qwen2.5-3b"
    case .qwen25At7B: "qwen2.5-7b"
    case .smolLM2At135M: "smollm2-135m"
    case .gemma3At1B: "gemma-3-1b"
    case .gemma3At4B: "gemma-3-4b"
    case .smolLM3At3B: "smollm3-3b"
    case .phi4Mini: "phi-4-mini"
    case .lfm2At1B: "lfm2-1.2b"
    case .qwen3At30B: "qwen3-30b-a3b"
    case .qwen35At2B: "qwen3.5-2b"
    case .gemma4AtE2B: "gemma-4-e2b"
    case .gptOSSAt20B: "gpt-oss-20b"
    }
  }

  public var shape: ModelShape {
    @export(interface) get {
      switch self {
      case .llama32At1B:
        Self.llama(
          embedding: 2048, layers: 16, heads: 32, headDim: 64, feedForward: 8192, isOutputTied: true
        )
      case .llama32At3B:
        Self.llama(
          embedding: 3072, layers: 28, heads: 24, headDim: 128, feedForward: 8192,
          isOutputTied: true)
      case .llama31At8B:
        Self.llama(
          embedding: 4096, layers: 32, heads: 32, headDim: 128, feedForward: 14_336,
          isOutputTied: false)
      case .qwen25At500M:
        Self.qwen(embedding: 896, layers: 24, heads: 14, kvHeads: 2, headDim: 64, feedForward: 4864)
      case .qwen25At1500M:
        Self.qwen(
          embedding: 1536, layers: 28, heads: 12, kvHeads: 2, headDim: 128, feedForward: 8960)
      case .qwen25At3B:
        Self.qwen(
          embedding: 2048, layers: 36, heads: 16, kvHeads: 2, headDim: 128, feedForward: 11_008)
      case .qwen25At7B:
        Self.qwen(
          embedding: 3584, layers: 28, heads: 28, kvHeads: 4, headDim: 128, feedForward: 18_944,
          vocabulary: 152_064, isOutputTied: false)
      case .smolLM2At135M:
        Self.checked {
          () throws(ModelError) in
          try ModelShape(
            layerCount: 30, headCount: 9, kvHeadCount: 3, headDim: 64, embeddingLength: 576,
            feedForwardLength: 1536, vocabularyCount: 49_152, contextLength: 8192,
            ropeFrequencyBase: 100_000, rmsEpsilon: 1e-5, isOutputTied: true)
        }
      case .gemma3At1B:
        Self.gemma(
          embedding: 1152, layers: 26, heads: 4, kvHeads: 1, feedForward: 6912, vocabulary: 262_144,
          context: 32_768, window: 512)
      case .gemma3At4B:
        Self.gemma(
          embedding: 2560, layers: 34, heads: 8, kvHeads: 4, feedForward: 10_240,
          vocabulary: 262_208, context: 131_072, window: 1024)
      case .smolLM3At3B: Self.smolLM3
      case .phi4Mini: Self.phi4
      case .lfm2At1B: Self.lfm2
      case .qwen3At30B: Self.qwen3WithExperts
      case .qwen35At2B: Self.qwen35
      case .gemma4AtE2B: Self.gemma4
      case .gptOSSAt20B: Self.gptOSS
      }
    }
  }

  /// What the Gemma 3 models have in common.
  private static func gemma(
    embedding: Int, layers: Int, heads: Int, kvHeads: Int, feedForward: Int, vocabulary: Int,
    context: Int, window: Int
  ) -> ModelShape {
    checked {
      () throws(ModelError) in
      try ModelShape(
        architecture: .gemma3, layerCount: layers, headCount: heads, kvHeadCount: kvHeads,
        headDim: 256, embeddingLength: embedding, feedForwardLength: feedForward,
        vocabularyCount: vocabulary, contextLength: context, ropeFrequencyBase: 1_000_000,
        rmsEpsilon: 1e-6, isOutputTied: true, window: window)
    }
  }

  private static var smolLM3: ModelShape {
    checked {
      () throws(ModelError) in
      try ModelShape(
        architecture: .smollm3, layerCount: 36, headCount: 16, kvHeadCount: 4, headDim: 128,
        embeddingLength: 2048, feedForwardLength: 11_008, vocabularyCount: 128_256,
        contextLength: 65_536, ropeFrequencyBase: 5_000_000, rmsEpsilon: 1e-6, isOutputTied: true)
    }
  }

  private static var phi4: ModelShape {
    checked {
      () throws(ModelError) in
      try ModelShape(
        architecture: .phi3, layerCount: 32, headCount: 24, kvHeadCount: 8, headDim: 128,
        embeddingLength: 3072, feedForwardLength: 8192, vocabularyCount: 200_064,
        contextLength: 131_072, ropeFrequencyBase: 10_000, rmsEpsilon: 1e-5, isOutputTied: true,
        rotatedCount: 96)
    }
  }

  /// Six of sixteen layers attend.
  private static var lfm2: ModelShape {
    let layer = Architecture.lfm2.description.layer(
      headCount: 32, kvHeadCount: 8, headDim: 64, feedForwardLength: 8192)
    var layers = LayerTable(repeating: layer.mixing(by: .convolution(length: 3)), count: 16)
    let attending: InlineArray<6, Int> = [2, 5, 8, 10, 12, 14]
    for index in attending.indices { set(attending[index], to: layer, in: &layers) }
    return checked {
      () throws(ModelError) in
      try ModelShape(
        architecture: .lfm2, layers: layers,
        ropeTables: RopeTables(RopeSpec(frequencyBase: 1_000_000, dimensionCount: 64)),
        embeddingLength: 2048, vocabularyCount: 65_536, contextLength: 128_000, rmsEpsilon: 1e-5,
        isOutputTied: true)
    }
  }

  private static var qwen3WithExperts: ModelShape {
    var layer = Architecture.qwen3moe.description.layer(
      headCount: 32, kvHeadCount: 4, headDim: 128, feedForwardLength: 768)
    layer.experts = ExpertSpec(count: 128, usedCount: 8)
    let layers = LayerTable(repeating: layer, count: 48)
    return checked {
      () throws(ModelError) in
      try ModelShape(
        architecture: .qwen3moe, layers: layers,
        ropeTables: RopeTables(RopeSpec(frequencyBase: 1_000_000, dimensionCount: 128)),
        embeddingLength: 2048, vocabularyCount: 151_936, contextLength: 40_960, rmsEpsilon: 1e-6,
        isOutputTied: false)
    }
  }

  /// Every fourth layer attends.
  private static var qwen35: ModelShape {
    let layer = Architecture.qwen35.description.layer(
      headCount: 8, kvHeadCount: 2, headDim: 256, feedForwardLength: 6144)
    let delta = DeltaSpec(
      keyHeadCount: 16, valueHeadCount: 16, keyDim: 128, valueDim: 128, convolutionLength: 4)
    var layers = LayerTable(repeating: layer.mixing(by: .delta(delta)), count: 24)
    for index in 0..<24 where index % 4 == 3 { set(index, to: layer, in: &layers) }
    return checked {
      () throws(ModelError) in
      try ModelShape(
        architecture: .qwen35, layers: layers,
        ropeTables: RopeTables(
          RopeSpec(frequencyBase: 10_000_000, dimensionCount: 64, headDim: 256)),
        embeddingLength: 2048, vocabularyCount: 248_320, contextLength: 262_144, rmsEpsilon: 1e-6,
        isOutputTied: true)
    }
  }

  /// Of five layers four see a window; the last 20 of 35 layers have the keys of the last one before them
  /// that sees as much, and feed-forward parts of twice the length.
  private static var gemma4: ModelShape {
    var layer = Architecture.gemma4.description.layer(
      headCount: 8, kvHeadCount: 1, headDim: 512, feedForwardLength: 6144)
    layer.queryScale = 1
    layer.inputLength = 256
    var layers = LayerTable(repeating: layer, count: 35)
    for index in 0..<35 {
      var own = layer
      if index % 5 < 4 { (own.span, own.ropeTable, own.headDim) = (.window(512), 1, 256) }
      if index >= 15 {
        own.keySource = index % 5 < 4 ? 13 : 14
        own.feedForwardLength = 12_288
      }
      set(index, to: own, in: &layers)
    }
    var tables = RopeTables(RopeSpec(frequencyBase: 1_000_000, dimensionCount: 512))
    tables.append(RopeSpec(frequencyBase: 10_000, dimensionCount: 256))
    return checked {
      () throws(ModelError) in
      try ModelShape(
        architecture: .gemma4, layers: layers, ropeTables: tables, embeddingLength: 1536,
        vocabularyCount: 262_144, contextLength: 131_072, rmsEpsilon: 1e-6,
        embeddingScale: 39.191_836, logitCap: 30, isOutputTied: true)
    }
  }

  /// Of two layers the first one sees a window.
  private static var gptOSS: ModelShape {
    let description = Architecture.gptOSS.description
    var layer = description.layer(
      headCount: 64, kvHeadCount: 8, headDim: 64, feedForwardLength: 2880)
    var experts = ExpertSpec(count: 32, usedCount: 4)
    experts.hasMatrixBiases = true
    layer.experts = experts
    let layers = description.layers(
      repeating: layer, count: 24, window: 128, period: 2, contextLength: 131_072)
    return checked {
      () throws(ModelError) in
      try ModelShape(
        architecture: .gptOSS, layers: layers,
        ropeTables: RopeTables(RopeSpec(frequencyBase: 150_000, dimensionCount: 64)),
        embeddingLength: 2880, vocabularyCount: 201_088, contextLength: 131_072, rmsEpsilon: 1e-5,
        isOutputTied: false)
    }
  }

  private static func set(_ index: Int, to layer: LayerSpec, in layers: inout LayerTable) {
    let isSet = layers.set(index, to: layer)
    precondition(isSet, "a published model has few kinds of layers")
  }

  /// What the Llama 3 models have in common.
  private static func llama(
    embedding: Int, layers: Int, heads: Int, headDim: Int, feedForward: Int, isOutputTied: Bool
  ) -> ModelShape {
    checked {
      () throws(ModelError) in
      try ModelShape(
        layerCount: layers, headCount: heads, kvHeadCount: 8, headDim: headDim,
        embeddingLength: embedding, feedForwardLength: feedForward, vocabularyCount: 128_256,
        contextLength: 131_072, ropeFrequencyBase: 500_000, rmsEpsilon: 1e-5,
        isOutputTied: isOutputTied)
    }
  }

  /// What the Qwen2.5 models have in common.
  private static func qwen(
    embedding: Int, layers: Int, heads: Int, kvHeads: Int, headDim: Int, feedForward: Int,
    vocabulary: Int = 151_936, isOutputTied: Bool = true
  ) -> ModelShape {
    checked {
      () throws(ModelError) in
      try ModelShape(
        architecture: .qwen2, layerCount: layers, headCount: heads, kvHeadCount: kvHeads,
        headDim: headDim, embeddingLength: embedding, feedForwardLength: feedForward,
        vocabularyCount: vocabulary,
        contextLength: 32_768, ropeFrequencyBase: 1_000_000, rmsEpsilon: 1e-6,
        isOutputTied: isOutputTied)
    }
  }

  /// The entries of this file are within a shape's limits.
  private static func checked(_ make: () throws(ModelError) -> ModelShape) -> ModelShape {
    do throws(ModelError) {
      return try make()
    } catch {
      preconditionFailure("a published shape is beyond a limit")
    }
  }
}

extension ModelShape {
  /// Weights of all matrices of the transformer's layers: the multiply-adds of a token's products,
  /// without the output head.
  public var layerMatrixWeightCount: Int {
    @export(interface) get {
      layerInputWeightCount
        + layers.sum { layer in
          layer.elementCount(embeddingLength: embeddingLength) { !$0.isVector && !$0.isOfExperts }
            + layer.elementCount(embeddingLength: embeddingLength) { $0.isOfExperts }
            / max(layer.expertCount, 1) * (layer.experts?.usedCount ?? 0)
        }
    }
  }

  /// Weights of the matrix that makes the inputs of all layers from an embedding.
  private var layerInputWeightCount: Int {
    layerInputLength > 0 ? TensorSlot.layerInputProjection.shape(self).elementCount : 0
  }

  /// Everything that the runtime holds of a model: matrices, embeddings (once if the output head
  /// is tied to them), norms and biases.
  public var parameterCount: Int {
    @export(interface) get {
      let embeddings = TensorSlot.tokenEmbedding.shape(self).elementCount * (isOutputTied ? 1 : 2)
      let layerElements = layers.sum {
        $0.elementCount(embeddingLength: embeddingLength) { _ in true }
      }
      return embeddings + TensorSlot.outputNorm.shape(self).elementCount + layerElements
        + layerInputWeightCount + layerInputLength
    }
  }
}

extension LayerSpec {
  /// Elements of the layer's tensors that `isCounted` picks.
  @inline(__always)
  fileprivate func elementCount(
    embeddingLength: Int, _ isCounted: (LayerTensor) -> Bool
  ) -> Int {
    var count = 0
    for index in 0..<LayerTensor.count {
      guard let tensor = LayerTensor(rawValue: index) else { break }
      if has(tensor) && isCounted(tensor) {
        count += tensor.shape(self, embeddingLength: embeddingLength).elementCount
      }
    }
    return count
  }
}
