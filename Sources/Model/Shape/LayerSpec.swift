/// What one transformer layer computes, and the sizes of its tensors. Everything that is sized,
/// checked, loaded or saved of a layer follows from this value.
public struct LayerSpec: Sendable, BitwiseCopyable, Equatable {
  public var mixer: TokenMixer
  public var span: AttentionSpan
  /// The number of the table in `ModelShape.ropeTables` by which queries and keys are rotated; nil
  /// for a layer without rotary embedding.
  public var ropeTable: Int?
  /// Query heads.
  public var headCount: Int
  /// Key and value heads; divides `headCount`. A layer that does not attend has neither.
  public var kvHeadCount: Int
  /// Elements of a head.
  public var headDim: Int
  public var norms: LayerNorms
  /// Whether queries, keys and values have biases.
  public var hasBias: Bool
  /// Whether attention's last matrix has a bias.
  public var hasOutputBias = false
  /// Whether each query head has a sink: a score that joins its softmax and weighs no value.
  public var hasSinks = false
  /// Whether the file has queries, keys and values in one matrix, and gate and up in another.
  public var isFused: Bool
  /// Elements of the hidden layer of the feed-forward part, which is gated; of one expert, if there are.
  public var feedForwardLength: Int
  /// Nil for a layer whose feed-forward part serves all tokens.
  public var experts: ExpertSpec?
  public var activation: Activation
  /// What the products of queries and keys are multiplied by; nil for `headDim`^(-1/2).
  public var queryScale: Float?
  public var queryGrowth: QueryGrowth?
  /// The layer whose keys and values this one attends to, in place of some of its own.
  public var keySource: Int?
  /// Elements of the input that each token has for this layer alone; 0 if there is none.
  public var inputLength = 0
  /// Whether what attention gives is multiplied by the sigmoid of a gate of as many elements, which lie with
  /// the queries.
  public var hasOutputGate = false
  /// What the outcomes of attention and feed-forward are multiplied by before they are added to the
  /// residual stream.
  public var residualScale: Float

  @export(interface)
  public init(
    mixer: TokenMixer = .attention, span: AttentionSpan = .full, ropeTable: Int? = 0,
    headCount: Int, kvHeadCount: Int, headDim: Int,
    norms: LayerNorms = LayerNorms(), hasBias: Bool = false, isFused: Bool = false,
    feedForwardLength: Int, experts: ExpertSpec? = nil, activation: Activation = .silu,
    queryScale: Float? = nil, queryGrowth: QueryGrowth? = nil, residualScale: Float = 1
  ) {
    self.mixer = mixer
    self.span = span
    self.ropeTable = ropeTable
    self.headCount = headCount
    self.kvHeadCount = kvHeadCount
    self.headDim = headDim
    self.norms = norms
    self.hasBias = hasBias
    self.isFused = isFused
    self.feedForwardLength = feedForwardLength
    self.experts = experts
    self.activation = activation
    self.queryScale = queryScale
    self.queryGrowth = queryGrowth
    self.residualScale = residualScale
  }

  /// Elements of all query heads.
  public var queryLength: Int { headCount * headDim }

  /// Elements of all key heads, and of all value heads.
  public var kvLength: Int { kvHeadCount * headDim }

  /// Elements of all query heads, and of their gates if there are any: what lies before the keys.
  public var keyStart: Int { hasOutputGate ? 2 * queryLength : queryLength }

  /// Key and value heads whose keys and values the layer keeps itself.
  public var keptHeadCount: Int { keySource == nil ? kvHeadCount : 0 }

  /// Elements of all keys that the layer keeps itself, and of all values.
  public var keptLength: Int { keptHeadCount * headDim }

  /// Elements of all query heads, gates, and key and value heads that the layer makes.
  public var queryKeyValueLength: Int { keyStart + 2 * keptLength }

  /// Query heads that attend to the same keys and values; 0 in a layer that does not attend.
  public var group: Int { kvHeadCount == 0 ? 0 : headCount / kvHeadCount }
}

/// Feed-forward parts; a router chooses some of them for each token.
public struct ExpertSpec: Sendable, BitwiseCopyable, Equatable {
  public var count: Int
  /// Experts of a token. Their factors sum to 1.
  public var usedCount: Int
  public var gating: ExpertGating
  /// Whether biases are added to the router's numbers when it chooses.
  public var hasBias: Bool
  /// Whether the router and the matrices of all experts have biases, which belong to what they give.
  public var hasMatrixBiases = false

  @export(interface)
  public init(count: Int, usedCount: Int, gating: ExpertGating = .softmax, hasBias: Bool = false) {
    self.count = count
    self.usedCount = usedCount
    self.gating = gating
    self.hasBias = hasBias
  }

  static let countMax = 512
  static let usedCountMax = 32
}

/// What the router's numbers become before the largest ones are chosen. Raw values are llama.cpp's.
public enum ExpertGating: Int, Sendable, BitwiseCopyable {
  case softmax = 1
  /// 1 / (1 + e^(-x))
  case sigmoid = 2
}

