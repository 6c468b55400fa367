import Text

// Values as texts. Texts are written at the end of the heap's bytes.
extension Interpreter: ByteSink {
  mutating func write(byte: UInt8) {
    if let place = heap.takeBytes(1) { memory.setByte(place, byte) } else { isHeapFull = true }
  }

  /// Copies bytes of the memory.
  mutating func write(copying range: Range<Int>) {
    guard let place = heap.takeBytes(range.count) else {
      isHeapFull = true
      return
    }
    memory.copy(from: range.lowerBound, to: place, count: range.count)
  }

  /// Begins a text.
  mutating func beginText() -> Int {
    isHeapFull = false
    writesForeign = false
    return heap.end.bytes
  }

  mutating func endText(_ start: Int) throws(TemplateError) -> Value {
    if isHeapFull { throw failure(.heapFull) }
    let count = heap.end.bytes - start
    try charge(count)
    return .text(at: start, count: count, flags: writesForeign ? .foreign : Value.Flags())
  }

  /// What Python's `str` gives, and nothing for an undefined value.
  mutating func string(_ value: Value) throws(TemplateError) -> Value {
    switch value.kind {
    case .text: return value
    case .undefined: return emptyText
    case .none: return text(.none)
    case .boolean: return text(value.isTrue ? .trueText : .falseText)
    default: break
    }
    let start = beginText()
    try write(repr: value)
    return try endText(start)
  }

  /// What Python's `repr` gives.
  mutating func write(repr value: Value) throws(TemplateError) {
    try enter()
    try charge(0)
    switch value.kind {
    case .undefined: write("Undefined")
    case .none: write("None")
    case .boolean: write(value.isTrue ? "True" : "False")
    case .integer: write(value.integer)
    case .float: write(python: value.double)
    case .text: try write(quoted: value)
    case .list: try write(items: value, "[", "]")
    case .tuple: try write(items: value, "(", value.length == 1 ? ",)" : ")")
    case .view:
      let name: StaticString =
        value.tag == 0 ? "dict_items([" : value.tag == 1 ? "dict_keys([" : "dict_values(["
      try write(items: value, name, "])")
    case .range: try writeRange(value)
    case .dictionary: try write(dictionary: value)
    case .namespace: try write(namespace: value)
    case .generator: write("<generator object>")
    case .macro:
      write("<Macro '")
      let name = macroName(value)
      write(copying: name.offset..<name.offset + name.length)
      write("'>")
    case .method, .function, .cycler, .joiner:
      throw failure(.unsupported, "a function written out")
    case .loop:
      let record = loops[min(value.integer, Loops.countMax - 1)]
      write("<LoopContext ")
      write(Int(record.index) + 1)
      write("/")
      write(record.items.length)
      write(">")
    }
    depth -= 1
  }

  private mutating func write(
    items value: Value, _ open: StaticString, _ close: StaticString
  ) throws(TemplateError) {
    write(open)
    for index in 0..<value.length {
      if index > 0 { write(", ") }
      try write(repr: element(value, index))
    }
    write(close)
  }

  private mutating func writeRange(_ value: Value) throws(TemplateError) {
    if value.tag != 0 {
      throw failure(.unsupported, "a range written out whose end is not known")
    }
    write("range(")
    let first = value.length > 0 ? element(value, 0).integer : 0
    write(first)
    write(", ")
    let last = value.length > 0 ? element(value, value.length - 1).integer : -1
    let step = value.length > 1 ? element(value, 1).integer - first : 1
    write(last + (step < 0 ? -1 : 1))
    if step != 1 {
      write(", ")
      write(step)
    }
    write(")")
  }

  /// The attributes of a namespace lie in reverse.
  private mutating func write(namespace value: Value) throws(TemplateError) {
    write("<Namespace {")
    var count = 0
    var place = cell(value.offset).integer
    while place != 0 {
      count += 1
      place = cell(place + 2 * Heap.cellByteCount).integer
    }
    for index in 0..<count {
      if index > 0 { write(", ") }
      place = cell(value.offset).integer
      for _ in 0..<(count - 1 - index) { place = cell(place + 2 * Heap.cellByteCount).integer }
      try write(repr: cell(place))
      write(": ")
      try write(repr: cell(place + Heap.cellByteCount))
    }
    write("}>")
  }

