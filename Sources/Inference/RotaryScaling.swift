import Kernels
import Model

extension RotaryTable {
  /// The frequencies of a table without factors of their own (`RopeSpec.factors`).
  @export(interface)
  public func setFrequencies(_ rope: RopeSpec) {
    let base = Double(rope.frequencyBase)
    setFrequencies(base: base)
    switch rope.scaling {
    case .none: break
    case .linear(let factor): interpolate(factor: Double(factor), unchanged: -1, first: 0)
    case .yarn(let yarn):
      // Indices are counted in pairs, as in YaRN's published code, the limits in whole dimensions.
      let lowest = yarn.index(ofTurns: Double(yarn.fastTurns), base: base, half: turning)
      let highest = yarn.index(ofTurns: Double(yarn.slowTurns), base: base, half: turning)
      interpolate(
        factor: Double(yarn.factor), unchanged: max(0, lowest.rounded(.down)),
        first: min(Double(2 * turning - 1), highest.rounded(.up)))
    }
  }
}

extension RopeSpec {
  /// What rotated queries and keys are multiplied by.
  public var magnitude: Double { Double(attentionFactor) * scaling.magnitude }
}

extension RopeScaling {
  /// What rotated queries and keys are multiplied by.
  public var magnitude: Double {
    guard case .yarn(let yarn) = self else { return 1 }
    let growth = 0.1 * Elementary.log(Double(yarn.factor))
    return Double(yarn.attentionFactor) * (growth + 1) / (Double(yarn.logMultiplier) * growth + 1)
  }
}

extension YarnScaling {
  /// The frequency that turns so many times within the original context:
  /// context * base^(-index / half) = 2 pi turns.
  fileprivate func index(ofTurns turns: Double, base: Double, half: Int) -> Double {
    let context = Double(originalContextLength)
    return Double(half) * Elementary.log(context / (turns * 2 * .pi)) / Elementary.log(base)
  }
}
