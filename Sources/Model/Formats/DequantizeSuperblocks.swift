import CInstructions

// Types whose blocks of 256 elements hold groups of 16 or 32 with a scale each, which is a small
// integer times the block's own Float16. The results are those of the Python package gguf, bit for
// bit.
//
// Names: `scale` and `minimum` are a group's, Float32 products that are rounded once; an element is
// scale * q, or scale * q - minimum.

/// The count of elements in a block.
private let blockElementCount = 256

/// Q2_K, block of 84 bytes: 16 bytes with each group's scale (low half) and minimum (high half), 64
/// bytes of 2-bit elements, the block's scale, the block's factor of the minima.
///
/// A byte holds elements of four groups: 32 bytes make 128 elements, the low bits those of the first
/// two groups of 16.
func decodeSuper2Bits(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  let mask = Bytes(repeating: 3)
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let packed = unsafe load(block)
    let scales = unsafe broadcast(block + 80) * floats(lowHalves(packed))
    let minima = unsafe broadcast(block + 82) * floats(highHalves(packed))
    for half in 0..<2 {
      var first = unsafe load(block + 16 + 32 &* half)
      var second = unsafe load(block + 32 + 32 &* half)
      for pair in 4 &* half..<4 &* half &+ 4 {
        let group = 2 &* pair
        unsafe store(floats(first & mask) * scales[group] - minima[group], place)
        unsafe store(
          floats(second & mask) * scales[group &+ 1] - minima[group &+ 1], place + 16)
        first = first &>> Bytes(repeating: 2)
        second = second &>> Bytes(repeating: 2)
        unsafe place += 32
      }
    }
    unsafe block += 84
  }
}

/// Q3_K, block of 110 bytes: 32 bytes with every element's third bit, 64 bytes of the others as in
/// Q2_K, 12 bytes of scales, the block's scale. An element is 4 lower if its third bit is 0.
func decodeSuper3Bits(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  let (mask, four) = (Bytes(repeating: 3), Bytes(repeating: 4))
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let scales = unsafe broadcast(block + 108) * floats(sixBitScales(block + 96))
    // The bit of the elements at hand is the lowest.
    var firstBits = unsafe load(block)
    var secondBits = unsafe load(block + 16)
    for half in 0..<2 {
      var first = unsafe load(block + 32 + 32 &* half)
      var second = unsafe load(block + 48 + 32 &* half)
      for pair in 4 &* half..<4 &* half &+ 4 {
        let low = ((first & mask) | ((firstBits &<< Bytes(repeating: 2)) & four)) &- four
        let high = ((second & mask) | ((secondBits &<< Bytes(repeating: 2)) & four)) &- four
        unsafe store(floats(low) * scales[2 &* pair], place)
        unsafe store(floats(high) * scales[2 &* pair &+ 1], place + 16)
        (first, second) = (first &>> Bytes(repeating: 2), second &>> Bytes(repeating: 2))
        firstBits = firstBits &>> Bytes(repeating: 1)
        secondBits = secondBits &>> Bytes(repeating: 1)
        unsafe place += 32
      }
    }
    unsafe block += 110
  }
}

/// Q4_K, block of 144 bytes: the block's scale, the block's factor of the minima, 12 bytes of scales
/// and minima, 128 bytes of elements: 32 bytes make two groups of 32, the low halves the first.
func decodeSuper4Bits(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let factors = unsafe scalesAndMinima(block)
    for pair in 0..<4 {
      let first = unsafe load(block + 16 + 32 &* pair)
      let second = unsafe load(block + 32 + 32 &* pair)
      let (scale, minimum) = (factors[2 &* pair], factors[2 &* pair &+ 8])
      unsafe store(floats(lowHalves(first)) * scale - minimum, place)
      unsafe store(floats(lowHalves(second)) * scale - minimum, place + 16)
      let (nextScale, nextMinimum) = (factors[2 &* pair &+ 1], factors[2 &* pair &+ 9])
      unsafe store(floats(highHalves(first)) * nextScale - nextMinimum, place + 32)
      unsafe store(floats(highHalves(second)) * nextScale - nextMinimum, place + 48)
      unsafe place += 64
    }
    unsafe block += 144
  }
}

/// Q5_K, block of 176 bytes: as Q4_K, with 32 bytes of every element's fifth bit before the others:
/// bit g of a byte is an element's of group g.
func decodeSuper5Bits(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let factors = unsafe scalesAndMinima(block)
    // The bits of the pair of groups at hand are the lowest two.
    var firstBits = unsafe load(block + 16)
    var secondBits = unsafe load(block + 32)
    for pair in 0..<4 {
      let first = unsafe load(block + 48 + 32 &* pair)
      let second = unsafe load(block + 64 + 32 &* pair)
      let (scale, minimum) = (factors[2 &* pair], factors[2 &* pair &+ 8])
      unsafe store(floats(lowFive(first, firstBits)) * scale - minimum, place)
      unsafe store(floats(lowFive(second, secondBits)) * scale - minimum, place + 16)
      let (nextScale, nextMinimum) = (factors[2 &* pair &+ 1], factors[2 &* pair &+ 9])
      unsafe store(floats(highFive(first, firstBits)) * nextScale - nextMinimum, place + 32)
      unsafe store(floats(highFive(second, secondBits)) * nextScale - nextMinimum, place + 48)
      firstBits = firstBits &>> Bytes(repeating: 2)
      secondBits = secondBits &>> Bytes(repeating: 2)
      unsafe place += 64
    }
    unsafe block += 176
  }
}

