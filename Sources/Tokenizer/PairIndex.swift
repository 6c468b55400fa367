import Memory

/// Sizes and bounds of the open-addressing hash tables.
enum HashTable {
  /// An entry lies at most this many slots from its own. Tables are at most half full, where the
  /// longest cluster of an honest million of entries is about 70 slots.
  static let probeCountMax = 256

  /// The count of slots for a count of entries: a power of two, at least twice as many.
  static func slotCount(entryCount: Int) -> Int {
    var count = 16
    while count < 2 * entryCount { count *= 2 }
    return count
  }
}

/// Finds the number of an entry by its pair of 32-bit numbers. Entries are numbered by the caller,
/// from 0; slots hold the number + 1, so that zero memory is an empty table.
@safe struct PairIndex {
  private let slots: UnsafeMutablePointer<UInt32>
  private let keys: UnsafeMutablePointer<UInt64>
  private let slotMask: Int
  private let entryCountMax: Int

  init(carver: inout Carver, entryCountMax: Int) {
    let slotCount = HashTable.slotCount(entryCount: entryCountMax)
    unsafe slots = unsafe carver.take(.tokenizer, UInt32.self, count: slotCount)
    unsafe keys = unsafe carver.take(.tokenizer, UInt64.self, count: entryCountMax)
    slotMask = slotCount - 1
    self.entryCountMax = entryCountMax
  }

  @inline(__always)
  private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }

  /// Whether no slot names an entry that there cannot be.
  var isSound: Bool {
    for slot in 0...slotMask where unsafe slots[slot] > UInt32(entryCountMax) { return false }
    return true
  }

  /// The entry's number, or -1.
  @inline(__always)
  func find(_ first: Int32, _ second: Int32) -> Int {
    let key = Self.key(first, second)
    var slot = Int(truncatingIfNeeded: Bytes.hash(key)) & slotMask
    for _ in 0..<HashTable.probeCountMax {
      let entry = unsafe Int(slots[slot]) &- 1
      if entry < 0 { return -1 }
      if unsafe keys[entry] == key { return entry }
      slot = (slot &+ 1) & slotMask
    }
    return -1
  }

  /// Makes `entry` the number of the pair, in place of an earlier one if there is any; false where
  /// no slot is left within the bound. `entry` must be a new number below `entryCountMax`.
  mutating func set(_ first: Int32, _ second: Int32, to entry: Int) -> Bool {
    precondition(entry >= 0 && entry < entryCountMax)
    let key = Self.key(first, second)
    unsafe keys[entry] = key
    var slot = Int(truncatingIfNeeded: Bytes.hash(key)) & slotMask
    for _ in 0..<HashTable.probeCountMax {
      let old = unsafe Int(slots[slot]) - 1
      if unsafe old < 0 || keys[old] == key {
        unsafe slots[slot] = UInt32(entry + 1)
        return true
      }
      slot = (slot + 1) & slotMask
    }
    return false
  }
}
