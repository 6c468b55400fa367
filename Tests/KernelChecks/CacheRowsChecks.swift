import Kernels

/// Keys and values in the cache: rounding to Float16, slots, and exact sums.
enum CacheRowsChecks {
  private static let largestFloat16: Float = 65504

  /// The nearest Float16 by definition, as a Double: a multiple of 2^(e - 10), e the exponent, at
  /// least -14; ties to even; magnitudes past the range become the largest number.
  private static func nearestFloat16(_ value: Float) -> Double {
    if value.magnitude >= largestFloat16 { return value < 0 ? -65504 : 65504 }
    let exponent = value.magnitude < 0x1p-14 ? -14 : Int(value.exponent)
    let unit = Double(sign: .plus, exponent: exponent - 10, significand: 1)
    return (Double(value) / unit).rounded(.toNearestOrEven) * unit
  }

  /// Every Float16, the middle between it and the next, and the Float32 next to the middle on
  /// either side, in both signs; then what lies past the range.
  static func float16(_ context: inout CheckContext) {
    let width = 64
    let rows = Cache(&context, headDim: width)
    let source = context.take(Float.self, width)
    let finiteCount = 0x7C00
    for start in stride(from: 0, to: finiteCount, by: 8) {
      for offset in 0..<8 {
        let bits = UInt16(start + offset)
        let value = Float(Float16(bitPattern: bits))
        let next = min(Float(Float16(bitPattern: bits + 1)), 65536)
        let middle = (value + next) / 2
        let place = source + offset * 8
        (place[0], place[1]) = (value, -value)
        (place[2], place[3]) = (middle, -middle)
        (place[4], place[5]) = (middle.nextUp, -middle.nextUp)
        (place[6], place[7]) = (middle.nextDown, -middle.nextDown)
      }
      compareRounding(rows, source, width, &context)
    }
    let far: InlineArray<8, Float> = [
      65505, 65519.99, 65520, 70_000, 1e10, .greatestFiniteMagnitude, .infinity, 1e-30,
    ]
    for index in 0..<width { source[index] = index & 8 == 0 ? far[index % 8] : -far[index % 8] }
    compareRounding(rows, source, width, &context)
  }

  /// The same rounding for keys and values, and the returned squared length of the rounded key: one
  /// rounding for each product and each sum of positive numbers.
  private static func compareRounding(
    _ cache: Cache, _ source: UnsafeMutablePointer<Float>, _ width: Int,
    _ context: inout CheckContext
  ) {
    let found = cache.rows.setKey(5, from: source)
    cache.rows.setValue(5, from: source)
    cache.load(tile: 0)
    var squares = 0.0
    for index in 0..<width {
      let expected = nearestFloat16(source[index])
      squares += expected * expected
      context.expect(Double(cache.key(5, index)) == expected, "key's Float16", at: index)
      context.expect(Double(cache.value(5, index)) == expected, "value's Float16", at: index)
    }
    context.expectClose(
      Double(found), squares, within: squares * Double(width + 1) * roundoff, "squared length")
  }

  /// Every slot keeps what was written to it, whatever the order, and after moves.
  static func slots(_ context: inout CheckContext) {
    let widths: InlineArray<5, Int> = [2, 8, 64, 80, 128]
    for choice in widths.indices {
      context.begin("headDim", widths[choice])
      let cache = Cache(&context, headDim: widths[choice])
      let owners = context.take(Int.self, Cache.slotCount)
      for slot in 0..<Cache.slotCount { owners[slot] = slot }
      shuffle(owners, &context.random)
      for place in 0..<Cache.slotCount { cache.set(owners[place], token: owners[place]) }
      for slot in 0..<Cache.slotCount { owners[slot] = slot }
      cache.compare(owners, &context)
      let targets = context.take(UInt32.self, Cache.slotCount)
      let sum = context.take(Double.self, widths[choice])
      let expected = context.take(Double.self, widths[choice])
      for _ in 0..<60 {
        let count = context.random.integer(1...90)
        let first = context.random.integer(count...Cache.slotCount - count)
        let range = first..<first + count
        replace(range, cache, owners, targets, sum, expected, widths[choice], &context)
      }
      cache.compare(owners, &context)
    }
  }

  /// Slots of a range go to random places below it, or leave; the sum loses what was there.
  private static func replace(
    _ slots: Range<Int>, _ cache: Cache, _ owners: UnsafeMutablePointer<Int>,
    _ targets: UnsafeMutablePointer<UInt32>, _ sum: UnsafeMutablePointer<Double>,
    _ expected: UnsafeMutablePointer<Double>, _ width: Int, _ context: inout CheckContext
  ) {
    for index in 0..<width { (sum[index], expected[index]) = (0, 0) }
    let firstTarget = context.random.integer(0...slots.lowerBound - slots.count)
    for index in 0..<slots.count {
      let isVictim = context.random.index(below: 4) == 0
      let slot = isVictim ? slots.lowerBound + index : firstTarget + index
      targets[index] = UInt32(slot)
      for element in 0..<width { expected[element] -= Double(cache.mark(owners[slot], element)) }
    }
    for index in 0..<slots.count { owners[Int(targets[index])] = owners[slots.lowerBound + index] }
    cache.rows.replace(targets, with: slots, subtractingFrom: sum)
    for index in 0..<width {
      context.expect(sum[index] == expected[index], "the sum of what left", at: index)
    }
  }

  private static func shuffle(_ values: UnsafeMutablePointer<Int>, _ random: inout RandomSource) {
    for index in stride(from: Cache.slotCount - 1, to: 0, by: -1) {
      let other = random.index(below: index + 1)
      (values[index], values[other]) = (values[other], values[index])
    }
  }

