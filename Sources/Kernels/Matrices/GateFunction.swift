/// The function of the gate in a feed-forward part.
public enum GateFunction: Sendable {
  /// `silu`
  case silu
  /// `gelu`
  case gelu
}
