import Kernels

/// Receives the memory of a cache part by part, always in the same order: to write it to a file, or
/// to fill it from one.
public protocol CacheVisitor: ~Copyable {
  associatedtype Failure: Error
  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) throws(Failure)
}

extension KVCache {
  /// Filled slots of all heads: keys in whole tiles, values, positions and norms.
  public func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    for layer in 0..<shape.layerCount {
      for kvHead in 0..<shape.kvHeadCount {
        let head = head(layer: layer, kvHead: kvHead)
        let (rows, dim) = (head.rows, shape.headDim)
        try visitor.visit(rows.keys, count: CacheRows.keyCount(slots: count, headDim: dim))
        try visitor.visit(
          rows.values, count: CacheRows.filledValueCount(slots: count, headDim: dim))
        try visitor.visit(head.positions, count: count)
        try visitor.visit(head.inverseNorms, count: head.keepsNorms ? count : 0)
      }
    }
  }
}

extension Eviction {
  /// What stays with the text from block to block.
  /// - Parameter slotCount: filled slots of every head.
  public func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    slotCount: Int, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try keyDiff.forEachPart(&visitor)
    for head in 0..<(needs.accumulates ? shape.headCount : 0) {
      try visitor.visit(accumulated + head * shape.paddedSlotCount, count: slotCount)
    }
    try visitor.visit(weakCounts, count: shape.kvHeadCount)
  }
}

extension KeyDiff {
  fileprivate func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit(sums, count: shape.headCount * shape.headDim)
  }
}

extension CacheVisitor where Self: ~Copyable {
  public mutating func visit<Element: BitwiseCopyable>(
    _ elements: UnsafeMutablePointer<Element>, count: Int
  ) throws(Failure) {
    if count == 0 { return }
    try visit(
      UnsafeMutableRawBufferPointer(
        start: elements, count: count * MemoryLayout<Element>.stride))
  }
}
