/// The ways in which activations are rounded for the matrices that read them.
public struct RoundingForms: Sendable, BitwiseCopyable, Equatable {
  private var bits: UInt8

  /// Behind a Hadamard transform, one scale a token: `Int8Rows`.
  public static var row: RoundingForms { RoundingForms(bits: 1) }
  /// A scale for each 32 values, or for each 256: `BlockRows`.
  public static var blocks: RoundingForms { RoundingForms(bits: 2) }
  public static var longBlocks: RoundingForms { RoundingForms(bits: 4) }

  public func contains(_ other: RoundingForms) -> Bool { bits & other.bits == other.bits }

  public func union(_ other: RoundingForms) -> RoundingForms {
    RoundingForms(bits: bits | other.bits)
  }

  public mutating func formUnion(_ other: RoundingForms) { bits |= other.bits }
}