  /// Keys from the least to the largest Float16, added and subtracted in different random orders:
  /// the sum on the way equals that of whole numbers of 2^-24, and what is left is exactly zero.
  static func sums(_ context: inout CheckContext) {
    let width = 16
    context.begin("headDim", width)
    let cache = Cache(&context, headDim: width)
    let source = context.take(Float.self, width)
    let sum = context.take(Double.self, width)
    let exact = context.take(Int.self, width)
    sum.update(repeating: 0, count: width)
    exact.update(repeating: 0, count: width)
    for slot in 0..<Cache.slotCount {
      for index in 0..<width {
        let exponent = context.random.integer(-24...15)
        source[index] =
          context.random.float() * Float(sign: .plus, exponent: exponent, significand: 2)
      }
      _ = cache.rows.setKey(slot, from: source)
    }
    cache.loadAll()
    let order = context.take(Int.self, Cache.slotCount)
    let target = context.take(UInt32.self, 1)
    for slot in 0..<Cache.slotCount { order[slot] = slot }
    for round in 0..<6 {
      shuffle(order, &context.random)
      for place in 0..<Cache.slotCount {
        let slot = order[place]
        let sign = round & 1 == 0 ? 1 : -1
        if sign > 0 {
          cache.rows.addKeys(slot..<slot + 1, to: sum)
        } else {
          target[0] = UInt32(slot)
          cache.rows.replace(target, with: slot..<slot + 1, subtractingFrom: sum)
        }
        for index in 0..<width {
          exact[index] += sign * Int(Double(cache.key(slot, index)) * 0x1p24)
          context.expect(
            sum[index] * 0x1p24 == Double(exact[index]), "the sum on the way", at: index)
        }
      }
    }
    for index in 0..<width {
      context.expectEqual(Int(bitPattern: UInt(sum[index].bitPattern)), 0, "the rest", at: index)
    }
    compareRanges(cache, sum, exact, width, &context)
  }

  /// Ranges of every small length from every place in a tile; `sum` and `exact` are zero.
  private static func compareRanges(
    _ cache: Cache, _ sum: UnsafeMutablePointer<Double>, _ exact: UnsafeMutablePointer<Int>,
    _ width: Int, _ context: inout CheckContext
  ) {
    for start in 40..<80 {
      for count in 0...40 {
        cache.rows.addKeys(start..<start + count, to: sum)
        for index in 0..<width {
          for slot in start..<start + count {
            exact[index] += Int(Double(cache.key(slot, index)) * 0x1p24)
          }
          context.expect(
            sum[index] * 0x1p24 == Double(exact[index]), "the sum of a range", at: count)
          (sum[index], exact[index]) = (0, 0)
        }
      }
    }
  }
}

/// Cache rows of three tiles, and what is loaded of them.
private struct Cache {
  static let slotCount = 3 * CacheRows.tileSlots

  let rows: CacheRows
  private let headDim: Int
  private let stride: Int
  private let source: UnsafeMutablePointer<Float>
  /// `[tiles][headDim][tileSlots]`
  private let keys: UnsafeMutablePointer<Float>
  /// `[tiles][tileSlots][stride]`
  private let values: UnsafeMutablePointer<Float>

  init(_ context: inout CheckContext, headDim: Int) {
    self.headDim = headDim
    stride = roundUp(headDim, to: 32)
    rows = CacheRows(
      keys: context.take(
        UInt16.self, CacheRows.keyCount(slots: Self.slotCount, headDim: headDim)),
      values: context.take(
        UInt16.self, CacheRows.valueCount(slots: Self.slotCount, headDim: headDim)),
      headDim: headDim)
    source = context.take(Float.self, headDim)
    keys = context.take(Float.self, Self.slotCount * headDim)
    values = context.take(Float.self, Self.slotCount * stride)
  }

  func load(tile: Int) {
    let first = tile * CacheRows.tileSlots
    rows.loadKeys(tile: first, into: keys + first * headDim)
    rows.loadValues(tile: first, into: values + first * stride, stride: stride)
  }

  func loadAll() {
    for tile in 0..<Self.slotCount / CacheRows.tileSlots { load(tile: tile) }
  }

  func key(_ slot: Int, _ index: Int) -> Float {
    let tile = slot / CacheRows.tileSlots
    return keys[
      (tile * headDim + index) * CacheRows.tileSlots + slot % CacheRows.tileSlots]
  }

  func value(_ slot: Int, _ index: Int) -> Float { values[slot * stride + index] }

  /// A finite Float16 that is another one for almost every other token, index or kind.
  func mark(_ token: Int, _ index: Int, isKey: Bool = true) -> Float {
    let hash = token &* 40_503 &+ index &* 977 &+ (isKey ? 0 : 12_345)
    return Float(Float16(bitPattern: UInt16(hash & 0xFBFF)))
  }

  func set(_ slot: Int, token: Int) {
    for index in 0..<headDim { source[index] = mark(token, index, isKey: true) }
    _ = rows.setKey(slot, from: source)
    for index in 0..<headDim { source[index] = mark(token, index, isKey: false) }
    rows.setValue(slot, from: source)
  }

  /// - Parameter owners: the token in each slot.
  func compare(_ owners: UnsafeMutablePointer<Int>, _ context: inout CheckContext) {
    loadAll()
    for slot in 0..<Self.slotCount {
      for index in 0..<headDim {
        context.expect(
          key(slot, index) == mark(owners[slot], index, isKey: true), "key", at: slot)
        context.expect(
          value(slot, index) == mark(owners[slot], index, isKey: false), "value",
          at: slot)
      }
    }
  }
}
