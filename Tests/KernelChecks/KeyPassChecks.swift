import Kernels

/// Passes over all keys of a head against slow ones in Double.
enum KeyPassChecks {
  static func all(_ context: inout CheckContext) {
    let headDims: InlineArray<4, Int> = [8, 64, 80, 128]
    let counts: InlineArray<7, Int> = [1, 4, 15, 64, 65, 130, 203]
    for dim in headDims.indices {
      for count in counts.indices {
        context.begin("headDim", headDims[dim], "slots", counts[count])
        let keys = KeySet(&context, headDim: headDims[dim], count: counts[count])
        keys.checkSums(&context)
        keys.checkProducts(&context)
        keys.checkPairs(&context)
      }
    }
  }
}

/// Random keys, exact in Float16, some of them zero; slots behind them hold large ones.
private struct KeySet {
  private let headDim: Int
  private let count: Int
  private let rows: CacheRows
  /// `[slots][headDim]`
  private let keys: UnsafeMutablePointer<Float>
  private let factors: UnsafeMutablePointer<Float>
  private let anchor: UnsafeMutablePointer<Float>

  init(_ context: inout CheckContext, headDim: Int, count: Int) {
    self.headDim = headDim
    self.count = count
    let slots = roundUp(count, to: CacheRows.tileSlots)
    rows = CacheRows(
      keys: context.take(UInt16.self, CacheRows.keyCount(slots: slots, headDim: headDim)),
      values: context.take(UInt16.self, CacheRows.valueCount(slots: slots, headDim: headDim)),
      headDim: headDim)
    keys = context.take(Float.self, slots * headDim)
    factors = context.take(Float.self, slots)
    anchor = context.take(Float.self, headDim)
    for slot in 0..<slots {
      for index in 0..<headDim {
        let value = Float(context.random.integer(-256...256)) / 64
        keys[slot * headDim + index] = slot >= count ? 60_000 : slot % 7 == 3 ? 0 : value
      }
      _ = rows.setKey(slot, from: keys + slot * headDim)
      factors[slot] = slot >= count ? 1e9 : context.random.float()
    }
    for index in 0..<headDim { anchor[index] = context.random.float() * 3 }
  }

  private func key(_ slot: Int, _ index: Int) -> Double { Double(keys[slot * headDim + index]) }

  /// A sum over the slots in 16 parts, with and without factors.
  func checkSums(_ context: inout CheckContext) {
    let partials = context.take(Float.self, headDim * 16)
    let sum = context.take(Float.self, headDim)
    for hasFactors in 0..<2 {
      rows.sumKeys(
        slotCount: count, factors: hasFactors == 1 ? UnsafePointer(factors) : nil,
        partials: partials, into: sum)
      for index in 0..<headDim {
        var (expected, size) = (0.0, 0.0)
        for slot in 0..<count {
          let product = key(slot, index) * (hasFactors == 1 ? Double(factors[slot]) : 1)
          expected += product
          size += product.magnitude
        }
        context.expectClose(
          Double(sum[index]), expected, within: Double(count / 16 + 10) * roundoff * size,
          "sum of keys", at: index)
      }
    }
  }

  /// anchor · key, |key|^2 and |key - anchor|^2: sums over the key's elements.
  func checkProducts(_ context: inout CheckContext) {
    let padded = roundUp(count, to: CacheRows.tileSlots)
    let dots = context.take(Float.self, padded)
    let squares = context.take(Float.self, padded)
    let distances = context.take(Float.self, padded)
    rows.multiply(anchor, slotCount: count, into: dots, squares: squares)
    rows.squaredDistances(anchor, slotCount: count, into: distances)
    let unit = Double(headDim + 3) * roundoff
    for slot in 0..<count {
      var (dot, size, square, distance) = (0.0, 0.0, 0.0, 0.0)
      for index in 0..<headDim {
        let (a, k) = (Double(anchor[index]), key(slot, index))
        dot += a * k
        size += (a * k).magnitude
        square += k * k
        distance += (k - a) * (k - a)
      }
      context.expectClose(Double(dots[slot]), dot, within: unit * size, "anchor · key", at: slot)
      context.expectClose(
        Double(squares[slot]), square, within: unit * square, "square", at: slot)
      context.expectClose(
        Double(distances[slot]), distance, within: unit * distance, "distance", at: slot)
    }
  }

  /// Sums over all keys of a row's products, for rows of four keys.
  func checkPairs(_ context: inout CheckContext) {
    let rowCount = min(count, 8) & ~3
    if rowCount == 0 { return }
    let scratch = context.take(Float.self, 4 * CacheRows.tileSlots)
    let sums = context.take(Float.self, rowCount)
    rows.sumProducts(
      rows: keys, rowCount: rowCount, slotCount: count, factors: factors, scratch: scratch,
      into: sums)
    for row in 0..<rowCount {
      var (expected, size) = (0.0, 0.0)
      for slot in 0..<count {
        for index in 0..<headDim {
          let product = key(row, index) * key(slot, index) * Double(factors[slot])
          expected += product
          size += product.magnitude
        }
      }
      context.expectClose(
        Double(sums[row]), expected,
        within: Double(headDim + count / 16 + 12) * roundoff * size, "sum of products", at: row)
    }
  }
}
