import Foundation
import Memory
import TestSupport
import Testing
import Text

@testable import Constraint
@testable import Tokenizer

/// A vocabulary of byte-level encoding, and a constraint on its tokens.
final class TokenChecker {
  private let arena: Arena
  private var vocabulary: Vocabulary
  private var constraint: TokenConstraint
  let texts: [[UInt8]]
  static let end = "<|im_end|>"

  /// GPT-2's alphabet, by its definition in encoder.py.
  private static let letters: [String] = {
    let printable = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
    var next = 0xFF
    return (0..<256).map { byte -> String in
      if printable.contains(byte) { return String(Character(Unicode.Scalar(byte)!)) }
      next += 1
      return String(Character(Unicode.Scalar(next)!))
    }
  }()

  private static let bytes = Dictionary(
    uniqueKeysWithValues: letters.enumerated().map { (Unicode.Scalar($1)!, UInt8($0)) })

  /// The byte of a letter of the alphabet.
  static func byte(of letter: Unicode.Scalar) -> UInt8? { bytes[letter] }

  /// All single bytes, these texts, a token that ends answers, and other control tokens.
  init(_ words: [[UInt8]], marks: [String] = []) throws {
    texts = (0..<256).map { [UInt8($0)] } + words
    let tokens = texts.map { text in text.flatMap { Array(Self.letters[Int($0)].utf8) } }
    var counts = VocabularyCounts(.byteLevelBPE(.smollm))
    for token in tokens { try counts.include(token: token.span, type: 1) }
    let controls = ([Self.end] + marks).map { Array($0.utf8) }
    for control in controls { try counts.include(token: control.span, type: 3) }
    var measuring = Carver.measuring
    _ = Vocabulary(carver: &measuring, counts: counts)
    _ = TokenConstraint(carver: &measuring, byteCount: 1 << 18, vocabularyCount: counts.tokenCount)
    arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    vocabulary = Vocabulary(carver: &carver, counts: counts)
    constraint = TokenConstraint(
      carver: &carver, byteCount: 1 << 18, vocabularyCount: counts.tokenCount)
    carver.seal()
    for token in tokens { try vocabulary.addToken(token.span, type: 1) }
    for control in controls { try vocabulary.addToken(control.span, type: 3) }
    try vocabulary.finish()
    constraint.prepare(vocabulary)
  }

  var endToken: Int32 { Int32(texts.count) }

  func begin(_ schema: String, dropsSpace: Bool = false) throws {
    try constraint.text.useSchema(Array(schema.utf8).span)
    constraint.begin(dropsSpace: dropsSpace, vocabulary)
  }

  /// The answer may come to calls.
  func begin(tools: String, _ family: ToolFamily, isLazy: Bool = true) throws {
    try constraint.text.useTools(tools, family, nil, isLazy: isLazy)
    constraint.begin(dropsSpace: false, vocabulary)
  }

  func argument(_ tool: String, _ key: String, _ outer: Argument?) -> Argument? {
    constraint.text.argument(fixedText(key), of: fixedText(tool), in: outer)
  }

  var isWaiting: Bool { constraint.isWaiting }

  func acceptFree(_ token: Int32) -> Bool { constraint.acceptFree(token, vocabulary) }

  func allows(_ token: Int32, left: Int) -> Bool {
    constraint.allows(token, vocabulary, leftCount: left)
  }

  func findAllowed(left: Int) { constraint.findAllowed(vocabulary, leftCount: left) }

  func isFound(_ token: Int32) -> Bool { constraint.allowed.contains(token) }

  func allowed(left: Int) -> [Int32] {
    findAllowed(left: left)
    return (0...endToken).filter { isFound($0) }
  }

  func accept(_ token: Int32) { constraint.accept(token, vocabulary) }
  var distance: Int { constraint.text.distance }

  func begin(grammar: String) throws {
    try constraint.text.useGrammar(Array(grammar.utf8).span)
    constraint.begin(dropsSpace: false, vocabulary)
  }

  func accept(_ text: String) { for byte in text.utf8 { accept(Int32(byte)) } }

  /// Bytes that are likely to follow, with the kind of each.
  func likely() -> [(byte: UInt8, kind: LikelyText.Kind)] {
    var likely = LikelyText()
    constraint.findLikely(&likely)
    return (0..<likely.count).map { (likely.bytes[$0], likely.kind($0..<$0 + 1)) }
  }

  /// The bytes that can come, and are no white space.
  var possibleBytes: [UInt8] {
    (0..<256).filter {
      !Machine.isSpace(UInt8($0)) && allows(Int32($0), left: 1 << 20)
    }.map { UInt8($0) }
  }
  var mustEnd: Bool { constraint.mustEnd }
}

