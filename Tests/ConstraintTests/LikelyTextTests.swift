import TestSupport
import Testing

@testable import Constraint

/// What an answer is likely to go on with.
@Suite struct LikelyTextTests {
  private static let people = """
    {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "object", "properties": {"name": \
    {"type": "string"}, "age": {"type": "integer"}, "kind": {"enum": ["reader", "reading"]}}, \
    "required": ["name", "age", "kind"], "additionalProperties": false}}
    """

  private static let free = """
    {"type": "object", "properties": {"zeta": {"type": "boolean"}, "alpha": {"const": "one"}, \
    "list": {"type": "array", "maxItems": 1, "items": {"type": "null"}}}}
    """

  /// The text so far, and what is likely to follow.
  private static let cases: [(String, before: String, likely: String)] = [
    // What has no lines so far has none, and how deep lines go is not known before they come.
    (people, "", "[{\"name\": \""), (people, "[\n", ""), (people, "[\n{", ""),
    (people, "[ {", "\"name\": \""),
    // Names in the order of the schema, and what they have in common.
    (people, "[{\"", "name\": \""), (people, "[{\"n", "ame\": \""),
    (people, "[{\"name\"", ": \""), (people, "[{\"name\":", " \""),
    (people, "[{\"name\":\"", ""),
    // The end of a string, and of a number.
    (people, "[{\"name\":\"Eva", "\", \"age\":"),
    (people, "[{\"name\":\"Eva\"", ", \"age\":"),
    (people, "[{\"name\": \"Eva\\", ""),
    (people, "[{\"name\": \"Eva\", \"age\"", ": "),
    (people, "[{\"name\": \"Eva\", \"age\": 3", ", \"kind\": \"read"),
    (people, "[{\"name\": \"Eva\", \"age\": 3, \"kind\": \"reade", "r\"}, {\"name\": \""),
    // White space as it came.
    (people, "[\n{\n    \"name\" :\t\"Eva\",", "\n    \"age\" :\t"),
    (people, "[\n{\n    \"name\": \"Eva\",\n  ", "  \"age\": "),
    (people, "[\n{\n    \"name\": \"Eva\",\n     ", ""),
    (
      people, "[{\"name\": \"Eva\", \"age\": 3, \"kind\": \"reader\" }, {",
      "\"name\": \""
    ),
    // Nothing can follow at last.
    (
      people,
      "[{\"name\":\"a\",\"age\":1,\"kind\":\"reader\"},{\"name\":\"a\",\"age\":1,\"kind\":\"reader\"},"
        + "{\"name\":\"a\",\"age\":1,\"kind\":\"readi", "ng\"}]"
    ),
    // Properties that need not come, and others that the schema does not name.
    (free, "{\"", "zeta\": "), (free, "{\"zeta\":t", "rue, \"alpha\":\"one\", \"list\":["),
    (free, "{\"zeta\": true, \"other\": 1, \"alpha\": \"on", "e\", \"list\": ["),
    (free, "{\"zeta\": true, \"alpha\": \"one\", \"list\": [n", "ull]}"),
    ("{\"type\": \"object\"}", "{\"", ""),
  ]

  private static func text(_ likely: [(byte: UInt8, kind: LikelyText.Kind)]) -> String {
    String(decoding: likely.map(\.byte), as: UTF8.self)
  }

  @Test(arguments: cases.indices) func schemas(index: Int) throws {
    let (schema, before, expected) = Self.cases[index]
    let checker = try TokenChecker([])
    try checker.begin(schema)
    checker.accept(before)
    let found = Self.text(checker.likely())
    #expect(found == expected, "\(before)")
  }

  @Test(arguments: [
    ("root ::= \"yes, \" \"é日 it is\" [.!]", "y", "es, é日 it is"),
    ("root ::= \"yes\" | \"yet\"", "", "ye"), ("root ::= \"yes\" | \"yet\"", "yes", ""),
    ("root ::= [a-z]+ \" end\"", "a ", "end"), ("root ::= [a-z]+ \" end\"", "a", ""),
  ])
  func grammars(grammar: String, before: String, expected: String) throws {
    let checker = try TokenChecker([])
    try checker.begin(grammar: grammar)
    checker.accept(before)
    let found = Self.text(checker.likely())
    #expect(found == expected)
  }

  @Test func kinds() throws {
    let checker = try TokenChecker([])
    try checker.begin(Self.people)
    checker.accept("[{\"name\": \"a\", \"age\": 12")
    let likely = checker.likely()
    #expect(Self.text(likely) == ", \"kind\": \"read")
    #expect(likely[0].kind == .end)
    // White space behind a comma in an object has come, and one name is left.
    #expect(likely.dropFirst().allSatisfy { $0.kind == .only })
    checker.accept(",")
    checker.accept("\"kind\": \"reader\"}, {\"")
    #expect(checker.likely()[0].kind == .usual)
  }

  /// Of many names only what they have in common comes, and no search goes through them.
  @Test func manyNames() throws {
    let names = (0..<60).map { "name\(100 + $0)" }
    let properties = names.map { "\"\($0)\": {\"const\": 1}" }.joined(separator: ", ")
    let required = names.map { "\"\($0)\"" }.joined(separator: ", ")
    let checker = try TokenChecker([])
    try checker.begin(
      "{\"type\": \"object\", \"properties\": {\(properties)}, \"required\": [\(required)]}")
    checker.accept("{\"")
    #expect(checker.likely().isEmpty)
    checker.accept("name11")
    #expect(Self.text(checker.likely()).hasPrefix("0\": "))
  }

  /// A call of a tool, in the form's text and in its arguments.
  @Test func calls() throws {
    let tools = """
      [{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": \
      {"type": "string"}}, "required": ["city"], "additionalProperties": false}}]
      """
    let checker = try TokenChecker([])
    try checker.begin(tools: tools, .hermes, isLazy: false)
    checker.accept("<tool_call>\n{\"na")
    #expect(Self.text(checker.likely()).hasPrefix("me\": \"get_weather\", \"arguments\": {"))
  }

  /// Of random texts of random schemas: what is likely can come, what is said to be the only byte is that,
  /// and to ask changes nothing.
  @Test(arguments: TokenTests.schemas) func isSound(schema: String) throws {
    let checker = try TokenChecker(TokenTests.words(400, seed: 3))
    var random = SeededGenerator(seed: 4)
    for _ in 0..<6 {
      try checker.begin(schema)
      for _ in 0..<30 {
        let likely = checker.likely()
        let allowed = checker.allowed(left: 1 << 20)
        guard let token = allowed.randomElement(using: &random) else { break }
        if random.next() % 2 == 0 && !likely.isEmpty {
          for (byte, kind) in likely {
            let possible = checker.possibleBytes
            #expect(checker.allows(Int32(byte), left: 1 << 20))
            if kind == .only && !Machine.isSpace(byte) {
              let others = possible.filter { $0 != byte && $0 != UInt8(ascii: "\\") }
              #expect(others.isEmpty)
            }
            checker.accept(Int32(byte))
          }
        } else if token != checker.endToken {
          checker.accept(token)
        }
        if checker.mustEnd { break }
      }
    }
  }
}