/// Q6_K, block of 210 bytes: 128 bytes with the low four bits of the elements, 64 bytes with the high
/// two, 16 signed bytes of scales, the block's scale. An element is 32 lower than its bits.
///
/// Of 128 elements, 64 bytes hold the low bits: first those of the low halves, then of the high
/// ones; and 32 bytes the high bits, as in Q2_K.
func decodeSuper6Bits(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let scales = unsafe broadcast(block + 208) * floats(load(block + 192))
    for half in 0..<2 {
      let low = unsafe block + 64 &* half
      let firstBits = unsafe load(block + 128 + 32 &* half)
      let secondBits = unsafe load(block + 144 + 32 &* half)
      for part in 0..<2 {
        let group = 8 &* half &+ 2 &* part
        let first = unsafe load(low + 32 &* part)
        let second = unsafe load(low + 16 + 32 &* part)
        let (firstHigh, secondHigh) = (
          firstBits &>> Bytes(repeating: UInt8(truncatingIfNeeded: 2 &* part)),
          secondBits &>> Bytes(repeating: UInt8(truncatingIfNeeded: 2 &* part))
        )
        let at = unsafe place + 32 &* part
        unsafe store(floats(lowSix(first, firstHigh)) * scales[group], at)
        unsafe store(floats(lowSix(second, secondHigh)) * scales[group &+ 1], at + 16)
        unsafe store(floats(highSix(first, firstHigh)) * scales[group &+ 4], at + 64)
        unsafe store(floats(highSix(second, secondHigh)) * scales[group &+ 5], at + 80)
      }
      unsafe place += 128
    }
    unsafe block += 210
  }
}

/// The scales (lanes 0 to 7) and minima (lanes 8 to 15) of a block of Q4_K or Q5_K.
///
/// 12 bytes hold 6 bits of each: the low bits of bytes 0-3 the first four scales, of bytes 4-7 the
/// first four minima; the halves of bytes 8-11 the low four bits of the other scales (low) and
/// minima (high), whose high two bits are the high two of bytes 0-3 and 4-7.
@inline(__always)
private func scalesAndMinima(_ block: UnsafeRawPointer) -> Floats {
  let scale = unsafe Float(block.loadUnaligned(as: Float16.self))
  let minimum = unsafe Float((block + 2).loadUnaligned(as: Float16.self))
  let factors = Floats(
    lowHalf: SIMD8(repeating: scale), highHalf: SIMD8(repeating: minimum))
  return unsafe factors * floats(sixBitFactors(block))
}

/// The integers by which the block's scale and its factor of the minima are multiplied.
@inline(__always)
func sixBitFactors(_ block: UnsafeRawPointer) -> Bytes {
  let words = unsafe threeWords(block + 4)
  let (six, four, highTwo) = (0x3F3F_3F3F as UInt32, 0x0F0F_0F0F as UInt32, 0x3030_3030 as UInt32)
  let values = SIMD4<UInt32>(
    words[0] & six, words[2] & four | words[0] &>> 2 & highTwo,
    words[1] & six, words[2] &>> 4 & four | words[1] &>> 2 & highTwo)
  return unsafe unsafeBitCast(values, to: Bytes.self)
}

/// The 16 scales of a block of Q3_K, 32 lower than their 6 bits: the low halves of bytes 0-7 hold the
/// low four bits of the first eight, the high halves those of the others; bits 2 i and 2 i + 1 of
/// bytes 8-11 the high two bits of scales 4 i to 4 i + 3.
@inline(__always)
private func sixBitScales(_ source: UnsafeRawPointer) -> Bytes {
  let words = unsafe threeWords(source)
  let (four, two) = (0x0F0F_0F0F as UInt32, 0x3030_3030 as UInt32)
  let high = words[2]
  let values = SIMD4<UInt32>(
    words[0] & four | high &<< 4 & two, words[1] & four | high &<< 2 & two,
    words[0] &>> 4 & four | high & two, words[1] &>> 4 & four | high &>> 2 & two)
  return unsafe unsafeBitCast(values, to: Bytes.self) &- Bytes(repeating: 32)
}

/// 12 bytes; a load of a vector of three would take 16.
@inline(__always)
private func threeWords(_ source: UnsafeRawPointer) -> SIMD3<UInt32> {
  unsafe SIMD3(
    source.loadUnaligned(as: UInt32.self), (source + 4).loadUnaligned(as: UInt32.self),
    (source + 8).loadUnaligned(as: UInt32.self))
}

/// The low halves, with the lowest of `bits` above.
@inline(__always)
private func lowFive(_ packed: Bytes, _ bits: Bytes) -> Bytes {
  lowHalves(packed) | ((bits &<< Bytes(repeating: 4)) & Bytes(repeating: 16))
}

/// The high halves, with the second lowest of `bits` above.
@inline(__always)
private func highFive(_ packed: Bytes, _ bits: Bytes) -> Bytes {
  highHalves(packed) | ((bits &<< Bytes(repeating: 3)) & Bytes(repeating: 16))
}

/// The low halves, with bits 0 and 1 of `bits` above, less 32.
@inline(__always)
private func lowSix(_ packed: Bytes, _ bits: Bytes) -> Bytes {
  (lowHalves(packed) | ((bits &<< Bytes(repeating: 4)) & Bytes(repeating: 48)))
    &- Bytes(repeating: 32)
}

/// The high halves, with bits 4 and 5 of `bits` above, less 32.
@inline(__always)
private func highSix(_ packed: Bytes, _ bits: Bytes) -> Bytes {
  (highHalves(packed) | (bits & Bytes(repeating: 48))) &- Bytes(repeating: 32)
}
