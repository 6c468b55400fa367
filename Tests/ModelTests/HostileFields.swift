import TestSupport

@testable import Model

/// A field of a GGUF header as it lies in the file.
struct HeaderField {
  enum Kind {
    case magic, version, tensorCount, keyCount
    case nameLength, name, valueType, integer, real, bool
    case textLength, text, elementType, elementCount
    case tensorNameLength, dimensionCount, extent, tensorType, tensorOffset
  }

  let kind: Kind
  /// The key or tensor that it belongs to; empty in the preamble.
  let owner: String
  let offset: Int
  let byteCount: Int
}

/// A reader of headers that knows nothing of the one that is tested: it finds the fields of a file
/// that a builder made.
struct HeaderFields {
  private(set) var all: [HeaderField] = []
  private(set) var headerByteCount = 0
  private let bytes: [UInt8]
  private var place = 0
  private var owner = ""

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    add(.magic, 4)
    add(.version, 4)
    let tensorCount = add(.tensorCount, 8)
    let keyCount = add(.keyCount, 8)
    for _ in 0..<keyCount {
      nameField(.nameLength)
      value(type: add(.valueType, 4))
    }
    for _ in 0..<tensorCount {
      nameField(.tensorNameLength)
      for _ in 0..<add(.dimensionCount, 4) { add(.extent, 8) }
      add(.tensorType, 4)
      add(.tensorOffset, 8)
    }
    headerByteCount = place
  }

  /// The field's number, or 0 for one that is none.
  @discardableResult
  private mutating func add(_ kind: HeaderField.Kind, _ byteCount: Int) -> Int {
    all.append(HeaderField(kind: kind, owner: owner, offset: place, byteCount: byteCount))
    var number: UInt64 = 0
    for index in (0..<min(byteCount, 8)).reversed() {
      number = number << 8 | UInt64(bytes[place + index])
    }
    place += byteCount
    return Int(truncatingIfNeeded: number)
  }

  private mutating func nameField(_ kind: HeaderField.Kind) {
    owner = ""
    let count = add(kind, 8)
    owner = String(decoding: bytes[place..<place + count], as: UTF8.self)
    add(.name, count)
  }

  private mutating func value(type: Int) {
    switch type {
    case 8:
      let count = add(.textLength, 8)
      add(.text, count)
    case 9:
      let type = add(.elementType, 4)
      for _ in 0..<add(.elementCount, 8) { value(type: type) }
    case 6, 12: add(.real, type == 6 ? 4 : 8)
    case 7: add(.bool, 1)
    default: add(.integer, [1, 1, 2, 2, 4, 4, 0, 0, 0, 0, 8, 8][type])
    }
  }
}

extension HeaderField {
  /// What goes into a field in place of what it has: 0, 1, the largest, those beside the right one, and
  /// numbers at which sums and products of 32 and 64 bits wrap.
  func spoiled(_ bytes: [UInt8]) -> [[UInt8]] {
    if kind == .name || kind == .text {
      if byteCount == 0 { return [] }
      return [0x00, 0x0A, 0x1B, 0xFF].map { [UInt8](repeating: $0, count: byteCount) }
    }
    var old: UInt64 = 0
    for index in (0..<byteCount).reversed() { old = old << 8 | UInt64(bytes[offset + index]) }
    var numbers: [UInt64] = [
      0, 1, 2, 3, 7, 255, 256, 0x7FFF, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFE0,
      0xFFFF_FFFF, 1 << 32, 1 << 33, 1 << 56, 1 << 59, 1 << 60, 1 << 61, 1 << 62, 1 << 63,
      .max >> 1, .max - 31, .max - 7, .max, old &+ 1, old &- 1, old &* 2, old | 1 << 63,
      old | 1 << 32, old.byteSwapped, UInt64(bytes.count), UInt64(bytes.count - offset),
    ]
    if kind == .real {
      numbers += [
        Float.nan, -.nan, .infinity, -.infinity, -1, 1, 1e-38, Float.leastNonzeroMagnitude, 3e38,
        -0.0,
      ]
      .map { UInt64($0.bitPattern) }
      numbers += [Double.nan, .infinity, 1e-300, 1e300, -1].map { $0.bitPattern }
    }
    var seen: Set<[UInt8]> = [Array(bytes[offset..<offset + byteCount])]
    return numbers.map { Array(littleEndian($0)[..<byteCount]) }.filter { seen.insert($0).inserted }
  }
}
