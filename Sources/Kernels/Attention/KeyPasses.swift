import CInstructions

// Passes over all keys of a head, Float32. Where a pass writes a number for each slot, it writes up
// to the next multiple of 16.

extension CacheRows {
  /// dots[slot] = anchor · key
  /// - Parameter anchor: `headDim` values.
  @export(interface)
  public func multiply(
    _ anchor: UnsafePointer<Float>, slotCount: Int, into dots: UnsafeMutablePointer<Float>
  ) {
    for tile in stride(from: 0, to: slotCount, by: Self.tileSlots) {
      unsafe multiply(anchor, tile: tile, slotCount: slotCount, into: dots + tile)
    }
  }

  /// As above, for the tile of slots that begins at `tile`.
  @inline(__always)
  func multiply(
    _ anchor: UnsafePointer<Float>, tile: Int, slotCount: Int,
    into dots: UnsafeMutablePointer<Float>
  ) {
    unsafe visit(
      anchor, tile: tile, slotCount: slotCount,
      KeyTargets(first: dots, second: dots, as: ProductSums.self))
  }

  /// dots[slot] = anchor · key, squares[slot] = |key|^2
  @export(interface)
  public func multiply(
    _ anchor: UnsafePointer<Float>, slotCount: Int, into dots: UnsafeMutablePointer<Float>,
    squares: UnsafeMutablePointer<Float>
  ) {
    for tile in stride(from: 0, to: slotCount, by: Self.tileSlots) {
      unsafe visit(
        anchor, tile: tile, slotCount: slotCount,
        KeyTargets(first: dots + tile, second: squares + tile, as: ProductAndSquareSums.self))
    }
  }

  /// squares[slot] = |key - anchor|^2
  @export(interface)
  public func squaredDistances(
    _ anchor: UnsafePointer<Float>, slotCount: Int, into squares: UnsafeMutablePointer<Float>
  ) {
    for tile in stride(from: 0, to: slotCount, by: Self.tileSlots) {
      unsafe visit(
        anchor, tile: tile, slotCount: slotCount,
        KeyTargets(first: squares + tile, second: squares + tile, as: DistanceSums.self))
    }
  }

  /// Numbers for each slot of a tile. A whole tile is taken by as many columns of sixteen slots at a
  /// time as the registers hold: one column's sums would wait for each other.
  @inline(__always)
  private func visit<Sums: KeySums>(
    _ anchor: UnsafePointer<Float>, tile: Int, slotCount: Int, _ targets: KeyTargets<Sums>
  ) {
    let keys = unsafe keyTile(tile)
    if slotCount &- tile < Self.tileSlots {
      for column in stride(from: 0, to: slotCount &- tile, by: 16) {
        unsafe KeyColumns<Sums, 1>(anchor, keys + column, headDim).store(targets, column)
      }
    } else if NativeFloats.scalarCount == 16 {
      unsafe KeyColumns<Sums, 4>(anchor, keys, headDim).store(targets, 0)
    } else if NativeFloats.scalarCount == 8 {
      for column in stride(from: 0, to: Self.tileSlots, by: 32) {
        unsafe KeyColumns<Sums, 2>(anchor, keys + column, headDim).store(targets, column)
      }
    } else {
      for column in stride(from: 0, to: Self.tileSlots, by: 16) {
        unsafe KeyColumns<Sums, 1>(anchor, keys + column, headDim).store(targets, column)
      }
    }
  }

