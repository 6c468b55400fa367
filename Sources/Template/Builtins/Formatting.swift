import Text

// Python's two ways to put values into a text: `%` and `format`.
extension Interpreter {
  /// `text % values`
  mutating func formatted(_ text: Value, _ values: Value) throws(TemplateError) -> Value {
    let bytes = try flat(text)
    let end = bytes.upperBound
    var result = emptyText
    var run = bytes.lowerBound
    var offset = run
    var next = 0
    let flags = try foreignFlag(of: text)
    while offset < end {
      if memory.byte(offset) != UInt8(ascii: "%") {
        offset += 1
        continue
      }
      result = try joined(result, .text(at: run, count: offset - run, flags: flags))
      offset += 1
      var key: Value?
      if offset < end && memory.byte(offset) == UInt8(ascii: "(") {
        guard let close = place(of: UInt8(ascii: ")"), in: offset..<end) else {
          throw failure(.type, "a format's ')'")
        }
        key = .text(at: offset + 1, count: close - offset - 1)
        offset = close + 1
      }
      let style = try percentStyle(&offset, end, values, &next)
      run = offset
      if style.letter == UInt8(ascii: "%") {
        result = try joined(result, .text(at: offset - 1, count: 1))
        continue
      }
      let value = try formatValue(values, key, &next)
      result = try joined(result, try formatted(percent: value, style))
    }
    let given = values.kind == .tuple ? values.length : values.kind == .dictionary ? 0 : 1
    if next < given { throw failure(.type, "as many formats as values") }
    return try joined(result, .text(at: run, count: end - run, flags: flags))
  }

  /// Flags, width, precision and letter of a `%` format; a star takes a value.
  private mutating func percentStyle(
    _ offset: inout Int, _ end: Int, _ values: Value, _ next: inout Int
  ) throws(TemplateError) -> FormatStyle {
    var style = FormatStyle()
    while offset < end && style.take(flag: memory.byte(offset)) { offset += 1 }
    style.width = try percentCount(&offset, end, values, &next)
    if let width = style.width, width < 0 { (style.width, style.alignment) = (-width, .left) }
    if offset < end && memory.byte(offset) == UInt8(ascii: ".") {
      offset += 1
      style.precision = max(try percentCount(&offset, end, values, &next) ?? 0, 0)
    }
    while offset < end, isLengthLetter(memory.byte(offset)) { offset += 1 }
    guard offset < end else { throw failure(.type, "a format's letter") }
    style.letter = memory.byte(offset)
    offset += 1
    return style
  }

  private mutating func percentCount(
    _ offset: inout Int, _ end: Int, _ values: Value, _ next: inout Int
  ) throws(TemplateError) -> Int? {
    if offset == end || memory.byte(offset) != UInt8(ascii: "*") {
      return FormatStyle.number(memory, &offset, end)
    }
    offset += 1
    let value = try formatValue(values, nil, &next)
    if !value.isInteger || value.integer.magnitude > 1 << 20 {
      throw failure(.type, "a whole number for a format's star")
    }
    return value.integer
  }

  private func isLengthLetter(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "h") || byte == UInt8(ascii: "l") || byte == UInt8(ascii: "L")
  }

  private func place(of byte: UInt8, in range: Range<Int>) -> Int? {
    for offset in range where memory.byte(offset) == byte { return offset }
    return nil
  }

  private mutating func formatValue(
    _ values: Value, _ key: Value?, _ next: inout Int
  ) throws(TemplateError) -> Value {
    if let key {
      guard values.kind == .dictionary, let value = lookup(values, key) else {
        throw failure(.type, "a mapping with the format's key")
      }
      return value
    }
    if values.kind != .tuple {
      if next > 0 { throw failure(.type, "as many values as formats") }
      next += 1
      return values
    }
    if next >= values.length { throw failure(.type, "as many values as formats") }
    next += 1
    return element(values, next - 1)
  }

  private mutating func formatted(
    percent value: Value, _ given: FormatStyle
  ) throws(TemplateError) -> Value {
    var style = given
    var text: Value
    switch style.letter {
    case UInt8(ascii: "s"): text = try string(value)
    case UInt8(ascii: "r"), UInt8(ascii: "a"):
      text = try represented(value, isASCII: style.letter == UInt8(ascii: "a"))
    case UInt8(ascii: "c"): text = try character(of: value)
    case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "u"), UInt8(ascii: "e"),
      UInt8(ascii: "E"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "g"),
      UInt8(ascii: "G"), UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "o"):
      if !value.isNumber { throw failure(.type, "a number") }
      // What is aligned to the left is filled with spaces.
      if style.alignment == .left { style.isZeroFilled = false }
      return try formatted(number: value, style)
    default: throw failure(.unsupported, "this letter of a format")
    }
    if let precision = style.precision { text = try slice(text: text, nil, precision, 1) }
    style.isZeroFilled = false
    return try fitted(text, style, lead: 0, usual: .right)
  }

  private mutating func represented(_ value: Value, isASCII: Bool) throws(TemplateError) -> Value {
    let start = beginText()
    writesASCII = isASCII
    try write(repr: value)
    writesASCII = false
    return try endText(start)
  }

  /// A character by its number, or a text of one.
  private mutating func character(of value: Value) throws(TemplateError) -> Value {
    if value.isText, try characterCount(of: value) == 1 { return value }
    guard value.isInteger, value.integer >= 0, value.integer < 0x110000,
      value.integer < 0xD800 || value.integer > 0xDFFF
    else { throw failure(.type, "a character or its number") }
    let character = UTF8Character(scalar: UInt32(value.integer))
    let start = beginText()
    for index in 0..<character.count { write(byte: character.storage[index]) }
    return try endText(start)
  }
}

