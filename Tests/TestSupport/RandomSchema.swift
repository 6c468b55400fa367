import Foundation

/// Draws schemas of all enforced keywords, and values that are often near to valid.
public struct RandomSchema {
  public var random: SeededGenerator

  public init(random: SeededGenerator) { self.random = random }

  private mutating func draw(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  static let names = ["a", "ab", "abc", "name", "näme", "x y", "", "q\"t"]
  static let strings = ["", "a", "ab", "abc", "red", "green", "grün", "a\"b", "日本", "2024-02-29"]
  static let patterns = [
    "^a", "b$", "^[a-z]+$", "^(ab|cd)*$", "^.{2,4}$", "^\\\\d{3}-\\\\d$", "gr(ü|e)",
  ]

  public mutating func document() -> String {
    let schema = schema(3, hasDefinitions: true)
    return schema.dropLast() + (schema == "{}" ? "" : ", ")
      + "\"$defs\": {\"list\": {\"type\": \"object\", \"properties\": {\"a\": \(self.schema(1)), "
      + "\"next\": {\"$ref\": \"#/$defs/list\"}}, \"additionalProperties\": false}}}"
  }

  mutating func schema(_ depth: Int, hasDefinitions: Bool = false) -> String {
    if depth == 0 {
      return ["{}", "true", "{\"type\": \"integer\"}", "{\"type\": \"string\"}"][draw(4)]
    }
    if hasDefinitions && draw(12) == 0 { return "{\"$ref\": \"#/$defs/list\"}" }
    switch draw(9) {
    case 0: return string()
    case 1: return number()
    case 2, 3: return object(depth, hasDefinitions)
    case 4: return array(depth, hasDefinitions)
    case 5:
      let key = ["anyOf", "oneOf", "anyOf"][draw(3)]
      return
        "{\"\(key)\": [\(schema(depth - 1)), \(schema(depth - 1, hasDefinitions: hasDefinitions))]}"
    case 6: return "{\"enum\": [\(value(1)), \(value(2)), \"red\", 5, \"green\"]}"
    case 7:
      return
        "{\"allOf\": [\(schema(depth - 1)), {\"type\": [\"object\", \"integer\", \"string\", \"null\"]}]}"
    default: return "{\"const\": \(value(2))}"
    }
  }

  private mutating func string() -> String {
    var parts = ["\"type\": \"string\""]
    if draw(2) == 0 { parts.append("\"minLength\": \(draw(3))") }
    if draw(2) == 0 { parts.append("\"maxLength\": \(3 + draw(4))") }
    if draw(3) == 0 { parts.append("\"pattern\": \"\(Self.patterns[draw(Self.patterns.count)])\"") }
    return "{" + parts.joined(separator: ", ") + "}"
  }

  private mutating func number() -> String {
    let isInteger = draw(2) == 0
    var parts = ["\"type\": \"\(isInteger ? "integer" : "number")\""]
    let bounds = ["-120", "-7", "-0.5", "0", "1.1", "3", "9.75", "10", "99", "105", "2000"]
    let low = draw(bounds.count)
    if draw(2) == 0 {
      parts.append("\"\(draw(2) == 0 ? "minimum" : "exclusiveMinimum")\": \(bounds[low])")
    }
    if draw(2) == 0 {
      let high = min(low + 1 + draw(4), bounds.count - 1)
      parts.append("\"\(draw(2) == 0 ? "maximum" : "exclusiveMaximum")\": \(bounds[high])")
    }
    return "{" + parts.joined(separator: ", ") + "}"
  }

  private mutating func object(_ depth: Int, _ hasDefinitions: Bool) -> String {
    let names = Self.names.shuffled(using: &random).prefix(draw(4))
    var parts = draw(4) == 0 ? [] : ["\"type\": \"object\""]
    var properties: [String] = []
    for name in names {
      properties.append("\(quoted(name)): \(schema(depth - 1, hasDefinitions: hasDefinitions))")
    }
    parts.append("\"properties\": {\(properties.joined(separator: ", "))}")
    if draw(2) == 0 {
      let required = Self.names.shuffled(using: &random).prefix(draw(3)).map { quoted($0) }
      parts.append("\"required\": [\(required.joined(separator: ", "))]")
    }
    switch draw(4) {
    case 0: parts.append("\"additionalProperties\": false")
    case 1: parts.append("\"additionalProperties\": \(schema(depth - 1))")
    default: break
    }
    if draw(6) == 0 { parts.append("\"minProperties\": \(draw(3))") }
    if draw(6) == 0 { parts.append("\"maxProperties\": \(1 + draw(4))") }
    return "{" + parts.joined(separator: ", ") + "}"
  }

  private mutating func array(_ depth: Int, _ hasDefinitions: Bool) -> String {
    var parts = draw(4) == 0 ? [] : ["\"type\": \"array\""]
    if draw(3) > 0 {
      parts.append("\"items\": \(schema(depth - 1, hasDefinitions: hasDefinitions))")
    }
    if draw(3) == 0 {
      parts.append("\"prefixItems\": [\(schema(depth - 1)), \(schema(depth - 1))]")
    }
    if draw(3) == 0 { parts.append("\"minItems\": \(draw(3))") }
    if draw(3) == 0 { parts.append("\"maxItems\": \(2 + draw(2))") }
    return "{" + parts.joined(separator: ", ") + "}"
  }

  private func quoted(_ text: String) -> String {
    "\"" + text.replacingOccurrences(of: "\"", with: "\\\"") + "\""
  }

  /// A value as JSON.
  mutating func value(_ depth: Int) -> String {
    switch draw(depth == 0 ? 6 : 9) {
    case 0: return ["null", "true", "false"][draw(3)]
    case 1: return "\(draw(260) - 130)"
    case 2: return ["0.5", "1.1", "-0.25", "9.75", "3.5", "10"][draw(6)]
    case 3, 4, 5: return quoted(Self.strings[draw(Self.strings.count)])
    case 6:
      var parts: [String] = []
      for _ in 0..<draw(4) { parts.append(value(depth - 1)) }
      return "[\(parts.joined(separator: ", "))]"
    default:
      var parts: [String] = []
      for name in Self.names.shuffled(using: &random).prefix(draw(5)) {
        parts.append("\(quoted(name)): \(value(depth - 1))")
      }
      return "{\(parts.joined(separator: ", "))}"
    }
  }

  /// A value that has much of what a schema asks for.
  public mutating func value(near schema: JSONValue, root: JSONValue, _ depth: Int) -> JSONValue {
    guard depth > 0, case .object(let keywords) = schema, draw(8) > 0 else {
      return JSONValue(value(1))!
    }
    if case .string(let pointer)? = keywords["$ref"], pointer.hasSuffix("list"),
      case .object(let all) = root, case .object(let definitions)? = all["$defs"]
    {
      return value(near: definitions["list"]!, root: root, depth - 1)
    }
    for key in ["anyOf", "oneOf", "allOf"] {
      if case .array(let parts)? = keywords[key] {
        return value(near: parts[key == "allOf" ? 0 : draw(parts.count)], root: root, depth)
      }
    }
    if let const = keywords["const"] { return const }
    if case .array(let values)? = keywords["enum"] { return values[draw(values.count)] }
    if keywords["properties"] != nil { return object(near: keywords, root, depth) }
    if keywords["items"] != nil || keywords["prefixItems"] != nil {
      var elements: [JSONValue] = []
      for index in 0..<draw(4) {
        var part = keywords["items"] ?? .boolean(true)
        if case .array(let prefix)? = keywords["prefixItems"], index < prefix.count {
          part = prefix[index]
        }
        elements.append(value(near: part, root: root, depth - 1))
      }
      return .array(elements)
    }
    if keywords["type"] == .string("string") {
      return .string(Self.strings[draw(Self.strings.count)])
    }
    return JSONValue(value(0))!
  }

  private mutating func object(
    near keywords: [String: JSONValue], _ root: JSONValue, _ depth: Int
  ) -> JSONValue {
    var members: [String: JSONValue] = [:]
    guard case .object(let properties)? = keywords["properties"] else { return .null }
    for (name, schema) in properties.sorted(by: { $0.key < $1.key }) where draw(4) > 0 {
      members[name] = value(near: schema, root: root, depth - 1)
    }
    if case .array(let required)? = keywords["required"] {
      for case .string(let name) in required where members[name] == nil {
        members[name] = value(near: properties[name] ?? .boolean(true), root: root, depth - 1)
      }
    }
    if draw(3) == 0 { members["further"] = JSONValue(value(1)) }
    return .object(members)
  }
}
