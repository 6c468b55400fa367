import TestSupport
import Testing

@testable import Constraint

/// No object has a name twice.
@Suite struct NameTests {
  private static let objects = [
    "{}", "{\"type\": \"object\"}", "{\"properties\": {\"a\": {}, \"é\": {}}}",
    "{\"anyOf\": [{\"properties\": {\"a\": {}}}, {\"additionalProperties\": {\"type\": [\"integer\", \"object\"]}}]}",
    "{\"oneOf\": [{\"required\": [\"a\"]}, {\"required\": [\"none\"]}]}",
  ]

  /// What a name's escapes stand for counts, and each object has names of its own.
  @Test(arguments: objects)
  func aNameComesOnce(schema: String) throws {
    let checker = try Checker()
    #expect(checker.useSchema(schema) == nil)
    let right = [
      #"{"a":1,"b":2,"":3," ":4}"#, #"{"a":{"a":{"a":1}},"b":{"a":2}}"#, #"{"a":1,"ab":2,"aba":3}"#,
      #"{"a":1,"A":2,"\u0041a":3,"é":4,"e":5}"#, #"{"a":1,"b":{"c":1,"d":{"b":1}},"c":1,"d":1}"#,
    ]
    for text in right {
      let isAccepted = checker.accepts(text)
      #expect(isAccepted, "\(text)")
    }
    let wrong = [
      #"{"a":1,"a"#, #"{"a":1,"b":2,"a"#, #"{"a":1,"b":2,"b"#, #"{"":1,"a":2,""#,
      #"{"a":1,"\u0061"#, #"{"\u00E9":1,"a":2,"é"#, #"{"a":1,"\n":2,"\u000a"#,
      #"{"a":1,"b":{"c":1,"d":{"b":1}},"b"#, #"{"a":1,"b":{"c":1,"d":{},"c"#,
    ]
    for text in wrong {
      let count = checker.acceptedCount(text)
      #expect(count == text.utf8.count, "\(text)")
      let isEnded = checker.take(UInt8(ascii: "\""))
      #expect(!isEnded, "\(text)")
      // It can become another name.
      for byte in "zz\":1".utf8 {
        let isTaken = checker.take(byte)
        #expect(isTaken, "\(text)")
      }
    }
  }