/// What a layer mixes the tokens of a text by.
public enum TokenMixer: Sendable, BitwiseCopyable, Equatable {
  case attention
  /// A gated short convolution (LFM2): each channel sees `length` tokens, itself the last one.
  case convolution(length: Int)
  /// A gated delta rule over keys and values of its own (Qwen 3.5).
  case delta(DeltaSpec)
}

/// The sizes of a gated delta rule (Yang et al., "Gated Delta Networks: Improving Mamba2 with Delta Rule",
/// 2024). Value head h has the queries and keys of key head h mod `keyHeadCount`.
public struct DeltaSpec: Sendable, BitwiseCopyable, Equatable {
  public var keyHeadCount: Int
  public var valueHeadCount: Int
  /// Elements of a query or key head.
  public var keyDim: Int
  public var valueDim: Int
  /// Tokens that the convolution over queries, keys and values sees.
  public var convolutionLength: Int

  @export(interface)
  public init(
    keyHeadCount: Int, valueHeadCount: Int, keyDim: Int, valueDim: Int, convolutionLength: Int
  ) {
    self.keyHeadCount = keyHeadCount
    self.valueHeadCount = valueHeadCount
    self.keyDim = keyDim
    self.valueDim = valueDim
    self.convolutionLength = convolutionLength
  }

  static let headDimMax = 256

  public var keyLength: Int { keyHeadCount * keyDim }
  public var valueLength: Int { valueHeadCount * valueDim }
  /// Queries, keys and values.
  public var channelCount: Int { 2 * keyLength + valueLength }
  public var convolutionStateCount: Int { (convolutionLength - 1) * channelCount }
  public var stateCount: Int { convolutionStateCount + valueHeadCount * keyDim * valueDim }
}

extension LayerSpec {
  /// Published models convolve three or four tokens.
  static let convolutionLengthMax = 16

  /// Whether the layer keeps keys and values, which policies evict from.
  public var attends: Bool { mixer == .attention }

  /// Outputs of the layer's first product, from which it mixes tokens.
  @export(interface)
  public func mixerInputLength(embeddingLength: Int) -> Int {
    switch mixer {
    case .attention: queryKeyValueLength
    case .convolution: 3 * embeddingLength
    case .delta(let delta): delta.channelCount + delta.valueLength
    }
  }

  /// Elements that the last product of that part takes.
  @export(interface)
  public func mixedLength(embeddingLength: Int) -> Int {
    switch mixer {
    case .attention: queryLength
    case .convolution: embeddingLength
    case .delta(let delta): delta.valueLength
    }
  }

  /// Float32 numbers that a text leaves in a layer that keeps no keys.
  @export(interface)
  public func stateCount(embeddingLength: Int) -> Int {
    switch mixer {
    case .attention: 0
    case .convolution(let length): (length - 1) * embeddingLength
    case .delta(let delta): delta.stateCount
    }
  }

  /// The same layer without attention.
  func mixing(by mixer: TokenMixer) -> LayerSpec {
    var layer = self
    layer.mixer = mixer
    layer.hasOutputGate = false
    layer.ropeTable = nil
    (layer.headCount, layer.kvHeadCount) = (0, 0)
    layer.norms.heads = false
    layer.hasBias = false
    layer.hasOutputBias = false
    layer.hasSinks = false
    return layer
  }
}

/// How many of the tokens before it a token attends to.
public enum AttentionSpan: Sendable, BitwiseCopyable, Equatable {
  case full
  /// The token itself and those before it, together so many at most.
  case window(Int)
}

/// Queries grow with their position p: by 1 + scale log(1 + floor(p / length)) (Llama 4, Ministral 3).
public struct QueryGrowth: Sendable, BitwiseCopyable, Equatable {
  public let scale: Float
  public let length: Int

  public init(scale: Float, length: Int) {
    self.scale = scale
    self.length = length
  }
}

/// The RMS norms that a layer has; those of Llama at first.
public struct LayerNorms: Sendable, BitwiseCopyable, Equatable {
  public var beforeAttention = true
  /// Of attention's outcome, before it is added to the residual stream.
  public var afterAttention = false
  public var beforeFeedForward = true
  /// Of the feed-forward part's outcome, before it is added to the residual stream.
  public var afterFeedForward = false
  /// Of each query head and each key head, before rotation.
  public var heads = false
  /// Of each value head, without weights.
  public var values = false

  public init() {}

  /// Llama's, and those of query and key heads.
  static var withHeads: LayerNorms {
    var norms = LayerNorms()
    norms.heads = true
    return norms
  }
}

/// The function of the gate in the feed-forward part.
public enum Activation: Int, Sendable, BitwiseCopyable {
  /// x / (1 + e^(-x))
  case silu
  /// GELU in its form with tanh.
  case gelu
  /// x / (1 + e^(-1.702 x)) with x at most 7, times what it gates, from -7 to 7, plus 1.
  case clampedSilu
}
