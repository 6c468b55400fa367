import Platform

/// How the angles of rotary embedding are changed for texts longer than a model was first trained
/// for. Factors for each frequency (`rope_freqs.weight`, Llama 3) come on top.
public enum RopeScaling: Sendable, BitwiseCopyable {
  case none
  /// All angles are divided by the factor.
  case linear(factor: Float)
  case yarn(YarnScaling)

  /// {architecture}.rope.scaling.factor lies between these.
  static let factorMin = 1.0
  static let factorMax = 1e6

  /// The base of the frequencies: with less than 2 they hardly fall, or rise; the largest published
  /// is about 1e9.
  static let frequencyBaseMin: Float = 2
  static let frequencyBaseMax: Float = 1e12
  /// What one frequency may be divided by (`rope_freqs.weight`): published models have 1 to 64, and
  /// 1e30 for pairs that do not turn.
  public static let frequencyFactorMin: Float = 1e-3
  public static let frequencyFactorMax: Float = 1e30
}

/// YaRN (Peng et al., "YaRN: Efficient Context Window Extension of Large Language Models"): angles
/// of dimensions that turn less than `slowTurns` times within the original context are divided by the
/// factor, those that turn more than `fastTurns` times stay, and between them the share changes
/// linearly; queries and keys grow by `magnitude`.
public struct YarnScaling: Sendable, BitwiseCopyable {
  public let factor: Float
  public let originalContextLength: Int
  public let fastTurns: Float
  public let slowTurns: Float
  /// On top of 0.1 ln(factor) + 1.
  public let attentionFactor: Float
  /// The growth is divided by 0.1 `logMultiplier` ln(factor) + 1 (`mscale_all_dim` of the models that
  /// have it).
  public let logMultiplier: Float

  @export(interface)
  public init(
    factor: Float, originalContextLength: Int, fastTurns: Float, slowTurns: Float,
    attentionFactor: Float, logMultiplier: Float = 0
  ) {
    self.factor = factor
    self.originalContextLength = originalContextLength
    self.fastTurns = fastTurns
    self.slowTurns = slowTurns
    self.attentionFactor = attentionFactor
    self.logMultiplier = logMultiplier
  }

  static let fastTurnsDefault = 32.0
  static let slowTurnsDefault = 1.0
}
