import CInstructions

/// The keys and values of one KV head of one layer, Float16.
///
/// Keys: `[slots / 16][headDim][16]`, so that a tile of scores needs no transposing.
/// Values: `[slots][valueStride]`. `slots` is a multiple of `tileSlots`.
public struct CacheRows: BitwiseCopyable {
  /// Slots that attention handles at a time.
  public static let tileSlots = 64
  static let keyLanes = 16

  public let keys: UnsafeMutablePointer<UInt16>
  public let values: UnsafeMutablePointer<UInt16>
  public let headDim: Int

  public init(
    keys: UnsafeMutablePointer<UInt16>, values: UnsafeMutablePointer<UInt16>, headDim: Int
  ) {
    self.keys = keys
    self.values = values
    self.headDim = headDim
  }

  public static func keyCount(slots: Int, headDim: Int) -> Int {
    roundUp(slots, to: tileSlots) * headDim
  }
  public static func valueCount(slots: Int, headDim: Int) -> Int {
    roundUp(slots, to: tileSlots) * valueStride(headDim)
  }
  static func valueStride(_ headDim: Int) -> Int { roundUp(headDim, to: 16) }

  /// The first of a slot's key elements; the next ones follow at `keyLanes`.
  @inline(__always)
  func key(_ slot: Int) -> UnsafeMutablePointer<UInt16> {
    keys + slot / Self.keyLanes * Self.keyLanes * headDim + slot % Self.keyLanes
  }

  @inline(__always)
  func value(_ slot: Int) -> UnsafeMutablePointer<UInt16> {
    values + slot * Self.valueStride(headDim)
  }

  /// Rounds a key to Float16 and stores it.
  /// - Parameter source: `headDim` values.
  /// - Returns: the squared length of the rounded key.
  public func setKey(_ slot: Int, from source: UnsafePointer<Float>) -> Float {
    let target = key(slot)
    var squares: Float = 0
    for index in 0..<headDim {
      let rounded = Self.toFloat16(source[index])
      target[index &* Self.keyLanes] = rounded.bitPattern
      squares += Float(rounded) * Float(rounded)
    }
    return squares
  }

  /// Rounds a value row to Float16 and stores it.
  public func setValue(_ slot: Int, from source: UnsafePointer<Float>) {
    let target = value(slot)
    for index in 0..<headDim { target[index] = Self.toFloat16(source[index]).bitPattern }
  }

  /// The nearest Float16; magnitudes past its range become its largest number.
  @inline(__always)
  private static func toFloat16(_ value: Float) -> Float16 {
    Float16(min(max(value, -65504), 65504))
  }

  /// Adds a slot's key to `sum`, `headDim` values. Float16 values are multiples of 2^-24, so sums
  /// below 2^29 are exact in Double, whatever the order of additions and subtractions.
  public func addKey(_ slot: Int, to sum: UnsafeMutablePointer<Double>) {
    let source = key(slot)
    for index in 0..<headDim {
      sum[index] += Double(Float16(bitPattern: source[index &* Self.keyLanes]))
    }
  }

  public func subtractKey(_ slot: Int, from sum: UnsafeMutablePointer<Double>) {
    let source = key(slot)
    for index in 0..<headDim {
      sum[index] -= Double(Float16(bitPattern: source[index &* Self.keyLanes]))
    }
  }

  /// Copies key and value of one slot over another.
  public func move(_ source: Int, to target: Int) {
    let (from, to) = (key(source), key(target))
    for index in 0..<headDim { to[index &* Self.keyLanes] = from[index &* Self.keyLanes] }
    value(target).update(from: value(source), count: headDim)
  }

  /// The keys of a tile as Float32, `[headDim][tileSlots]`.
  @inline(__always)
  package func loadKeys(tile firstSlot: Int, into target: UnsafeMutablePointer<Float>) {
    for part in 0..<Self.tileSlots / Self.keyLanes {
      let source = UnsafeRawPointer(key(firstSlot + part * Self.keyLanes))
      for index in 0..<headDim {
        let lanes = edge_load_f16x16(source + index &* 2 &* Self.keyLanes)
        target.store(lanes, index &* Self.tileSlots &+ part &* Self.keyLanes)
      }
    }
  }

  /// The values of a tile as Float32, `[tileSlots][stride]`.
  @inline(__always)
  package func loadValues(
    tile firstSlot: Int, into target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    for slot in 0..<Self.tileSlots {
      let source = UnsafeRawPointer(value(firstSlot + slot))
      for index in Swift.stride(from: 0, to: headDim, by: 16) {
        target.store(edge_load_f16x16(source + index &* 2), slot &* stride &+ index)
      }
    }
  }
}
