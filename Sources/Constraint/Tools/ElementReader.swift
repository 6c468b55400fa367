import Text

/// Reads arguments whose parts are elements, and makes a JSON object of them while their bytes come: see
/// `KeyedArguments.elementEnd`. The value of an element that is not known is a text, or, if it begins with an
/// element, a list or an object.
struct ElementReader: Sendable {
  /// The name of a list's elements.
  static let itemName: StaticString = "item"
  /// Elements in each other; the value of a deeper one is a text.
  private static let depthMax = 32

  private enum Part {
    /// Between elements.
    case border
    /// The same where the value of an element begins that is not known.
    case start
    /// In the name that opens an element.
    case name
    /// Behind the name, whose element is to be told.
    case told
    case text, value
    /// Behind a value, up to the end of the mark.
    case valueEnd
    /// In the name that closes an element.
    case closingName
  }

  private let form: KeyedArguments
  private var part = Part.border
  /// Bytes of `open` or `textEnd` that have come.
  private var offset = 0
  private(set) var key = FixedText<65>()
  /// What the element is; nil if that is not known.
  var argument: Argument?
  private var value = ValueScan()
  private(set) var made = MadeArguments()
  /// The objects and lists that are open.
  private var outer = InlineArray<32, Argument>(repeating: Argument(.object))
  private var depth = 0
  /// A bit for each of them that has a part, from the arguments themselves on.
  private var hasParts: UInt64 = 0
  private var hasEnded = false
  /// The value of an element that is not known begins.
  private var isUnknown = false
  /// A name has become whole, which is to be told.
  private var hasKey = false

  init(_ form: KeyedArguments) { self.form = form }

  /// Bytes of what follows the arguments that have come, after `.end`.
  var matchedCount: Int { form.valueEnd.utf8CodeUnitCount }

  /// What the element lies in; nil: in the arguments themselves.
  var outerArgument: Argument? { depth == 0 ? nil : outer[depth - 1] }

  mutating func next(_ bytes: Span<UInt8>, at place: inout Int) -> KeyedReader.Event {
    made.removeAll()
    if hasEnded { return .end }
    if hasKey {
      hasKey = false
      return .key
    }
    if part == .told { begin() }
    while place < bytes.count && made.hasRoom(forName: part == .name) && part != .told && !hasEnded
    {
      if take(bytes[place]) { place += 1 }
    }
    if made.bytes.count > 0 { return .made }
    if hasEnded { return .end }
    if !hasKey { return .needsMore }
    hasKey = false
    return .key
  }

  /// - Returns: false if the byte is to be taken again, as a part of what follows.
  private mutating func take(_ byte: UInt8) -> Bool {
    switch part {
    case .border: takeBorder(byte)
    case .start: return takeStart(byte)
    case .name: takeName(byte)
    case .told: return false
    case .text: takeText(byte)
    case .value: return takeValue(byte)
    case .valueEnd:
      offset += 1
      if offset == form.valueEnd.utf8CodeUnitCount { part = .closingName }
    case .closingName: if isNameEnd(byte) { begin(.border) }
    }
    return true
  }

  private mutating func begin(_ next: Part) { (part, offset) = (next, 0) }

  /// Names end with the same byte where they open an element and where they close it.
  private func isNameEnd(_ byte: UInt8) -> Bool { unsafe byte == form.elementEnd.utf8Start[0] }
}

// Names.
extension ElementReader {
  private mutating func takeBorder(_ byte: UInt8) {
    let open = form.open
    if unsafe byte != open.utf8Start[offset] { offset = 0 }
    if unsafe byte == open.utf8Start[offset] { offset += 1 }
    if offset == open.utf8CodeUnitCount { beginName() }
  }

  private mutating func takeStart(_ byte: UInt8) -> Bool {
    let open = form.open
    if unsafe byte == open.utf8Start[offset] {
      offset += 1
      if offset == open.utf8CodeUnitCount { beginName() }
      return true
    }
    isUnknown = false
    made.write("\"")
    for index in 0..<offset { unsafe made.write(escaped: open.utf8Start[index]) }
    begin(.text)
    return false
  }

  private mutating func beginName() {
    begin(.name)
    key.removeAll()
  }

  private mutating func takeName(_ byte: UInt8) {
    if byte == UInt8(ascii: "/") && key.count == 0 {
      close()
    } else if isNameEnd(byte) {
      open()
    } else {
      key.append(byte)
    }
  }

  /// The name of an element is whole.
  private mutating func open() {
    if isUnknown {
      isUnknown = false
      push(Argument(matches(key, Self.itemName) ? .list : .object))
    }
    let isNext = hasParts >> UInt64(depth) & 1 != 0
    if depth > 0 && outer[depth - 1].kind == .list {
      if isNext { made.write(", ") }
    } else {
      if depth == 0 && !isNext { made.write("{") }
      made.write(name: key, isNext: isNext)
    }
    hasParts |= 1 << UInt64(depth)
    argument = nil
    hasKey = true
    begin(.told)
  }

  /// An object or list ends, or the arguments do.
  private mutating func close() {
    begin(.closingName)
    if isUnknown {
      isUnknown = false
      made.write("\"\"")
    } else if depth == 0 {
      made.write(hasParts & 1 == 0 ? "{}" : "}")
      hasEnded = true
    } else {
      depth -= 1
      made.write(outer[depth].kind == .list ? "]" : "}")
    }
  }
}

// Values.
extension ElementReader {
  private mutating func begin() {
    guard let argument else {
      isUnknown = true
      begin(.start)
      return
    }
    switch argument.kind {
    case .value:
      value = ValueScan()
      begin(.value)
    case .object where depth < Self.depthMax, .list where depth < Self.depthMax: push(argument)
    case .text, .object, .list:
      made.write("\"")
      begin(.text)
    }
  }

  private mutating func push(_ argument: Argument) {
    outer[depth] = argument
    depth += 1
    hasParts &= ~(1 << UInt64(depth))
    made.write(argument.kind == .list ? "[" : "{")
    begin(.border)
  }

  private mutating func takeText(_ byte: UInt8) {
    if made.write(textByte: byte, endedBy: form.textEnd, &offset) { begin(.closingName) }
  }

  private mutating func takeValue(_ byte: UInt8) -> Bool {
    if made.write(valueByte: byte, &value) { return true }
    begin(.valueEnd)
    return false
  }
}
