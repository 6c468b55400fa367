/// What an architecture's models have in common: which tensors they have, how the rows of some of
/// them lie in the file, and what a layer computes.
public struct ArchitectureDescription: Sendable {
  /// general.architecture.
  public let name: StaticString
  /// How the rows of query and key matrices lie in the file.
  public let rotatedPairs: RotatedPairs
  let norms: LayerNorms
  let biases: Presence
  let ropeFactors: Presence
  let activation: Activation
  /// Which layers have a window, if the file gives one.
  var windows = WindowPattern.refused
  /// The base of rotary embedding in layers with a window; nil for that of the others.
  var windowFrequencyBase: Float?
  /// Of so many layers the last one has no rotary embedding; 0 if all have it.
  var plainPeriod = 0
  /// Whether a part of a head's elements may be rotated.
  var rotatesInPart = false
  /// Whether one matrix of the file has queries, keys and values, and another one gate and up.
  var isFused = false
  /// How layers choose experts; nil if there are none.
  var experts: ExpertGating?
  /// Whether the router and all matrices of experts have biases.
  var hasExpertBiases = false
  /// Whether attention has sinks, and its last matrix a bias.
  var hasSinks = false
  /// Whether most layers have a gated delta rule in place of attention, and the others a gate behind it.
  var hasDeltaRule = false
  /// Whether the norm before the feed-forward part has the name `post_attention_norm.weight`.
  var namesFeedForwardNormOfAttention = false
  /// Whether layers without KV heads convolve.
  var convolves = false
  /// Whether the last norm has the name `token_embd_norm.weight`.
  var namesLastNormOfEmbedding = false
  /// Whether each token has an input for each layer, and layers may have the keys of another one.
  var hasLayerInputs = false
  /// Which scales there are.
  var scales = ModelScales.none

  init(
    name: StaticString, rotatedPairs: RotatedPairs, norms: LayerNorms, biases: Presence,
    ropeFactors: Presence, activation: Activation = .silu
  ) {
    self.name = name
    self.rotatedPairs = rotatedPairs
    self.norms = norms
    self.biases = biases
    self.ropeFactors = ropeFactors
    self.activation = activation
  }

  /// A layer of these sizes. An optional bias is there once its tensors are found.
  func layer(
    headCount: Int, kvHeadCount: Int, headDim: Int, feedForwardLength: Int
  ) -> LayerSpec {
    var layer = LayerSpec(
      headCount: headCount, kvHeadCount: kvHeadCount, headDim: headDim, norms: norms,
      hasBias: biases == .required, isFused: isFused, feedForwardLength: feedForwardLength,
      activation: activation)
    layer.hasOutputGate = hasDeltaRule
    layer.hasSinks = hasSinks
    layer.hasOutputBias = hasSinks
    return layer
  }
}

extension ArchitectureDescription {
  /// The layers of a model, some of which have a window or no rotary embedding.
  /// - Parameters:
  ///   - window: tokens that layers with a window see; nil if there is none.
  ///   - period: see `WindowPattern.allButEach`; 0 if all layers have a window.
  func layers(
    repeating layer: LayerSpec, count: Int, window: Int?, period: Int, contextLength: Int
  ) -> LayerTable {
    var table = LayerTable(repeating: layer, count: count)
    for index in 0..<count {
      var own = layer
      if let window, period == 0 || index % period < period - 1 {
        // A window as long as the trained text hides nothing.
        if window < contextLength { own.span = .window(window) }
        if windowFrequencyBase != nil { own.ropeTable = 1 }
      }
      if plainPeriod > 0 && (index + 1) % plainPeriod == 0 { own.ropeTable = nil }
      let isSet = table.set(index, to: own)
      precondition(isSet, "there are at most two kinds")
    }
    return table
  }
}

/// Which layers see a window of the text only.
enum WindowPattern: Sendable {
  /// None is known: a file that gives a window is refused.
  case refused
  case all
  /// Those that the file lists.
  case listed
  /// Of so many layers, all but the last one, unless the file gives another number.
  case allButEach(Int)

  /// Of so many layers, all but the last one have a window; 0 if all have one.
  var period: Int {
    if case .allButEach(let period) = self { period } else { 0 }
  }
}

/// Where a model's scales of embeddings, branches, products and logits come from.
enum ModelScales: Sendable {
  /// There are none: a file that gives one is refused.
  case none
  /// Embeddings are multiplied by the root of their length.
  case rootOfEmbedding
  /// The same; products of queries and keys are not multiplied, and logits may be capped.
  case gemma4
  /// The file's keys; those that are absent are 1.
  case keys
  /// The file's keys; those that are absent are MiniCPM's.
  case miniCPM
}

/// Whether a model has some tensors.
enum Presence: Sendable {
  case required
  case optional
  case absent
}

/// Which elements of a head are rotated with each other, in the file. In memory they are the first
/// half with the second.
public enum RotatedPairs: Sendable {
  /// Elements 2 i and 2 i + 1.
  case interleaved
  /// Elements i and headDim / 2 + i.
  case halves
}
