import Foundation

/// Validates a value against a schema as the specification's text says it, keyword by keyword.
public struct Validator {
  private let root: JSONValue

  public init(root: JSONValue) { self.root = root }

  public func isValid(_ value: JSONValue, _ schema: JSONValue) -> Bool {
    if case .boolean(let all) = schema { return all }
    guard case .object(let keywords) = schema else { return false }
    for (name, argument) in keywords where !holds(name, argument, value, keywords) { return false }
    return true
  }

  private func holds(
    _ name: String, _ argument: JSONValue, _ value: JSONValue, _ keywords: [String: JSONValue]
  ) -> Bool {
    switch (name, argument, value) {
    case ("$ref", .string(let pointer), _): return isValid(value, resolve(pointer))
    case ("allOf", .array(let parts), _): return parts.allSatisfy { isValid(value, $0) }
    case ("anyOf", .array(let parts), _): return parts.contains { isValid(value, $0) }
    case ("oneOf", .array(let parts), _): return parts.filter { isValid(value, $0) }.count == 1
    case ("const", _, _): return value == argument
    case ("enum", .array(let values), _): return values.contains(value)
    case ("type", .string(let type), _): return Self.isOf(type, value)
    case ("type", .array(let types), _):
      return types.contains {
        if case .string(let type) = $0 { Self.isOf(type, value) } else { false }
      }
    case (_, .number(let bound), .number(let number)):
      switch name {
      case "minimum": return number >= bound
      case "maximum": return number <= bound
      case "exclusiveMinimum": return number > bound
      case "exclusiveMaximum": return number < bound
      default: return true
      }
    case (_, _, .string(let text)): return holds(name, argument, text)
    case (_, _, .array(let elements)): return holds(name, argument, elements, keywords)
    case (_, _, .object(let members)): return holds(name, argument, members, keywords)
    default: return true
    }
  }

  private func holds(_ name: String, _ argument: JSONValue, _ text: String) -> Bool {
    switch (name, argument) {
    case ("minLength", .number(let count)): return Decimal(text.unicodeScalars.count) >= count
    case ("maxLength", .number(let count)): return Decimal(text.unicodeScalars.count) <= count
    case ("pattern", .string(let pattern)):
      return text.range(of: pattern, options: .regularExpression) != nil
    default: return true
    }
  }

  private func holds(
    _ name: String, _ argument: JSONValue, _ elements: [JSONValue], _ keywords: [String: JSONValue]
  ) -> Bool {
    switch (name, argument) {
    case ("minItems", .number(let count)): return Decimal(elements.count) >= count
    case ("maxItems", .number(let count)): return Decimal(elements.count) <= count
    case ("prefixItems", .array(let schemas)):
      return zip(elements, schemas).allSatisfy { isValid($0, $1) }
    case ("items", _):
      var prefixCount = 0
      if case .array(let schemas)? = keywords["prefixItems"] { prefixCount = schemas.count }
      return elements.dropFirst(prefixCount).allSatisfy { isValid($0, argument) }
    default: return true
    }
  }

  private func holds(
    _ name: String, _ argument: JSONValue, _ members: [String: JSONValue],
    _ keywords: [String: JSONValue]
  ) -> Bool {
    switch (name, argument) {
    case ("minProperties", .number(let count)): return Decimal(members.count) >= count
    case ("maxProperties", .number(let count)): return Decimal(members.count) <= count
    case ("required", .array(let names)):
      return names.allSatisfy {
        if case .string(let name) = $0 { members[name] != nil } else { false }
      }
    case ("properties", .object(let schemas)):
      return schemas.allSatisfy { name, schema in members[name].map { isValid($0, schema) } ?? true
      }
    case ("additionalProperties", _):
      var named: [String: JSONValue] = [:]
      if case .object(let schemas)? = keywords["properties"] { named = schemas }
      return members.allSatisfy { named[$0.key] != nil || isValid($0.value, argument) }
    default: return true
    }
  }

  private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
    switch (type, value) {
    case ("null", .null), ("boolean", .boolean), ("string", .string), ("array", .array),
      ("object", .object), ("number", .number):
      return true
    case ("integer", .number(var number)):
      var rounded = Decimal()
      NSDecimalRound(&rounded, &number, 0, .plain)
      return rounded == number
    default: return false
    }
  }

  private func resolve(_ pointer: String) -> JSONValue {
    var value = root
    for token in pointer.split(separator: "/").dropFirst() {
      guard case .object(let members) = value, let next = members[String(token)] else {
        return .null
      }
      value = next
    }
    return value
  }
}
