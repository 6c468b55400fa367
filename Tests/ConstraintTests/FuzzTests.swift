import Foundation
import TestSupport
import Testing

@testable import Constraint

/// Mutated schemas and grammars: each is refused with one line, or a text of it can be begun.
@Suite struct FuzzTests {
  private static let parts = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\\\", "\"type\"", "\"object\"", "\"$ref\": \"#\"",
    "\"anyOf\"",
    "\"oneOf\"", "\"pattern\": \"", "(a|b)*", "{2,9}", "[^a]", "^", "$", "1e99", "-0",
    "99999999999",
    "\"items\"", "\"const\"", "true", "null", "\u{e9}", "root", "::=", "|", "x*", "?", "\n", "#",
    ".",
  ].map { Array($0.utf8) }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 0...16, using: &random))
    switch Int.random(in: 0..<5, using: &random) {
    case 0 where place < bytes.count: bytes[place] = random.byte()
    case 1: bytes.removeSubrange(place..<end)
    case 2: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
    case 3: bytes.insert(contentsOf: parts.randomElement(using: &random)!, at: place)
    default: bytes.insert(contentsOf: parts.randomElement(using: &random)!, at: end)
    }
  }

  @Test(arguments: 0..<4)
  func mutatedTextsNeverTrap(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var schemas = RandomSchema(random: SeededGenerator(seed: UInt64(seed)))
    let checker = try Checker(kibibytes: 64)
    var takenCount = 0
    for round in 0..<1500 {
      let isGrammar = round % 3 == 0
      var bytes = Array(
        (isGrammar
          ? "root ::= (\"a\" | [b-d]{2,3} | x)* \nx ::= \"é\" [^\\n]? . | \"(\" root \")\""
          : schemas.document()).utf8)
      for _ in 0..<Int.random(in: 0...3, using: &random) { Self.mutate(&bytes, &random) }
      let message = isGrammar ? checker.useGrammar(bytes) : checker.useSchema(bytes)
      if let message {
        #expect(!message.contains("\n") && !message.isEmpty)
        continue
      }
      takenCount += 1
      let start = checker.distance
      #expect(start >= 0)
      let isBegun = checker.acceptsEnd || (0..<256).contains { checker.take(UInt8($0)) }
      #expect(isBegun, "\(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(takenCount > 200)
  }

  /// Alternatives whose product is large, and none of which holds.
  @Test func aProductOfAlternativesIsBounded() throws {
    let checker = try Checker()
    let parts = (0..<20).map { index in
      "{\"anyOf\": [{\"type\": \"string\", \"minLength\": \(index)}, {\"type\": \"null\"}, {\"type\": \"integer\"}]}"
    }
    let message = checker.useSchema(
      "{\"type\": \"object\", \"allOf\": [\(parts.joined(separator: ","))]}")
    #expect(message?.contains("combinations of alternatives") == true, "\(message ?? "none")")
  }
}