/// How the fields of a text in braces name the values: by turns, or each by itself.
private struct FieldNumbering {
  var next = 0
  var isNamed = false
}

// Fields in braces.
extension Interpreter {
  mutating func formattedByBraces(_ text: Value, _ given: Arguments) throws(TemplateError) -> Value
  {
    var numbering = FieldNumbering()
    return try formattedByBraces(
      try flat(text), try foreignFlag(of: text), given, &numbering, depth: 0)
  }

  /// - Parameter depth: 1 for the format of a field, which may have fields of its own.
  private mutating func formattedByBraces(
    _ bytes: Range<Int>, _ flags: Value.Flags, _ given: Arguments,
    _ numbering: inout FieldNumbering, depth: Int
  ) throws(TemplateError) -> Value {
    if depth > 1 { throw failure(.type, "fields at most two inside one another") }
    var result = emptyText
    var (run, offset) = (bytes.lowerBound, bytes.lowerBound)
    while offset < bytes.upperBound {
      let byte = memory.byte(offset)
      if byte != UInt8(ascii: "{") && byte != UInt8(ascii: "}") {
        offset += 1
        continue
      }
      result = try joined(result, .text(at: run, count: offset - run, flags: flags))
      if offset + 1 < bytes.upperBound && memory.byte(offset + 1) == byte && depth == 0 {
        result = try joined(result, .text(at: offset, count: 1, flags: flags))
        offset += 2
      } else {
        guard byte == UInt8(ascii: "{"), let end = endOfField(offset + 1..<bytes.upperBound) else {
          throw failure(.type, "a format's braces in pairs")
        }
        result = try joined(result, try field(offset + 1..<end, given, &numbering, depth))
        offset = end + 1
      }
      run = offset
    }
    return try joined(result, .text(at: run, count: bytes.upperBound - run, flags: flags))
  }

  private func endOfField(_ range: Range<Int>) -> Int? {
    var depth = 0
    for offset in range {
      switch memory.byte(offset) {
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        if depth == 0 { return offset }
        depth -= 1
      default: break
      }
    }
    return nil
  }

  private mutating func field(
    _ range: Range<Int>, _ given: Arguments, _ numbering: inout FieldNumbering, _ depth: Int
  ) throws(TemplateError) -> Value {
    var nameEnd = range.lowerBound
    while nameEnd < range.upperBound && memory.byte(nameEnd) != UInt8(ascii: ":")
      && memory.byte(nameEnd) != UInt8(ascii: "!")
    {
      nameEnd += 1
    }
    var value = try fieldValue(range.lowerBound..<nameEnd, given, &numbering)
    var offset = nameEnd
    if offset < range.upperBound && memory.byte(offset) == UInt8(ascii: "!") {
      guard offset + 1 < range.upperBound else { throw failure(.type, "a field's conversion") }
      switch memory.byte(offset + 1) {
      case UInt8(ascii: "s"): value = try string(value)
      case UInt8(ascii: "r"): value = try represented(value, isASCII: false)
      case UInt8(ascii: "a"): value = try represented(value, isASCII: true)
      default: throw failure(.type, "a field's conversion: r, s or a")
      }
      offset += 2
    }
    if offset == range.upperBound { return try string(value) }
    if memory.byte(offset) != UInt8(ascii: ":") {
      throw failure(.type, "':' before a field's format")
    }
    let format = try formattedByBraces(
      offset + 1..<range.upperBound, Value.Flags(), given, &numbering, depth: depth + 1)
    return try formatted(braces: value, try flat(format))
  }

