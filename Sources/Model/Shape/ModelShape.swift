import CInstructions

/// The architecture and sizes of a model. A value of this type is within all limits.
///
/// It is about two KiB: what many threads read holds it by pointer.
public struct ModelShape: Sendable, BitwiseCopyable {
  public static var layerCountMax: Int { LayerTable.layerCountMax }
  public static let headCountMax = 256
  /// Rotary embedding turns pairs, so the dimension of a head is even.
  public static let headDimMax = 512
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
  public internal(set) var contextLength: Int
  /// What RMS norm adds to the mean square.
  public let rmsEpsilon: Float
  /// What token embeddings are multiplied by.
  public let embeddingScale: Float
  /// What logits are multiplied by.
  public let logitScale: Float
  /// Logits x become cap tanh(x / cap); 0 if they stay.
  public let logitCap: Float
  /// Whether the output head is the token embedding.
  public internal(set) var isOutputTied: Bool
  /// Matrices that the file has codes of, which are kept if `keepsCodes` says so.
  public var coded = CodedTensors()
  /// Whether weights stay in the file's own bits; otherwise all become int8.
  public var keepsCodes = false

  public var layerCount: Int { layers.count }

  public func layer(_ index: Int) -> LayerSpec { layers[index] }

  /// The first layer that attends, or the first one.
  public var attentionLayer: LayerSpec {
    @export(interface) get {
      for index in 0..<layerCount where layer(index).attends { return layer(index) }
      return layer(0)
    }
  }

  /// Layers that keep no keys, and a state of fixed size in place of them.
  public var stateLayerCount: Int {
    @export(interface) get { layers.sum { $0.attends ? 0 : 1 } }
  }

  /// Whether tokens are routed to experts.
  public var hasExperts: Bool { layers.sum { $0.experts == nil ? 0 : 1 } > 0 }

  /// Layers that attend to the keys and values of another one.
  public var sharedKeyLayerCount: Int { layers.sum { $0.keySource == nil ? 0 : 1 } }

  /// Elements of the input that each token has for each layer; 0 if there is none.
  public var layerInputLength: Int { layer(0).inputLength }

  /// Layers that see a window of the text only.
  public var windowLayerCount: Int {
    @export(interface) get { layers.sum { $0.span == .full ? 0 : 1 } }
  }

  /// Adds what is known from the tensors alone.
  mutating func complete(
    isOutputTied: Bool, hasBias: Bool, ropeFactors: FoundRopeFactors, coded: CodedTensors
  ) {
    self.coded = coded
    self.isOutputTied = isOutputTied
    if architecture.description.biases == .optional { layers.setBias(hasBias) }
    switch ropeFactors {
    case .none: break
    case .all: ropeTables[0].factors = .all
    case .shortAndLong:
      if ropeTables[0].factors == .short { break }
      var long = ropeTables[0]
      long.factors = .long
      ropeTables[0].factors = .short
      ropeTables.append(long)
    }
  }

  var foundRopeFactors: FoundRopeFactors {
    switch ropeTables[0].factors {
    case .none: .none
    case .all: .all
    case .short, .long: .shortAndLong
    }
  }

  /// Chooses between the divisors for short and for long texts, if the model has both.
  /// - Parameter positionCount: the positions that a run takes at most; nil if there is no end to them.
  @export(interface)
  public mutating func chooseRopeFactors(positionCount: Int?) {
    if ropeTables[0].factors != .short { return }
    let length = ropeTables[0].originalContextLength
    if let positionCount, positionCount <= length {
      contextLength = min(contextLength, length)
    } else {
      layers.replaceFirstRopeTable(by: 1)
    }
  }

  /// Checks every limit; errors carry the name of the GGUF key.
  @export(interface)
  public init(
    architecture: Architecture, layers: LayerTable, ropeTables: RopeTables, embeddingLength: Int,
    vocabularyCount: Int, contextLength: Int, rmsEpsilon: Float, embeddingScale: Float = 1,
    logitScale: Float = 1, logitCap: Float = 0, isOutputTied: Bool
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
    self.logitCap = logitCap
    self.isOutputTied = isOutputTied
  }

  /// A model as the architecture describes it, without scales that only a file gives.
  /// - Parameters:
  ///   - window: tokens that layers with a window see, if there are any.
  ///   - rotatedCount: elements of a head that are rotated; nil for all.
  @export(interface)
  public init(
    architecture: Architecture = .llama, layerCount: Int, headCount: Int, kvHeadCount: Int,
    headDim: Int, embeddingLength: Int, feedForwardLength: Int, vocabularyCount: Int,
    contextLength: Int, ropeFrequencyBase: Float, rmsEpsilon: Float, isOutputTied: Bool,
    window: Int? = nil, rotatedCount: Int? = nil
  ) throws(ModelError) {
    let check = ShapeCheck(architecture: architecture)
    try check.isInRange(.blockCount, layerCount, maximum: Self.layerCountMax)
    let description = architecture.description
    let layer = description.layer(
      headCount: headCount, kvHeadCount: kvHeadCount, headDim: headDim,
      feedForwardLength: feedForwardLength)
    var tables = RopeTables(
      RopeSpec(
        frequencyBase: ropeFrequencyBase, dimensionCount: rotatedCount ?? headDim,
        headDim: headDim))
    if window != nil, let base = description.windowFrequencyBase {
      tables.append(RopeSpec(frequencyBase: base, dimensionCount: headDim))
    }
    try self.init(
      architecture: architecture,
      layers: description.layers(
        repeating: layer, count: layerCount, window: window, period: description.windows.period,
        contextLength: contextLength),
      ropeTables: tables, embeddingLength: embeddingLength, vocabularyCount: vocabularyCount,
      contextLength: contextLength, rmsEpsilon: rmsEpsilon,
      embeddingScale: description.scales == .rootOfEmbedding
        ? edge_square_root(Float(embeddingLength)) : 1, isOutputTied: isOutputTied)
  }
}
