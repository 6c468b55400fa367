import CInstructions

/// Decodes `count` elements of a tensor. The results are those of the Python package gguf, bit for
/// bit: products and sums are rounded one by one, never fused.
/// - Parameters:
///   - source: whole blocks; no alignment is asked for.
///   - count: a multiple of the type's `blockElementCount`.
///   - target: room for `count` elements, which must not overlap the source.
@export(interface)
public func dequantize(
  _ type: TensorType, from source: UnsafeRawPointer, count: Int,
  into target: UnsafeMutablePointer<Float>
) {
  precondition(count >= 0 && count % type.blockElementCount == 0)
  let blockCount = count / type.blockElementCount
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
  case .iq4_nl: unsafe decodeLevels(source, blockCount, target)
  case .q2_k: unsafe decodeSuper2Bits(source, blockCount, target)
  case .q3_k: unsafe decodeSuper3Bits(source, blockCount, target)
  case .q4_k: unsafe decodeSuper4Bits(source, blockCount, target)
  case .q5_k: unsafe decodeSuper5Bits(source, blockCount, target)
  case .q6_k: unsafe decodeSuper6Bits(source, blockCount, target)
  case .iq4_xs: unsafe decodeSuperLevels(source, blockCount, target)
  case .mxfp4: unsafe decodeFloat4(source, blockCount, target)
  }
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
