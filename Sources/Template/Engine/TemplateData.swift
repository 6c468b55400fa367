import Text

/// What a template is given: an object with the messages, the tools and all variables, built from the
/// events of a JSON document or by hand. It lies in the engine's memory until the next one begins.
///
/// Values are put as they come: `beginObject`, then a name and a value for each member, `endObject`.
public struct TemplateData {
  private let memory: TemplateMemory
  private let bytes: Range<Int>
  private let cells: Range<Int>
  /// Texts and finished rows of cells from the start, values that wait for their row from the end.
  private var bytesEnd: Int
  private var cellsEnd: Int
  private var pending: Int
  /// The place of the marker of the innermost list or object that is open; 0 if there is none.
  private var container = 0
  private var textStart = 0
  private(set) var root = Value.undefined
  /// How messages' contents are put: see `beginContent`.
  let contentForm: ContentForm
  var contentPartCount = 0

  init(
    _ memory: TemplateMemory, bytes: Range<Int>, cells: Range<Int>, _ contentForm: ContentForm
  ) {
    self.memory = memory
    self.contentForm = contentForm
    self.bytes = bytes
    self.cells = cells
    bytesEnd = bytes.lowerBound
    cellsEnd = cells.lowerBound
    pending = cells.upperBound
  }

  /// Bytes of texts that it has room for still.
  public var freeByteCount: Int { bytes.upperBound - bytesEnd }

  /// All is forgotten.
  @export(interface)
  public mutating func reset() {
    bytesEnd = bytes.lowerBound
    cellsEnd = cells.lowerBound
    pending = cells.upperBound
    container = 0
    root = .undefined
  }

  private func full() -> TemplateError { TemplateError(.conversationFull) }

  private mutating func push(_ value: Value) throws(TemplateError) {
    if container == 0 {
      root = value
      return
    }
    try pushCell(value)
  }

  private mutating func pushCell(_ value: Value) throws(TemplateError) {
    if pending - Heap.cellByteCount < cellsEnd { throw full() }
    pending -= Heap.cellByteCount
    memory.store(value, at: pending)
  }

  // MARK: Rows

  public mutating func beginObject() throws(TemplateError) { try begin(.dictionary) }
  public mutating func beginArray() throws(TemplateError) { try begin(.list) }

  private mutating func begin(_ kind: Value.Kind) throws(TemplateError) {
    try pushCell(Value(kind, bits: UInt64(container)))
    container = pending
  }

  @export(interface)
  public mutating func endArray() throws(TemplateError) {
    let count = (container - pending) / Heap.cellByteCount
    let start = try takeCells(count)
    for index in 0..<count {
      let value = memory.load(container - (index + 1) * Heap.cellByteCount, as: Value.self)
      memory.store(value, at: start + index * Heap.cellByteCount)
    }
    try end(.sequence(.list, at: start, count: count))
  }

  /// Of members of the same name the last one stays, in the place of the first.
  @export(interface)
  public mutating func endObject() throws(TemplateError) {
    let count = (container - pending) / (2 * Heap.cellByteCount)
    let start = try takeCells(2 * count)
    var kept = 0
    for index in 0..<count {
      let place = container - (2 * index + 1) * Heap.cellByteCount
      let name = memory.load(place, as: Value.self)
      let value = memory.load(place - Heap.cellByteCount, as: Value.self)
      let member = self.member(name, at: start, count: kept) ?? kept
      if member == kept { kept += 1 }
      memory.store(name, at: start + 2 * member * Heap.cellByteCount)
      memory.store(value, at: start + (2 * member + 1) * Heap.cellByteCount)
    }
    try end(.sequence(.dictionary, at: start, count: kept))
  }

  private func member(_ name: Value, at start: Int, count: Int) -> Int? {
    for index in 0..<count {
      let other = memory.load(start + 2 * index * Heap.cellByteCount, as: Value.self)
      if other.count == name.count
        && memory.isEqual(other.offset, name.offset, count: name.length)
      {
        return index
      }
    }
    return nil
  }

  private mutating func takeCells(_ count: Int) throws(TemplateError) -> Int {
    if cellsEnd + count * Heap.cellByteCount > pending { throw full() }
    cellsEnd += count * Heap.cellByteCount
    return cellsEnd - count * Heap.cellByteCount
  }

