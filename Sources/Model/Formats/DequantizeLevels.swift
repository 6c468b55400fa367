import CInstructions

// Types whose elements choose one of 16 levels that are not evenly spaced. The results are those of
// the Python package gguf, bit for bit.

/// IQ4_NL, block of 18 bytes: as Q4_0 with other levels.
func decodeLevels(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let scale = unsafe Float(block.loadUnaligned(as: Float16.self))
    unsafe storeLevels(edge_levels(), load(block + 2), scale, place)
    unsafe block += 18
    unsafe place += 32
  }
}

/// IQ4_XS, block of 136 bytes: the block's scale, 16 bits with the high two of each group's scale, 4
/// bytes with their low four, 128 bytes of elements: eight groups of 32, each as in IQ4_NL. A group's
/// scale is 32 lower than its bits.
func decodeSuperLevels(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let scale = unsafe Float(block.loadUnaligned(as: Float16.self))
    var high = unsafe UInt32((block + 2).loadUnaligned(as: UInt16.self))
    var low = unsafe (block + 4).loadUnaligned(as: UInt32.self)
    for group in 0..<8 {
      let bits = Int32(truncatingIfNeeded: low & 15 | (high & 3) &<< 4)
      unsafe storeLevels(
        edge_levels(), load(block + 8 + 16 &* group), scale * Float(bits &- 32), place)
      high = high &>> 2
      low = low &>> 4
      unsafe place += 32
    }
    unsafe block += 136
  }
}

/// MXFP4 (OCP Microscaling Formats, version 1.0), block of 17 bytes: the exponent of the scale plus 127, 16
/// bytes of numbers of four bits, low halves first. Levels are twice those numbers.
func decodeFloat4(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    unsafe storeLevels(
      edge_float4_levels(), load(block + 1), halfScale(block.load(as: UInt8.self)), place)
    unsafe block += 17
    unsafe place += 32
  }
}

/// 2^(exponent - 128); the least two are no normal numbers.
@inline(__always)
func halfScale(_ exponent: UInt8) -> Float {
  Float(
    bitPattern: exponent < 2
      ? 0x0020_0000 &<< UInt32(exponent) : (UInt32(exponent) &- 1) &<< 23)
}

/// 32 elements: the low halves, then the high halves.
@inline(__always)
private func storeLevels(
  _ levels: SIMD16<Int8>, _ packed: Bytes, _ scale: Float, _ place: UnsafeMutablePointer<Float>
) {
  unsafe store(chosen(levels, lowHalves(packed)) * scale, place)
  unsafe store(chosen(levels, highHalves(packed)) * scale, place + 16)
}

@inline(__always)
private func chosen(_ levels: SIMD16<Int8>, _ places: Bytes) -> Floats {
  edge_convert_i8_to_f32(
    edge_look_up(levels, unsafe unsafeBitCast(places, to: SIMD16<Int8>.self)))
}
