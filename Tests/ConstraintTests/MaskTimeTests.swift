import Foundation
import TestSupport
import Testing

@testable import Constraint

private let vocabularyFile = Files.shared("data/tokenizers/ggml-vocab-qwen2.gguf")

/// How long it takes to find all tokens that may come, of a vocabulary of 151,000. The times are written
/// out; they are held to a bound only if `EDGE_INFER_MASK_TIMES` asks for it, because other work on the
/// machine changes them.
@Suite(.enabled(if: vocabularyFile != nil, "no reference vocabulary"))
struct MaskTimeTests {
  /// The texts of the tokens, from the file's metadata: the key, the type of a list (9) of strings (8), the
  /// count, and the strings.
  private static func tokens() throws -> [[UInt8]] {
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: vocabularyFile!)))
    let key = Array("tokenizer.ggml.tokens".utf8)
    func word(_ place: Int) -> Int {
      (0..<8).reduce(0) { $0 | Int(file[place + $1]) << (8 * $1) }
    }
    let start = try #require(
      file.indices.first {
        $0 + key.count < file.count && file[$0] == key[0]
          && file[$0..<$0 + key.count].elementsEqual(key)
      })
    var place = start + key.count + 8
    let count = word(place)
    place += 8
    var tokens: [[UInt8]] = []
    for _ in 0..<count {
      let length = word(place)
      let text = String(decoding: file[place + 8..<place + 8 + length], as: UTF8.self)
      let bytes = text.unicodeScalars.compactMap { TokenChecker.byte(of: $0) }
      if bytes.count == text.unicodeScalars.count && bytes.count > 1 { tokens.append(bytes) }
      place += 8 + length
    }
    return tokens
  }

  private static func names(_ count: Int) -> String {
    "{" + (0..<count).map { "\"name\($0)\":0" }.joined(separator: ",")
  }

  @Test func aMaskTakesAMillisecondAtMost() throws {
    let checker = try TokenChecker(try Self.tokens())
    #expect(checker.texts.count > 150_000)
    let cases = [
      ("before a value", #"{"type": "object"}"#, ""),
      ("in a name", #"{"type": "object", "properties": {"name": {"type": "string"}}}"#, #"{""#),
      ("in a name, behind 250 others", "{}", Self.names(250) + ",\"n"),
      (
        "in a listed name",
        #"{"type": "object", "properties": {"name": {}, "n": {}}, "additionalProperties": false}"#,
        #"{"n"#
      ),
      ("in a free string", "{}", #"{"a": "b"#),
      ("in a bounded string", #"{"type": "string", "maxLength": 30}"#, "\"b"),
      ("in words", #"{"type": "string", "pattern": "^[a-z]+( [a-z]+)*$"}"#, "\"b"),
      ("in words after a space", #"{"type": "string", "pattern": "^[a-z]+( [a-z]+)*$"}"#, "\"b "),
      ("in a line", #"{"type": "string", "pattern": "^.+$"}"#, "\"b"),
      ("in a name of \\w", #"{"type": "string", "pattern": "^\\w+$"}"#, "\"b"),
      (
        "in a line of a length", #"{"type": "string", "pattern": "^.*$", "maxLength": 40}"#, "\"b"
      ),
      ("in a date", #"{"type": "string", "format": "date"}"#, "\"20"),
      ("in a listed string", #"{"enum": ["red", "green", "blue"]}"#, "\"gr"),
      ("in a number", #"{"type": "integer", "minimum": 5, "maximum": 5000}"#, "2"),
    ]
    let isHeld = ProcessInfo.processInfo.environment["EDGE_INFER_MASK_TIMES"] != nil
    for (name, schema, text) in cases {
      try checker.begin(schema)
      for byte in text.utf8 { checker.accept(Int32(byte)) }
      // So many tokens that no end is asked for, and so few that there must be one.
      for left in [1 << 20, 250] {
        var least = Double.infinity
        for _ in 0..<20 {
          let start = ContinuousClock.now
          checker.findAllowed(left: left)
          least = min(least, (ContinuousClock.now - start) / .milliseconds(1))
        }
        print("mask \(name), \(left) tokens left: \(String(format: "%.2f", least)) ms")
        #expect(!isHeld || least <= 1, "\(name): \(least) ms")
      }
    }
  }
}
