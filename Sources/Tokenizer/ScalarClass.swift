/// What a Unicode scalar is to the pre-tokenizer's regular expressions.
enum ScalarClass: UInt8 {
  /// Neither of the following: `[^\s\p{L}\p{N}]`.
  case other
  /// `\p{L}`
  case letter
  /// `\p{N}`
  case number
  /// `\s`, the property White_Space
  case space

  /// - Complexity: O(1), two loads.
  @inline(__always)
  static func of(_ scalar: UInt32) -> ScalarClass {
    let block = Int(scalar >> 7)
    if block >= UnicodeTables.blockCount { return .other }
    let digits = unsafe UnicodeTables.blockNumbers.utf8Start + 2 * block
    let number =
      unsafe Int(digits[0] &- UInt8(ascii: "0")) &* 32
      &+ Int(digits[1] &- UInt8(ascii: "0"))
    return inBlock(number, UInt8(truncatingIfNeeded: scalar & 127))
  }

  /// The class of a scalar below 128, which the first block holds.
  @inline(__always)
  static func ofASCII(_ byte: UInt8) -> ScalarClass { inBlock(0, byte) }

  @inline(__always)
  private static func inBlock(_ number: Int, _ place: UInt8) -> ScalarClass {
    let classes = unsafe UnicodeTables.blockClasses.utf8Start + 64 &* number
    let pair = unsafe classes[Int(place >> 1)] &- UInt8(ascii: "A")
    switch pair &>> (2 &* (place & 1)) & 3 {
    case 1: return .letter
    case 2: return .number
    case 3: return .space
    default: return .other
    }
  }
}
