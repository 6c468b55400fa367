import Text

// Texts: their parts and bytes. A text is a range of bytes, or a row of such parts, so that bytes of the
// conversation stay told from those of the template, and are not copied when texts are joined and cut.
extension Interpreter {
  @inline(__always)
  func partCount(_ text: Value) -> Int { text.flags.contains(.parted) ? text.length : 1 }

  /// Parts lie in reverse, the last one first: a further one can be put before the cells in use.
  @inline(__always)
  func part(_ text: Value, _ index: Int) -> Value {
    text.flags.contains(.parted) ? element(text, text.length - 1 - index) : text
  }

  /// Bytes of the text, without those that are streamed.
  func byteCount(_ text: Value) -> Int {
    if !text.flags.contains(.parted) { return text.flags.contains(.streamed) ? 0 : text.length }
    var sum = 0
    for index in 0..<text.length {
      let part = part(text, index)
      if !part.flags.contains(.streamed) { sum += part.length }
    }
    return sum
  }

  func isStreamed(_ text: Value) -> Bool {
    for index in 0..<partCount(text) where part(text, index).flags.contains(.streamed) {
      return true
    }
    return false
  }

  func foreignFlag(of text: Value) throws(TemplateError) -> Value.Flags {
    for index in 0..<partCount(text) where part(text, index).flags.contains(.foreign) {
      return .foreign
    }
    return Value.Flags()
  }

  /// The bytes of a text in a row.
  mutating func flat(_ text: Value) throws(TemplateError) -> Range<Int> {
    if !text.flags.contains(.parted) && !text.flags.contains(.streamed) {
      return text.offset..<text.offset + text.length
    }
    if isStreamed(text) { throw failure(.streamedTextTakenApart) }
    let count = byteCount(text)
    let start = try takeBytes(count)
    var end = start
    for index in 0..<text.length {
      let part = part(text, index)
      memory.copy(from: part.offset, to: end, count: part.length)
      end += part.length
    }
    return start..<end
  }

  /// A part of a text.
  /// - Parameter range: of its bytes.
  mutating func cut(_ text: Value, _ range: Range<Int>) throws(TemplateError) -> Value {
    if !text.flags.contains(.parted) {
      return .text(
        at: text.offset + range.lowerBound, count: range.count,
        flags: text.flags.subtracting(.streamed))
    }
    var result = emptyText
    var start = 0
    for index in 0..<text.length {
      let part = part(text, index)
      let low = max(range.lowerBound, start)
      let high = min(range.upperBound, start + part.length)
      if low < high {
        let piece = Value.text(
          at: part.offset + low - start, count: high - low, flags: part.flags)
        result = try joined(result, piece)
      }
      start += part.length
    }
    return result
  }

  func isText(_ value: Value, _ word: StaticString) -> Bool {
    if value.length != word.utf8CodeUnitCount { return false }
    for index in 0..<value.length
    where unsafe memory.byte(value.offset + index) != word.utf8Start[index] {
      return false
    }
    return true
  }

  // MARK: Joining

  /// Parts of a joined text beyond which parts of a kind that follow one another are made one.
  private static var partCountMax: Int { 24 }

  mutating func joined(_ left: Value, _ right: Value) throws(TemplateError) -> Value {
    if left.flags.contains(.markup) != right.flags.contains(.markup) {
      let first = left.flags.contains(.markup) ? left : try escaped(left)
      let second = right.flags.contains(.markup) ? right : try escaped(right)
      return try joined(first, second)
    }
    if isEmpty(left) { return right }
    if isEmpty(right) { return left }
    let isWhole = (left.flags.rawValue | right.flags.rawValue) & 0b1010 == 0
    if isWhole && left.flags == right.flags, let value = try extended(left, right) { return value }
    return try rowOfParts(left, right)
  }

  private func isEmpty(_ text: Value) -> Bool {
    text.length == 0 && !text.flags.contains(.streamed)
  }

