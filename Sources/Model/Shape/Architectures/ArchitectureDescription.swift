/// What an architecture's models have in common: which tensors they have, how the rows of some of
/// them lie in the file, and what a layer computes.
public struct ArchitectureDescription: Sendable {
  /// general.architecture.
  let name: StaticString
  /// How the rows of query and key matrices lie in the file.
  public let rotatedPairs: RotatedPairs
  let norms: LayerNorms
  let biases: Presence
  let ropeFactors: Presence
  let activation: Activation

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
    LayerSpec(
      headCount: headCount, kvHeadCount: kvHeadCount, headDim: headDim, norms: norms,
      hasBias: biases == .required, feedForwardLength: feedForwardLength, activation: activation)
  }
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
