/// Which properties of an object can come next.
enum ObjectState {
  static func property(_ record: Int, _ index: Int, _ words: Words) -> Int {
    words[record + ObjectRecord.properties] + index * PropertyRecord.count
  }

  static func propertyCount(_ record: Int, _ words: Words) -> Int {
    words[record + ObjectRecord.propertyCount]
  }

  /// Required properties that have not come.
  static func missingCount(_ thread: Thread, _ words: Words) -> Int {
    let record = Int(thread.place)
    var count = 0
    for index in 0..<propertyCount(record, words)
    where !thread.hasSeen(index)
      && words[property(record, index, words) + PropertyRecord.isRequired] != 0
    {
      count += 1
    }
    return count
  }

  /// Whether there is room for a property that is not required.
  static func hasRoom(_ thread: Thread, _ words: Words) -> Bool {
    let most = words[Int(thread.place) + ObjectRecord.most]
    return most == StringRecord.none || Int(thread.count) + missingCount(thread, words) < most
  }

  /// Whether the named property can come.
  static func isOpen(_ thread: Thread, _ index: Int, _ words: Words) -> Bool {
    if thread.hasSeen(index) { return false }
    let record = Int(thread.place)
    let property = property(record, index, words)
    if words[words[property + PropertyRecord.node] + NodeRecord.shortest] == NodeRecord.none {
      return false
    }
    if words[record + ObjectRecord.isOrdered] != 0 { return isNext(thread, index, words) }
    return words[property + PropertyRecord.isRequired] != 0 || hasRoom(thread, words)
  }

  /// In an object whose properties have an order: whether no required one lies before this one, and no
  /// later one has come.
  private static func isNext(_ thread: Thread, _ index: Int, _ words: Words) -> Bool {
    let record = Int(thread.place)
    let order = words[property(record, index, words) + PropertyRecord.order]
    for other in 0..<propertyCount(record, words) where other != index {
      let property = property(record, other, words)
      let isBefore = words[property + PropertyRecord.order] < order
      let isMissing =
        !thread.hasSeen(other) && words[property + PropertyRecord.isRequired] != 0
      if isBefore ? isMissing : thread.hasSeen(other) { return false }
    }
    return true
  }

  /// Whether a property without a place in the schema can come.
  static func allowsOther(_ thread: Thread, _ words: Words) -> Bool {
    let additional = words[Int(thread.place) + ObjectRecord.additional]
    return words[additional + NodeRecord.shortest] != NodeRecord.none && hasRoom(thread, words)
      && hasNames(thread, words)
  }

  /// Whether such a property's name can be kept, or there must be one more.
  private static func hasNames(_ thread: Thread, _ words: Words) -> Bool {
    UsedNames.openCount(thread, words) < UsedNames.openCountMax
      || Int(thread.count) + missingCount(thread, words)
        < words[Int(thread.place) + ObjectRecord.least]
  }

  /// Whether a further property can come.
  static func canGoOn(_ thread: Thread, _ words: Words) -> Bool {
    if allowsOther(thread, words) { return true }
    for index in 0..<propertyCount(Int(thread.place), words) where isOpen(thread, index, words) {
      return true
    }
    return false
  }

  static func canEnd(_ thread: Thread, _ words: Words) -> Bool {
    Int(thread.count) >= words[Int(thread.place) + ObjectRecord.least]
      && missingCount(thread, words) == 0
  }

  /// Bytes of what is missing, and how many properties it is.
  static func missing(_ thread: Thread, _ words: Words) -> (byteCount: Int, count: Int) {
    let record = Int(thread.place)
    var (sum, count) = (0, 0)
    for index in 0..<propertyCount(record, words) where !thread.hasSeen(index) {
      let property = property(record, index, words)
      if words[property + PropertyRecord.isRequired] == 0 { continue }
      sum += cost(property, words)
      count += 1
    }
    let further = words[record + ObjectRecord.least] - Int(thread.count) - count
    if further > 0 {
      sum += optional(further, thread, words)
      count += further
    }
    return (sum, count)
  }

  /// Bytes of properties that are not required, of which there must be some more.
  private static func optional(_ count: Int, _ thread: Thread, _ words: Words) -> Int {
    let record = Int(thread.place)
    let additional = words[words[record + ObjectRecord.additional] + NodeRecord.shortest]
    // Names of five bytes, for they must differ.
    if additional < NodeRecord.none { return count * (8 + additional) }
    var (sum, found) = (0, 0)
    for index in 0..<propertyCount(record, words) where found < count && !thread.hasSeen(index) {
      let property = property(record, index, words)
      let cost = cost(property, words)
      if words[property + PropertyRecord.isRequired] != 0 || cost >= NodeRecord.none { continue }
      sum += cost
      found += 1
    }
    return sum
  }

  private static func cost(_ property: Int, _ words: Words) -> Int {
    words[property + PropertyRecord.writtenCount]
      + words[words[property + PropertyRecord.node] + NodeRecord.shortest]
  }

  /// Bytes of the shortest property that can come.
  static func cheapest(_ thread: Thread, _ words: Words) -> Int {
    let record = Int(thread.place)
    var result = NodeRecord.none
    if allowsOther(thread, words) {
      // Two characters make a name that is not there.
      result = 5 + words[words[record + ObjectRecord.additional] + NodeRecord.shortest]
    }
    for index in 0..<propertyCount(record, words) where isOpen(thread, index, words) {
      result = min(result, cost(property(record, index, words), words))
    }
    return result
  }
}

