/// The architecture and sizes of a model. A value of this type is within all limits.
public struct ModelShape: Sendable, BitwiseCopyable {
  /// Above the deepest published models (126 layers).
  public static let layerCountMax = 512
  public static let headCountMax = 256
  /// Rotary embedding turns pairs, so the dimension of a head is even.
  public static let headDimMax = 256
  /// The longest row of a matrix: an int8 sum of that many products of a biased activation (at most
  /// 255) and a weight (at most 127) stays below 2^31.
  public static let rowLengthMax = 65_536
  /// Packed matrices hold their columns in groups of four.
  public static let rowLengthMultiple = 4
  public static let vocabularyCountMax = 1 << 20
  /// Positions are Int32.
  public static let contextLengthMax = Int(Int32.max)

  public let architecture: Architecture
  public let layerCount: Int
  /// Query heads of a layer.
  public let headCount: Int
  /// Key and value heads of a layer; divides `headCount`.
  public let kvHeadCount: Int
  /// Elements of a head.
  public let headDim: Int
  /// Elements of the residual stream.
  public let embeddingLength: Int
  /// Elements of the hidden layer of the feed-forward part.
  public let feedForwardLength: Int
  /// Rows of the token embedding and logits of a step.
  public let vocabularyCount: Int
  /// Positions that the model was trained for.
  public let contextLength: Int
  /// The base of the rotary embedding's frequencies.
  public let ropeFrequencyBase: Float
  public let ropeScaling: RopeScaling
  /// What RMS norm adds to the mean square.
  public let rmsEpsilon: Float
  /// Whether the output head is the token embedding.
  public internal(set) var isOutputTied: Bool
  /// Whether queries, keys and values have biases.
  public internal(set) var hasBias: Bool
  /// Whether each frequency of rotary embedding has a divisor of its own.
  public internal(set) var hasRopeFactors = false

  /// Elements of all query heads.
  public var queryLength: Int { headCount * headDim }

  /// Elements of all key heads, and of all value heads.
  public var kvLength: Int { kvHeadCount * headDim }

  /// Checks every limit; errors carry the name of the GGUF key.
  public init(
    architecture: Architecture = .llama, layerCount: Int, headCount: Int, kvHeadCount: Int,
    headDim: Int, embeddingLength: Int, feedForwardLength: Int, vocabularyCount: Int,
    contextLength: Int, ropeFrequencyBase: Float, ropeScaling: RopeScaling = .none,
    rmsEpsilon: Float, isOutputTied: Bool
  ) throws(ModelError) {
    let check = ShapeCheck(architecture: architecture)
    try check.isInRange(.blockCount, layerCount, maximum: Self.layerCountMax)
    try check.isInRange(.headCount, headCount, maximum: Self.headCountMax)
    try check.heads(headCount, kvHeadCount, headDim)
    try check.rowLength(.embeddingLength, embeddingLength)
    try check.rowLength(.feedForwardLength, feedForwardLength)
    try check.isInRange(.vocabularySize, vocabularyCount, maximum: Self.vocabularyCountMax)
    try check.isInRange(.contextLength, contextLength, maximum: Self.contextLengthMax)
    try check.frequencyBase(ropeFrequencyBase)
    try check.isPositive(.rmsEpsilon, rmsEpsilon)
    self.architecture = architecture
    self.layerCount = layerCount
    self.headCount = headCount
    self.kvHeadCount = kvHeadCount
    self.headDim = headDim
    self.embeddingLength = embeddingLength
    self.feedForwardLength = feedForwardLength
    self.vocabularyCount = vocabularyCount
    self.contextLength = contextLength
    self.ropeFrequencyBase = ropeFrequencyBase
    self.ropeScaling = ropeScaling
    self.rmsEpsilon = rmsEpsilon
    self.isOutputTied = isOutputTied
    hasBias = architecture.requiresBias
  }
}
