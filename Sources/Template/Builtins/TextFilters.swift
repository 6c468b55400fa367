import Text

// Filters of texts and numbers that Python's methods do not have.
extension Interpreter {
  /// Words begin after white space and some marks; the rest of them is in lower case.
  mutating func titled(_ text: Value) throws(TemplateError) -> Value {
    let bytes = try flat(text)
    try charge(bytes.count)
    let start = beginText()
    writesForeign = try foreignFlag(of: text) == .foreign
    var isFirst = true
    var offset = bytes.lowerBound
    while offset < bytes.upperBound {
      let count = characterByteCount(offset, bytes.upperBound)
      let scalar = UnicodeScalar32.at(offset..<offset + count, memory)
      let isFinal = !isFirst && scalar == 0x3A3 && endsWord(offset + count, bytes.upperBound)
      let mapped = isFinal ? 0x3C2 : isFirst ? CaseMapping.upper(scalar) : CaseMapping.lower(scalar)
      let character = UTF8Character(scalar: mapped)
      for index in 0..<character.count { write(byte: character.storage[index]) }
      isFirst =
        trimmed(offset..<offset + count, nil).isEmpty
        || scalar == 0x2D || scalar == 0x28 || scalar == 0x7B || scalar == 0x5B || scalar == 0x3C
      offset += count
    }
    return try endText(start)
  }

  mutating func indented(_ text: Value, _ given: Arguments) throws(TemplateError) -> Value {
    let width = argument(given, 0, "width") ?? Value(4)
    let indent = width.isText ? width : try spaces(width.isInteger ? width.integer : 4)
    let isFirst = argument(given, 1, "first").map { truth($0) } ?? false
    let isBlank = argument(given, 2, "blank").map { truth($0) } ?? false
    let lineEnd = try newLine()
    // A text has one line more than `splitlines` says if a line end is put behind it.
    let lines = try lines(of: try joined(text, lineEnd))
    var result = isFirst ? indent : emptyText
    for index in 0..<lines.length {
      let line = element(lines, index)
      if index > 0 {
        result = try joined(result, lineEnd)
        if isBlank || truth(line) { result = try joined(result, indent) }
      }
      result = try joined(result, line)
    }
    return result
  }

  private mutating func newLine() throws(TemplateError) -> Value {
    let place = try takeBytes(1)
    memory.setByte(place, UInt8(ascii: "\n"))
    return .text(at: place, count: 1)
  }

  /// Markup, with the five marks of HTML written as entities.
  mutating func escaped(_ text: Value) throws(TemplateError) -> Value {
    if isStreamed(text) { throw failure(.streamedTextTakenApart) }
    var result = emptyText
    result.flags = .markup
    for index in 0..<partCount(text) {
      let part = part(text, index)
      try charge(part.length)
      let start = beginText()
      for offset in part.offset..<part.offset + part.length {
        switch memory.byte(offset) {
        case UInt8(ascii: "&"): write("&amp;")
        case UInt8(ascii: "<"): write("&lt;")
        case UInt8(ascii: ">"): write("&gt;")
        case UInt8(ascii: "'"): write("&#39;")
        case UInt8(ascii: "\""): write("&#34;")
        default: write(byte: memory.byte(offset))
        }
      }
      var piece = try endText(start)
      piece.flags = part.flags.intersection(.foreign).union(.markup)
      result = index == 0 ? piece : try joined(result, piece)
    }
    return result
  }

  mutating func integer(_ input: Value, _ given: Arguments) throws(TemplateError) -> Value {
    let other = argument(given, 0, "default") ?? Value(0)
    let base = try countArgument(given, 1, "base") ?? 10
    switch input.kind {
    case .boolean, .integer: return Value(input.integer)
    case .float: return input.double.isFinite ? Value(try truncated(input.double)) : other
    case .text:
      let bytes = try flat(input)
      let digits = trimmed(bytes, nil)
      if let value = try wholeNumber(digits, base: base) { return Value(value) }
      if let value = number(digits), value.isFinite { return Value(try truncated(value)) }
      return other
    case .undefined: throw undefinedFailure(input)
    default: return other
    }
  }