  /// Short texts of a kind are copied, and a text at the end of the heap is made longer.
  private mutating func extended(_ left: Value, _ right: Value) throws(TemplateError) -> Value? {
    let count = left.length + right.length
    if left.offset + left.length == right.offset {
      return .text(at: left.offset, count: count, flags: left.flags)
    }
    if heap.holds(left.offset) && left.offset + left.length == heap.end.bytes {
      let end = try takeBytes(right.length)
      memory.copy(from: right.offset, to: end, count: right.length)
      return .text(at: left.offset, count: count, flags: left.flags)
    }
    if count > 96 { return nil }
    let start = try takeBytes(count)
    memory.copy(from: left.offset, to: start, count: left.length)
    memory.copy(from: right.offset, to: start + left.length, count: right.length)
    return .text(at: start, count: count, flags: left.flags)
  }

  private mutating func rowOfParts(_ left: Value, _ right: Value) throws(TemplateError) -> Value {
    let (leftCount, rightCount) = (partCount(left), partCount(right))
    let count = leftCount + rightCount
    let flags = left.flags.intersection(.markup).union(.parted)
    if count > Self.partCountMax { return try compacted(left, right, flags) }
    let isLatest = left.flags.contains(.parted) && heap.end.cells == left.offset
    let cells = try takeCells(isLatest ? rightCount : count)
    for index in 0..<rightCount {
      setElement(cells, rightCount - 1 - index, part(right, index))
    }
    if !isLatest {
      for index in 0..<leftCount { setElement(cells, count - 1 - index, part(left, index)) }
    }
    return Value(.text, bits: UInt64(cells), count: count, flags: flags)
  }

  /// Both texts, with those of their parts that follow one another and are of a kind made one.
  private mutating func compacted(
    _ left: Value, _ right: Value, _ flags: Value.Flags
  ) throws(TemplateError) -> Value {
    let leftCount = partCount(left)
    let most = leftCount + partCount(right)
    let cells = try takeCells(most)
    var used = 0
    for index in 0..<most {
      let next = index < leftCount ? part(left, index) : part(right, index - leftCount)
      if used > 0, !next.flags.contains(.streamed) {
        let last = cell(cells + (most - used) * Heap.cellByteCount)
        if last.flags == next.flags, let merged = try extendedOrCopied(last, next) {
          setElement(cells, most - used, merged)
          continue
        }
      }
      used += 1
      setElement(cells, most - used, next)
    }
    let first = cells + (most - used) * Heap.cellByteCount
    return Value(.text, bits: UInt64(first), count: used, flags: flags)
  }

  private mutating func extendedOrCopied(
    _ left: Value, _ right: Value
  ) throws(TemplateError) -> Value? {
    if let value = try extended(left, right) { return value }
    let count = left.length + right.length
    let start = try takeBytes(count)
    memory.copy(from: left.offset, to: start, count: left.length)
    memory.copy(from: right.offset, to: start + left.length, count: right.length)
    return .text(at: start, count: count, flags: left.flags)
  }
}

// Comparison and search.
extension Interpreter {
  mutating func isEqual(text left: Value, _ right: Value) throws(TemplateError) -> Bool {
    if left.flags.contains(.parted) || right.flags.contains(.parted) || isStreamed(left)
      || isStreamed(right)
    {
      return try isEqual(parted: left, right)
    }
    if left.count != right.count { return false }
    try charge(left.length)
    return memory.isEqual(left.offset, right.offset, count: left.length)
  }

  private mutating func isEqual(parted left: Value, _ right: Value) throws(TemplateError) -> Bool {
    let (first, second) = (byteCount(left), byteCount(right))
    let isOpen = isStreamed(left) || isStreamed(right)
    if !isOpen && first != second { return false }
    // A streamed text is longer than what has come of it.
    if isOpen && (isStreamed(left) ? first >= second : second >= first) { return false }
    return try order(text: left, right) == 0
  }

  mutating func order(text left: Value, _ right: Value) throws(TemplateError) -> Int {
    let mark = heap.mark
    let (first, second) = (try flat(left), try flat(right))
    heap.release(to: mark)
    try charge(min(first.count, second.count))
    for index in 0..<min(first.count, second.count) {
      let (a, b) = (memory.byte(first.lowerBound + index), memory.byte(second.lowerBound + index))
      if a != b { return a < b ? -1 : 1 }
    }
    return first.count - second.count
  }

  /// The first place of a text in another, in bytes.
  mutating func find(_ needle: Value, in text: Value) throws(TemplateError) -> Int? {
    let mark = heap.mark
    let (pattern, bytes) = (try flat(needle), try flat(text))
    heap.release(to: mark)
    return try find(pattern, in: bytes).map { $0 - bytes.lowerBound }
  }

