import Kernels
import TestSupport
import Testing

@testable import Model

@Suite struct DequantizeTests {
  @Test(arguments: GoldenVector.all.indices)
  func agreesWithGGUFPackage(index: Int) {
    let vector = GoldenVector.all[index]
    let bytes = bytes(ofHexadecimal: vector.bytes)
    let expected = words(ofHexadecimal: vector.values)
    let values = decode(vector.type, bytes, count: expected.count)
    for (value, bits) in zip(values, expected) {
      let wanted = Float(bitPattern: bits)
      if wanted.isNaN {
        #expect(value.isNaN)
      } else {
        #expect(value.bitPattern == bits)
      }
    }
  }

  /// Many random blocks, with scales of every finite size.
  @Test(arguments: GoldenDigest.all.indices)
  func agreesWithGGUFPackageOnRandomBlocks(index: Int) {
    let golden = GoldenDigest.all[index]
    let type = golden.type
    let blockCount = GoldenDigest.elementCount / type.blockElementCount
    var bytes = randomBytes(blockCount * type.blockByteCount, seed: golden.seed)
    for block in 0..<blockCount {
      for offset in golden.scaleOffsets {
        let high = block * type.blockByteCount + offset + 1
        if bytes[high] & 0x7C == 0x7C { bytes[high] &= 0xFB }
      }
    }
    let values = decode(type, bytes, count: GoldenDigest.elementCount)
    #expect(values.allSatisfy { $0.isFinite })
    let digest = values.reduce(0xCBF2_9CE4_8422_2325) { (state: UInt64, value) in
      (state ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3
    }
    #expect(digest == golden.digest)
  }

  /// An infinite scale gives nothing finite but where it meets 0, which gives NaN.
  @Test(arguments: GoldenDigest.all.indices)
  func scalesThatAreNotFiniteAreNoticed(index: Int) {
    let golden = GoldenDigest.all[index]
    for scale: UInt16 in [0x7C00, 0xFC00, 0x7E00] {
      var bytes = randomBytes(golden.type.blockByteCount, seed: golden.seed)
      bytes.replaceSubrange(
        golden.scaleOffsets[0]..<golden.scaleOffsets[0] + 2, with: littleEndian(scale))
      let values = decode(golden.type, bytes, count: golden.type.blockElementCount)
      #expect(unsafe !areFinite(values, count: values.count))
    }
  }

  /// Rows may begin anywhere in a buffer.
  @Test(arguments: GoldenVector.all.indices)
  func needsNoAlignment(index: Int) {
    let vector = GoldenVector.all[index]
    let bytes = bytes(ofHexadecimal: vector.bytes)
    let count = vector.values.count / 8
    let aligned = decode(vector.type, bytes, count: count)
    for shift in 1..<8 {
      let padded = [UInt8](repeating: 0xFF, count: shift) + bytes
      let shifted = decode(vector.type, padded, shift: shift, count: count)
      #expect(shifted.map(\.bitPattern) == aligned.map(\.bitPattern))
    }
  }

  /// Every Float16 and every BFloat16 but NaN.
  @Test func everyHalf() {
    let patterns = [UInt16](0...UInt16.max)
    let bytes = patterns.flatMap(littleEndian)
    let halves = decode(.float16, bytes, count: patterns.count)
    let brains = decode(.bfloat16, bytes, count: patterns.count)
    let wrong = patterns.indices.filter { index in
      let half = Float(Float16(bitPattern: patterns[index]))
      let isRight = half.isNaN ? halves[index].isNaN : halves[index] == half
      return !isRight || brains[index].bitPattern != UInt32(patterns[index]) << 16
    }
    #expect(wrong.isEmpty)
  }

  /// Every code of MXFP4 with every exponent, by the definition: a sign, two bits of exponent and one of
  /// mantissa, with scales from 2^-127 on. All are Float32's numbers, or beyond them.
  @Test func everyNumberOfFourBits() {
    for exponent in 0...255 {
      let bytes = [UInt8(exponent)] + (0..<16).map { UInt8($0) | UInt8(15 - $0) << 4 }
      let values = decode(.mxfp4, bytes, count: 32)
      for index in 0..<32 {
        let code = index < 16 ? index : 31 - index
        let (power, mantissa) = (code >> 1 & 3, Double(code & 1))
        let magnitude =
          power == 0 ? mantissa / 2 : (1 + mantissa / 2) * Double(1 << (power - 1))
        let scale = Double(sign: .plus, exponent: exponent - 127, significand: 1)
        let expected = Float((code < 8 ? magnitude : -magnitude) * scale)
        #expect(values[index] == expected, "\(exponent), \(code)")
      }
    }
  }

  @Test func writesOnlyItsTarget() {
    for vector in GoldenVector.all {
      let count = vector.values.count / 8
      var target = [Float](repeating: 42, count: count + 16)
      bytes(ofHexadecimal: vector.bytes).withUnsafeBytes { source in
        unsafe target.withUnsafeMutableBufferPointer {
          unsafe dequantize(
            vector.type, from: source.baseAddress!, count: count, into: $0.baseAddress!)
        }
      }
      #expect(target[count...].allSatisfy { $0 == 42 })
    }
  }

  @Test(arguments: [1, 15, 16, 17, 33, 100])
  func finds(count: Int) {
    var values = [Float](repeating: -.greatestFiniteMagnitude, count: count)
    values[0] = .leastNonzeroMagnitude
    #expect(unsafe areFinite(values, count: count))
    for place in 0..<count {
      for bad in [Float.infinity, -.infinity, .nan] {
        let kept = values[place]
        values[place] = bad
        #expect(unsafe !areFinite(values, count: count))
        values[place] = kept
      }
    }
  }

  @Test func rowByteCounts() {
    #expect(TensorType.q4_1.rowByteCount(columnCount: 576) == 360)
    #expect(TensorType.q8_0.rowByteCount(columnCount: 64) == 68)
    #expect(TensorType.float32.rowByteCount(columnCount: 3) == 12)
    #expect(TensorType.q4_0.rowByteCount(columnCount: 33) == nil)
    #expect(TensorType.q4_0.rowByteCount(columnCount: -32) == nil)
    #expect(TensorType.float32.rowByteCount(columnCount: .max) == nil)
    #expect(TensorType.q4_k.rowByteCount(columnCount: 2048) == 1152)
    #expect(TensorType.q6_k.rowByteCount(columnCount: 512) == 420)
    #expect(TensorType.iq4_xs.rowByteCount(columnCount: 576) == nil)
  }

  private func decode(
    _ type: TensorType, _ bytes: [UInt8], shift: Int = 0, count: Int
  ) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { target, used in
      bytes.withUnsafeBytes {
        unsafe dequantize(
          type, from: $0.baseAddress! + shift, count: count, into: target.baseAddress!)
      }
      used = count
    }
  }
}

/// SplitMix64's words in little-endian order, as make_vectors.py makes them too.
private func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  let words = (0..<(count + 7) / 8).flatMap { _ in littleEndian(generator.next()) }
  return Array(words.prefix(count))
}

private func bytes(ofHexadecimal text: String) -> [UInt8] {
  let digits = Array(text.utf8).map { UInt8(Character(UnicodeScalar($0)).hexDigitValue!) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

private func words(ofHexadecimal text: String) -> [UInt32] {
  let bytes = bytes(ofHexadecimal: text)
  return stride(from: 0, to: bytes.count, by: 4).map { start in
    bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }
}
