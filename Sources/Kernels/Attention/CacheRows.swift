import CInstructions

/// The keys and values of one KV head of one layer, Float16.
///
/// Keys: `[slots / 64][headDim][64]`, so that a tile of scores needs no transposing.
/// Values: `[slots][valueStride]`. `slots` is a multiple of `tileSlots`.
public struct CacheRows: BitwiseCopyable {
  /// Slots that attention handles at a time.
  public static let tileSlots = 64

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
  /// Up to the end of the last slot's row.
  public static func filledValueCount(slots: Int, headDim: Int) -> Int {
    slots * valueStride(headDim)
  }
  /// Whole tiles of products, whatever their width.
  static func valueStride(_ headDim: Int) -> Int { roundUp(headDim, to: 32) }
  var valueStride: Int { Self.valueStride(headDim) }

  /// The first of a slot's key elements; the next ones follow at `tileSlots`.
  @inline(__always)
  func key(_ slot: Int) -> UnsafeMutablePointer<UInt16> {
    keys + slot / Self.tileSlots * Self.tileSlots * headDim + slot % Self.tileSlots
  }

  @inline(__always)
  func value(_ slot: Int) -> UnsafeMutablePointer<UInt16> {
    values + slot * Self.valueStride(headDim)
  }

  /// Rounds a key to Float16 and stores it.
  /// - Parameter source: `headDim` values.
  /// - Returns: the squared length of the rounded key.
  @export(interface)
  public func setKey(_ slot: Int, from source: UnsafePointer<Float>) -> Float {
    let target = key(slot)
    var squares: Float = 0
    for index in 0..<headDim {
      let rounded = Self.toFloat16(source[index])
      target[index &* Self.tileSlots] = rounded.bitPattern
      squares += Float(rounded) * Float(rounded)
    }
    return squares
  }

  /// Rounds a value row to Float16 and stores it.
  /// - Returns: whether a value has become Float16's largest number, or is none.
  @discardableResult
  @export(interface)
  public func setValue(_ slot: Int, from source: UnsafePointer<Float>) -> Bool {
    let target = value(slot)
    var greatest: UInt16 = 0
    for index in 0..<headDim {
      let bits = Self.toFloat16(source[index]).bitPattern
      target[index] = bits
      greatest = max(greatest, bits & 0x7FFF)
    }
    return greatest >= Self.largest.bitPattern
  }

  private static var largest: Float16 { 65504 }

  /// The squared length of a key is at least this where one of its values was clamped.
  static var leastClampedSquare: Float { 65504 * 65504 }

  /// Values past Float16's range.
  static func clampedCount(_ source: UnsafePointer<Float>, count: Int) -> Int {
    var clamped = 0
    for index in 0..<count where abs(source[index]) > Float(largest) { clamped += 1 }
    return clamped
  }

  /// Values of a key that were clamped.
  /// - Parameter squares: what `setKey` returned.
  public static func clampedCount(
    ofKey source: UnsafePointer<Float>, count: Int, squares: Float
  ) -> Int {
    squares < leastClampedSquare ? 0 : clampedCount(source, count: count)
  }

  /// Values of a value row that were clamped.
  /// - Parameter isClamped: what `setValue` returned.
  public static func clampedCount(
    ofValue source: UnsafePointer<Float>, count: Int, isClamped: Bool
  ) -> Int {
    isClamped ? clampedCount(source, count: count) : 0
  }

  /// The nearest Float16; magnitudes past its range become its largest number.
  @inline(__always)
  private static func toFloat16(_ value: Float) -> Float16 {
    Float16(min(max(value, -65504), 65504))
  }

  /// Adds the keys of some slots to `sum`, `headDim` values. Float16 values are multiples of 2^-24,
  /// so sums below 2^29 are exact in Double, whatever the order of additions and subtractions.
  @export(interface)
  public func addKeys(_ slots: Range<Int>, to sum: UnsafeMutablePointer<Double>) {
    let firstWhole = min(roundUp(slots.lowerBound, to: 8), slots.upperBound)
    let endWhole = max(slots.upperBound & ~7, firstWhole)
    for slot in slots.lowerBound..<firstWhole { addKey(slot, to: sum) }
    var slot = firstWhole
    while slot < endWhole {
      let end = min(roundUp(slot &+ 1, to: Self.tileSlots), endWhole)
      addOctets(key(slot), count: (end &- slot) / 8, to: sum)
      slot = end
    }
    for slot in endWhole..<slots.upperBound { addKey(slot, to: sum) }
  }

  /// Takes the keys of some slots out of a sum that they were added to.
  @export(interface)
  public func subtractKeys(_ slots: Range<Int>, from sum: UnsafeMutablePointer<Double>) {
    for slot in slots {
      let source = key(slot)
      for index in 0..<headDim {
        sum[index] -= Double(Float16(bitPattern: source[index &* Self.tileSlots]))
      }
    }
  }

  private func addKey(_ slot: Int, to sum: UnsafeMutablePointer<Double>) {
    let source = key(slot)
    for index in 0..<headDim {
      sum[index] += Double(Float16(bitPattern: source[index &* Self.tileSlots]))
    }
  }

  /// Slots of one tile, side by side, eight at a time.
  private func addOctets(
    _ keys: UnsafePointer<UInt16>, count: Int, to sum: UnsafeMutablePointer<Double>
  ) {
    var row = keys
    for index in 0..<headDim {
      var (even, odd) = (SIMD8<Double>(), SIMD8<Double>())
      var octet = 0
      while octet &+ 1 < count {
        even += edge_load_f16x8_to_f64(row + octet &* 8)
        odd += edge_load_f16x8_to_f64(row + (octet &+ 1) &* 8)
        octet &+= 2
      }
      if octet < count { odd += edge_load_f16x8_to_f64(row + octet &* 8) }
      let eight = even + odd
      let four = eight.lowHalf + eight.highHalf
      let two = four.lowHalf + four.highHalf
      sum[index] += two[0] + two[1]
      row += Self.tileSlots
    }
  }

  /// The keys of the tile that begins at `firstSlot`: `[headDim][tileSlots]`.
  @inline(__always)
  func keyTile(_ firstSlot: Int) -> UnsafePointer<Float16> {
    UnsafeRawPointer(keys + firstSlot * headDim).assumingMemoryBound(to: Float16.self)
  }

  /// The values from `firstSlot` on: `[slots][valueStride]`.
  @inline(__always)
  func valueRows(_ firstSlot: Int) -> UnsafePointer<Float16> {
    UnsafeRawPointer(value(firstSlot)).assumingMemoryBound(to: Float16.self)
  }

  /// The keys of a tile as Float32, `[headDim][tileSlots]`.
  @inline(__always)
  package func loadKeys(tile firstSlot: Int, into target: UnsafeMutablePointer<Float>) {
    let source = keyTile(firstSlot)
    for index in Swift.stride(from: 0, to: headDim &* Self.tileSlots, by: 16) {
      target.store(edge_load_f16x16(source + index), index)
    }
  }

  /// The values of a tile as Float32, `[tileSlots][stride]`.
  @inline(__always)
  package func loadValues(
    tile firstSlot: Int, into target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    for slot in 0..<Self.tileSlots {
      let source = valueRows(firstSlot + slot)
      for index in Swift.stride(from: 0, to: headDim, by: 16) {
        target.store(edge_load_f16x16(source + index), slot &* stride &+ index)
      }
    }
  }
}