  private mutating func end(_ value: Value) throws(TemplateError) {
    precondition(container != 0)
    pending = container + Heap.cellByteCount
    container = memory.load(container, as: Value.self).offset
    try push(value)
  }

  /// A copy of this value that was made while a list was open in the object of variables goes on from
  /// there, after the list and the object have been ended to run the template. The text and the rows
  /// that have come since are forgotten.
  public mutating func reopen() {
    precondition(container != 0)
    // The list's own value has been put in the place of its marker.
    memory.store(
      Value(.list, bits: UInt64(cells.upperBound - Heap.cellByteCount)), at: container)
  }

  // MARK: Values

  public mutating func put(_ value: Int) throws(TemplateError) { try push(Value(value)) }
  public mutating func put(_ value: Double) throws(TemplateError) { try push(Value(value)) }
  public mutating func put(_ value: Bool) throws(TemplateError) { try push(Value(value)) }
  public mutating func putNull() throws(TemplateError) { try push(.none) }

  /// A member's name.
  public mutating func name(_ name: StaticString) throws(TemplateError) {
    try put(name)
  }

  /// A text of the program's.
  @export(interface)
  public mutating func put(_ text: StaticString) throws(TemplateError) {
    beginText()
    if append(span(text)) < text.utf8CodeUnitCount { throw full() }
    try endText(isForeign: false)
  }

  /// A whole text.
  /// - Parameter isForeign: whether what looks like a special token in it is text.
  public mutating func put(
    _ text: Span<UInt8>, isForeign: Bool = true
  ) throws(TemplateError) {
    beginText()
    if append(text) < text.count { throw full() }
    try endText(isForeign: isForeign)
  }

  /// Begins a text or a name, which must be UTF-8.
  public mutating func beginText() { textStart = bytesEnd }

  /// - Returns: how many of the bytes there was room for.
  @export(interface)
  public mutating func append(_ text: Span<UInt8>) -> Int {
    let count = min(text.count, freeByteCount)
    memory.copy(text.extracting(0..<count), to: bytesEnd)
    bytesEnd += count
    return count
  }

  /// - Returns: false if there was no room.
  public mutating func append(_ byte: UInt8) -> Bool {
    if freeByteCount == 0 { return false }
    memory.setByte(bytesEnd, byte)
    bytesEnd += 1
    return true
  }

  @export(interface)
  public mutating func endText(isForeign: Bool = true) throws(TemplateError) {
    let count = bytesEnd - textStart
    let isTrusted = !isForeign || isRole && isWord(textStart..<bytesEnd)
    try push(.text(at: textStart, count: count, flags: isTrusted ? Value.Flags() : .foreign))
  }

  /// Ends a text whose further bytes are read while it is written out. They must be at least one.
  @export(interface)
  public mutating func endStreamedText() throws(TemplateError) {
    let start = try takeCells(2)
    // The parts lie in reverse.
    memory.store(Value(.text, flags: .streamed.union(.foreign)), at: start)
    memory.store(
      Value.text(at: textStart, count: bytesEnd - textStart, flags: .foreign),
      at: start + Heap.cellByteCount)
    try push(Value(.text, bits: UInt64(start), count: 2, flags: .parted))
  }

  /// Whether the text is the value of a member `role`: templates build marks of it.
  private var isRole: Bool { isValue(of: "role") }

  /// Whether the value that is being put is that of a member of this name.
  @export(interface)
  public func isValue(of name: StaticString) -> Bool {
    if container == 0 || pending >= container { return false }
    let last = memory.load(pending, as: Value.self)
    if !last.isText || last.flags.contains(.parted) { return false }
    return matches(memory.bytes(last.offset..<last.offset + last.length), name)
  }

  private func isWord(_ range: Range<Int>) -> Bool {
    if range.count > 32 { return false }
    for offset in range {
      switch memory.byte(offset) {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        break
      default: return false
      }
    }
    return true
  }
}

// A message that is gone on with.
extension TemplateData {
  /// Two characters that no text has (of private use, the last ones).
  static var endMark: StaticString { "\u{10FFFC}\u{10FFFD}" }