  /// The first place of a pattern, as an offset.
  mutating func find(_ pattern: Range<Int>, in bytes: Range<Int>) throws(TemplateError) -> Int? {
    if pattern.isEmpty { return bytes.lowerBound }
    try charge(bytes.count)
    let first = memory.byte(pattern.lowerBound)
    var place = bytes.lowerBound
    var compared = 0
    while place + pattern.count <= bytes.upperBound {
      if memory.byte(place) == first {
        var index = 1
        while index < pattern.count
          && memory.byte(place + index) == memory.byte(pattern.lowerBound + index)
        {
          index += 1
        }
        if index == pattern.count { return place }
        compared += index
        if compared > 4096 {
          try charge(compared)
          compared = 0
        }
      }
      place += 1
    }
    return nil
  }

  /// The last place of a pattern, as an offset.
  mutating func findLast(_ pattern: Range<Int>, in bytes: Range<Int>) throws(TemplateError) -> Int?
  {
    try charge(bytes.count)
    var place = bytes.upperBound - pattern.count
    while place >= bytes.lowerBound {
      if memory.isEqual(place, pattern.lowerBound, count: pattern.count) { return place }
      place -= 1
    }
    return nil
  }
}

// Characters.
extension Interpreter {
  /// Bytes of the character at an offset: the text is UTF-8.
  @inline(__always)
  func characterByteCount(_ offset: Int, _ end: Int) -> Int {
    let byte = memory.byte(offset)
    let count = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    return min(count, end - offset)
  }

  func characterCount(_ bytes: Range<Int>) -> Int {
    var count = 0
    for offset in bytes where memory.byte(offset) & 0xC0 != 0x80 { count += 1 }
    return count
  }

  mutating func characterCount(of text: Value) throws(TemplateError) -> Int {
    if isStreamed(text) { throw failure(.streamedTextTakenApart) }
    var count = 0
    for index in 0..<partCount(text) {
      let part = part(text, index)
      try charge(part.length)
      count += characterCount(part.offset..<part.offset + part.length)
    }
    return count
  }

  /// The characters of a text, each a text.
  mutating func characters(of text: Value) throws(TemplateError) -> Value {
    let count = try characterCount(of: text)
    let cells = try takeCells(count)
    var place = 0
    for index in 0..<partCount(text) {
      let part = part(text, index)
      var offset = part.offset
      let end = part.offset + part.length
      while offset < end && place < count {
        let byteCount = characterByteCount(offset, end)
        setElement(cells, place, .text(at: offset, count: byteCount, flags: part.flags))
        offset += byteCount
        place += 1
      }
    }
    return .sequence(.list, at: cells, count: place)
  }

  /// A character by its number, from the end if that is negative; nil if there is none.
  mutating func character(_ text: Value, _ index: Int) throws(TemplateError) -> Value? {
    let count = try characterCount(of: text)
    let wanted = index < 0 ? index + count : index
    if wanted < 0 || wanted >= count { return nil }
    return try slice(text: text, wanted, wanted + 1, 1)
  }

  mutating func slice(
    text: Value, _ start: Int?, _ stop: Int?, _ step: Int
  ) throws(TemplateError) -> Value {
    let count = try characterCount(of: text)
    let range = SliceRange(start, stop, step, count: count)
    if range.count == 0 { return emptyText }
    if step != 1 {
      let all = try characters(of: text)
      var result = emptyText
      for index in 0..<range.count {
        result = try joined(result, element(all, range.first + index * step))
      }
      return result
    }
    let mark = heap.mark
    let bytes = try flat(text)
    heap.release(to: mark)
    let low = byteOffset(ofCharacter: range.first, in: bytes)
    let high = byteOffset(ofCharacter: range.count, in: low..<bytes.upperBound)
    return try cut(text, low - bytes.lowerBound..<high - bytes.lowerBound)
  }

  func byteOffset(ofCharacter number: Int, in bytes: Range<Int>) -> Int {
    var offset = bytes.lowerBound
    for _ in 0..<number where offset < bytes.upperBound {
      offset += characterByteCount(offset, bytes.upperBound)
    }
    return offset
  }

