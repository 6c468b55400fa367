import CInstructions

// Types whose blocks of 32 elements have a scale each. The results are those of the Python package
// gguf, bit for bit; scales and minima are Float16.

/// The count of elements in a block.
private let blockElementCount = 32

/// Q4_0, block of 18 bytes: scale, 16 bytes with elements 0-15 in the low and 16-31 in the high halves.
func decode4Bits(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  let middle = Floats(repeating: 8)
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let scale = unsafe broadcast(block)
    let packed = unsafe (block + 2).loadUnaligned(as: Bytes.self)
    unsafe store(scale * (floats(lowHalves(packed)) - middle), place)
    unsafe store(scale * (floats(highHalves(packed)) - middle), place + 16)
    unsafe block += 18
    unsafe place += blockElementCount
  }
}

/// Q4_1, block of 20 bytes: scale, minimum, then as Q4_0.
func decode4BitsWithMinimum(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let scale = unsafe broadcast(block)
    let minimum = unsafe broadcast(block + 2)
    let packed = unsafe (block + 4).loadUnaligned(as: Bytes.self)
    unsafe store(scale * floats(lowHalves(packed)) + minimum, place)
    unsafe store(scale * floats(highHalves(packed)) + minimum, place + 16)
    unsafe block += 20
    unsafe place += blockElementCount
  }
}

/// Q5_0, block of 22 bytes: scale, 32 bits with every element's fifth bit, then as Q4_0.
func decode5Bits(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  let middle = Floats(repeating: 16)
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let scale = unsafe broadcast(block)
    let packed = unsafe (block + 6).loadUnaligned(as: Bytes.self)
    let low = unsafe lowHalves(packed) | fifthBits(block + 2)
    let high = unsafe highHalves(packed) | fifthBits(block + 4)
    unsafe store(scale * (floats(low) - middle), place)
    unsafe store(scale * (floats(high) - middle), place + 16)
    unsafe block += 22
    unsafe place += blockElementCount
  }
}

/// Q5_1, block of 24 bytes: scale, minimum, 32 bits with every element's fifth bit, then as Q4_0.
func decode5BitsWithMinimum(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let scale = unsafe broadcast(block)
    let minimum = unsafe broadcast(block + 2)
    let packed = unsafe (block + 8).loadUnaligned(as: Bytes.self)
    let low = unsafe lowHalves(packed) | fifthBits(block + 4)
    let high = unsafe highHalves(packed) | fifthBits(block + 6)
    unsafe store(scale * floats(low) + minimum, place)
    unsafe store(scale * floats(high) + minimum, place + 16)
    unsafe block += 24
    unsafe place += blockElementCount
  }
}

/// Q8_0, block of 34 bytes: scale, 32 signed bytes.
func decode8Bits(
  _ source: UnsafeRawPointer, _ blockCount: Int, _ target: UnsafeMutablePointer<Float>
) {
  var (block, place) = unsafe (source, target)
  for _ in 0..<max(blockCount, 0) {
    let scale = unsafe broadcast(block)
    let low = unsafe (block + 2).loadUnaligned(as: SIMD16<Int8>.self)
    let high = unsafe (block + 18).loadUnaligned(as: SIMD16<Int8>.self)
    unsafe store(edge_convert_i8_to_f32(low) * scale, place)
    unsafe store(edge_convert_i8_to_f32(high) * scale, place + 16)
    unsafe block += 34
    unsafe place += blockElementCount
  }
}

/// 16 bits of the file, one a lane, each with the value 16.
@inline(__always)
func fifthBits(_ source: UnsafeRawPointer) -> Bytes {
  let spread = unsafe SIMD2<UInt64>(
    UInt64(source.load(as: UInt8.self)) &* 0x0101_0101_0101_0101,
    UInt64((source + 1).load(as: UInt8.self)) &* 0x0101_0101_0101_0101)
  let places = SIMD2<UInt64>(repeating: 0x8040_2010_0804_0201)
  let chosen = unsafe unsafeBitCast(spread & places, to: Bytes.self)
  return Bytes(repeating: 0).replacing(
    with: Bytes(repeating: 16), where: chosen .!= Bytes(repeating: 0))
}
