import CInstructions

/// The count of elements in a block of the types with scales.
private let blockElementCount = 32
private typealias Bytes = SIMD16<UInt8>
private typealias Floats = SIMD16<Float>

/// Decodes `count` elements of a tensor. The results are those of the Python package gguf, bit for
/// bit: products and sums are rounded one by one, never fused.
/// - Parameters:
///   - source: whole blocks; no alignment is asked for.
///   - count: a multiple of the type's `blockElementCount`.
///   - target: room for `count` elements, which must not overlap the source.
public func dequantize(
  _ type: TensorType, from source: UnsafeRawPointer, count: Int,
  into target: UnsafeMutablePointer<Float>
) {
  precondition(count >= 0 && count % type.blockElementCount == 0)
  let blockCount = count / blockElementCount
  switch type {
  case .float32:
    unsafe UnsafeMutableRawPointer(target).copyMemory(
      from: source, byteCount: count * MemoryLayout<Float>.stride)
  case .float16: unsafe widenFloat16(source, count, target)
  case .bfloat16: unsafe widenBFloat16(source, count, target)
  case .q4_0: unsafe decode4Bits(source, blockCount, target)
  case .q4_1: unsafe decode4BitsWithMinimum(source, blockCount, target)
  case .q5_0: unsafe decode5Bits(source, blockCount, target)
  case .q5_1: unsafe decode5BitsWithMinimum(source, blockCount, target)
  case .q8_0: unsafe decode8Bits(source, blockCount, target)
  }
}

/// Whether none of `count` values is infinite or NaN: a finite value times 0 is 0, others give NaN.
public func areFinite(_ values: UnsafePointer<Float>, count: Int) -> Bool {
  var sums = Floats(repeating: 0)
  var index = 0
  while index &+ Floats.scalarCount <= count {
    let part = unsafe UnsafeRawPointer(values + index).loadUnaligned(as: Floats.self)
    sums += part * Floats(repeating: 0)
    index &+= Floats.scalarCount
  }
  var rest: Float = 0
  while index < count {
    unsafe rest += values[index] * 0
    index &+= 1
  }
  return sums == Floats(repeating: 0) && rest == 0
}

private func widenFloat16(
  _ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutablePointer<Float>
) {
  var index = 0
  while index &+ 16 <= count {
    let part = unsafe (source + 2 &* index).loadUnaligned(as: SIMD16<Float16>.self)
    unsafe store(Floats(part), target + index)
    index &+= 16
  }
  while index < count {
    unsafe target[index] = unsafe Float((source + 2 &* index).loadUnaligned(as: Float16.self))
    index &+= 1
  }
}

/// A BFloat16 is the upper half of a Float.
private func widenBFloat16(
  _ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutablePointer<Float>
) {
  var index = 0
  while index &+ 16 <= count {
    let part = unsafe (source + 2 &* index).loadUnaligned(as: SIMD16<UInt16>.self)
    let bits = edge_convert_u16_to_u32(part) &<< SIMD16<UInt32>(repeating: 16)
    unsafe store(unsafe unsafeBitCast(bits, to: Floats.self), target + index)
    index &+= 16
  }
  while index < count {
    let half = unsafe (source + 2 &* index).loadUnaligned(as: UInt16.self)
    unsafe target[index] = Float(bitPattern: UInt32(half) << 16)
    index &+= 1
  }
}

/// Q4_0, block of 18 bytes: scale, 16 bytes with elements 0-15 in the low and 16-31 in the high halves.
private func decode4Bits(
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
private func decode4BitsWithMinimum(
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
private func decode5Bits(
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
private func decode5BitsWithMinimum(
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
private func decode8Bits(
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

/// A Float16 of the file in every lane.
@inline(__always)
private func broadcast(_ source: UnsafeRawPointer) -> Floats {
  Floats(repeating: Float(unsafe source.loadUnaligned(as: Float16.self)))
}

@inline(__always)
private func lowHalves(_ packed: Bytes) -> Bytes { packed & Bytes(repeating: 15) }

@inline(__always)
private func highHalves(_ packed: Bytes) -> Bytes { packed &>> Bytes(repeating: 4) }

/// 16 bits of the file, one a lane, each with the value 16.
@inline(__always)
private func fifthBits(_ source: UnsafeRawPointer) -> Bytes {
  let spread = unsafe SIMD2<UInt64>(
    UInt64(source.load(as: UInt8.self)) &* 0x0101_0101_0101_0101,
    UInt64((source + 1).load(as: UInt8.self)) &* 0x0101_0101_0101_0101)
  let places = SIMD2<UInt64>(repeating: 0x8040_2010_0804_0201)
  let chosen = unsafe unsafeBitCast(spread & places, to: Bytes.self)
  return Bytes(repeating: 0).replacing(
    with: Bytes(repeating: 16), where: chosen .!= Bytes(repeating: 0))
}

/// Values below 128 as floats.
@inline(__always)
private func floats(_ bytes: Bytes) -> Floats {
  edge_convert_i8_to_f32(unsafe unsafeBitCast(bytes, to: SIMD16<Int8>.self))
}

@inline(__always)
private func store(_ values: Floats, _ target: UnsafeMutablePointer<Float>) {
  unsafe UnsafeMutableRawPointer(target).storeBytes(of: values, as: Floats.self)
}
