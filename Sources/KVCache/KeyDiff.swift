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
///   costs O(n headDim). Memory: headDim Doubles a head and layer, 16 bytes a slot and KV head.
public struct KeyDiff: ~Copyable {
  private let shape: CacheShape
  /// `[layers][kvHeads][headDim]`
  private let sums: UnsafeMutablePointer<Double>
  /// `[kvHeads][headDim]`: the sums of the layer at work, as Float32.
  private let anchors: UnsafeMutablePointer<Float>
  /// `[kvHeads][slots]`: S·k of the layer at work.
  private let dotProducts: UnsafeMutablePointer<Float>
  /// `[kvHeads][slots]` each: what the search for victims works with.
  private let victims: UnsafeMutablePointer<UInt32>
  private let orders: UnsafeMutablePointer<UInt32>
  private let scratch: UnsafeMutablePointer<UInt32>

  public init(carver: inout Carver, shape: CacheShape) {
    self.shape = shape
    let slots = shape.kvHeadCount * shape.paddedSlotCount
    sums = carver.take(.policy, Double.self, count: shape.headCount * shape.headDim)
    anchors = carver.take(.policy, Float.self, count: shape.kvHeadCount * shape.headDim)
    dotProducts = carver.take(.policy, Float.self, count: slots)
    victims = carver.take(.policy, UInt32.self, count: slots)
    orders = carver.take(.policy, UInt32.self, count: slots)
    scratch = carver.take(.policy, UInt32.self, count: slots)
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
    let offset = kvHead * shape.paddedSlotCount
    let (victims, targets) = (self.victims + offset, scratch + offset)
    let search = VictimSearch(
      filter: retained.filter(
        dots: dots(kvHead: kvHead), inverseNorms: head.inverseNorms, positions: head.positions,
        nextPosition: nextPosition),
      slots: victims, orders: orders + offset, scratch: targets)
    search.run(slotCount: slotCount, victimCount: slotCount - budget)
    findTargets(victims, slots: budget..<slotCount, targets)
    head.replace(
      targets, with: budget..<slotCount, subtractingFrom: sum(layer: layer, kvHead: kvHead))
  }

  /// Slots from the budget on go into the holes below it, or are victims: their own targets.
  /// - Parameter victims: as many as `slots`, in order.
  private func findTargets(
    _ victims: UnsafePointer<UInt32>, slots: Range<Int>, _ targets: UnsafeMutablePointer<UInt32>
  ) {
    var last = slots.count &- 1
    while last >= 0 && victims[last] >= slots.lowerBound { last &-= 1 }
    var hole = 0
    var victim = last &+ 1
    for index in 0..<slots.count {
      let slot = UInt32(truncatingIfNeeded: slots.lowerBound &+ index)
      if victim < slots.count && victims[victim] == slot {
        targets[index] = slot
        victim &+= 1
      } else {
        targets[index] = victims[hole]
        hole &+= 1
      }
    }
  }
}
