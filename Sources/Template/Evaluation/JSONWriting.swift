import Text

/// How `tojson` writes.
struct JSONStyle {
  /// The text that one level is indented by; nil for one line.
  var indent: Value?
  /// Nil for those of Python's `json.dumps`.
  var itemSeparator: Value?
  var keySeparator: Value?
  var sortsKeys = false
  var isASCII = false
}

// JSON as Python's `json.dumps` writes it.
extension Interpreter {
  mutating func tojson(_ value: Value, _ given: Arguments) throws(TemplateError) -> Value {
    var style = JSONStyle()
    if let sorts = argument(given, 4, "sort_keys") { style.sortsKeys = truth(sorts) }
    if let ascii = argument(given, 1, "ensure_ascii") { style.isASCII = truth(ascii) }
    if let indent = argument(given, 2, "indent"), indent.kind != .none {
      style.indent = indent.isInteger ? try spaces(indent.integer) : try string(indent)
    }
    if let separators = argument(given, 3, "separators"), separators.kind != .none {
      if separators.length != 2 { throw failure(.type, "two separators") }
      style.itemSeparator = try string(element(separators, 0))
      style.keySeparator = try string(element(separators, 1))
    }
    let start = beginText()
    try write(json: value, style, level: 0)
    return try endText(start)
  }

  mutating func spaces(_ count: Int) throws(TemplateError) -> Value {
    let count = max(count, 0)
    let start = try takeBytes(count)
    for index in 0..<count { memory.setByte(start + index, UInt8(ascii: " ")) }
    return .text(at: start, count: count)
  }

  private mutating func write(
    json value: Value, _ style: JSONStyle, level: Int
  ) throws(TemplateError) {
    try enter()
    try charge(0)
    switch value.kind {
    case .none: write("null")
    case .boolean: write(value.isTrue ? "true" : "false")
    case .integer: write(value.integer)
    case .float: write(jsonNumber: value.double)
    case .text: try write(jsonText: value, style)
    case .list, .tuple: try write(jsonItems: value, style, level)
    case .dictionary: try write(jsonMembers: value, style, level)
    default: throw failure(.type, "a value that JSON can have")
    }
    depth -= 1
  }

  private mutating func write(jsonNumber value: Double) {
    if value.isNaN {
      write("NaN")
    } else if value.isInfinite {
      write(value < 0 ? "-Infinity" : "Infinity")
    } else {
      write(python: value)
    }
  }

  private mutating func writeSeparator(
    _ index: Int, _ style: JSONStyle, _ level: Int
  ) {
    if index > 0 {
      if let separator = style.itemSeparator {
        write(copying: separator.offset..<separator.offset + separator.length)
      } else {
        write(style.indent == nil ? ", " : ",")
      }
    }
    writeLineBreak(style, level)
  }

  private mutating func writeLineBreak(_ style: JSONStyle, _ level: Int) {
    guard let indent = style.indent else { return }
    write(byte: UInt8(ascii: "\n"))
    for _ in 0..<level { write(copying: indent.offset..<indent.offset + indent.length) }
  }

  private mutating func write(
    jsonItems value: Value, _ style: JSONStyle, _ level: Int
  ) throws(TemplateError) {
    write("[")
    for index in 0..<value.length {
      writeSeparator(index, style, level + 1)
      try write(json: element(value, index), style, level: level + 1)
    }
    if value.length > 0 { writeLineBreak(style, level) }
    write("]")
  }

  private mutating func write(
    jsonMembers value: Value, _ style: JSONStyle, _ level: Int
  ) throws(TemplateError) {
    write("{")
    let order = style.sortsKeys ? try sortedKeys(value) : nil
    for place in 0..<value.length {
      let index = order.map { element($0, place).integer } ?? place
      writeSeparator(place, style, level + 1)
      try write(jsonKey: element(value, 2 * index), style)
      if let separator = style.keySeparator {
        write(copying: separator.offset..<separator.offset + separator.length)
      } else {
        write(": ")
      }
      try write(json: element(value, 2 * index + 1), style, level: level + 1)
    }
    if value.length > 0 { writeLineBreak(style, level) }
    write("}")
  }

  /// The numbers of a dictionary's pairs in the order of their keys.
  mutating func sortedKeys(_ value: Value) throws(TemplateError) -> Value {
    let cells = try takeCells(value.length)
    for index in 0..<value.length {
      var place = index
      while place > 0 {
        let other = cell(cells + (place - 1) * Heap.cellByteCount)
        if try order(element(value, 2 * other.integer), element(value, 2 * index)) <= 0 { break }
        setElement(cells, place, other)
        place -= 1
      }
      setElement(cells, place, Value(index))
    }
    return .sequence(.list, at: cells, count: value.length)
  }

  private mutating func write(jsonKey key: Value, _ style: JSONStyle) throws(TemplateError) {
    if key.isText { return try write(jsonText: key, style) }
    write(byte: UInt8(ascii: "\""))
    switch key.kind {
    case .none: write("null")
    case .boolean: write(key.isTrue ? "true" : "false")
    case .integer: write(key.integer)
    case .float: write(jsonNumber: key.double)
    default: throw failure(.type, "a key that JSON can have")
    }
    write(byte: UInt8(ascii: "\""))
  }

  private mutating func write(jsonText text: Value, _ style: JSONStyle) throws(TemplateError) {
    if isStreamed(text) { throw failure(.streamedTextTakenApart) }
    write(byte: UInt8(ascii: "\""))
    for index in 0..<partCount(text) {
      let part = part(text, index)
      if part.flags.contains(.foreign) { writesForeign = true }
      try charge(part.length)
      var run = part.offset
      let end = part.offset + part.length
      var offset = part.offset
      while offset < end {
        let byte = memory.byte(offset)
        let isPlain =
          byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
          && (byte < 0x7F || !style.isASCII)
        if isPlain {
          offset += 1
          continue
        }
        write(copying: run..<offset)
        let count = characterByteCount(offset, end)
        write(jsonEscape: offset..<offset + count)
        offset += count
        run = offset
      }
      write(copying: run..<end)
    }
    write(byte: UInt8(ascii: "\""))
  }

  private mutating func write(jsonEscape range: Range<Int>) {
    switch memory.byte(range.lowerBound) {
    case UInt8(ascii: "\""): write("\\\"")
    case UInt8(ascii: "\\"): write("\\\\")
    case UInt8(ascii: "\n"): write("\\n")
    case UInt8(ascii: "\r"): write("\\r")
    case UInt8(ascii: "\t"): write("\\t")
    case 0x08: write("\\b")
    case 0x0C: write("\\f")
    default:
      let scalar = UnicodeScalar32.at(range, memory)
      if scalar < 0x10000 {
        write("\\u")
        writeHexadecimal(scalar, digitCount: 4)
      } else {
        write("\\u")
        writeHexadecimal(0xD800 + (scalar - 0x10000) >> 10, digitCount: 4)
        write("\\u")
        writeHexadecimal(0xDC00 + (scalar - 0x10000) & 0x3FF, digitCount: 4)
      }
    }
  }
}
