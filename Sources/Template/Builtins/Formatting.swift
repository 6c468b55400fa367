import Text

// Python's two ways to put values into a text: `%` and `format`.
extension Interpreter {
  /// `text % values`
  mutating func formatted(_ text: Value, _ values: Value) throws(TemplateError) -> Value {
    let bytes = try flat(text)
    var result = emptyText
    var run = bytes.lowerBound
    var offset = run
    var next = 0
    let flags = try foreignFlag(of: text)
    while offset < bytes.upperBound {
      if memory.byte(offset) != UInt8(ascii: "%") {
        offset += 1
        continue
      }
      result = try joined(result, .text(at: run, count: offset - run, flags: flags))
      offset += 1
      var key: Value?
      if offset < bytes.upperBound && memory.byte(offset) == UInt8(ascii: "(") {
        guard let close = endOfKey(offset, bytes.upperBound) else {
          throw failure(.type, "a format's ')'")
        }
        key = .text(at: offset + 1, count: close - offset - 1)
        offset = close + 1
      }
      let style = FormatStyle(memory, &offset, bytes.upperBound)
      guard offset < bytes.upperBound else { throw failure(.type, "a format's letter") }
      let letter = memory.byte(offset)
      offset += 1
      run = offset
      if letter == UInt8(ascii: "%") {
        result = try joined(result, .text(at: offset - 1, count: 1))
        continue
      }
      let value = try formatValue(values, key, &next)
      result = try joined(result, try formatted(value, letter, style))
    }
    let given = values.kind == .tuple ? values.length : values.kind == .dictionary ? 0 : 1
    if next < given { throw failure(.type, "as many formats as values") }
    return try joined(result, .text(at: run, count: bytes.upperBound - run, flags: flags))
  }

