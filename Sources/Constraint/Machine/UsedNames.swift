/// The names that the open objects have besides those of their schemas: a chain for each way in which the
/// text can be read, from the newest name to the oldest one of the outermost object. Ways that share their
/// first names share those records.
///
/// Of a name its length and a hash of what its bytes stand for are kept. Two different names that have both
/// in common, which one pair in four billion has, do not come in one object.
struct UsedNames {
  /// With so many names in the open objects, only those come that an object must have.
  static let openCountMax = 256
  /// Names that an object must have besides those of its schema.
  static let neededCountMax = 32
  /// In each of 48 objects as many as it must have, and the others.
  private static let capacity = 2048
  static let wordCount = capacity * NameRecord.count

  private let start: Int
  private(set) var count = 0

  /// - Parameter start: the first of `wordCount` words.
  init(start: Int) { self.start = start }

  mutating func shrink(to count: Int) { self.count = count }

  /// The names of a thread with one more.
  /// - Returns: nil if there is no room.
  mutating func add(_ thread: Thread, _ words: Words) -> UInt32? {
    if let known = index(of: thread, words) { return known }
    if count == Self.capacity { return nil }
    let record = start + count * NameRecord.count
    words[record + NameRecord.hash] = Int(thread.state)
    words[record + NameRecord.byteCount] = Int(thread.offset)
    words[record + NameRecord.before] = Int(thread.names)
    words[record + NameRecord.openCount] = Self.openCount(thread, words) + 1
    words[record + NameRecord.moved] = 0
    count += 1
    return UInt32(record)
  }

  /// The record of the same name behind the same ones, if it is one of the latest.
  private func index(of thread: Thread, _ words: Words) -> UInt32? {
    for index in max(0, count - 32)..<count {
      let record = start + index * NameRecord.count
      if words[record + NameRecord.before] == Int(thread.names)
        && Self.isName(record, of: thread, words)
      {
        return UInt32(record)
      }
    }
    return nil
  }

  private static func isName(_ record: Int, of thread: Thread, _ words: Words) -> Bool {
    words[record + NameRecord.hash] == Int(thread.state)
      && words[record + NameRecord.byteCount] == Int(thread.offset)
  }
}

// What a thread has of them.
extension UsedNames {
  /// Names of all open objects.
  static func openCount(_ thread: Thread, _ words: Words) -> Int {
    thread.names == 0 ? 0 : words[Int(thread.names) + NameRecord.openCount]
  }

  /// Names of the object alone.
  static func count(_ thread: Thread) -> Int {
    var count = Int(thread.count)
    for index in thread.seen.indices { count -= thread.seen[index].nonzeroBitCount }
    return count
  }

  /// Whether the object has the name that is being read.
  static func contains(_ thread: Thread, _ words: Words) -> Bool {
    var record = Int(thread.names)
    for _ in 0..<count(thread) {
      if isName(record, of: thread, words) { return true }
      record = words[record + NameRecord.before]
    }
    return false
  }
}

// Names that no thread has any more.
extension UsedNames {
  var isHalfFull: Bool { count > Self.capacity / 2 }

  /// Marks the names of a thread that is kept.
  func mark(_ thread: Thread, _ words: Words) {
    var record = Int(thread.names)
    while record != 0 && words[record + NameRecord.moved] == 0 {
      words[record + NameRecord.moved] = record
      record = words[record + NameRecord.before]
    }
  }

  /// Keeps the marked names, in their order. `moved` says where each went, whatever lies there now.
  mutating func collect(_ words: Words) {
    var kept = 0
    for index in 0..<count {
      let record = start + index * NameRecord.count
      if words[record + NameRecord.moved] == 0 { continue }
      let place = start + kept * NameRecord.count
      let before = words[record + NameRecord.before]
      words[place + NameRecord.hash] = words[record + NameRecord.hash]
      words[place + NameRecord.byteCount] = words[record + NameRecord.byteCount]
      words[place + NameRecord.openCount] = words[record + NameRecord.openCount]
      words[place + NameRecord.before] = before == 0 ? 0 : words[before + NameRecord.moved]
      words[record + NameRecord.moved] = place
      kept += 1
    }
    count = kept
  }

  /// Where a thread's newest name went.
  func moved(_ thread: Thread, _ words: Words) -> UInt32 {
    thread.names == 0 ? 0 : UInt32(words[Int(thread.names) + NameRecord.moved])
  }

  /// Takes the marks away.
  func unmark(_ words: Words) {
    for index in 0..<count { words[start + index * NameRecord.count + NameRecord.moved] = 0 }
  }
}

/// A name that an object has.
enum NameRecord {
  static let hash = 0
  static let byteCount = 1
  /// The name before it, in the same object or in one that has it in it.
  static let before = 2
  /// Names up to it.
  static let openCount = 3
  static let moved = 4
  static let count = 5
}

/// The hash of a name (Fowler, Noll, Vo, FNV-1a of 32 bits).
enum NameHash {
  static let start: UInt32 = 2_166_136_261

  @inline(__always)
  static func add(_ byte: UInt8, to hash: UInt32) -> UInt32 {
    (hash ^ UInt32(byte)) &* 16_777_619
  }
}
