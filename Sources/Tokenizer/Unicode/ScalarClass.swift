/// What a Unicode scalar is to the pre-tokenizers' regular expressions.
enum ScalarClass: UInt8 {
  /// None of the following.
  case other
  /// `\p{L}`
  case letter
  /// `\p{N}`
  case number
  /// `\s`, the property White_Space
  case space
  /// `\p{P}`
  case punctuation
  /// `\p{M}`
  case mark

  /// - Complexity: O(1), two loads.
  @inline(__always)
  static func of(_ scalar: UInt32) -> ScalarClass {
    let block = Int(scalar >> 7)
    if block >= UnicodeTables.blockCount {
      return scalar >= 0xE_0100 && scalar <= 0xE_01EF ? .mark : .other
    }
    let digits = unsafe UnicodeTables.blockNumbers.utf8Start + 2 * block
    let number =
      unsafe Int(digits[0] &- UInt8(ascii: "0")) &* 32
      &+ Int(digits[1] &- UInt8(ascii: "0"))
    return inBlock(number, Int(scalar & 127))
  }

  /// The class of a scalar below 128, which the first block holds.
  @inline(__always)
  static func ofASCII(_ byte: UInt8) -> ScalarClass { inBlock(0, Int(byte)) }

  @inline(__always)
  private static func inBlock(_ number: Int, _ place: Int) -> ScalarClass {
    let classes = unsafe UnicodeTables.blockClasses.utf8Start + 128 &* number
    switch unsafe classes[place] {
    case UInt8(ascii: "B"): return .letter
    case UInt8(ascii: "C"): return .number
    case UInt8(ascii: "D"): return .space
    case UInt8(ascii: "E"): return .punctuation
    case UInt8(ascii: "F"): return .mark
    default: return .other
    }
  }

  /// For expressions without `\p{P}`: punctuation is `[^\s\p{L}\p{N}]` like the rest.
  @inline(__always)
  var withoutPunctuation: ScalarClass { self == .punctuation ? .other : self }

  /// For expressions without `\p{M}`, or those that take marks with letters.
  @inline(__always)
  func takingMarks(asLetters: Bool) -> ScalarClass {
    self == .mark ? (asLetters ? .letter : .other) : self
  }
}
