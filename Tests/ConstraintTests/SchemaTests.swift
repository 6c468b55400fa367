import Foundation
import TestSupport
import Testing

@testable import Constraint

/// Random schemas and values, decided by the automaton and by a slow validator.
@Suite struct SchemaTests {
  @Test(arguments: 0..<8)
  func randomValuesAreDecidedAsByTheValidator(seed: Int) throws {
    var schemas = RandomSchema(random: SeededGenerator(seed: UInt64(seed)))
    let checker = try Checker()
    var (validCount, invalidCount) = (0, 0)
    for _ in 0..<150 {
      let text = schemas.document()
      let root = try #require(JSONValue(text), "\(text)")
      let message = checker.useSchema(text)
      if message != nil {
        #expect(message == "the schema allows no text at all", "\(text)")
        continue
      }
      let validator = Validator(root: root)
      for _ in 0..<60 {
        let value = schemas.value(near: root, root: root, 4)
        var random = schemas.random
        let written = value.text(&random)
        schemas.random = random
        let isValid = validator.isValid(value, root)
        let isAccepted = checker.accepts(written)
        #expect(isAccepted == isValid, "\(text) \(written)")
        if isValid { validCount += 1 } else { invalidCount += 1 }
      }
    }
    // Both kinds are there, so that the test can fail in both ways.
    #expect(validCount > 300 && invalidCount > 300)
  }

  /// Objects as deep as the stack goes, and lists that must hold something, can end.
  @Test func theStackHasRoomToEnd() throws {
    let checker = try Checker()
    let list =
      "{\"anyOf\": [{\"items\": {\"$ref\": \"#\"}, \"minItems\": 1, \"type\": \"array\"}, {\"const\": 1}]}"
    for (schema, opening, closing) in [("{}", "{\"a\":", "}"), (list, "[", "]")] {
      #expect(checker.useSchema(schema) == nil)
      let count = checker.acceptedCount(String(repeating: opening, count: 100))
      let depth = (count + opening.utf8.count - 1) / opening.utf8.count
      #expect((40...49).contains(depth))
      let begun = String(repeating: opening, count: depth).prefix(count)
      let inner = schema == "{}" ? "" : "1"
      #expect(checker.accepts(begun + inner + String(repeating: closing, count: depth)), "\(begun)")
    }
  }

  /// Bytes are drawn among those that can come: the text is never stuck, ends in time, and is valid.
  @Test(arguments: 0..<8)
  func randomTextsAreValidAndEndInTime(seed: Int) throws {
    var schemas = RandomSchema(random: SeededGenerator(seed: UInt64(1000 + seed)))
    let checker = try Checker()
    for _ in 0..<60 {
      let text = schemas.document()
      if text.contains("oneOf") { continue }
      let root = try #require(JSONValue(text), "\(text)")
      if checker.useSchema(text) != nil { continue }
      for _ in 0..<4 {
        checker.restart()
        let budget = checker.distance + Int.random(in: 0..<200, using: &schemas.random)
        let walk = Walk(checker, budget: budget, &schemas.random)
        let written = walk.text
        #expect(walk.isWhole, "\(text) \(written)")
        let value = JSONValue(written)
        #expect(value.map { Validator(root: root).isValid($0, root) } == true, "\(text) \(written)")
      }
    }
  }

  @Test func distanceOfTheBeginningIsThatOfTheShortestValue() throws {
    let checker = try Checker()
    let cases = [
      ("{}", 1), ("{\"type\": \"object\"}", 2), ("{\"type\": \"string\", \"minLength\": 3}", 5),
      ("{\"type\": \"boolean\"}", 4), ("{\"const\": {\"a\": [1, null]}}", 14),
      ("{\"type\": \"integer\", \"minimum\": 1000}", 4),
      (
        "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"null\"}, \"b\": true}, \"required\": [\"a\"]}",
        10
      ),
    ]
    for (schema, shortest) in cases {
      #expect(checker.useSchema(schema) == nil)
      let distance = checker.distance
      #expect(distance == shortest, "\(schema)")
    }
  }

