/// The keywords of JSON Schema, draft 2020-12, that say which values are valid.
enum Keyword {
  case reference, allOf, anyOf, oneOf, type, const, `enum`
  case minLength, maxLength, pattern, format
  case minimum, maximum, exclusiveMinimum, exclusiveMaximum
  case properties, required, additionalProperties, minProperties, maxProperties
  case items, prefixItems, minItems, maxItems
  /// One that is not enforced, and must not be ignored.
  case unsupported
  /// Says nothing about values: a title, definitions, a name that means nothing.
  case ignored

  init(_ name: WordsText, _ words: Words) {
    self = .ignored
    for index in 0..<Self.table.count where words.matches(name, Self.table[index].0) {
      self = Self.table[index].1
      return
    }
  }

  /// Whether a count must be reached.
  var isLeast: Bool {
    switch self {
    case .minLength, .minItems, .minProperties: true
    default: false
    }
  }

  private static var table: InlineArray<41, (StaticString, Keyword)> {
    [
      ("$ref", .reference), ("allOf", .allOf), ("anyOf", .anyOf), ("oneOf", .oneOf),
      ("type", .type), ("const", .const), ("enum", .enum),
      ("minLength", .minLength), ("maxLength", .maxLength), ("pattern", .pattern),
      ("format", .format), ("minimum", .minimum), ("maximum", .maximum),
      ("exclusiveMinimum", .exclusiveMinimum), ("exclusiveMaximum", .exclusiveMaximum),
      ("properties", .properties), ("required", .required),
      ("additionalProperties", .additionalProperties), ("minProperties", .minProperties),
      ("maxProperties", .maxProperties), ("items", .items), ("prefixItems", .prefixItems),
      ("minItems", .minItems), ("maxItems", .maxItems), ("not", .unsupported),
      ("if", .unsupported), ("then", .unsupported), ("else", .unsupported),
      ("patternProperties", .unsupported), ("propertyNames", .unsupported),
      ("contains", .unsupported), ("dependentSchemas", .unsupported),
      ("dependentRequired", .unsupported), ("dependencies", .unsupported),
      ("uniqueItems", .unsupported), ("unevaluatedItems", .unsupported),
      ("unevaluatedProperties", .unsupported), ("multipleOf", .unsupported),
      ("additionalItems", .unsupported), ("$dynamicRef", .unsupported),
      ("$recursiveRef", .unsupported),
    ]
  }

  /// Whether a keyword that is not enforced allows everything with this value.
  static func isNeutral(_ name: WordsText, _ value: Int, _ words: Words) -> Bool {
    switch words.kind(value) {
    case .false: words.matches(name, "uniqueItems") || words.matches(name, "not")
    case .true: !words.matches(name, "uniqueItems") && !words.matches(name, "not")
    case .object:
      words.matches(name, "patternProperties") && words.firstChild(value) == 0
    default: false
    }
  }
}

/// The types of values, as bits.
enum TypeMask {
  static let null = 1
  static let `false` = 2
  static let `true` = 4
  static let number = 8
  static let string = 16
  static let array = 32
  static let object = 64
  static let all = 127
}