  /// As Python reads it: digits may have single underscores between them.
  private func wholeNumber(_ text: Range<Int>, base: Int) throws(TemplateError) -> Int? {
    var offset = text.lowerBound
    if text.isEmpty { return nil }
    let sign = memory.byte(offset)
    if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { offset += 1 }
    if offset + 1 < text.upperBound && memory.byte(offset) == UInt8(ascii: "0")
      && memory.byte(offset + 1) | 0x20 == Self.radixLetter(base)
    {
      offset += 2
    }
    var value = 0
    var isBetween = false
    while offset < text.upperBound {
      let byte = memory.byte(offset)
      offset += 1
      if byte == UInt8(ascii: "_") && isBetween {
        isBetween = false
        continue
      }
      let digit: UInt32? = hexadecimalDigit(byte)
      guard let digit, Int(digit) < base else { return nil }
      let (product, isProductOver) = value.multipliedReportingOverflow(by: base)
      let (sum, isSumOver) = product.addingReportingOverflow(Int(digit))
      if isProductOver || isSumOver {
        throw failure(.unsupported, "a whole number of more than 63 bits")
      }
      value = sum
      isBetween = true
    }
    if !isBetween { return nil }
    return sign == UInt8(ascii: "-") ? -value : value
  }

  private static func radixLetter(_ base: Int) -> UInt8 {
    base == 16 ? UInt8(ascii: "x") : base == 8 ? UInt8(ascii: "o") : UInt8(ascii: "b")
  }

  private func number(_ text: Range<Int>) -> Double? {
    var number = JSONNumber()
    var offset = text.lowerBound
    var isNegative = false
    if offset < text.upperBound {
      isNegative = memory.byte(offset) == UInt8(ascii: "-")
      if isNegative || memory.byte(offset) == UInt8(ascii: "+") { offset += 1 }
    }
    if let value = namedNumber(offset..<text.upperBound) { return isNegative ? -value : value }
    var (hasPoint, hasDigit) = (false, false)
    while offset < text.upperBound {
      let byte = memory.byte(offset)
      // Python reads a number without digits on one side of the point, and with zeros before it.
      let digits = offset + 1 < text.upperBound ? decimalDigit(memory.byte(offset + 1)) : nil
      offset += 1
      if byte == UInt8(ascii: "_") && hasDigit && digits != nil { continue }
      if byte == UInt8(ascii: ".") && !hasPoint {
        hasPoint = true
        if !number.isComplete && !number.take(UInt8(ascii: "0")) { return nil }
        if digits == nil {
          if offset - 1 == text.lowerBound { return nil }
          continue
        }
      }
      if byte == UInt8(ascii: "0") && digits != nil && !hasDigit && !hasPoint { continue }
      if !number.take(byte) { return nil }
      hasDigit = true
    }
    if !number.isComplete { return nil }
    return isNegative ? -number.double : number.double
  }

  /// `inf` and `nan`, in letters of any case.
  private func namedNumber(_ text: Range<Int>) -> Double? {
    if matches(text, "inf") || matches(text, "infinity") { return .infinity }
    return matches(text, "nan") ? .nan : nil
  }

  private func matches(_ text: Range<Int>, _ word: StaticString) -> Bool {
    if text.count != word.utf8CodeUnitCount { return false }
    for index in 0..<text.count
    where unsafe memory.byte(text.lowerBound + index) | 0x20 != word.utf8Start[index] {
      return false
    }
    return true
  }

  mutating func float(_ input: Value, _ given: Arguments) throws(TemplateError) -> Value {
    let other = argument(given, 0, "default") ?? Value(0.0)
    if input.isNumber { return Value(input.number) }
    if input.kind == .undefined { throw undefinedFailure(input) }
    if !input.isText { return other }
    return number(trimmed(try flat(input), nil)).map { Value($0) } ?? other
  }

  mutating func rounded(_ input: Value, _ given: Arguments) throws(TemplateError) -> Value {
    if !input.isNumber { throw failure(.type, "a number") }
    let decimals = try countArgument(given, 0, "precision") ?? 0
    let method = argument(given, 1, "method")
    if method == nil && input.isInteger && decimals >= 0 { return Value(input.integer) }
    var scale = 1.0
    for _ in 0..<min(decimals.magnitude, 300) { scale *= 10 }
    if decimals < 0 { scale = 1 / scale }
    if let method, isText(method, "ceil") {
      return Value((input.number * scale).rounded(.up) / scale)
    }
    if let method, isText(method, "floor") {
      return Value((input.number * scale).rounded(.down) / scale)
    }
    if decimals < 0 || decimals > 15 {
      return Value((input.number * scale).rounded(.toNearestOrEven) / scale)
    }
    let text = try fixed(input.number.magnitude, decimals, FormatStyle())
    let value = readNumber(text)
    return Value(input.number < 0 ? -value : value)
  }