/// The name of a property while it is read. `first` and `last` of the thread are the named properties
/// that begin with what was read.
enum NameState {
  private static func texts(_ thread: Thread, _ words: Words) -> Int {
    words[Int(thread.place) + ObjectRecord.properties]
  }

  /// The property whose name is exactly what was read; nil if it is none of those that have a place.
  static func exact(_ thread: Thread, _ words: Words) -> Int? {
    if thread.first >= thread.last { return nil }
    let property = ObjectState.property(Int(thread.place), Int(thread.first), words)
    let isExact = words[property + PropertyRecord.nameCount] == Int(thread.offset)
    return isExact ? Int(thread.first) : nil
  }

  static func take(_ thread: inout Thread, _ byte: UInt8, _ words: Words) -> Bool {
    thread.state = NameHash.add(byte, to: thread.state)
    _ = Content.narrow(
      &thread, byte, texts: texts(thread, words), stride: PropertyRecord.count, words)
    if ObjectState.allowsOther(thread, words) { return true }
    for index in Int(thread.first)..<Int(thread.last)
    where ObjectState.isOpen(thread, index, words) {
      return true
    }
    return false
  }

  static func canEnd(_ thread: Thread, _ words: Words) -> Bool {
    if let exact = exact(thread, words) { return ObjectState.isOpen(thread, exact, words) }
    return ObjectState.allowsOther(thread, words) && !UsedNames.contains(thread, words)
  }

  static func canGoOn(_ thread: Thread, _ words: Words) -> Bool {
    if ObjectState.allowsOther(thread, words) { return true }
    for index in Int(thread.first)..<Int(thread.last)
    where ObjectState.isOpen(thread, index, words) && exact(thread, words) != index {
      return true
    }
    return false
  }

  /// The name has ended: its property is seen, and its value comes next.
  static func end(_ thread: inout Thread, _ words: Words) {
    var node = words[Int(thread.place) + ObjectRecord.additional]
    if let exact = exact(thread, words) {
      node =
        words[
          ObjectState.property(Int(thread.place), exact, words) + PropertyRecord.node]
      thread.see(exact)
    }
    thread.kind = .objectColon
    thread.count += 1
    thread.state = UInt32(node)
    (thread.first, thread.last, thread.offset) = (0, 0, 0)
    (thread.part, thread.pending) = (StringState.Part.plain, 0)
  }

  /// Bytes up to the end of the object, if the name is none of those that have a place and is whole here.
  static func otherDistance(_ thread: Thread, _ words: Words) -> Int {
    var next = thread
    next.count += 1
    let missing = ObjectState.missing(next, words)
    let additional = words[Int(thread.place) + ObjectRecord.additional]
    return 3 + words[additional + NodeRecord.shortest] + missing.byteCount + missing.count
  }

  /// Characters that make a name of one that is there already are no more.
  static let furtherCountMax = 2

  /// Bytes that make a name which the object has not of what was read, or some more.
  private static func furtherDistance(_ thread: Thread, _ words: Words) -> Int {
    let count = ObjectState.propertyCount(Int(thread.place), words) + UsedNames.count(thread)
    if count == 0 { return StringState.pendingByteCount(thread) }
    let isFew = count <= Self.plainCount
    if thread.part != StringState.Part.plain {
      return StringState.pendingByteCount(thread) + (isFew ? 1 : Self.furtherCountMax)
    }
    if isOther(thread, words) { return 0 }
    return isFew || hasOther(behind: thread, words) ? 1 : Self.furtherCountMax
  }

  /// Characters of one byte in names: those from a space to a tilde but for two.
  private static let plainCount = 93

  /// Whether a name is one that neither the schema nor the object has.
  private static func isOther(_ thread: Thread, _ words: Words) -> Bool {
    exact(thread, words) == nil && !UsedNames.contains(thread, words)
  }

  /// Whether one more character makes such a name.
  private static func hasOther(behind thread: Thread, _ words: Words) -> Bool {
    for byte in UInt8(ascii: " ")...UInt8(ascii: "~")
    where byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
      var next = thread
      _ = take(&next, byte, words)
      if isOther(next, words) { return true }
    }
    return false
  }

  /// Bytes up to the end of the object.
  static func distance(_ thread: Thread, _ words: Words) -> Int {
    let record = Int(thread.place)
    var result = NodeRecord.none
    var next = thread
    next.count += 1
    if ObjectState.allowsOther(thread, words) {
      result = otherDistance(thread, words) - 1 + furtherDistance(thread, words)
    }
    for index in Int(thread.first)..<Int(thread.last)
    where ObjectState.isOpen(thread, index, words) {
      let property = ObjectState.property(record, index, words)
      let name = WordsText(
        start: words[property + PropertyRecord.name],
        count: words[property + PropertyRecord.nameCount])
      var seen = next
      seen.see(index)
      let missing = ObjectState.missing(seen, words)
      let value = words[words[property + PropertyRecord.node] + NodeRecord.shortest]
      let rest = StringState.rest(name, thread, words)
      result = min(result, rest + 2 + value + missing.byteCount + missing.count)
    }
    return result + 1
  }
}
