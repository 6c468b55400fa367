import CInstructions

/// The sums of a single token's units, 64 bytes for each eight units, in the place of the sums of 16 values each.
///
/// In short blocks, of each unit -8 times its sum, which the offset of Q4_0's codes adds, and its sum. In long blocks,
/// 128 times the sums of its units `[8]`, which are added where codes are stored less half of their range; then the
/// sums' lowest bytes, signed, `[8]`, what is above them `[8]`, both as products of four bytes take them, and zeros.
enum PairedSums {
  static var unitByteCount: Int { 8 }
  static var longBlockByteCount: Int { 64 }
  static var lowParts: Int { 32 }

  static func arrange(_ sums: UnsafeMutablePointer<Int32>, unitCount: Int, isLong: Bool) {
    var place = unsafe sums
    let end = unsafe sums + 2 &* unitCount
    if isLong {
      while unsafe place < end {
        unsafe arrangeLong(place)
        unsafe place += 16
      }
      return
    }
    while unsafe place < end {
      let sum = unsafe place[0] &+ place[1]
      unsafe place[0] = -8 &* sum
      unsafe place[1] = sum
      unsafe place += 2
    }
  }

  /// A block of eight units.
  @inline(__always)
  private static func arrangeLong(_ place: UnsafeMutablePointer<Int32>) {
    let memory = UnsafeMutableRawPointer(place)
    let sixteens = unsafe memory.loadUnaligned(as: SIMD16<Int32>.self)
    let sums = sixteens.evenHalf &+ sixteens.oddHalf
    let low = SIMD8<Int8>(truncatingIfNeeded: sums)
    let high = (sums &+ 128) &>> 8
    unsafe memory.storeBytes(of: sums &* 128, as: SIMD8<Int32>.self)
    unsafe memory.storeBytes(of: low, toByteOffset: lowParts, as: SIMD8<Int8>.self)
    unsafe memory.storeBytes(
      of: SIMD8<Int8>(truncatingIfNeeded: high), toByteOffset: lowParts + 8, as: SIMD8<Int8>.self)
    unsafe memory.storeBytes(of: SIMD16<UInt8>(), toByteOffset: 48, as: SIMD16<UInt8>.self)
  }
}
