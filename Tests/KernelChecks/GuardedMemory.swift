/// Bump memory whose blocks stand between guard bytes, so that a write just past either end of a
/// block is noticed. Blocks are filled with 0xFF bytes: NaN for Float and Float16, -1 for integers.
///
/// Each block: a header of `alignment` bytes (the block's byte count, then guard bytes), the block,
/// `alignment` guard bytes.
struct GuardedMemory: ~Copyable {
  static let alignment = 64
  private static let guardByte: UInt8 = 0xA5
  private static let countByteCount = 8

  private let base: UnsafeMutableRawPointer
  private let byteCount: Int
  private var used = 0

  init(base: UnsafeMutableRawPointer, byteCount: Int) {
    self.base = base
    self.byteCount = byteCount
  }

  /// - Parameter offset: bytes by which the block misses its alignment of 64.
  mutating func take(byteCount count: Int, offset: Int) -> UnsafeMutableRawPointer {
    let header = base + used
    let block = header + Self.alignment + offset
    precondition(used + offset + count + 3 * Self.alignment <= byteCount, "checks need more memory")
    header.storeBytes(of: offset + count, as: Int.self)
    (header + Self.countByteCount).initializeMemory(
      as: UInt8.self, repeating: Self.guardByte,
      count: Self.alignment - Self.countByteCount + offset)
    block.initializeMemory(as: UInt8.self, repeating: 0xFF, count: count)
    (block + count).initializeMemory(
      as: UInt8.self, repeating: Self.guardByte, count: Self.alignment)
    used += Self.step(offset + count)
    return block
  }

  private static func step(_ count: Int) -> Int {
    (count + 3 * alignment - 1) / alignment * alignment
  }

  /// True where no guard byte was overwritten.
  func isIntact() -> Bool {
    var place = 0
    while place < used {
      let header = base + place
      let count = header.load(as: Int.self)
      for index in Self.countByteCount..<Self.alignment
      where header.load(fromByteOffset: index, as: UInt8.self) != Self.guardByte {
        return false
      }
      let end = header + Self.alignment + count
      for index in 0..<Self.alignment
      where end.load(fromByteOffset: index, as: UInt8.self) != Self.guardByte {
        return false
      }
      place += Self.step(count)
    }
    return true
  }

  mutating func release() { used = 0 }
}