@Suite struct TokenTests {
  static func words(_ count: Int, seed: UInt64) -> [[UInt8]] {
    var random = SeededGenerator(seed: seed)
    let parts = [
      "a", "b", "the", " ", "{", "}", "\"", "\":", ", ", "\\", "\\n", "\\u00", "1", "23", ".5", "e",
      "true", "fal", "null", "[", "]", "é", "日", "本", "na", "me", "\n", "  ", "red", "gre", "en",
    ]
    var words = Set<[UInt8]>()
    while words.count < count {
      var word: [UInt8] = []
      for _ in 0..<Int.random(in: 2...4, using: &random) {
        word += Array(parts.randomElement(using: &random)!.utf8)
      }
      if random.next() % 8 == 0 { word.removeLast() }
      if word.count > 1 { words.insert(word) }
    }
    return words.sorted { $0.lexicographicallyPrecedes($1) }.shuffled(using: &random)
  }

  static let schemas = [
    "{}", "{\"type\": \"object\"}",
    "{\"type\": \"object\", \"properties\": {\"name\": {}, \"ab\": {}}, \"required\": [\"name\"]}",
    "{\"type\": \"string\"}", "{\"enum\": [\"red\", \"green\", 5]}",
    "{\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\", \"maxLength\": 9}, \"a\": {\"type\": \"integer\"}}, \"required\": [\"name\"], \"additionalProperties\": false}",
    "{\"type\": \"array\", \"items\": {\"type\": \"string\", \"pattern\": \"^[a-z]+$\"}, \"minItems\": 2}",
    "{\"type\": \"string\", \"pattern\": \"^[a-z]+( [a-z]+)*$\", \"minLength\": 7, \"maxLength\": 12}",
    "{\"type\": \"string\", \"pattern\": \"^.*$\", \"maxLength\": 11}",
    "{\"type\": \"string\", \"pattern\": \"^.+$\", \"minLength\": 14}",
    "{\"type\": \"string\", \"pattern\": \"^\\\\w*1[^b]*(é|日本)$\"}",
    "{\"type\": \"string\", \"pattern\": \"^([^x]{3}x?)*$\", \"minLength\": 5, \"maxLength\": 13}",
    "{\"type\": \"string\", \"pattern\": \"^[à-ÿ日a-f]+$\", \"minLength\": 4, \"maxLength\": 9}",
    "{\"type\": \"string\", \"minLength\": 6, \"maxLength\": 8}",
    "{\"anyOf\": [{\"const\": {\"a\": 1}}, {\"type\": \"array\", \"items\": {\"type\": \"number\"}}]}",
  ]

  /// The same for calls in forms whose arguments are no JSON object.
  @Test(arguments: [ToolFamily.qwenCoder, .glm, .gemma, .lfm, .recipients, .miniMaxElements])
  func walkFindsEveryTokenOfCalls(family: ToolFamily) throws {
    let tools = """
      [{"name": "f", "parameters": {"type": "object", "properties": {"path": {"type": "string"}, \
      "e": {"enum": ["red", "green"]}, "n": {"type": "integer"}, "l": {"type": "array", "items": \
      {"type": "object", "properties": {"m": {"type": "string"}}}}}, "required": ["path"]}}]
      """
    let marks = [
      "<", "</", "<|\"|>", "\n</par", "</arg_value>\n", "</arg_value>x", ">>>", "=\"", "]<]",
      "minimax[>[</", "x]<]m",
    ]
    let checker = try TokenChecker(Self.words(800, seed: 5) + marks.map { Array($0.utf8) })
    var random = SeededGenerator(seed: 3)
    // The marks of the last form are long.
    let more = family == .miniMaxElements ? 100 : 0
    for left in [250 + more, 160 + more, 120 + more] {
      try checker.begin(tools: tools, family, isLazy: false)
      var bytes: [UInt8] = []
      var rest = left
      while true {
        rest -= 1
        let walked = checker.allowed(left: rest)
        #expect(walked == (0...checker.endToken).filter { checker.allows($0, left: rest) })
        let token = try #require(walked.randomElement(using: &random))
        if token == checker.endToken { break }
        checker.accept(token)
        bytes += checker.texts[Int(token)]
        if checker.mustEnd || rest == 0 { break }
      }
      let reading = ToolTests.Reading(family, [bytes], argument: checker.argument)
      #expect(!reading.names.isEmpty && reading.names.allSatisfy { $0 == "f" })
      for arguments in reading.arguments {
        guard case .object(let members)? = JSONValue(arguments) else {
          Issue.record("\(String(decoding: bytes, as: UTF8.self))")
          continue
        }
        #expect(members["path"] != nil, "\(arguments)")
      }
    }
  }

