/// A character of one to four bytes, while its bytes arrive or from its scalar value.
public struct UTF8Character: Sendable {
  /// The first `count` bytes are the character's.
  public private(set) var storage = InlineArray<4, UInt8>(repeating: 0)
  public private(set) var count = 0
  private var sequence = UTF8Sequence()

  public init() {}

  /// - Parameter scalar: at most 0x10FFFF and no surrogate.
  @export(interface)
  public init(scalar: UInt32) {
    switch scalar {
    case 0..<0x80: count = 1
    case 0x80..<0x800: count = 2
    case 0x800..<0x10000: count = 3
    default: count = 4
    }
    if count == 1 {
      storage[0] = UInt8(scalar)
      return
    }
    for index in 1..<count {
      let shift = UInt32(6 * (count - 1 - index))
      storage[index] = UInt8(0x80 | scalar >> shift & 0x3f)
    }
    let mark: UInt32 = count == 2 ? 0xc0 : count == 3 ? 0xe0 : 0xf0
    storage[0] = UInt8(mark | scalar >> UInt32(6 * (count - 1)))
  }

  public var isEmpty: Bool { count == 0 }
  public var isWhole: Bool { count > 0 && sequence.isBetweenSequences }

  /// Takes the next byte of a character that is not whole.
  /// - Returns: whether it can stand there.
  @export(interface)
  public mutating func take(_ byte: UInt8) -> Bool {
    precondition(!isWhole)
    if sequence.accept(byte) == .invalid { return false }
    storage[count] = byte
    count += 1
    return true
  }
}
