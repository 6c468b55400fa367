import Kernels
import Memory

/// KeyDiff: evicts the keys that resemble the mean key most.
///
/// Score of slot i: -cos(mean(K), k_i), K the keys of the head after the block was written (KeyDiff,
/// section 3.2, with the mean of unnormalized keys as anchor). n and |mean| do not change the order,
/// so with S = sum of keys the score is -(S·k_i) / |k_i|. S is kept up to date in Double, where
/// sums of Float16 values are exact; S·k_i comes from the attention pass as one more row.
///
/// - Complexity: O(n) a head and block for the choice, O(B headDim) for moving rows; the extra row
///   costs O(n headDim). Memory: headDim Doubles a head and layer, 12 bytes a slot and KV head.
public struct KeyDiff: ~Copyable {
  private let shape: CacheShape
  /// `[layers][kvHeads][headDim]`
  private let sums: UnsafeMutablePointer<Double>
  /// `[kvHeads][headDim]`: the sums of the layer at work, as Float32.
  private let anchors: UnsafeMutablePointer<Float>
  /// `[kvHeads][slots]`: S·k of the layer at work.
  private let dotProducts: UnsafeMutablePointer<Float>
  /// `[kvHeads][slots]`: the order of eviction, and a copy that the selection reorders.
  private let order: UnsafeMutablePointer<UInt64>
  private let selectionScratch: UnsafeMutablePointer<UInt64>

  public init(carver: inout Carver, shape: CacheShape) {
    self.shape = shape
    let slots = shape.kvHeadCount * shape.paddedSlotCount
    sums = carver.take(.policy, Double.self, count: shape.headCount * shape.headDim)
    anchors = carver.take(.policy, Float.self, count: shape.kvHeadCount * shape.headDim)
    dotProducts = carver.take(.policy, Float.self, count: slots)
    order = carver.take(.policy, UInt64.self, count: slots)
    selectionScratch = carver.take(.policy, UInt64.self, count: slots)
  }

  /// For an empty cache.
  public func reset() {
    sums.update(repeating: 0, count: shape.headCount * shape.headDim)
  }

  /// The sum of a head's keys.
  func sum(layer: Int, kvHead: Int) -> UnsafeMutablePointer<Double> {
    sums + (layer * shape.kvHeadCount + kvHead) * shape.headDim
  }

  /// Adds the keys of a block's slots to the head's sum and rounds it to Float32 for the attention
  /// pass.
  public func addBlock(_ head: CacheHead, slots: Range<Int>, layer: Int, kvHead: Int) {
    let source = sum(layer: layer, kvHead: kvHead)
    head.rows.addKeys(slots, to: source)
    let target = anchors + kvHead * shape.headDim
    for index in 0..<shape.headDim { target[index] = Float(source[index]) }
  }

  public func anchor(kvHead: Int) -> UnsafePointer<Float> {
    UnsafePointer(anchors + kvHead * shape.headDim)
  }

  /// Where the attention pass leaves S·k of each slot.
  public func dots(kvHead: Int) -> UnsafeMutablePointer<Float> {
    dotProducts + kvHead * shape.paddedSlotCount
  }

  /// Evicts from one head until `budget` slots are left, which are then slots 0 ..< budget.
  /// - Parameters:
  ///   - slotCount: filled slots; more than `budget`.
  ///   - nextPosition: the position after the latest token's.
  public func evict(
    _ head: CacheHead, layer: Int, kvHead: Int, slotCount: Int, budget: Int, retained: Retained,
    nextPosition: Int
  ) {
    let order = self.order + kvHead * shape.paddedSlotCount
    let scratch = selectionScratch + kvHead * shape.paddedSlotCount
    let dots = self.dots(kvHead: kvHead)
    for slot in 0..<slotCount {
      let position = head.positions[slot]
      let score =
        retained.contains(position, nextPosition: nextPosition)
        ? Selection.protected : -(dots[slot] * head.inverseNorms[slot])
      order[slot] = Selection.key(score: score, position: position)
    }
    copy(order, to: scratch, count: slotCount)
    let victimCount = slotCount - budget
    let last = Selection.select(scratch, count: slotCount, rank: victimCount - 1)
    fillHoles(
      head, order: order, last: last, slotCount: slotCount, budget: budget,
      sum: sum(layer: layer, kvHead: kvHead))
  }

  /// Slots whose order is at most `last` leave; kept slots from `budget` on move into the holes.
  private func fillHoles(
    _ head: CacheHead, order: UnsafeMutablePointer<UInt64>, last: UInt64, slotCount: Int,
    budget: Int, sum: UnsafeMutablePointer<Double>
  ) {
    var donor = budget
    for slot in 0..<budget where order[slot] <= last {
      head.rows.subtractKey(slot, from: sum)
      while order[donor] <= last {
        head.rows.subtractKey(donor, from: sum)
        donor += 1
      }
      head.move(donor, to: slot)
      donor += 1
    }
    for slot in donor..<slotCount { head.rows.subtractKey(slot, from: sum) }
  }
}
