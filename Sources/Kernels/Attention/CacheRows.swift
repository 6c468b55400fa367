import CInstructions

/// The keys and values of one KV head of one layer, Float16.
///
/// Keys: `[slots / 64][headDim][64]`, so that a tile of scores needs no transposing.
/// Values: `[slots][valueStride]`. `slots` is a multiple of `tileSlots`.
@safe public struct CacheRows: BitwiseCopyable {
  /// Slots that attention handles at a time.
  public static let tileSlots = 64

  public let keys: UnsafeMutablePointer<UInt16>
  public let values: UnsafeMutablePointer<UInt16>
  public let headDim: Int

  public init(
    keys: UnsafeMutablePointer<UInt16>, values: UnsafeMutablePointer<UInt16>, headDim: Int
  ) {
    unsafe self.keys = keys
    unsafe self.values = values
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
    unsafe keys + slot / Self.tileSlots * Self.tileSlots * headDim + slot % Self.tileSlots
  }

  @inline(__always)
  func value(_ slot: Int) -> UnsafeMutablePointer<UInt16> {
    unsafe values + slot * Self.valueStride(headDim)
  }

  /// Rounds a key to Float16 and stores it.
  /// - Parameter source: `headDim` values.
  /// - Returns: the squared length of the rounded key.
  @export(interface)
  public func setKey(_ slot: Int, from source: UnsafePointer<Float>) -> Float {
    var column = unsafe ColumnStore(key(slot), stride: Self.tileSlots)
    var squares: Float = 0
    var index = 0
    while index &+ 4 <= headDim {
      let rounded = unsafe edge_to_f16x4(Self.clamped(edge_load_f32x4(source + index)))
      column.put(rounded)
      let wide = edge_f16x4_to_f32(rounded)
      let products = wide * wide
      for lane in 0..<4 { squares += products[lane] }
      index &+= 4
    }
    while index < headDim {
      let rounded = unsafe Self.toFloat16(source[index])
      column.put(rounded)
      squares += Float(rounded) * Float(rounded)
      index &+= 1
    }
    return squares
  }

  /// Rounds a value row to Float16 and stores it.
  /// - Returns: whether a value has become Float16's largest number, or is none.
  @discardableResult
  @export(interface)
  public func setValue(_ slot: Int, from source: UnsafePointer<Float>) -> Bool {
    let target = unsafe value(slot)
    var greatest: UInt16 = 0
    for index in 0..<headDim {
      let bits = unsafe Self.toFloat16(source[index]).bitPattern
      unsafe target[index] = bits
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
    for index in 0..<count where unsafe abs(source[index]) > Float(largest) { clamped += 1 }
    return clamped
  }

  /// Values of a key that were clamped.
  /// - Parameter squares: what `setKey` returned.
  public static func clampedCount(
    ofKey source: UnsafePointer<Float>, count: Int, squares: Float
  ) -> Int {
    unsafe squares < leastClampedSquare ? 0 : clampedCount(source, count: count)
  }

  /// Values of a value row that were clamped.
  /// - Parameter isClamped: what `setValue` returned.
  public static func clampedCount(
    ofValue source: UnsafePointer<Float>, count: Int, isClamped: Bool
  ) -> Int {
    unsafe isClamped ? clampedCount(source, count: count) : 0
  }

  /// Magnitudes past Float16's range become its largest number.
  @inline(__always)
  private static func clamped(_ v: SIMD4<Float>) -> SIMD4<Float> {
    let bound = SIMD4<Float>(repeating: 65504)
    let least = v.replacing(with: -bound, where: v .< -bound)
    return least.replacing(with: bound, where: least .> bound)
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
    for slot in slots.lowerBound..<firstWhole { unsafe addKey(slot, to: sum) }
    var slot = firstWhole
    while slot < endWhole {
      let end = min(roundUp(slot &+ 1, to: Self.tileSlots), endWhole)
      unsafe addOctets(key(slot), count: (end &- slot) / 8, to: sum)
      slot = end
    }
    for slot in endWhole..<slots.upperBound { unsafe addKey(slot, to: sum) }
  }

  /// Takes the keys of some slots out of a sum that they were added to.
  @export(interface)
  public func subtractKeys(_ slots: Range<Int>, from sum: UnsafeMutablePointer<Double>) {
    for slot in slots {
      let source = unsafe key(slot)
      for index in 0..<headDim {
        unsafe sum[index] -= Double(Float16(bitPattern: source[index &* Self.tileSlots]))
      }
    }
  }

  private func addKey(_ slot: Int, to sum: UnsafeMutablePointer<Double>) {
    let source = unsafe key(slot)
    for index in 0..<headDim {
      unsafe sum[index] += Double(Float16(bitPattern: source[index &* Self.tileSlots]))
    }
  }

  /// Slots of one tile, side by side, eight at a time.
  private func addOctets(
    _ keys: UnsafePointer<UInt16>, count: Int, to sum: UnsafeMutablePointer<Double>
  ) {
    var row = unsafe keys
    for index in 0..<headDim {
      var (even, odd) = (SIMD8<Double>(), SIMD8<Double>())
      var octet = 0
      while octet &+ 1 < count {
        unsafe even += edge_load_f16x8_to_f64(row + octet &* 8)
        unsafe odd += edge_load_f16x8_to_f64(row + (octet &+ 1) &* 8)
        octet &+= 2
      }
      if octet < count { unsafe odd += edge_load_f16x8_to_f64(row + octet &* 8) }
      let eight = even + odd
      let four = eight.lowHalf + eight.highHalf
      let two = four.lowHalf + four.highHalf
      unsafe sum[index] += two[0] + two[1]
      unsafe row += Self.tileSlots
    }
  }

  /// The keys of the tile that begins at `firstSlot`: `[headDim][tileSlots]`.
  @inline(__always)
  func keyTile(_ firstSlot: Int) -> UnsafePointer<Float16> {
    unsafe UnsafeRawPointer(keys + firstSlot * headDim).assumingMemoryBound(to: Float16.self)
  }

  /// The values from `firstSlot` on: `[slots][valueStride]`.
  @inline(__always)
  func valueRows(_ firstSlot: Int) -> UnsafePointer<Float16> {
    unsafe UnsafeRawPointer(value(firstSlot)).assumingMemoryBound(to: Float16.self)
  }

  /// The keys of a tile as Float32, `[headDim][tileSlots]`.
  @inline(__always)
  package func loadKeys(tile firstSlot: Int, into target: UnsafeMutablePointer<Float>) {
    let source = unsafe keyTile(firstSlot)
    for index in Swift.stride(from: 0, to: headDim &* Self.tileSlots, by: 16) {
      unsafe WidenedHalves.prefetch(source + index + headDim &* Self.tileSlots)
      unsafe target.store(edge_load_f16x16(source + index), index)
    }
  }

  /// The values of a tile as Float32, `[tileSlots][stride]`.
  @inline(__always)
  package func loadValues(
    tile firstSlot: Int, into target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    for slot in 0..<Self.tileSlots {
      let source = unsafe valueRows(firstSlot + slot)
      for index in Swift.stride(from: 0, to: headDim, by: 16) {
        unsafe WidenedHalves.prefetch(source + index + Self.tileSlots &* valueStride)
        unsafe target.store(edge_load_f16x16(source + index), slot &* stride &+ index)
      }
    }
  }
}
