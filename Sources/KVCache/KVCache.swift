import Kernels
import Memory

/// The sizes of a cache. Each KV head of each layer keeps tokens of its own, but always as many as
/// every other.
public struct CacheShape: Sendable, BitwiseCopyable {
  public let layerCount: Int
  public let kvHeadCount: Int
  public let headDim: Int
  /// Budget N + block B.
  public let slotCount: Int

  public init(layerCount: Int, kvHeadCount: Int, headDim: Int, slotCount: Int) {
    self.layerCount = layerCount
    self.kvHeadCount = kvHeadCount
    self.headDim = headDim
    self.slotCount = slotCount
  }

  /// For a policy that is not in use.
  public static var empty: CacheShape {
    CacheShape(layerCount: 0, kvHeadCount: 0, headDim: 0, slotCount: 0)
  }

  var paddedSlotCount: Int { roundUp(slotCount, to: CacheRows.tileSlots) }
  var headCount: Int { layerCount * kvHeadCount }
}

/// Keys, values and positions of all layers. Slots 0 ..< count are filled; a block's tokens are
/// written behind the kept ones and eviction fills the holes it makes.
public struct KVCache: ~Copyable {
  public let shape: CacheShape
  private let keys: UnsafeMutablePointer<UInt16>
  private let values: UnsafeMutablePointer<UInt16>
  /// `[layers][kvHeads][slots]`: the token's place in the text.
  private let positions: UnsafeMutablePointer<UInt32>
  /// `[layers][kvHeads][slots]`: 1 / |key|, 0 for a zero key; not there for policies without need.
  private let inverseNorms: UnsafeMutablePointer<Float>
  private let normStride: Int
  /// Filled slots of every head.
  public private(set) var count = 0

  public init(carver: inout Carver, shape: CacheShape, keepsNorms: Bool) {
    self.shape = shape
    normStride = keepsNorms ? shape.paddedSlotCount : 0
    let (slots, dim) = (shape.slotCount, shape.headDim)
    keys = carver.take(
      .keys, UInt16.self, count: shape.headCount * CacheRows.keyCount(slots: slots, headDim: dim))
    values = carver.take(
      .values, UInt16.self,
      count: shape.headCount * CacheRows.valueCount(slots: slots, headDim: dim))
    positions = carver.take(
      .slots, UInt32.self, count: shape.headCount * shape.paddedSlotCount)
    inverseNorms = carver.take(
      .slots, Float.self, count: shape.headCount * normStride)
  }

  public func head(layer: Int, kvHead: Int) -> CacheHead {
    let index = layer * shape.kvHeadCount + kvHead
    let (slots, dim) = (shape.slotCount, shape.headDim)
    return CacheHead(
      rows: CacheRows(
        keys: keys + index * CacheRows.keyCount(slots: slots, headDim: dim),
        values: values + index * CacheRows.valueCount(slots: slots, headDim: dim), headDim: dim),
      positions: positions + index * shape.paddedSlotCount,
      inverseNorms: inverseNorms + index * normStride, keepsNorms: normStride > 0)
  }

  /// Called once a block, when all layers have written and evicted.
  public mutating func setCount(_ count: Int) {
    precondition(count >= 0 && count <= shape.slotCount)
    self.count = count
  }
}

/// One KV head of one layer.
public struct CacheHead: BitwiseCopyable {
  public let rows: CacheRows
  public let positions: UnsafeMutablePointer<UInt32>
  let inverseNorms: UnsafeMutablePointer<Float>
  let keepsNorms: Bool

  /// The same memory for a policy that keeps no norms.
  public var withoutNorms: CacheHead {
    CacheHead(rows: rows, positions: positions, inverseNorms: inverseNorms, keepsNorms: false)
  }

  /// Writes a token's key and value into a slot.
  /// - Returns: values that were past Float16's range and became its largest number.
  @discardableResult
  public func setToken(
    slot: Int, position: Int, key: UnsafePointer<Float>, value: UnsafePointer<Float>
  ) -> Int {
    let squares = setKey(slot, position: position, from: key)
    let isClamped = rows.setValue(slot, from: value)
    return CacheRows.clampedCount(ofKey: key, count: rows.headDim, squares: squares)
      + CacheRows.clampedCount(ofValue: value, count: rows.headDim, isClamped: isClamped)
  }

  /// - Returns: the squared length of the rounded key.
  @discardableResult
  func setKey(_ slot: Int, position: Int, from key: UnsafePointer<Float>) -> Float {
    let squares = rows.setKey(slot, from: key)
    positions[slot] = UInt32(truncatingIfNeeded: position)
    if keepsNorms { inverseNorms[slot] = squares > 0 ? 1 / squareRoot(squares) : 0 }
    return squares
  }

  /// Each slot of the range goes to its target, and the key that was there leaves `sum`: see
  /// `CacheRows.replace`.
  func replace(
    _ targets: UnsafePointer<UInt32>, with slots: Range<Int>,
    subtractingFrom sum: UnsafeMutablePointer<Double>?
  ) {
    rows.replace(targets, with: slots, subtractingFrom: sum)
    for index in 0..<slots.count {
      let (slot, target) = (slots.lowerBound &+ index, Int(targets[index]))
      positions[target] = positions[slot]
      if keepsNorms { inverseNorms[target] = inverseNorms[slot] }
    }
  }
}