  /// The walk over all tokens finds those that are allowed one by one; a random one of them is taken
  /// each time, and the answer is whole within its tokens.
  @Test(arguments: schemas)
  func walkFindsEveryAllowedToken(schema: String) throws {
    let checker = try TokenChecker(Self.words(1500, seed: 1))
    var random = SeededGenerator(seed: 2)
    for left in [200, 30, 20] {
      try checker.begin(schema)
      var bytes: [UInt8] = []
      var rest = left
      while true {
        rest -= 1
        let walked = checker.allowed(left: rest)
        let single = (0...checker.endToken).filter { checker.allows($0, left: rest) }
        #expect(walked == single)
        let token = try #require(walked.randomElement(using: &random))
        if token == checker.endToken { break }
        checker.accept(token)
        bytes += checker.texts[Int(token)]
        if checker.mustEnd || rest == 0 { break }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let root = try #require(JSONValue(schema))
      let isValid = JSONValue(text).map { Validator(root: root).isValid($0, root) }
      #expect(isValid == true, "\(text)")
    }
  }

  /// In a text of a pattern, whatever precedes: the lengths and the tokens that are left come to their
  /// bounds, and characters are cut.
  @Test(arguments: [
    (0, 9, "^[a-z]+( [a-z]+)*$"), (8, 9, "^.*$"), (9, 20, "^[^é]*$"), (3, 6, "^[a-zé日]*$"),
    (0, 40, "^(a|b|the| )*$"),
  ])
  func walkInATextOfAPattern(least: Int, most: Int, pattern: String) throws {
    let words = Self.words(1200, seed: 9) + Self.letters(300, seed: 4)
    let checker = try TokenChecker(words)
    var random = SeededGenerator(seed: 6)
    for round in 0..<12 {
      try checker.begin(
        "{\"type\": \"string\", \"pattern\": \"\(pattern)\", \"minLength\": \(least), \"maxLength\": \(most)}"
      )
      checker.accept(Int32(UInt8(ascii: "\"")))
      for _ in 0..<round {
        let left = Int.random(in: 0...30, using: &random)
        for left in [left, checker.distance, checker.distance + 3, 1 << 20] {
          let walked = checker.allowed(left: left)
          #expect(walked == (0...checker.endToken).filter { checker.allows($0, left: left) })
        }
        let inside = checker.allowed(left: 1 << 20).filter {
          $0 < checker.endToken && !checker.texts[Int($0)].contains(UInt8(ascii: "\""))
        }
        guard let token = inside.randomElement(using: &random) else { break }
        checker.accept(token)
      }
    }
  }

  /// Words of letters, which begin alike; some are cut in a character.
  private static func letters(_ count: Int, seed: UInt64) -> [[UInt8]] {
    var random = SeededGenerator(seed: seed)
    var words = Set<[UInt8]>()
    while words.count < count {
      var word: [UInt8] = []
      for _ in 0..<Int.random(in: 2...7, using: &random) {
        word += Array(["a", "b", "é", "日", " ", "A", "1"].randomElement(using: &random)!.utf8)
      }
      if random.next() % 4 == 0 { word.removeLast() }
      words.insert(word)
    }
    return words.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// An answer with fewer tokens than its shortest text has bytes is not held up: its tokens may have
  /// several bytes each.
  @Test func fewTokensAreNoDeadEnd() throws {
    let words = ["{\"", "long_name\"", ": ", "\"red\"", "}"]
    let checker = try TokenChecker(words.map { Array($0.utf8) })
    try checker.begin(
      "{\"type\": \"object\", \"properties\": {\"long_name\": {\"const\": \"red\"}}, \"required\": "
        + "[\"long_name\"], \"additionalProperties\": false}")
    #expect(checker.distance > 12)
    for (index, left) in [6, 5, 4, 3, 2].enumerated() {
      let token = Int32(256 + index)
      #expect(checker.allows(token, left: left) && checker.allowed(left: left).contains(token))
      checker.accept(token)
    }
    #expect(checker.mustEnd)
  }

  @Test func aSpaceThatIsNotWrittenIsNotCounted() throws {
    let checker = try TokenChecker([Array(" \"red".utf8), Array("  \"red".utf8)])
    for (dropsSpace, expected) in [(true, true), (false, false)] {
      try checker.begin("{\"const\": \"red\"}", dropsSpace: dropsSpace)
      // One token more than the rest of the text has bytes.
      let isAllowed = checker.allows(256, left: 1)
      #expect(isAllowed)
      let mask = checker.allowed(left: 1).contains(256)
      #expect(mask)
      // JSON may begin with a space; the second one is always written.
      let second = checker.allows(257, left: 1)
      #expect(second == expected || second)
    }
  }
}
