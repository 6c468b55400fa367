/// The architecture and sizes of a model. A value of this type is within all limits.
///
/// It is about two KiB: what many threads read holds it by pointer.
public struct ModelShape: Sendable, BitwiseCopyable {
  public static var layerCountMax: Int { LayerTable.layerCountMax }
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
  public internal(set) var layers: LayerTable
  public internal(set) var ropeTables: RopeTables
  /// Elements of the residual stream.
  public let embeddingLength: Int
  /// Rows of the token embedding and logits of a step.
  public let vocabularyCount: Int
  /// Positions that the model was trained for.
  public let contextLength: Int
  /// What RMS norm adds to the mean square.
  public let rmsEpsilon: Float
  /// What token embeddings are multiplied by.
  public let embeddingScale: Float
  /// What logits are multiplied by.
  public let logitScale: Float
  /// Whether the output head is the token embedding.
  public internal(set) var isOutputTied: Bool
  /// Matrices that the file has codes of, which are kept if `keepsCodes` says so.
  public var coded = CodedTensors()
  /// Whether weights stay in the file's own bits; otherwise all become int8.
  public var keepsCodes = false

  public var layerCount: Int { layers.count }

  public func layer(_ index: Int) -> LayerSpec { layers[index] }

  /// Adds what is known from the tensors alone.
  mutating func complete(
    isOutputTied: Bool, hasBias: Bool, hasRopeFactors: Bool, coded: CodedTensors
  ) {
    self.coded = coded
    self.isOutputTied = isOutputTied
    if architecture.description.biases == .optional { layers.setBias(hasBias) }
    ropeTables[0].hasFactors = hasRopeFactors
  }

  /// Checks every limit; errors carry the name of the GGUF key.
  @export(interface)
  public init(
    architecture: Architecture, layers: LayerTable, ropeTables: RopeTables, embeddingLength: Int,
    vocabularyCount: Int, contextLength: Int, rmsEpsilon: Float, embeddingScale: Float = 1,
    logitScale: Float = 1, isOutputTied: Bool
  ) throws(ModelError) {
    let check = ShapeCheck(architecture: architecture)
    for kind in 0..<layers.kindCount { try check.heads(of: layers.kind(kind)) }
    try check.rowLength(.embeddingLength, embeddingLength)
    for kind in 0..<layers.kindCount {
      try check.rowLength(.feedForwardLength, layers.kind(kind).feedForwardLength)
    }
    try check.isInRange(.vocabularySize, vocabularyCount, maximum: Self.vocabularyCountMax)
    try check.isInRange(.contextLength, contextLength, maximum: Self.contextLengthMax)
    for table in 0..<ropeTables.count { try check.frequencyBase(ropeTables[table].frequencyBase) }
    try check.isPositive(.rmsEpsilon, rmsEpsilon)
    self.architecture = architecture
    self.layers = layers
    self.ropeTables = ropeTables
    self.embeddingLength = embeddingLength
    self.vocabularyCount = vocabularyCount
    self.contextLength = contextLength
    self.rmsEpsilon = rmsEpsilon
    self.embeddingScale = embeddingScale
    self.logitScale = logitScale
    self.isOutputTied = isOutputTied
  }

  /// A model of layers that are all alike, as the architecture describes them.
  @export(interface)
  public init(
    architecture: Architecture = .llama, layerCount: Int, headCount: Int, kvHeadCount: Int,
    headDim: Int, embeddingLength: Int, feedForwardLength: Int, vocabularyCount: Int,
    contextLength: Int, ropeFrequencyBase: Float, rmsEpsilon: Float, isOutputTied: Bool
  ) throws(ModelError) {
    let check = ShapeCheck(architecture: architecture)
    try check.isInRange(.blockCount, layerCount, maximum: Self.layerCountMax)
    let layer = architecture.description.layer(
      headCount: headCount, kvHeadCount: kvHeadCount, headDim: headDim,
      feedForwardLength: feedForwardLength)
    try self.init(
      architecture: architecture, layers: LayerTable(repeating: layer, count: layerCount),
      ropeTables: RopeTables(
        RopeSpec(frequencyBase: ropeFrequencyBase, dimensionCount: headDim)),
      embeddingLength: embeddingLength, vocabularyCount: vocabularyCount,
      contextLength: contextLength, rmsEpsilon: rmsEpsilon, isOutputTied: isOutputTied)
  }
}
