/// The checksum XXH64 of a run of bytes (Collet, "xxHash fast digest algorithm"), seed 0.
public struct XXHash64: Sendable {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
  private static let stripeByteCount = 32

  private var lanes = SIMD4<UInt64>(prime1 &+ prime2, prime2, 0, 0 &- prime1)
  /// Bytes that do not yet fill a stripe.
  private var rest = InlineArray<32, UInt8>(repeating: 0)
  private var restCount = 0
  private var byteCount: UInt64 = 0

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var index = 0
    while restCount > 0 && index < bytes.count {
      unsafe append(bytes[index])
      index += 1
    }
    var lanes = lanes
    while index + Self.stripeByteCount <= bytes.count {
      let words = unsafe bytes.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
      for lane in 0..<4 { lanes[lane] = Self.round(lanes[lane], words[lane]) }
      index += Self.stripeByteCount
    }
    self.lanes = lanes
    while index < bytes.count {
      unsafe append(bytes[index])
      index += 1
    }
  }

  /// A value of one machine word, as its bytes lie in memory.
  public mutating func update(_ word: UInt64) {
    var word = word.littleEndian
    unsafe withUnsafeBytes(of: &word) { unsafe update($0) }
  }

  private mutating func append(_ byte: UInt8) {
    rest[restCount] = byte
    restCount += 1
    if restCount < Self.stripeByteCount { return }
    for lane in 0..<4 { lanes[lane] = Self.round(lanes[lane], word(at: 8 * lane)) }
    restCount = 0
  }

  public func finish() -> UInt64 {
    var hash: UInt64
    if byteCount >= UInt64(Self.stripeByteCount) {
      hash = Self.rotate(lanes[0], 1) &+ Self.rotate(lanes[1], 7)
      hash = hash &+ Self.rotate(lanes[2], 12) &+ Self.rotate(lanes[3], 18)
      for lane in 0..<4 {
        hash = (hash ^ Self.round(0, lanes[lane])) &* Self.prime1 &+ Self.prime4
      }
    } else {
      hash = Self.prime5
    }
    return Self.avalanche(addRest(hash &+ byteCount))
  }

  private func addRest(_ start: UInt64) -> UInt64 {
    var hash = start
    var index = 0
    while index + 8 <= restCount {
      hash ^= Self.round(0, word(at: index))
      hash = Self.rotate(hash, 27) &* Self.prime1 &+ Self.prime4
      index += 8
    }
    if index + 4 <= restCount {
      hash ^= (word(at: index) & 0xFFFF_FFFF) &* Self.prime1
      hash = Self.rotate(hash, 23) &* Self.prime2 &+ Self.prime3
      index += 4
    }
    while index < restCount {
      hash ^= UInt64(rest[index]) &* Self.prime5
      hash = Self.rotate(hash, 11) &* Self.prime1
      index += 1
    }
    return hash
  }

  /// Little-endian; past the end of `rest` zero.
  private func word(at start: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<min(8, Self.stripeByteCount - start) {
      word |= UInt64(rest[start + index]) << UInt64(8 * index)
    }
    return word
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotate(lane &+ word &* prime2, 31) &* prime1
  }

  @inline(__always)
  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }

  private static func avalanche(_ hash: UInt64) -> UInt64 {
    var hash = hash
    hash = (hash ^ hash >> 33) &* prime2
    hash = (hash ^ hash >> 29) &* prime3
    return hash ^ hash >> 32
  }
}