  /// sum = sum over slots of factors[slot] * key
  /// - Parameters:
  ///   - factors: `slotCount` values; nil is 1 for all.
  ///   - partials: scratch, `headDim * 16` values.
  @export(interface)
  public func sumKeys(
    slotCount: Int, factors: UnsafePointer<Float>?, partials: UnsafeMutablePointer<Float>,
    into sum: UnsafeMutablePointer<Float>
  ) {
    unsafe partials.update(repeating: 0, count: headDim * 16)
    for tile in stride(from: 0, to: slotCount, by: Self.tileSlots) {
      let place = unsafe keyTile(tile)
      let first = unsafe filledLanes(factors, tile, slotCount)
      let second = unsafe filledLanes(factors, tile &+ 16, slotCount)
      let third = unsafe filledLanes(factors, tile &+ 32, slotCount)
      let fourth = unsafe filledLanes(factors, tile &+ 48, slotCount)
      for index in 0..<headDim {
        let keys = unsafe place + index &* Self.tileSlots
        var even = unsafe partials.lanes(index &* 16)
        var odd = unsafe edge_load_f16x16(keys + 16) * second
        unsafe even.addProduct(edge_load_f16x16(keys), first)
        unsafe odd.addProduct(edge_load_f16x16(keys + 48), fourth)
        unsafe even.addProduct(edge_load_f16x16(keys + 32), third)
        unsafe partials.store(even + odd, index &* 16)
      }
    }
    for index in 0..<headDim { unsafe sum[index] = total(partials.lanes(index &* 16)) }
  }

  /// One element of all keys.
  public func copyElement(_ index: Int, slotCount: Int, into target: UnsafeMutablePointer<Float>) {
    for slot in stride(from: 0, to: slotCount, by: 16) {
      unsafe target.store(edge_load_f16x16(keyLanes(slot) + index &* Self.tileSlots), slot)
    }
  }

  /// One key, times a factor.
  public func copyKey(_ slot: Int, factor: Float, into target: UnsafeMutablePointer<Float>) {
    let source = unsafe key(slot)
    for index in 0..<headDim {
      unsafe target[index] = Float(Float16(bitPattern: source[index &* Self.tileSlots])) * factor
    }
  }

  /// Sums over slots of factors[slot] * (row · key), for `rowCount` rows.
  /// - Parameters:
  ///   - rows: `[rowCount][headDim]`, `rowCount` a multiple of 4.
  ///   - scratch: `4 * tileSlots` values.
  @export(interface)
  public func sumProducts(
    rows: UnsafePointer<Float>, rowCount: Int, slotCount: Int, factors: UnsafePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, into sums: UnsafeMutablePointer<Float>
  ) {
    typealias Tile = FloatTile<WidenedHalves, 4, 2>
    for row in stride(from: 0, to: rowCount, by: 4) {
      var totals = fourTimes(SIMD16<Float>())
      for tile in stride(from: 0, to: slotCount, by: Self.tileSlots) {
        for column in stride(from: 0, to: Self.tileSlots, by: Tile.columns) {
          unsafe Tile(
            rows + row * headDim, stride: headDim, keyTile(tile) + column, stride: Self.tileSlots,
            k: headDim
          ).store(scratch + column, stride: Self.tileSlots)
        }
        for index in 0..<4 {
          for column in stride(from: 0, to: Self.tileSlots, by: 16) {
            unsafe totals[unchecked: index].addProduct(
              scratch.lanes(index &* Self.tileSlots &+ column),
              filledLanes(factors, tile &+ column, slotCount))
          }
        }
      }
      for index in 0..<4 { unsafe sums[row + index] = total(totals[unchecked: index]) }
    }
  }

  /// Sixteen slots, the first a multiple of 16: their first key elements.
  @inline(__always)
  private func keyLanes(_ slot: Int) -> UnsafePointer<Float16> {
    unsafe keyTile(slot & ~(Self.tileSlots &- 1)) + slot & (Self.tileSlots &- 1)
  }
}

/// What a pass sums up for sixteen slots over the elements of their keys, in an order of its own
/// that does not depend on the columns beside it.
private protocol KeySums {
  init()
  /// Two elements, one after the other.
  mutating func add(
    _ first: SIMD16<Float>, _ firstFactor: Float, _ second: SIMD16<Float>, _ secondFactor: Float)
  func store(_ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>)
}

/// Where the sums of a tile go.
@safe private struct KeyTargets<Sums: KeySums> {
  let first: UnsafeMutablePointer<Float>
  let second: UnsafeMutablePointer<Float>

  @inline(__always)
  init(
    first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, as kind: Sums.Type
  ) {
    unsafe self.first = first
    unsafe self.second = second
  }
}

/// Columns of sixteen slots side by side.
private struct KeyColumns<Sums: KeySums, let count: Int> {
  private var sums = InlineArray<count, Sums> { _ in Sums() }

