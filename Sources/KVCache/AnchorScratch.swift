import Kernels

/// Where the anchor policies keep their numbers in the scratch.
struct AnchorScratch {
  static func count(headDim: Int) -> Int { headDim * 17 }
  /// `[headDim]`
  let anchor: UnsafeMutablePointer<Float>
  /// `[headDim][16]`
  let partials: UnsafeMutablePointer<Float>

  init(_ slots: PolicyHead, offset: Int = 0) {
    let headDim = slots.rows.headDim
    partials = slots.floats(offset)
    anchor = partials + headDim * 16
  }

  /// anchor = sum of factors[slot] * key; nil is 1 for all.
  func sum(_ slots: PolicyHead, factors: UnsafePointer<Float>?) {
    slots.rows.sumKeys(
      slotCount: slots.count, factors: factors, partials: partials, into: anchor)
  }

  /// anchor = mean of the keys
  func average(_ slots: PolicyHead) {
    sum(slots, factors: nil)
    scale(anchor, count: slots.rows.headDim, by: 1 / Float(slots.count))
  }

  /// |anchor|
  func length(headDim: Int) -> Float {
    var squares: Float = 0
    for index in 0..<headDim { squares += anchor[index] * anchor[index] }
    return squareRoot(squares)
  }
}
