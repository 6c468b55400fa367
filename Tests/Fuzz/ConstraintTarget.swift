import Constraint
import Memory
import TestSupport
import Text

/// What the targets of schemas and grammars share: a constraint in an arena of its own.
final class ConstraintFixture {
  private let arena: Arena
  private var constraint: Constraint
  private static let byteCount = 128 << 10

  init() throws {
    var measuring = Carver.measuring
    _ = Constraint(carver: &measuring, byteCount: Self.byteCount)
    arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    constraint = Constraint(carver: &carver, byteCount: Self.byteCount)
    carver.seal()
  }

  /// Compiles a text and follows the shortest answer: each byte makes the distance less.
  func run(_ text: Span<UInt8>, isGrammar: Bool) {
    do throws(ConstraintError) {
      if isGrammar { try constraint.useGrammar(text) } else { try constraint.useSchema(text) }
    } catch {
      let line = written { constraint.write(error, to: &$0) }
      require(!line.isEmpty && !line.contains("\n"), "an error is one line")
      return
    }
    for _ in 0..<64 where !constraint.mustEnd {
      var isTaken = false
      for byte in 0..<256 where !isTaken { isTaken = constraint.take(UInt8(byte)) }
      require(isTaken || constraint.acceptsEnd(), "a text that has begun can go on or end")
      if !isTaken { return }
    }
  }
}

/// A JSON schema.
struct SchemaTarget: FuzzTarget {
  private let fixture: ConstraintFixture

  init() throws { fixture = try ConstraintFixture() }

  static var seeds: [[UInt8]] {
    [
      "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\", \"pattern\": \"^[a-z]{1,3}$\"}}, \"required\": [\"a\"], \"additionalProperties\": false}",
      "{\"anyOf\": [{\"const\": {\"a\": [1, 2.5]}}, {\"$ref\": \"#/$defs/b\"}], \"$defs\": {\"b\": {\"enum\": [\"x\", null]}}}",
      "{\"allOf\": [{\"minimum\": 1.5}, {\"maximum\": 99}], \"type\": \"integer\"}",
      "{\"type\": \"array\", \"prefixItems\": [{}], \"items\": {\"format\": \"date-time\"}, \"minItems\": 1}",
    ].map { Array($0.utf8) }
  }

  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws {
    fixture.run(Span(_unsafeElements: input), isGrammar: false)
  }
}

/// A GBNF grammar.
struct GrammarTarget: FuzzTarget {
  private let fixture: ConstraintFixture

  init() throws { fixture = try ConstraintFixture() }

  static var seeds: [[UInt8]] {
    [
      "root ::= (\"a\" | [b-d]{2,3} | x)* # note\nx ::= \"é\" [^\\n\\x41]? .",
      "root ::= \"(\" root \")\" | num\nnum ::= [0-9]+ (\".\" [0-9]+)?",
    ].map { Array($0.utf8) }
  }

  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws {
    fixture.run(Span(_unsafeElements: input), isGrammar: true)
  }
}
