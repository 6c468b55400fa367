/// A table of rotary embedding: what turns queries and keys by their position.
public struct RopeSpec: Sendable, BitwiseCopyable {
  /// The base of the frequencies.
  public var frequencyBase: Float
  public var scaling: RopeScaling
  /// Elements of a head that are rotated, from its first one on.
  public var dimensionCount: Int
  /// Whether each frequency has a divisor of its own (`rope_freqs.weight`).
  public var hasFactors: Bool

  @export(interface)
  public init(
    frequencyBase: Float, scaling: RopeScaling = .none, dimensionCount: Int,
    hasFactors: Bool = false
  ) {
    self.frequencyBase = frequencyBase
    self.scaling = scaling
    self.dimensionCount = dimensionCount
    self.hasFactors = hasFactors
  }
}

/// The tables of a model, which its layers name by number.
public struct RopeTables: Sendable, BitwiseCopyable {
  private typealias Tables = InlineArray<2, RopeSpec>

  /// Models whose layers are of two spans have a table for each of them.
  public static var countMax: Int { Tables.count }

  private var tables: Tables
  public private(set) var count: Int

  public init(_ table: RopeSpec) {
    tables = Tables(repeating: table)
    count = 1
  }

  @export(interface)
  public mutating func append(_ table: RopeSpec) {
    precondition(count < Self.countMax)
    tables[count] = table
    count += 1
  }

  public internal(set) subscript(index: Int) -> RopeSpec {
    get {
      precondition(index >= 0 && index < count)
      return tables[index]
    }
    set {
      precondition(index >= 0 && index < count)
      tables[index] = newValue
    }
  }
}
