/// One block of a row as the file has it: its codes and scales, apart but not multiplied. Weights are
/// kept so if the profile says `weights: file`.
@safe public struct FileBlock {
  public private(set) var scale: Float16 = 0
  public private(set) var minimum: Float16 = 0
  /// One for each group, in types that have them.
  public private(set) var groupScales = InlineArray<16, Int8>(repeating: 0)
  public private(set) var groupMinimums = InlineArray<16, UInt8>(repeating: 0)
  /// One for each element, in order.
  public private(set) var codes = InlineArray<256, UInt8>(repeating: 0)

  public init() {}

  /// Takes a block of a type that `TensorType.isCoded`.
  /// - Parameter source: `type.blockByteCount` bytes; no alignment is asked for.
  public mutating func read(_ type: TensorType, from source: UnsafeRawPointer) {
    switch type {
    case .q4_0, .iq4_nl:
      unsafe readScale(source)
      unsafe setHalves(source + 2, 0)
    case .q4_1:
      unsafe readScale(source, minimum: source + 2)
      unsafe setHalves(source + 4, 0)
    case .q5_0:
      unsafe readScale(source)
      unsafe setFive(source + 6, fifth: source + 2)
    case .q5_1:
      unsafe readScale(source, minimum: source + 2)
      unsafe setFive(source + 8, fifth: source + 4)
    case .q4_k: unsafe readLong(source, fifth: nil, halves: source + 16)
    case .q5_k: unsafe readLong(source, fifth: source + 16, halves: source + 48)
    case .q6_k: unsafe readSix(source)
    case .iq4_xs: unsafe readLevels(source)
    case .q8_0:
      unsafe readScale(source)
      unsafe set(load(source + 2), 0)
      unsafe set(load(source + 18), 16)
    case .mxfp4:
      scale = unsafe Float16(halfScale(source.load(as: UInt8.self)))
      unsafe setHalves(source + 1, 0)
    default: preconditionFailure("the type has no codes that are kept")
    }
  }

  @inline(__always)
  private mutating func readScale(_ source: UnsafeRawPointer, minimum: UnsafeRawPointer? = nil) {
    scale = unsafe source.loadUnaligned(as: Float16.self)
    if let minimum = unsafe minimum {
      self.minimum = unsafe minimum.loadUnaligned(as: Float16.self)
    }
  }

  @inline(__always)
  private mutating func set(_ values: Bytes, _ place: Int) {
    unsafe withUnsafeMutableBytes(of: &codes) {
      unsafe $0.storeBytes(of: values, toByteOffset: place, as: Bytes.self)
    }
  }

  /// 32 elements: the low halves, then the high halves.
  @inline(__always)
  private mutating func setHalves(_ source: UnsafeRawPointer, _ place: Int) {
    let packed = unsafe load(source)
    set(lowHalves(packed), place)
    set(highHalves(packed), place + 16)
  }

  private mutating func setFive(_ source: UnsafeRawPointer, fifth: UnsafeRawPointer) {
    let packed = unsafe load(source)
    unsafe set(lowHalves(packed) | fifthBits(fifth), 0)
    unsafe set(highHalves(packed) | fifthBits(fifth + 2), 16)
  }

  /// Q4_K and Q5_K; see `decodeSuper4Bits` and `decodeSuper5Bits`.
  private mutating func readLong(
    _ source: UnsafeRawPointer, fifth: UnsafeRawPointer?, halves: UnsafeRawPointer
  ) {
    unsafe readScale(source, minimum: source + 2)
    let factors = unsafe sixBitFactors(source)
    for group in 0..<8 {
      groupScales[group] = Int8(truncatingIfNeeded: factors[group])
      groupMinimums[group] = factors[group + 8]
    }
    for pair in 0..<4 {
      for half in 0..<2 {
        let packed = unsafe load(halves + 32 &* pair + 16 &* half)
        var (low, high) = (lowHalves(packed), highHalves(packed))
        if let fifth = unsafe fifth {
          let bits =
            unsafe load(fifth + 16 &* half)
            &>> Bytes(repeating: UInt8(truncatingIfNeeded: 2 &* pair))
          low |= (bits &<< Bytes(repeating: 4)) & Bytes(repeating: 16)
          high |= (bits &<< Bytes(repeating: 3)) & Bytes(repeating: 16)
        }
        set(low, 64 &* pair &+ 16 &* half)
        set(high, 64 &* pair &+ 32 &+ 16 &* half)
      }
    }
  }

  /// See `decodeSuper6Bits`.
  private mutating func readSix(_ source: UnsafeRawPointer) {
    unsafe readScale(source + 208)
    for group in 0..<16 {
      groupScales[group] = unsafe source.load(fromByteOffset: 192 &+ group, as: Int8.self)
    }
    for half in 0..<2 {
      for part in 0..<2 {
        for sixteen in 0..<2 {
          let packed = unsafe load(source + 64 &* half + 32 &* part + 16 &* sixteen)
          let bits =
            unsafe load(source + 128 + 32 &* half + 16 &* sixteen)
            &>> Bytes(repeating: UInt8(truncatingIfNeeded: 2 &* part))
          let place = 128 &* half &+ 32 &* part &+ 16 &* sixteen
          set(
            lowHalves(packed) | (bits &<< Bytes(repeating: 4)) & Bytes(repeating: 48), place)
          set(highHalves(packed) | bits & Bytes(repeating: 48), place &+ 64)
        }
      }
    }
  }

  /// See `decodeSuperLevels`.
  private mutating func readLevels(_ source: UnsafeRawPointer) {
    unsafe readScale(source)
    let high = unsafe UInt32((source + 2).loadUnaligned(as: UInt16.self))
    let low = unsafe (source + 4).loadUnaligned(as: UInt32.self)
    for group in 0..<8 {
      let place = UInt32(group)
      let bits = low &>> (4 &* place) & 15 | (high &>> (2 &* place) & 3) &<< 4
      groupScales[group] = Int8(truncatingIfNeeded: Int32(bits) &- 32)
      unsafe setHalves(source + 8 + 16 &* group, 32 &* group)
    }
  }
}

extension TensorType {
  /// Whether weights of the type can be kept as they are in the file.
  public var isCoded: Bool { codedNumber != 0 }

  /// From 1, of the types that can; 0 for others.
  var codedNumber: UInt32 {
    switch self {
    case .q4_0: 1
    case .q4_1: 2
    case .q5_0: 3
    case .q5_1: 4
    case .iq4_nl: 5
    case .q4_k: 6
    case .q5_k: 7
    case .q6_k: 8
    case .iq4_xs: 9
    case .q8_0: 10
    case .mxfp4: 11
    default: 0
    }
  }

  init?(codedNumber: UInt32) {
    let types: InlineArray<12, TensorType?> = [
      nil, .q4_0, .q4_1, .q5_0, .q5_1, .iq4_nl, .q4_k, .q5_k, .q6_k, .iq4_xs, .q8_0, .mxfp4,
    ]
    guard codedNumber < 12, let type = types[Int(codedNumber)] else { return nil }
    self = type
  }
}
