import CPlatform

/// Comparing and hashing bytes.
enum Bytes {
  @inline(__always)
  static func areEqual(
    _ first: UnsafePointer<UInt8>, _ second: UnsafePointer<UInt8>, count: Int
  ) -> Bool {
    unsafe memcmp(first, second, count) == 0
  }

  static func areEqual(_ first: Span<UInt8>, _ second: StaticString) -> Bool {
    first.count == second.utf8CodeUnitCount && contains(first, second, at: 0)
  }

  /// Whether `part` stands in `whole` at `index`.
  static func contains(_ whole: Span<UInt8>, _ part: StaticString, at index: Int) -> Bool {
    let count = part.utf8CodeUnitCount
    if index < 0 || count > whole.count - index { return false }
    let start = unsafe part.utf8Start
    for place in 0..<count where unsafe whole[index + place] != start[place] { return false }
    return true
  }

  /// The first index in `from...` at which `part` stands wholly before `end`, or nil.
  static func firstIndex(
    of part: StaticString, in whole: Span<UInt8>, from: Int, to end: Int
  ) -> Int? {
    var index = from
    while index + part.utf8CodeUnitCount <= end {
      if contains(whole, part, at: index) { return index }
      index += 1
    }
    return nil
  }

  /// A hash of 64 bits. Multiplying and folding as in wyhash (Wang Yi, 2019).
  @inline(__always)
  static func hash(_ value: UInt64) -> UInt64 {
    fold(fold(value ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB), 0x8EBC_6AF0_9C88_C6E3)
  }

  /// - Complexity: O(count)
  @inline(__always)
  static func hash(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt64 {
    let raw = unsafe UnsafeRawPointer(bytes)
    var state = UInt64(truncatingIfNeeded: count) ^ 0xA076_1D64_78BD_642F
    var index = 0
    while index &+ 8 <= count {
      let word = unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      state = fold(state ^ word, 0xE703_7ED1_A0B4_28DB)
      index &+= 8
    }
    var rest: UInt64 = 0
    while index < count {
      rest = rest &<< 8 | UInt64(unsafe bytes[index])
      index &+= 1
    }
    return fold(state ^ rest, 0x8EBC_6AF0_9C88_C6E3)
  }

  @inline(__always)
  private static func fold(_ first: UInt64, _ second: UInt64) -> UInt64 {
    let product = first.multipliedFullWidth(by: second)
    return product.high ^ product.low
  }
}