  private mutating func formatted(
    braces value: Value, _ format: Range<Int>
  ) throws(TemplateError) -> Value {
    if format.isEmpty { return try string(value) }
    guard let style = FormatStyle.inBraces(memory, format) else {
      throw failure(.type, "a field's format")
    }
    if value.isText {
      let isTextFormat =
        (style.letter == 0 || style.letter == UInt8(ascii: "s")) && style.sign == 0
        && style.alignment != .afterSign && !style.isAlternate && style.grouping == 0
      if !isTextFormat { throw failure(.type, "a format of texts") }
      var text = value
      if let precision = style.precision { text = try slice(text: text, nil, precision, 1) }
      return try fitted(text, style, lead: 0, usual: .left)
    }
    if !value.isNumber { throw failure(.type, "a text or a number for a field with a format") }
    return try formatted(bracedNumber: value, style)
  }

  private mutating func formatted(
    bracedNumber value: Value, _ given: FormatStyle
  ) throws(TemplateError) -> Value {
    var style = given
    switch style.letter {
    case UInt8(ascii: "d"), UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "o"),
      UInt8(ascii: "b"):
      if !value.isInteger || style.precision != nil { throw failure(.type, "a whole number") }
    case UInt8(ascii: "c"):
      var text = try character(of: value)
      text.flags.remove(.markup)
      return try fitted(text, style, lead: 0, usual: .left)
    case UInt8(ascii: "n") where value.isInteger: style.letter = UInt8(ascii: "d")
    case 0 where value.isInteger:
      if style.precision != nil { throw failure(.type, "a whole number without a precision") }
      style.letter = UInt8(ascii: "d")
    case 0, UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "f"), UInt8(ascii: "F"),
      UInt8(ascii: "g"), UInt8(ascii: "G"), UInt8(ascii: "n"), UInt8(ascii: "%"):
      break
    default: throw failure(.type, "a letter of a number's format")
    }
    return try formatted(number: value, style)
  }

  // MARK: The value of a field

  private mutating func fieldValue(
    _ name: Range<Int>, _ given: Arguments, _ numbering: inout FieldNumbering
  ) throws(TemplateError) -> Value {
    var end = name.lowerBound
    while end < name.upperBound && memory.byte(end) != UInt8(ascii: ".")
      && memory.byte(end) != UInt8(ascii: "[")
    {
      end += 1
    }
    var value = try fieldArgument(name.lowerBound..<end, given, &numbering)
    while end < name.upperBound {
      let isItem = memory.byte(end) == UInt8(ascii: "[")
      let start = end + 1
      end = start
      while end < name.upperBound && !endsFieldPart(memory.byte(end), isItem) { end += 1 }
      if end == start { throw failure(.type, "a name of a field's part") }
      let part = Value.text(at: start, count: end - start)
      if !isItem {
        value = try attribute(value, part, Method.named(memory, start..<end))
        continue
      }
      if end == name.upperBound { throw failure(.type, "']' in a field") }
      let index = decimalCount(memory.bytes(start..<end))
      value = try item(value, index.map { Value($0) } ?? part)
      end += 1
    }
    return value
  }

  private func endsFieldPart(_ byte: UInt8, _ isItem: Bool) -> Bool {
    isItem ? byte == UInt8(ascii: "]") : byte == UInt8(ascii: ".") || byte == UInt8(ascii: "[")
  }

  private mutating func fieldArgument(
    _ name: Range<Int>, _ given: Arguments, _ numbering: inout FieldNumbering
  ) throws(TemplateError) -> Value {
    let number = name.isEmpty ? numbering.next : decimalCount(memory.bytes(name))
    if let number {
      if name.isEmpty ? numbering.isNamed : numbering.next > 0 {
        throw failure(.type, "fields that are all numbered, or none of them")
      }
      if name.isEmpty { numbering.next += 1 } else { numbering.isNamed = true }
      if number >= given.count { throw failure(.type, "as many values as fields") }
      return cell(given.start + number * Heap.cellByteCount)
    }
    for place in 0..<given.keywordCount {
      let keyword = cell(given.keywords + 2 * place * Heap.cellByteCount)
      if keyword.length == name.count
        && memory.isEqual(keyword.offset, name.lowerBound, count: name.count)
      {
        return cell(given.keywords + (2 * place + 1) * Heap.cellByteCount)
      }
    }
    throw failure(.type, "a field that is given")
  }
}
