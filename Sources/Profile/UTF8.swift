/// The byte count of the UTF-8 sequence at `offset`, or 0 where there is none.
/// Source: Unicode Standard, table 3-7 (well-formed UTF-8 byte sequences).
public func utf8SequenceByteCount(_ bytes: Span<UInt8>, at offset: Int) -> Int {
  let lead = bytes[offset]
  if lead < 0x80 { return 1 }
  if lead < 0xc2 || lead > 0xf4 { return 0 }
  let byteCount = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if bytes.count - offset < byteCount { return 0 }
  let second = bytes[offset + 1]
  let lowest: UInt8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80
  let highest: UInt8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf
  if second < lowest || second > highest { return 0 }
  for index in 2..<max(byteCount, 2) where bytes[offset + index] & 0xc0 != 0x80 { return 0 }
  return byteCount
}

extension FixedText {
  /// Appends a Unicode scalar value as UTF-8; `scalar` is at most 0x10FFFF and no surrogate.
  mutating func append(scalar: UInt32) {
    let low = { (shift: UInt32) -> UInt8 in UInt8(0x80 | (scalar >> shift) & 0x3f) }
    switch scalar {
    case 0..<0x80:
      append(UInt8(scalar))
    case 0x80..<0x800:
      append(UInt8(0xc0 | scalar >> 6))
      append(low(0))
    case 0x800..<0x10000:
      append(UInt8(0xe0 | scalar >> 12))
      append(low(6))
      append(low(0))
    default:
      append(UInt8(0xf0 | scalar >> 18))
      append(low(12))
      append(low(6))
      append(low(0))
    }
  }
}
