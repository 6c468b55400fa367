import Kernels

/// One KV head of one layer.
@safe public struct CacheHead: BitwiseCopyable {
  public let rows: CacheRows
  public let positions: UnsafeMutablePointer<UInt32>
  let inverseNorms: UnsafeMutablePointer<Float>
  let keepsNorms: Bool

  /// The same memory for a policy that keeps no norms.
  public var withoutNorms: CacheHead {
    unsafe CacheHead(
      rows: rows, positions: positions, inverseNorms: inverseNorms, keepsNorms: false)
  }

  /// Writes a token's key and value into a slot.
  /// - Returns: values that were past Float16's range and became its largest number.
  @discardableResult
  @export(interface)
  public func setToken(
    slot: Int, position: Int, key: UnsafePointer<Float>, value: UnsafePointer<Float>
  ) -> Int {
    let squares = unsafe setKey(slot, position: position, from: key)
    let isClamped = unsafe rows.setValue(slot, from: value)
    return unsafe CacheRows.clampedCount(ofKey: key, count: rows.headDim, squares: squares)
      + CacheRows.clampedCount(ofValue: value, count: rows.headDim, isClamped: isClamped)
  }

  /// - Returns: the squared length of the rounded key.
  @discardableResult
  func setKey(_ slot: Int, position: Int, from key: UnsafePointer<Float>) -> Float {
    let squares = unsafe rows.setKey(slot, from: key)
    unsafe positions[slot] = UInt32(truncatingIfNeeded: position)
    if keepsNorms { unsafe inverseNorms[slot] = squares > 0 ? 1 / squareRoot(squares) : 0 }
    return squares
  }

  /// The first `count` slots.
  func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    count: Int, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try unsafe visitor.visit(
      rows.keys, count: CacheRows.keyCount(slots: count, headDim: rows.headDim))
    try unsafe visitor.visit(
      rows.values, count: CacheRows.filledValueCount(slots: count, headDim: rows.headDim))
    try unsafe visitor.visit(positions, count: count)
    try unsafe visitor.visit(inverseNorms, count: keepsNorms ? count : 0)
  }

  /// Each slot of the range goes to its target, and the key that was there leaves `sum`: see
  /// `CacheRows.replace`.
  func replace(
    _ targets: UnsafePointer<UInt32>, with slots: Range<Int>,
    subtractingFrom sum: UnsafeMutablePointer<Double>?
  ) {
    unsafe rows.replace(targets, with: slots, subtractingFrom: sum)
    for index in 0..<slots.count {
      let (slot, target) = unsafe (slots.lowerBound &+ index, Int(targets[index]))
      unsafe positions[target] = unsafe positions[slot]
      if keepsNorms { unsafe inverseNorms[target] = unsafe inverseNorms[slot] }
    }
  }
}
