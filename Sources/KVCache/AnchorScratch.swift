import Kernels

/// Where the anchor policies keep their numbers in the scratch.
@safe struct AnchorScratch {
  static func count(headDim: Int) -> Int { headDim * 17 }
  /// `[headDim]`
  let anchor: UnsafeMutablePointer<Float>
  /// `[headDim][16]`
  let partials: UnsafeMutablePointer<Float>

  init(_ slots: PolicyHead, offset: Int = 0) {
    let headDim = slots.rows.headDim
    unsafe partials = unsafe slots.floats(offset)
    unsafe anchor = unsafe partials + headDim * 16
  }

  /// anchor = sum of factors[slot] * key; nil is 1 for all.
  func sum(_ slots: PolicyHead, factors: UnsafePointer<Float>?) {
    unsafe slots.rows.sumKeys(
      slotCount: slots.count, factors: factors, partials: partials, into: anchor)
  }

  /// anchor = mean of the keys
  func average(_ slots: PolicyHead) {
    unsafe sum(slots, factors: nil)
    unsafe scale(anchor, count: slots.rows.headDim, by: 1 / Float(slots.count))
  }

  /// |anchor|
  func length(headDim: Int) -> Float {
    var squares: Float = 0
    for index in 0..<headDim { unsafe squares += anchor[index] * anchor[index] }
    return squareRoot(squares)
  }
}