  private mutating func write(dictionary value: Value) throws(TemplateError) {
    write("{")
    let order = writesSorted ? try sortedKeys(value) : nil
    for number in 0..<value.length {
      let index = order.map { element($0, number).integer } ?? number
      if number > 0 { write(", ") }
      try write(repr: element(value, 2 * index))
      write(": ")
      try write(repr: element(value, 2 * index + 1))
    }
    write("}")
  }

  /// A text in the quotation marks that Python chooses.
  private mutating func write(quoted text: Value) throws(TemplateError) {
    if isStreamed(text) { throw failure(.streamedTextTakenApart) }
    let quote = try preferredQuote(text)
    write(byte: quote)
    for index in 0..<partCount(text) {
      let part = part(text, index)
      if part.flags.contains(.foreign) { writesForeign = true }
      try charge(part.length)
      var offset = part.offset
      let end = part.offset + part.length
      while offset < end {
        let count = characterByteCount(offset, end)
        write(reprCharacter: offset..<offset + count, quote)
        offset += count
      }
    }
    write(byte: quote)
  }

  private func preferredQuote(_ text: Value) throws(TemplateError) -> UInt8 {
    var (hasSingle, hasDouble) = (false, false)
    for index in 0..<partCount(text) {
      let part = part(text, index)
      for offset in part.offset..<part.offset + part.length {
        if memory.byte(offset) == UInt8(ascii: "'") { hasSingle = true }
        if memory.byte(offset) == UInt8(ascii: "\"") { hasDouble = true }
      }
    }
    return hasSingle && !hasDouble ? UInt8(ascii: "\"") : UInt8(ascii: "'")
  }

  private mutating func write(reprCharacter range: Range<Int>, _ quote: UInt8) {
    let byte = memory.byte(range.lowerBound)
    if range.count > 1 {
      let scalar = UnicodeScalar32.at(range, memory)
      if !writesASCII && UnicodeScalar32.isPrintable(scalar) {
        write(copying: range)
      } else if scalar < 0x100 {
        write("\\x")
        writeHexadecimal(scalar, digitCount: 2)
      } else {
        write(scalar < 0x10000 ? "\\u" : "\\U")
        writeHexadecimal(scalar, digitCount: scalar < 0x10000 ? 4 : 8)
      }
      return
    }
    switch byte {
    case UInt8(ascii: "\n"): write("\\n")
    case UInt8(ascii: "\r"): write("\\r")
    case UInt8(ascii: "\t"): write("\\t")
    case UInt8(ascii: "\\"): write("\\\\")
    case quote:
      write(byte: UInt8(ascii: "\\"))
      write(byte: byte)
    case 0..<0x20, 0x7F:
      write("\\x")
      writeHexadecimal(UInt32(byte), digitCount: 2)
    default: write(byte: byte)
    }
  }

  mutating func writeHexadecimal(_ value: UInt32, digitCount: Int) {
    for index in (0..<digitCount).reversed() {
      write(byte: hexadecimalDigit(UInt8(value >> UInt32(4 * index) & 15)))
    }
  }
}

/// Unicode scalar values in the engine's memory.
enum UnicodeScalar32 {
  /// The scalar that the bytes are, which are a character of UTF-8.
  static func at(_ range: Range<Int>, _ memory: TemplateMemory) -> UInt32 {
    let first = UInt32(memory.byte(range.lowerBound))
    var scalar: UInt32
    switch range.count {
    case 1: return first
    case 2: scalar = first & 0x1F
    case 3: scalar = first & 0x0F
    default: scalar = first & 0x07
    }
    for offset in range.dropFirst() { scalar = scalar << 6 | UInt32(memory.byte(offset)) & 0x3F }
    return scalar
  }

  /// As Python's `str.isprintable`, for the characters that texts have: controls, white space other
  /// than the space, format characters, surrogates and private ones are not.
  static func isPrintable(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0..<0x20, 0x7F...0xA0, 0xAD, 0x600...0x605, 0x61C, 0x6DD, 0x70F, 0x1680, 0x180E,
      0x2000...0x200F, 0x2028...0x202F, 0x205F...0x206F, 0x3000, 0xD800...0xF8FF, 0xFEFF,
      0xFFF0...0xFFFB, 0xFFFE...0xFFFF, 0xE0000...0x10FFFF:
      false
    default: true
    }
  }
}