  private func readNumber(_ text: Value) -> Double {
    var number = JSONNumber()
    for offset in text.offset..<text.offset + text.length { _ = number.take(memory.byte(offset)) }
    return number.double
  }

  mutating func wordCount(_ text: Value) throws(TemplateError) -> Int {
    let bytes = try flat(text)
    var (count, isInWord, offset) = (0, false, bytes.lowerBound)
    while offset < bytes.upperBound {
      let byteCount = characterByteCount(offset, bytes.upperBound)
      let scalar = UnicodeScalar32.at(offset..<offset + byteCount, memory)
      var isWord = scalar == 0x5F
      if !isWord { isWord = try characterClass(scalar).isLetterOrNumber }
      if isWord && !isInWord { count += 1 }
      isInWord = isWord
      offset += byteCount
    }
    return count
  }

  mutating func truncated(_ text: Value, _ given: Arguments) throws(TemplateError) -> Value {
    let length = try countArgument(given, 0, "length") ?? 255
    let kills = argument(given, 1, "killwords").map { truth($0) } ?? false
    let leeway = try countArgument(given, 3, "leeway") ?? 5
    var end = argument(given, 2, "end")
    if end == nil {
      let start = beginText()
      write("...")
      end = try endText(start)
    }
    let count = try characterCount(of: text)
    if count <= length + leeway { return text }
    let endCount = try characterCount(of: end!)
    if length < endCount { throw failure(.type, "a length that the end fits in") }
    let cut = try slice(text: text, nil, length - endCount, 1)
    if kills { return try joined(cut, end!) }
    let bytes = try flat(cut)
    var place = bytes.upperBound
    while place > bytes.lowerBound && memory.byte(place - 1) != UInt8(ascii: " ") { place -= 1 }
    if place == bytes.lowerBound { return try joined(cut, end!) }
    return try joined(try self.cut(cut, 0..<place - 1 - bytes.lowerBound), end!)
  }

  mutating func withoutTags(_ text: Value) throws(TemplateError) -> Value {
    let bytes = try flat(text)
    let flags = try foreignFlag(of: text)
    let start = beginText()
    var isInTag = false
    for offset in bytes {
      let byte = memory.byte(offset)
      if byte == UInt8(ascii: "<") { isInTag = true }
      if !isInTag { write(byte: byte) }
      if byte == UInt8(ascii: ">") { isInTag = false }
    }
    var plain = try endText(start)
    plain.flags = flags
    let words = try split(words: plain)
    return try joined(words, separator: try spaces(1))
  }

  private mutating func split(words text: Value) throws(TemplateError) -> Value {
    try callText(.split, text, Arguments())
  }

  /// A text for a path; pairs of names and values for a query.
  mutating func urlEncoded(_ value: Value) throws(TemplateError) -> Value {
    if value.kind != .dictionary && !value.isSequence {
      return try urlEncoded(text: try string(value), isQuery: false)
    }
    let pairs = value.kind == .dictionary ? try pairs(of: value) : value
    var result = emptyText
    for index in 0..<pairs.length {
      let pair = try sequence(element(pairs, index))
      if pair.length != 2 { throw failure(.type, "pairs of names and values") }
      for part in 0..<2 {
        if part == 1 || index > 0 {
          let start = beginText()
          write(byte: part == 1 ? UInt8(ascii: "=") : UInt8(ascii: "&"))
          result = try joined(result, try endText(start))
        }
        let text = try string(element(pair, part))
        result = try joined(result, try urlEncoded(text: text, isQuery: true))
      }
    }
    return result
  }

  private mutating func urlEncoded(text: Value, isQuery: Bool) throws(TemplateError) -> Value {
    let bytes = try flat(text)
    let flags = try foreignFlag(of: text)
    let start = beginText()
    for offset in bytes {
      let byte = memory.byte(offset)
      switch byte {
      case UInt8(ascii: " ") where isQuery: write("+")
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "-"), UInt8(ascii: "~"):
        write(byte: byte)
      case UInt8(ascii: "/") where !isQuery: write(byte: byte)
      default:
        write("%")
        let high: UInt8 = hexadecimalDigit(byte >> 4)
        let low: UInt8 = hexadecimalDigit(byte & 15)
        write(byte: high >= UInt8(ascii: "a") ? high - 32 : high)
        write(byte: low >= UInt8(ascii: "a") ? low - 32 : low)
      }
    }
    var result = try endText(start)
    result.flags = flags
    return result
  }
}