  @inline(__always)
  init(_ anchor: UnsafePointer<Float>, _ keys: UnsafePointer<Float16>, _ headDim: Int) {
    var row = unsafe keys
    for index in stride(from: 0, to: headDim, by: 2) {
      for column in 0..<count {
        let place = unsafe row + column &* 16
        unsafe sums[unchecked: column].add(
          edge_load_f16x16(place), anchor[index],
          edge_load_f16x16(place + CacheRows.tileSlots), anchor[index &+ 1])
      }
      unsafe row += 2 &* CacheRows.tileSlots
    }
  }

  @inline(__always)
  func store(_ targets: KeyTargets<Sums>, _ slot: Int) {
    for column in 0..<count {
      let place = slot &+ column &* 16
      unsafe sums[unchecked: column].store(targets.first + place, targets.second + place)
    }
  }
}

private struct ProductSums: KeySums {
  private var even = SIMD16<Float>()
  private var odd = SIMD16<Float>()

  @inline(__always)
  mutating func add(
    _ first: SIMD16<Float>, _ firstFactor: Float, _ second: SIMD16<Float>, _ secondFactor: Float
  ) {
    even.addProduct(SIMD16(repeating: firstFactor), first)
    odd.addProduct(SIMD16(repeating: secondFactor), second)
  }

  @inline(__always)
  func store(_ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>) {
    unsafe first.store(even + odd, 0)
  }
}

private struct ProductAndSquareSums: KeySums {
  private var products = SIMD16<Float>()
  private var squares = SIMD16<Float>()

  @inline(__always)
  mutating func add(
    _ first: SIMD16<Float>, _ firstFactor: Float, _ second: SIMD16<Float>, _ secondFactor: Float
  ) {
    products.addProduct(SIMD16(repeating: firstFactor), first)
    squares.addProduct(first, first)
    products.addProduct(SIMD16(repeating: secondFactor), second)
    squares.addProduct(second, second)
  }

  @inline(__always)
  func store(_ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>) {
    unsafe first.store(products, 0)
    unsafe second.store(squares, 0)
  }
}

private struct DistanceSums: KeySums {
  private var squares = SIMD16<Float>()

  @inline(__always)
  mutating func add(
    _ first: SIMD16<Float>, _ firstFactor: Float, _ second: SIMD16<Float>, _ secondFactor: Float
  ) {
    let (a, b) = (first - SIMD16(repeating: firstFactor), second - SIMD16(repeating: secondFactor))
    squares.addProduct(a, a)
    squares.addProduct(b, b)
  }

  @inline(__always)
  func store(_ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>) {
    unsafe first.store(squares, 0)
  }
}

/// Sixteen factors, 0 from `count` on.
@inline(__always)
private func filledLanes(_ factors: UnsafePointer<Float>?, _ slot: Int, _ count: Int) -> SIMD16<
  Float
> {
  if slot &+ 16 <= count { return unsafe factors?.lanes(slot) ?? SIMD16(repeating: 1) }
  var lanes = SIMD16<Float>()
  for lane in 0..<max(count &- slot, 0) { lanes[lane] = unsafe factors?[slot &+ lane] ?? 1 }
  return lanes
}

/// The sum of a[i] * b[i], in 16 partial sums.
@export(interface)
public func sumOfProducts(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float
{
  var sum = SIMD16<Float>()
  for index in stride(from: 0, to: count, by: 16) {
    unsafe sum.addProduct(filledLanes(a, index, count), filledLanes(b, index, count))
  }
  return total(sum)
}

/// values[i] *= factor
public func scale(_ values: UnsafeMutablePointer<Float>, count: Int, by factor: Float) {
  for index in 0..<count { unsafe values[index] *= factor }
}

/// dots[i] = -dots[i] / squares[i]^(1/2); 0 where the square is 0.
public func negateCosines(
  _ dots: UnsafeMutablePointer<Float>, squares: UnsafePointer<Float>, count: Int
) {
  for index in 0..<count {
    let square = unsafe squares[index]
    unsafe dots[index] = square > 0 ? -dots[index] / squareRoot(square) : 0
  }
}
