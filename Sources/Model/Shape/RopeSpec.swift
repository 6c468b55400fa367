/// A table of rotary embedding: what turns queries and keys by their position.
public struct RopeSpec: Sendable, BitwiseCopyable {
  /// The base of the frequencies.
  public var frequencyBase: Float
  public var scaling: RopeScaling
  /// Elements of a head that are rotated, from its first one on.
  public var dimensionCount: Int
  /// Elements of the heads, rotated or not.
  public var headDim: Int
  /// What rotated elements are multiplied by, besides what `scaling` does.
  public var attentionFactor: Float = 1
  /// The divisors of the frequencies.
  public var factors = RopeFactors.none
  /// Positions that the model was trained for before its rotary embedding was stretched.
  public var originalContextLength = 0

  /// - Parameter headDim: nil if all elements are rotated.
  @export(interface)
  public init(
    frequencyBase: Float, scaling: RopeScaling = .none, dimensionCount: Int, headDim: Int? = nil
  ) {
    self.frequencyBase = frequencyBase
    self.scaling = scaling
    self.dimensionCount = dimensionCount
    self.headDim = headDim ?? dimensionCount
  }
}

/// The tensor that has a divisor for each frequency.
public enum RopeFactors: Int, Sendable, BitwiseCopyable {
  case none
  /// `rope_freqs.weight`
  case all
  /// `rope_factors_short.weight`: for texts within the original length.
  case short
  /// `rope_factors_long.weight`
  case long

  /// Nil if there is none.
  public var slot: TensorSlot? {
    switch self {
    case .none: nil
    case .all: .ropeFactors
    case .short: .ropeFactorsShort
    case .long: .ropeFactorsLong
    }
  }
}

/// Which of those tensors a model has.
enum FoundRopeFactors: UInt64 {
  case none, all, shortAndLong
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