  /// A number of as many digits as there may be can have an exponent.
  @Test func longNumbersHaveExponents() throws {
    let checker = try Checker()
    #expect(checker.useSchema("{\"type\": \"number\"}") == nil)
    let digits = String(repeating: "1", count: 64) + "." + String(repeating: "2", count: 40)
    for end in ["", "E+7", "e200", "E-00000200"] {
      let isAccepted = checker.accepts(digits + end)
      #expect(isAccepted, "\(end)")
    }
    let isAccepted = checker.accepts(digits + "e201") || checker.accepts(digits + "e000000001")
    #expect(!isAccepted)
  }

  @Test func errorsNameTheirPlace() throws {
    let checker = try Checker()
    let cases = [
      ("[]", "the schema must be an object, true or false"),
      (
        "{\"type\": \"strin\"}", "the schema at #/type has not the value that the keyword must have"
      ),
      (
        "{\"properties\": {\"a\": {\"not\": {}}}}",
        "the schema at #/properties/a/not is a keyword that cannot be enforced"
      ),
      (
        "{\"allOf\": [true, {\"$ref\": \"#/x\"}]}",
        "the schema at #/allOf/1/$ref must refer to a part of the same schema, as #/$defs/name"
      ),
      ("{\"pattern\": \"(\"}", "the schema at #/pattern is not a regular expression"),
      (
        "{\"pattern\": \"(?=a)\"}",
        "the schema at #/pattern uses a construct that is not regular or not known"
      ),
      (
        "{\"pattern\": \"(a{1000}){1000}\"}",
        "the schema is larger than the memory for grammars; --grammar-kib makes it larger"
      ),
      (
        "{\"minLength\": -1}",
        "the schema at #/minLength has not the value that the keyword must have"
      ),
      (
        "{\"required\": [1]}",
        "the schema at #/required has not the value that the keyword must have"
      ),
      ("{\"type\": \"object\"", "the schema is not JSON"), ("", "the schema is not JSON"),
      ("{\"enum\": []}", "the schema allows no text at all"),
      (
        "{\"type\": \"object\", \"properties\": {\"a\": {\"$ref\": \"#\"}}, \"required\": [\"a\"]}",
        "the schema allows no text at all"
      ),
    ]
    for (schema, expected) in cases {
      let message = checker.useSchema(schema)
      #expect(message == expected, "\(schema)")
    }
  }

  @Test func anotherSchemaFollowsOneThatWasTooLarge() throws {
    let checker = try Checker(kibibytes: 8)
    let large = "{\"enum\": [" + (0..<900).map { "\"word\($0)\"" }.joined(separator: ",") + "]}"
    #expect(checker.useSchema(large)?.contains("--grammar-kib") == true)
    #expect(checker.useSchema("{\"const\": 1}") == nil)
    #expect(checker.accepts("1.0") && !checker.accepts("2"))
  }
}

/// A text of bytes that are drawn among those that can come. When few bytes are left, only those count
/// with which the text can still end.
struct Walk {
  private(set) var text = ""
  private(set) var isWhole = false

  init(_ checker: Checker, budget: Int, _ random: inout SeededGenerator) {
    checker.restart()
    var bytes: [UInt8] = []
    var left = budget
    while left >= 0 {
      if checker.mustEnd || checker.acceptsEnd && (left == 0 || random.next() % 4 == 0) {
        isWhole = true
        break
      }
      // Bytes that often matter are drawn more often.
      let likely = Array("{}[]\":,0123456789.eE+-truefalsn\\ abcxy\u{e4}".utf8)
      var order = (0..<256).map { UInt8($0) }.shuffled(using: &random)
      order = likely.shuffled(using: &random) + order
      guard let byte = order.first(where: { Self.canTake($0, checker, bytes, left) }) else {
        isWhole = checker.acceptsEnd
        break
      }
      bytes.append(byte)
      left -= 1
    }
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// Takes the byte if the text can end within what is left after it.
  private static func canTake(
    _ byte: UInt8, _ checker: Checker, _ bytes: [UInt8], _ left: Int
  ) -> Bool {
    if !checker.take(byte) { return false }
    if checker.distance <= left - 1 { return true }
    checker.restart()
    for byte in bytes { _ = checker.take(byte) }
    return false
  }
}