  /// Marks the end of the content of the last message in the object of variables, which is open, so
  /// that the text which the template makes can be ended there: see `TemplateText.endAtMark`. A content
  /// of several parts is marked in the last one.
  /// - Returns: false if the message has no content.
  @export(interface)
  public mutating func markEnd() throws(TemplateError) -> Bool {
    guard let place = contentPlace else { return false }
    let content = memory.load(place, as: Value.self)
    if !content.isText || content.flags.contains(.parted) { return false }
    beginText()
    if append(span(Self.endMark)) < Self.endMark.utf8CodeUnitCount || !append(UInt8(ascii: " ")) {
      throw full()
    }
    let cells = try takeCells(2)
    // The parts lie in reverse.
    memory.store(
      Value.text(at: textStart, count: bytesEnd - textStart, flags: .foreign), at: cells)
    memory.store(content, at: cells + Heap.cellByteCount)
    memory.store(Value(.text, bits: UInt64(cells), count: 2, flags: .parted), at: place)
    return true
  }

  /// Of the text of the last message.
  private var contentPlace: Int? {
    var place = pending
    while place < container {
      let name = memory.load(place + Heap.cellByteCount, as: Value.self)
      if matches(memory.bytes(name.offset..<name.offset + name.length), "messages") { break }
      place += 2 * Heap.cellByteCount
    }
    if place >= container { return nil }
    guard let message = lastPlace(in: memory.load(place, as: Value.self)),
      let content = self.place(of: "content", in: memory.load(message, as: Value.self))
    else { return nil }
    guard let part = lastPlace(in: memory.load(content, as: Value.self)) else { return content }
    return self.place(of: "text", in: memory.load(part, as: Value.self))
  }

  /// Of the last element; nil if the value is no list, or an empty one.
  private func lastPlace(in list: Value) -> Int? {
    list.kind == .list && list.length > 0
      ? list.offset + (list.length - 1) * Heap.cellByteCount : nil
  }

  /// Of a member's value.
  private func place(of name: StaticString, in object: Value) -> Int? {
    if object.kind != .dictionary { return nil }
    for index in 0..<object.length {
      let place = object.offset + 2 * index * Heap.cellByteCount
      let other = memory.load(place, as: Value.self)
      if matches(memory.bytes(other.offset..<other.offset + other.length), name) {
        return place + Heap.cellByteCount
      }
    }
    return nil
  }
}

// JSON.
extension TemplateData {
  /// Takes an event of a JSON document.
  /// - Parameter bytes: what the tokenizer was given.
  @export(interface)
  public mutating func take(
    _ event: JSONTokenizer.Event, _ bytes: Span<UInt8>
  ) throws(TemplateError) {
    switch event {
    case .needsMore: break
    case .beginObject: try beginObject()
    case .endObject: try endObject()
    case .beginArray: try beginArray()
    case .endArray: try endArray()
    case .beginName, .beginString: beginText()
    case .endName, .endString: try endText()
    case .text(let range): if append(bytes.extracting(range)) < range.count { throw full() }
    case .character(let character):
      let storage = character.storage
      if append(storage.span.extracting(0..<character.count)) < character.count { throw full() }
    case .number(let number):
      if let integer = number.integer { try put(integer) } else { try put(number.double) }
    case .boolean(let value): try put(value)
    case .null: try putNull()
    }
  }

  /// Ends a text whose value is an object of JSON: templates want the arguments of calls as objects,
  /// and OpenAI's API has them as texts. A text that is no such object stays a text.
  @export(interface)
  public mutating func endObjectText() throws(TemplateError) {
    var attempt = self
    if try attempt.readObject(textStart..<bytesEnd) {
      self = attempt
    } else {
      try endText()
    }
  }

  private mutating func readObject(_ range: Range<Int>) throws(TemplateError) -> Bool {
    let bytes = memory.bytes(range)
    var tokenizer = JSONTokenizer()
    var offset = 0
    var isObject = false
    while true {
      let event: JSONTokenizer.Event
      do throws(JSONFault) {
        event = try tokenizer.next(bytes, at: &offset)
      } catch {
        return false
      }
      if case .needsMore = event { return tokenizer.isEnded }
      if case .beginObject = event { isObject = true }
      if !isObject { return false }
      try take(event, bytes)
    }
  }
}
