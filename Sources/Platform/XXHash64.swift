/// The checksum XXH64 of a run of bytes (Collet, "xxHash fast digest algorithm"), seed 0.
public struct XXHash64: Sendable {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
  private static let stripeByteCount = 32

  private var lanes: InlineArray<4, UInt64> = [prime1 &+ prime2, prime2, 0, 0 &- prime1]
  /// Bytes that do not yet fill a stripe.
  private var rest = InlineArray<32, UInt8>(repeating: 0)
  private var restCount = 0
  private var byteCount: UInt64 = 0

  public init() {}

  @export(interface)
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var index = 0
    while restCount > 0 && index < bytes.count {
      unsafe append(bytes[index])
      index += 1
    }
    let stripeCount = (bytes.count - index) / Self.stripeByteCount
    if stripeCount > 0 {
      unsafe addStripes(bytes.baseAddress! + index, count: stripeCount)
      index += stripeCount * Self.stripeByteCount
    }
    while index < bytes.count {
      unsafe append(bytes[index])
      index += 1
    }
  }

  private mutating func addStripes(_ start: UnsafeRawPointer, count: Int) {
    var (a, b, c, d) = (lanes[0], lanes[1], lanes[2], lanes[3])
    var place = unsafe start
    for _ in 0..<count {
      a = unsafe Self.round(a, place.loadUnaligned(as: UInt64.self))
      b = unsafe Self.round(b, place.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      c = unsafe Self.round(c, place.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
      d = unsafe Self.round(d, place.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
      unsafe place += Self.stripeByteCount
    }
    lanes = [a, b, c, d]
  }

  /// Goes on with four hashes side by side, each with its own quarter of the bytes: none of them waits
  /// for the multiplications of the others. All four must be at the end of a stripe.
  /// - Parameter bytes: a multiple of 128.
  @export(interface)
  public static func updateQuarters(
    _ hashes: inout InlineArray<4, XXHash64>, _ bytes: UnsafeRawBufferPointer
  ) {
    let quarter = bytes.count / 4
    precondition(quarter % stripeByteCount == 0)
    var lanes = InlineArray<16, UInt64>(repeating: 0)
    for index in 0..<16 {
      precondition(hashes[index / 4].restCount == 0)
      lanes[index] = hashes[index / 4].lanes[index % 4]
    }
    for offset in stride(from: 0, to: quarter, by: stripeByteCount) {
      for part in 0..<4 {
        let words = unsafe bytes.loadUnaligned(
          fromByteOffset: offset &+ part &* quarter, as: SIMD4<UInt64>.self)
        for lane in 0..<4 {
          let index = 4 &* part &+ lane
          unsafe lanes[unchecked: index] = round(lanes[unchecked: index], words[lane])
        }
      }
    }
    for index in 0..<16 { hashes[index / 4].lanes[index % 4] = lanes[index] }
    for index in 0..<4 { hashes[index].byteCount &+= UInt64(quarter) }
  }

  /// A value of one machine word, as its bytes lie in memory.
  @export(interface)
  public mutating func update(_ word: UInt64) {
    var word = word.littleEndian
    unsafe withUnsafeBytes(of: &word) { unsafe update($0) }
  }

  @export(interface)
  private mutating func append(_ byte: UInt8) {
    rest[restCount] = byte
    restCount += 1
    if restCount < Self.stripeByteCount { return }
    for lane in 0..<4 { lanes[lane] = Self.round(lanes[lane], word(at: 8 * lane)) }
    restCount = 0
  }

  @export(interface)
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
    value &<< count | value &>> (64 &- count)
  }

  private static func avalanche(_ hash: UInt64) -> UInt64 {
    var hash = hash
    hash = (hash ^ hash >> 33) &* prime2
    hash = (hash ^ hash >> 29) &* prime3
    return hash ^ hash >> 32
  }
}
