/// Receives the memory of a cache part by part, always in the same order: to write it to a file, or
/// to fill it from one.
public protocol CacheVisitor: ~Copyable {
  associatedtype Failure: Error
  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) throws(Failure)
}

extension CacheVisitor where Self: ~Copyable {
  public mutating func visit<Element: BitwiseCopyable>(
    _ elements: UnsafeMutablePointer<Element>, count: Int
  ) throws(Failure) {
    if count == 0 { return }
    try unsafe visit(
      UnsafeMutableRawBufferPointer(
        start: elements, count: count * MemoryLayout<Element>.stride))
  }
}