  /// The range of the bytes without white space, or without the characters of `set`, at the ends.
  func trimmed(
    _ bytes: Range<Int>, _ set: Range<Int>?, leading: Bool = true, trailing: Bool = true
  ) -> Range<Int> {
    var (low, high) = (bytes.lowerBound, bytes.upperBound)
    while leading && low < high {
      let count = trimmedByteCount(low, high, set)
      if count == 0 { break }
      low += count
    }
    while trailing && low < high {
      var first = high - 1
      while first > low && memory.byte(first) & 0xC0 == 0x80 { first -= 1 }
      let count = trimmedByteCount(first, high, set)
      if count == 0 || first + count != high { break }
      high = first
    }
    return low..<high
  }

  /// Bytes of the character at an offset if it is one that is trimmed, else 0.
  private func trimmedByteCount(_ offset: Int, _ end: Int, _ set: Range<Int>?) -> Int {
    guard let set else {
      return Whitespace.byteCount(
        memory.byte(offset), offset + 1 < end ? memory.byte(offset + 1) : 0,
        offset + 2 < end ? memory.byte(offset + 2) : 0)
    }
    let count = characterByteCount(offset, end)
    var place = set.lowerBound
    while place < set.upperBound {
      let next = characterByteCount(place, set.upperBound)
      if next == count && memory.isEqual(place, offset, count: count) { return count }
      place += next
    }
    return 0
  }

  /// Python's `strip` of a text: what is streamed is trimmed while it is read.
  mutating func stripped(
    _ text: Value, _ set: Value?, leading: Bool = true, trailing: Bool = true
  ) throws(TemplateError) -> Value {
    let mark = heap.mark
    var characters: Range<Int>?
    if let set { characters = try flat(set) }
    if isStreamed(text) {
      if characters != nil { throw failure(.streamedTextTakenApart) }
      return try stripped(streamed: text, leading: leading, trailing: trailing)
    }
    var range = 0..<byteCount(text)
    if leading { range = try trimmedStart(text, characters)..<range.upperBound }
    if trailing { range = range.lowerBound..<(try trimmedEnd(text, characters, range)) }
    heap.release(to: mark)
    return try cut(text, range)
  }

  /// The byte of a text that the trimmed text begins at: characters do not go over parts.
  private mutating func trimmedStart(
    _ text: Value, _ set: Range<Int>?
  ) throws(TemplateError) -> Int {
    var start = 0
    for index in 0..<partCount(text) {
      let part = part(text, index)
      let bytes = part.offset..<part.offset + part.length
      let rest = trimmed(bytes, set, trailing: false)
      try charge(bytes.count - rest.count)
      start += bytes.count - rest.count
      if !rest.isEmpty { break }
    }
    return start
  }

  private mutating func trimmedEnd(
    _ text: Value, _ set: Range<Int>?, _ range: Range<Int>
  ) throws(TemplateError) -> Int {
    var end = range.upperBound
    for index in (0..<partCount(text)).reversed() {
      let part = part(text, index)
      let bytes = part.offset..<part.offset + part.length
      let rest = trimmed(bytes, set, leading: false)
      try charge(bytes.count - rest.count)
      end -= bytes.count - rest.count
      if !rest.isEmpty { break }
    }
    return max(end, range.lowerBound)
  }

  private mutating func stripped(
    streamed text: Value, leading: Bool, trailing: Bool
  ) throws(TemplateError) -> Value {
    var result = emptyText
    var isLeading = leading
    let count = partCount(text)
    for index in 0..<count {
      var part = part(text, index)
      if part.flags.contains(.streamed) {
        if isLeading { part.tag |= TrimmedEnds.leading }
        isLeading = false
        if trailing && index == count - 1 { part.tag |= TrimmedEnds.trailing }
      } else if isLeading {
        let range = trimmed(part.offset..<part.offset + part.length, nil, trailing: false)
        part = .text(at: range.lowerBound, count: range.count, flags: part.flags)
        isLeading = range.isEmpty
      }
      result = try joined(result, part)
    }
    return result
  }
}

/// The ends of a streamed text that are to be trimmed, as its `tag` has them.
enum TrimmedEnds {
  static var leading: UInt16 { 1 }
  static var trailing: UInt16 { 2 }
}
