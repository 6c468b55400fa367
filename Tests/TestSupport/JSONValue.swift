import Foundation

/// A value of JSON as its text says it, for the slow validator. Numbers are exact.
public indirect enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  case number(Decimal)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Nil if the text is no JSON, or has a name twice in an object.
  public init?(_ text: String) {
    var reader = Reader(bytes: Array(text.utf8))
    guard let value = reader.value(), reader.isAtEnd else { return nil }
    self = value
  }

  private struct Reader {
    let bytes: [UInt8]
    var offset = 0

    var isAtEnd: Bool {
      mutating get {
        skipSpace()
        return offset == bytes.count
      }
    }

    mutating func skipSpace() {
      while offset < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[offset]) { offset += 1 }
    }

    mutating func take(_ byte: Character) -> Bool {
      skipSpace()
      guard offset < bytes.count, bytes[offset] == byte.asciiValue else { return false }
      offset += 1
      return true
    }

    mutating func take(word: String) -> Bool {
      guard bytes[offset...].starts(with: word.utf8) else { return false }
      offset += word.utf8.count
      return true
    }

    mutating func value() -> JSONValue? {
      skipSpace()
      guard offset < bytes.count else { return nil }
      switch Character(Unicode.Scalar(bytes[offset])) {
      case "{": return object()
      case "[": return array()
      case "\"": return string().map { .string($0) }
      case "n": return take(word: "null") ? .null : nil
      case "t": return take(word: "true") ? .boolean(true) : nil
      case "f": return take(word: "false") ? .boolean(false) : nil
      default: return number()
      }
    }

    mutating func object() -> JSONValue? {
      offset += 1
      var members: [String: JSONValue] = [:]
      if take("}") { return .object(members) }
      while true {
        skipSpace()
        guard offset < bytes.count, bytes[offset] == 0x22, let name = string(), take(":"),
          let value = value(), members[name] == nil
        else { return nil }
        members[name] = value
        if take("}") { return .object(members) }
        if !take(",") { return nil }
      }
    }

    mutating func array() -> JSONValue? {
      offset += 1
      var elements: [JSONValue] = []
      if take("]") { return .array(elements) }
      while true {
        guard let value = value() else { return nil }
        elements.append(value)
        if take("]") { return .array(elements) }
        if !take(",") { return nil }
      }
    }

    mutating func number() -> JSONValue? {
      let start = offset
      while offset < bytes.count, "+-.eE0123456789".utf8.contains(bytes[offset]) { offset += 1 }
      let text = String(decoding: bytes[start..<offset], as: UTF8.self)
      guard
        text.range(
          of: "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$", options: .regularExpression)
          != nil
      else { return nil }
      // A Decimal has powers of ten from -128 to 127: beyond them any number of that sign will do that is
      // whole if this one is.
      let isSmall = text.lowercased().contains("e-")
      return .number(
        Decimal(string: text) ?? (isSmall ? 0.5 : text.hasPrefix("-") ? -1e100 : 1e100))
    }

    mutating func string() -> String? {
      let start = offset
      offset += 1
      while offset < bytes.count, bytes[offset] != 0x22 {
        if bytes[offset] < 0x20 { return nil }
        offset += bytes[offset] == 0x5c ? 2 : 1
      }
      guard offset < bytes.count else { return nil }
      offset += 1
      let data = Data([0x5b] + bytes[start..<offset] + [0x5d])
      return (try? JSONSerialization.jsonObject(with: data) as? [String])?.first
    }
  }
}

extension JSONValue {
  /// A text of it, with white space, escapes and an order of members that are drawn.
  public func text(_ random: inout some RandomNumberGenerator) -> String {
    let space = { (random: inout any RandomNumberGenerator) -> String in
      ["", "", " ", "\n", "\t ", "  "].randomElement(using: &random)!
    }
    var any: any RandomNumberGenerator = random
    defer { _ = any }
    return write(&any, space)
  }

  private func write(
    _ random: inout any RandomNumberGenerator,
    _ space: (inout any RandomNumberGenerator) -> String
  ) -> String {
    switch self {
    case .null: return "null"
    case .boolean(let value): return value ? "true" : "false"
    case .number(let value):
      let text = "\(value)"
      let isWhole = !text.contains(".") && !text.contains("e")
      return isWhole && Int.random(in: 0..<4, using: &random) == 0 ? text + ".0" : text
    case .string(let value): return Self.quoted(value, &random)
    case .array(let elements):
      var parts: [String] = []
      for element in elements {
        parts.append(space(&random) + element.write(&random, space) + space(&random))
      }
      return "[" + (parts.isEmpty ? space(&random) : parts.joined(separator: ",")) + "]"
    case .object(let members):
      var parts: [String] = []
      for name in members.keys.sorted().shuffled(using: &random) {
        let value = members[name]!.write(&random, space)
        parts.append(
          space(&random) + Self.quoted(name, &random) + space(&random) + ":" + space(&random)
            + value + space(&random))
      }
      return "{" + (parts.isEmpty ? space(&random) : parts.joined(separator: ",")) + "}"
    }
  }

  private static func quoted(_ text: String, _ random: inout any RandomNumberGenerator) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      let escapes = scalar.value < 0x10000 && Int.random(in: 0..<8, using: &random) == 0
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default:
        if escapes || scalar.value < 0x20 {
          result += String(format: "\\u%04x", scalar.value)
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
