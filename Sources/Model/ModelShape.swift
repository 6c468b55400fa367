/// The sizes of a model of the llama architecture. A value of this type is within all limits.
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
  /// What RMS norm adds to the mean square.
  public let rmsEpsilon: Float
  /// Whether the output head is the token embedding.
  public internal(set) var isOutputTied: Bool

  /// Elements of all query heads.
  public var queryLength: Int { headCount * headDim }

  /// Elements of all key heads, and of all value heads.
  public var kvLength: Int { kvHeadCount * headDim }

  /// Checks every limit; errors carry the name of the GGUF key.
  public init(
    layerCount: Int, headCount: Int, kvHeadCount: Int, headDim: Int, embeddingLength: Int,
    feedForwardLength: Int, vocabularyCount: Int, contextLength: Int,
    ropeFrequencyBase: Float, rmsEpsilon: Float, isOutputTied: Bool
  ) throws(ModelError) {
    try Self.check(.blockCount, layerCount, maximum: Self.layerCountMax)
    try Self.check(.headCount, headCount, maximum: Self.headCountMax)
    try Self.checkHeads(headCount, kvHeadCount, headDim)
    try Self.checkRowLength(.embeddingLength, embeddingLength)
    try Self.checkRowLength(.feedForwardLength, feedForwardLength)
    try Self.check(.vocabularySize, vocabularyCount, maximum: Self.vocabularyCountMax)
    try Self.check(.contextLength, contextLength, maximum: Self.contextLengthMax)
    try Self.checkPositive(.ropeFrequencyBase, ropeFrequencyBase)
    try Self.checkPositive(.rmsEpsilon, rmsEpsilon)
    self.layerCount = layerCount
    self.headCount = headCount
    self.kvHeadCount = kvHeadCount
    self.headDim = headDim
    self.embeddingLength = embeddingLength
    self.feedForwardLength = feedForwardLength
    self.vocabularyCount = vocabularyCount
    self.contextLength = contextLength
    self.ropeFrequencyBase = ropeFrequencyBase
    self.rmsEpsilon = rmsEpsilon
    self.isOutputTied = isOutputTied
  }

  static func check(_ key: MetadataKey, _ value: Int, maximum: Int) throws(ModelError) {
    if value < 1 || value > maximum {
      throw .key(key, .integerRange(value, minimum: 1, maximum: maximum))
    }
  }

  private static func checkHeads(
    _ headCount: Int, _ kvHeadCount: Int, _ headDim: Int
  ) throws(ModelError) {
    try check(.kvHeadCount, kvHeadCount, maximum: headCount)
    if headCount % kvHeadCount != 0 {
      throw .key(
        .kvHeadCount,
        .notDivisor(kvHeadCount, other: MetadataKey.headCount.name, otherValue: headCount))
    }
    if headDim < 2 || headDim > headDimMax || headDim % 2 != 0 {
      throw .key(
        .keyLength,
        .integer(headDim, expected: "an even number from 2 to 256, given or as embedding / heads"))
    }
    if headCount * headDim % rowLengthMultiple != 0 {
      throw .key(
        .keyLength, .integer(headDim, expected: "a multiple of 4 when multiplied by the heads"))
    }
  }

  static func checkRowLength(_ key: MetadataKey, _ length: Int) throws(ModelError) {
    try check(key, length, maximum: rowLengthMax)
    if length % rowLengthMultiple != 0 {
      throw .key(key, .integer(length, expected: "a multiple of 4"))
    }
  }

  private static func checkPositive(_ key: MetadataKey, _ value: Float) throws(ModelError) {
    if !(value > 0 && value.isFinite) {
      throw .key(key, .real(Double(value), expected: "a finite number above 0"))
    }
  }
}
