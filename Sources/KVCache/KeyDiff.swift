import Kernels
import Memory

/// KeyDiff: evicts the keys that resemble the mean key most.
///
/// Score of slot i: -cos(mean(K), k_i), K the keys of the head after the block was written (KeyDiff,
/// section 3.2, with the mean of unnormalized keys as anchor). n and |mean| do not change the order,
/// so with S = sum of keys the score is -(S·k_i) / |k_i|. S is kept up to date in Double, where
/// sums of Float16 values are exact; S·k_i comes from the attention pass as one more row.
///
/// - Complexity: O(B headDim) a head and block for the sum; the extra row costs O(n headDim). Memory:
///   headDim Doubles a head and layer, 1 / |k| a slot, headDim + n words a KV head.
struct KeyDiff: ~Copyable {
  let shape: CacheShape
  /// `[layers][kvHeads][headDim]`
  let sums: UnsafeMutablePointer<Double>
  /// `[kvHeads][headDim]`: the sums of the layer at work, as Float32.
  private let anchors: UnsafeMutablePointer<Float>
  /// `[kvHeads][slots]`: S·k of the layer at work.
  private let dotProducts: UnsafeMutablePointer<Float>

  init(carver: inout Carver, shape: CacheShape) {
    self.shape = shape
    sums = carver.take(.policy, Double.self, count: shape.headCount * shape.headDim)
    anchors = carver.take(.policy, Float.self, count: shape.kvHeadCount * shape.headDim)
    dotProducts = carver.take(
      .policy, Float.self, count: shape.kvHeadCount * shape.paddedSlotCount)
  }

  /// For an empty cache.
  func reset() {
    sums.update(repeating: 0, count: shape.headCount * shape.headDim)
  }

  /// The sum of a head's keys.
  func sum(layer: Int, kvHead: Int) -> UnsafeMutablePointer<Double> {
    sums + (layer * shape.kvHeadCount + kvHead) * shape.headDim
  }

  /// Adds the keys of a block's slots to the head's sum and rounds it to Float32 for the attention
  /// pass.
  func addBlock(_ head: CacheHead, slots: Range<Int>, layer: Int, kvHead: Int) {
    let source = sum(layer: layer, kvHead: kvHead)
    head.rows.addKeys(slots, to: source)
    let target = anchors + kvHead * shape.headDim
    for index in 0..<shape.headDim { target[index] = Float(source[index]) }
  }

  /// The sum anew, from the keys of slots 0 ..< `slotCount`.
  func rebuildSum(_ head: CacheHead, slotCount: Int, layer: Int, kvHead: Int) {
    let sum = sum(layer: layer, kvHead: kvHead)
    sum.update(repeating: 0, count: shape.headDim)
    head.rows.addKeys(0..<slotCount, to: sum)
  }

  func anchor(kvHead: Int) -> UnsafePointer<Float> {
    UnsafePointer(anchors + kvHead * shape.headDim)
  }

  /// Where the attention pass leaves S·k of each slot.
  func dots(kvHead: Int) -> UnsafeMutablePointer<Float> {
    dotProducts + kvHead * shape.paddedSlotCount
  }

  /// The mean cosine of a head's keys and the anchor: at most the length of the mean unit key.
  func meanCosine(
    kvHead: Int, inverseNorms: UnsafePointer<Float>, slotCount: Int
  ) -> Float {
    let anchor = anchor(kvHead: kvHead)
    let length = squareRoot(sumOfProducts(anchor, anchor, count: shape.headDim))
    if length == 0 { return 0 }
    let products = sumOfProducts(dots(kvHead: kvHead), inverseNorms, count: slotCount)
    return products / (length * Float(slotCount))
  }
}
