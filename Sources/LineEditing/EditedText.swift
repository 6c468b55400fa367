/// A text that is edited at a cursor. Places are offsets in bytes, and stand between characters: a scalar
/// with the marks, joiners and modifiers that belong to it.
@safe struct EditedText {
  let bytes: UnsafeMutablePointer<UInt8>
  let capacity: Int
  private(set) var count = 0
  private(set) var cursor = 0

  init(_ bytes: UnsafeMutablePointer<UInt8>, capacity: Int) {
    unsafe self.bytes = bytes
    self.capacity = capacity
  }

  subscript(place: Int) -> UInt8 { unsafe bytes[place] }

  mutating func clear() { (count, cursor) = (0, 0) }

  /// Takes the first `count` bytes of the memory for the text, with the cursor behind them.
  mutating func take(count: Int) { (self.count, cursor) = (count, count) }

  /// - Returns: false if there is no room.
  mutating func insert(_ scalar: KeyScalar) -> Bool {
    if count + scalar.count > capacity { return false }
    var place = count
    while place > cursor {
      place -= 1
      unsafe bytes[place + scalar.count] = bytes[place]
    }
    for index in 0..<scalar.count { unsafe bytes[cursor + index] = scalar[index] }
    count += scalar.count
    cursor += scalar.count
    return true
  }

  mutating func remove(_ range: Range<Int>) {
    for place in range.upperBound..<max(count, range.upperBound) {
      unsafe bytes[place - range.count] = bytes[place]
    }
    count -= range.count
    cursor = range.lowerBound
  }

  mutating func move(to place: Int) { cursor = place }
}

/// Places.
extension EditedText {
  static var newline: UInt8 { UInt8(ascii: "\n") }

  /// Where the character before `place` begins.
  func before(_ place: Int) -> Int {
    var start = lineStart(place)
    if start == place { return max(place - 1, 0) }
    while true {
      let end = after(start)
      if end >= place { return start }
      start = end
    }
  }

  /// Where the character at `place` ends.
  func after(_ place: Int) -> Int {
    if place >= count { return count }
    let first = scalar(at: place)
    var end = scalarEnd(place)
    if first < 0x20 { return end }
    var isPair = CharacterWidth.isRegionalIndicator(first)
    while end < count {
      let next = scalar(at: end)
      if CharacterWidth.isJoiner(next) {
        end = scalarEnd(end)
        if end < count, scalar(at: end) >= 0x20 { end = scalarEnd(end) }
      } else if CharacterWidth.extends(next) {
        end = scalarEnd(end)
      } else if isPair, CharacterWidth.isRegionalIndicator(next) {
        end = scalarEnd(end)
        isPair = false
      } else {
        break
      }
    }
    return end
  }

  /// The columns of the character at `place`. A tab is shown as a space.
  func columnCount(at place: Int) -> Int {
    let first = scalar(at: place)
    if first < 0x20 { return 1 }
    let isPair = CharacterWidth.isRegionalIndicator(first) && after(place) - place > 4
    return isPair ? 2 : CharacterWidth.columnCount(of: first)
  }

  /// Behind the line's end before `place`.
  func lineStart(_ place: Int) -> Int {
    var start = place
    while start > 0, self[start - 1] != Self.newline { start -= 1 }
    return start
  }

  /// The next line's end, or that of the text.
  func lineEnd(_ place: Int) -> Int {
    var end = place
    while end < count, self[end] != Self.newline { end += 1 }
    return end
  }

  /// Where the word before the cursor begins.
  var wordStart: Int {
    var start = cursor
    while start > 0, Self.isSpace(self[start - 1]) { start -= 1 }
    while start > 0, !Self.isSpace(self[start - 1]) { start -= 1 }
    return start
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == newline
  }

  private func scalarEnd(_ place: Int) -> Int {
    var end = place + 1
    while end < count, self[end] & 0xC0 == 0x80 { end += 1 }
    return end
  }

  private func scalar(at place: Int) -> UInt32 {
    let end = scalarEnd(place)
    let lead = UInt32(self[place])
    if end == place + 1 { return lead }
    var value = lead & (0x7F >> UInt32(end - place))
    for index in place + 1..<end { value = value << 6 | UInt32(self[index] & 0x3F) }
    return value
  }
}