  private func endOfKey(_ start: Int, _ end: Int) -> Int? {
    for offset in start..<end where memory.byte(offset) == UInt8(ascii: ")") { return offset }
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
    _ value: Value, _ letter: UInt8, _ style: FormatStyle
  ) throws(TemplateError) -> Value {
    var text: Value
    switch letter {
    case UInt8(ascii: "s"): text = try string(value)
    case UInt8(ascii: "r"):
      let start = beginText()
      try write(repr: value)
      text = try endText(start)
    case UInt8(ascii: "d"), UInt8(ascii: "i"):
      if !value.isNumber { throw failure(.type, "a number") }
      text = try string(Value(value.isInteger ? value.integer : truncated(value.double)))
    case UInt8(ascii: "f"), UInt8(ascii: "F"):
      if !value.isNumber { throw failure(.type, "a number") }
      text = try fixed(value.number, style.precision ?? 6)
    case UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "o"):
      if !value.isInteger { throw failure(.type, "a whole number") }
      text = try digits(value.integer, letter)
    default: throw failure(.unsupported, "this letter of a format")
    }
    if letter == UInt8(ascii: "s"), let precision = style.precision {
      text = try slice(text: text, nil, precision, 1)
    }
    return try fitted(text, style, isNumber: letter != UInt8(ascii: "s"))
  }

  private mutating func digits(_ value: Int, _ letter: UInt8) throws(TemplateError) -> Value {
    let shift: UInt = letter == UInt8(ascii: "o") ? 3 : 4
    let start = beginText()
    if value < 0 { write("-") }
    let magnitude = value.magnitude
    var place = shift
    while place < 64 && magnitude >> place != 0 { place += shift }
    while place > 0 {
      place -= shift
      let digit: UInt8 = hexadecimalDigit(UInt8(magnitude >> place & (1 << shift - 1)))
      let isLetter = digit >= UInt8(ascii: "a")
      write(byte: isLetter && letter == UInt8(ascii: "X") ? digit - 32 : digit)
    }
    return try endText(start)
  }

  /// A number with a fixed count of decimals, rounded half to even in its exact digits.
  mutating func fixed(_ value: Double, _ decimals: Int) throws(TemplateError) -> Value {
    let start = beginText()
    if value.isNaN || value.isInfinite || value.magnitude >= 9e15 || decimals > 15 {
      write(python: value)
      return try endText(start)
    }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    if value.sign == .minus { write("-") }
    let whole = value.magnitude.rounded(.down)
    // The fraction's scaling rounds once; its own error decides halves.
    let fraction = value.magnitude - whole
    let product = fraction * scale
    let error = fraction.addingProduct(0, 0) == 0 ? 0 : (-product).addingProduct(fraction, scale)
    var rounded = product.rounded(.toNearestOrEven)
    let distance = product - product.rounded(.down)
    if distance == 0.5 && error != 0 {
      rounded = error > 0 ? product.rounded(.up) : product.rounded(.down)
    }
    let carries = rounded >= scale
    write(UInt64(whole) + (carries ? 1 : 0))
    if decimals > 0 {
      write(".")
      write(UInt64(carries ? rounded - scale : rounded), digitCount: decimals)
    }
    return try endText(start)
  }

  /// A text in the width that a format asks for.
  private mutating func fitted(
    _ text: Value, _ style: FormatStyle, isNumber: Bool
  ) throws(TemplateError) -> Value {
    let count = try characterCount(of: text)
    guard let width = style.width, width > count else { return text }
    let filler = style.fill == 0 ? UInt8(ascii: " ") : style.fill
    let padding = try spaces(width - count)
    for index in 0..<padding.length { memory.setByte(padding.offset + index, filler) }
    switch style.alignment {
    case .left: return try joined(text, padding)
    case .right: return try joined(padding, text)
    case .center:
      let left = padding.length / 2
      return try joined(
        try joined(try cut(padding, 0..<left), text), try cut(padding, left..<padding.length))
    case .afterSign:
      let isSigned = text.length > 0 && memory.byte(text.offset) == UInt8(ascii: "-")
      let sign = isSigned ? 1 : 0
      return try joined(
        try joined(try cut(text, 0..<sign), padding), try cut(text, sign..<text.length))
    }
  }

  // MARK: Braces

  mutating func formattedByBraces(_ text: Value, _ given: Arguments) throws(TemplateError) -> Value
  {
    let bytes = try flat(text)
    let flags = try foreignFlag(of: text)
    var result = emptyText
    var (run, offset, next) = (bytes.lowerBound, bytes.lowerBound, 0)
    while offset < bytes.upperBound {
      let byte = memory.byte(offset)
      if byte != UInt8(ascii: "{") && byte != UInt8(ascii: "}") {
        offset += 1
        continue
      }
      result = try joined(result, .text(at: run, count: offset - run, flags: flags))
      if offset + 1 < bytes.upperBound && memory.byte(offset + 1) == byte {
        result = try joined(result, .text(at: offset, count: 1, flags: flags))
        offset += 2
      } else {
        guard byte == UInt8(ascii: "{"), let end = endOfField(offset, bytes.upperBound) else {
          throw failure(.type, "a format's braces in pairs")
        }
        result = try joined(result, try field(offset + 1..<end, given, &next))
        offset = end + 1
      }
      run = offset
    }
    return try joined(result, .text(at: run, count: bytes.upperBound - run, flags: flags))
  }

  private func endOfField(_ start: Int, _ end: Int) -> Int? {
    for offset in start..<end where memory.byte(offset) == UInt8(ascii: "}") { return offset }
    return nil
  }

  private mutating func field(
    _ range: Range<Int>, _ given: Arguments, _ next: inout Int
  ) throws(TemplateError) -> Value {
    var nameEnd = range.lowerBound
    while nameEnd < range.upperBound && memory.byte(nameEnd) != UInt8(ascii: ":")
      && memory.byte(nameEnd) != UInt8(ascii: "!")
    {
      nameEnd += 1
    }
    var value = try fieldValue(range.lowerBound..<nameEnd, given, &next)
    var offset = nameEnd
    if offset < range.upperBound && memory.byte(offset) == UInt8(ascii: "!") {
      let isRepr =
        offset + 1 < range.upperBound && memory.byte(offset + 1) == UInt8(ascii: "r")
      if isRepr {
        let start = beginText()
        try write(repr: value)
        value = try endText(start)
      } else {
        value = try string(value)
      }
      offset = min(offset + 2, range.upperBound)
    }
    if offset < range.upperBound { offset += 1 }
    let style = FormatStyle(braces: memory, &offset, range.upperBound, isNumber: value.isNumber)
    if offset >= range.upperBound {
      return try fitted(try string(value), style, isNumber: value.isNumber)
    }
    let letter = memory.byte(offset)
    return try formatted(value, letter, style)
  }

  private mutating func fieldValue(
    _ name: Range<Int>, _ given: Arguments, _ next: inout Int
  ) throws(TemplateError) -> Value {
    if name.isEmpty {
      next += 1
      if next > given.count { throw failure(.type, "as many values as fields") }
      return cell(given.start + (next - 1) * Heap.cellByteCount)
    }
    if let index = decimalCount(memory.bytes(name)) {
      if index >= given.count { throw failure(.type, "as many values as fields") }
      return cell(given.start + index * Heap.cellByteCount)
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

/// How a value is fitted into a text.
struct FormatStyle {
  enum Alignment {
    case left, right, center, afterSign
  }

  var alignment = Alignment.right
  var fill: UInt8 = 0
  var width: Int?
  var precision: Int?

  /// Flags, width and precision of a `%` format.
  init(_ memory: TemplateMemory, _ offset: inout Int, _ end: Int) {
    while offset < end {
      switch memory.byte(offset) {
      case UInt8(ascii: "-"): alignment = .left
      case UInt8(ascii: "0"): (alignment, fill) = (.afterSign, UInt8(ascii: "0"))
      case UInt8(ascii: "+"), UInt8(ascii: " "), UInt8(ascii: "#"): break
      default:
        readWidth(memory, &offset, end)
        return
      }
      offset += 1
    }
  }

  /// Fill, alignment, width and precision of a field in braces.
  init(braces memory: TemplateMemory, _ offset: inout Int, _ end: Int, isNumber: Bool) {
    alignment = isNumber ? .right : .left
    if offset + 1 < end, let found = Self.alignment(memory.byte(offset + 1)) {
      (fill, alignment) = (memory.byte(offset), found)
      offset += 2
    } else if offset < end, let found = Self.alignment(memory.byte(offset)) {
      alignment = found
      offset += 1
    }
    if offset < end && memory.byte(offset) == UInt8(ascii: "0") {
      (fill, alignment) = (UInt8(ascii: "0"), .afterSign)
      offset += 1
    }
    readWidth(memory, &offset, end)
  }

  private static func alignment(_ byte: UInt8) -> Alignment? {
    switch byte {
    case UInt8(ascii: "<"): .left
    case UInt8(ascii: ">"): .right
    case UInt8(ascii: "^"): .center
    case UInt8(ascii: "="): .afterSign
    default: nil
    }
  }

  private mutating func readWidth(_ memory: TemplateMemory, _ offset: inout Int, _ end: Int) {
    width = Self.number(memory, &offset, end)
    if offset < end && memory.byte(offset) == UInt8(ascii: ".") {
      offset += 1
      precision = Self.number(memory, &offset, end) ?? 0
    }
  }

  private static func number(_ memory: TemplateMemory, _ offset: inout Int, _ end: Int) -> Int? {
    var value: Int?
    while offset < end, let digit = decimalDigit(memory.byte(offset)) {
      value = min((value ?? 0) * 10 + digit, 1 << 20)
      offset += 1
    }
    return value
  }
}