  @Test func objectsOfAListHaveNamesOfTheirOwn() throws {
    let checker = try Checker()
    #expect(checker.useSchema("{}") == nil)
    // As many objects as make the memory of frames and names be gone through some times.
    let list = Array(repeating: #"{"a":{"b":[{"c":1},{"c":2}]},"d":[1]}"#, count: 1500)
    let text = #"{"list":["# + list.joined(separator: ",") + #"],"a":1,"#
    #expect(checker.acceptedCount(text) == text.utf8.count)
    for byte in "\"list".utf8 { #expect(checker.take(byte)) }
    #expect(!checker.take(UInt8(ascii: "\"")) && checker.take(UInt8(ascii: "s")))
    for byte in "\":{\"list\":1,\"a\":2},\"a".utf8 { #expect(checker.take(byte)) }
    #expect(!checker.take(UInt8(ascii: "\"")))
  }

  private static func names(_ range: Range<Int>) -> String {
    range.map { "\"n\($0)\":1" }.joined(separator: ",")
  }

  /// An object must end when as many names are open as can be remembered, but for what it needs.
  @Test func openNamesAreBounded() throws {
    let checker = try Checker()
    let most = UsedNames.openCountMax
    #expect(checker.useSchema(#"{"properties": {"x": {}, "y": {}}}"#) == nil)
    let full = "{" + Self.names(0..<most)
    #expect(checker.accepts(full + "}") && checker.accepts(full + #","x":1,"y":2}"#))
    #expect(checker.acceptedCount(full + ",\"z\"") == full.utf8.count + 2)
    // Names of objects that have ended are not open.
    #expect(checker.useSchema("{}") == nil)
    let half = "{" + Self.names(0..<most / 2) + ",\"in\":{" + Self.names(0..<most / 2 - 1)
    #expect(checker.accepts(half + "}," + Self.names(most / 2..<most - 1) + "}"))
    #expect(checker.acceptedCount(half + ",") == half.utf8.count)
    #expect(checker.accepts(half + "}}"))
    let needed = UsedNames.neededCountMax
    let value =
      #"{"anyOf": [{"type": "integer"}, {"minProperties": \#(needed), "type": "object"}]}"#
    #expect(checker.useSchema("{\"additionalProperties\": \(value)}") == nil)
    let inner = "{" + Self.names(0..<needed - 1)
    let nested = "{" + Self.names(0..<most - 1) + ",\"z\":" + inner
    #expect(!checker.accepts(nested + "}}") && checker.accepts(nested + ",\"z\":{}}}"))
    #expect(checker.acceptedCount(nested + ",\"z\":{},") == nested.utf8.count + 7)
    #expect(
      checker.useSchema(#"{"properties": {"x": {}}, "minProperties": \#(needed + 2)}"#)
        == "the schema at #/minProperties asks for more than 32 properties that have no name in "
        + "the schema")
  }

  /// From each place one byte leads nearer to the end, even if all short names are there.
  @Test func everyNameCanEnd() throws {
    let checker = try Checker()
    #expect(checker.useSchema(#"{"type": "object", "properties": {"aa": {}}}"#) == nil)
    let plain = (UInt8(ascii: " ")...UInt8(ascii: "~")).filter { $0 != 0x22 && $0 != 0x5c }
    let short = [""] + plain.map { String(UnicodeScalar($0)) }
    let names = short + short.dropFirst().map { "a" + $0 }
    let text = "{" + names.map { "\"\($0)\":0" }.joined(separator: ",")
    for end in ["", ",", ",\"", ",\"a", ",\"aa", ",\"b", ",\"\\", ",\"\\u00", ",\"é", ",\"az"] {
      #expect(checker.acceptedCount(text + end) == (text + end).utf8.count, "\(end)")
      var written = end
      while !checker.acceptsEnd && written.utf8.count < 40 {
        let distance = checker.distance
        let byte = (UInt8(0)...255).first { byte in
          if !checker.take(byte) { return false }
          if checker.distance < distance { return true }
          _ = checker.acceptedCount(text + written)
          return false
        }
        guard let byte else { break }
        written += String(UnicodeScalar(byte))
      }
      #expect(checker.acceptsEnd, "\(written)")
    }
  }

  /// Names of two letters are soon there; texts that are drawn are valid and end in time.
  @Test(arguments: 0..<6)
  func drawnNamesDiffer(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let checker = try Checker()
    let schema = """
      {"type": "object", "minProperties": \(seed * 5), "properties": {"a": {}, "ab": {}}, \
      "additionalProperties": {"type": ["null", "object"]}}
      """
    #expect(checker.useSchema(schema) == nil)
    let root = try #require(JSONValue(schema))
    for _ in 0..<30 {
      checker.restart()
      var bytes: [UInt8] = []
      var left = checker.distance + Int.random(in: 0..<150, using: &random)
      while !checker.mustEnd && left > 0 {
        let order =
          Array("\"\",:{}abn\\u006012".utf8).shuffled(using: &random) + (0..<128).map { UInt8($0) }
        let byte = order.first { byte in
          if !checker.take(byte) { return false }
          if checker.distance <= left - 1 { return true }
          checker.restart()
          for byte in bytes { _ = checker.take(byte) }
          return false
        }
        bytes.append(try #require(byte))
        left -= 1
      }
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(
        JSONValue(text).map { Validator(root: root).isValid($0, root) } == true, "\(text)")
    }
  }

  /// The walk over all tokens finds those that make no name twice; trying tokens changes nothing.
  @Test func tokensRepeatNoName() throws {
    let words = [
      "a\"", "b\"", "a\":", "ab", "b\":1,\"", "\":1,\"a\"", "\":1,\"a\":", "\",", "a\":1,\"a\":1",
      "b\":1,\"b", "b\":1,\"b\"", "b\":{\"b\":1", "\\u0061\"", "\\u0062\"", "é\"", "0061\"",
    ]
    let checker = try TokenChecker(
      words.map { Array($0.utf8) } + TokenTests.words(900, seed: 12))
    var random = SeededGenerator(seed: 8)
    for schema in Self.objects.dropLast() {
      for start in [#"{"a":1,""#, #"{"a":1,"b":2,""#, #"{"b":{"a":1,"a"#, #"{"a":1,"\u"#] {
        for left in [1 << 20, 60, 30] {
          try checker.begin(schema)
          for byte in start.utf8 { checker.accept(Int32(byte)) }
          var (bytes, rest) = (Array(start.utf8), left)
          for _ in 0..<30 {
            rest -= 1
            let walked = checker.allowed(left: rest)
            #expect(walked == (0...checker.endToken).filter { checker.allows($0, left: rest) })
            let likely = walked.filter { $0 < 256 + words.count && $0 != 0x20 }
            let drawn = (likely.isEmpty ? walked : likely).randomElement(using: &random)
            let token = try #require(drawn)
            if token == checker.endToken { break }
            checker.accept(token)
            bytes += checker.texts[Int(token)]
            if checker.mustEnd || rest == 0 { break }
          }
          if left > 60 || !checker.mustEnd { continue }
          let text = String(decoding: bytes, as: UTF8.self)
          #expect(JSONValue(text) != nil, "\(text)")
        }
      }
    }
    try checker.begin("{}")
    for byte in #"{"a":1,"b"#.utf8 { checker.accept(Int32(byte)) }
    let expected = [
      "a\"": true, "b\":1,\"": true, "\":1,\"a\"": false, "\":1,\"a\":": false,
      "a\":1,\"a\":1": false, "b\":1,\"b\"": true, "b\":{\"b\":1": true,
    ]
    for (word, isAllowed) in expected {
      let token = Int32(256 + words.firstIndex(of: word)!)
      #expect(checker.allows(token, left: 1 << 20) == isAllowed, "\(word)")
    }
  }
}
