/// Rows of one element type in the arena: `[count][stride]`. Builds for tests check that a row is one
/// of them; other builds do not.
@safe public struct ArenaRows<Element: BitwiseCopyable>: BitwiseCopyable {
  private let base: UnsafeMutablePointer<Element>
  public let count: Int
  /// Elements from the start of a row to the start of the next one.
  public let stride: Int

  init(base: UnsafeMutablePointer<Element>, count: Int, stride: Int) {
    unsafe self.base = unsafe base
    self.count = count
    self.stride = stride
  }

  /// The first element of a row, which `stride` elements belong to.
  @inline(__always)
  public subscript(row: Int) -> UnsafeMutablePointer<Element> {
    #if DEBUG
      precondition(row >= 0 && row < count, "no such row")
    #endif
    return unsafe base + row * stride
  }
}

extension Carver {
  /// The next rows of a region, zero at first; the first one is aligned to `Arena.alignment`.
  public mutating func takeRows<Element: BitwiseCopyable>(
    _ region: Region, _ type: Element.Type, count: Int, stride: Int
  ) -> ArenaRows<Element> {
    unsafe ArenaRows(
      base: take(region, type, count: count * stride), count: count, stride: stride)
  }
}
