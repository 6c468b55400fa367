import Foundation
import TestSupport
import Testing

/// Answers that are bound to a schema or a grammar, through the program.
@Suite(
  .serialized, .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct BoundAnswerTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func write(_ text: String) throws -> String {
    let path = folder.path("binding")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func answer(
    _ option: String, _ text: String, _ options: [String] = [], model: String? = nil,
    maxTokens: Int = 120
  ) throws -> Outcome {
    try run(
      [
        Files.program!, "--profile", Files.hostProfile, "--prompt", "Once upon a time", "--quiet",
        "--max-tokens", "\(maxTokens)", option, try write(text),
      ] + options + (model.map { ["--raw", "--model", $0] } ?? []))
  }

  private static let person = """
    {"type": "object", "properties": {"name": {"type": "string", "maxLength": 20},
     "age": {"type": "integer", "minimum": 0, "maximum": 120},
     "kind": {"enum": ["cat", "dog"]}, "tags": {"type": "array", "items": {"type": "string"}}},
     "required": ["name", "age", "kind"], "additionalProperties": false}
    """

  private func expectPerson(_ text: String) throws {
    let object = try #require(
      try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    let name = try #require(object["name"] as? String)
    let age = try #require(object["age"] as? Int)
    #expect(name.unicodeScalars.count <= 20 && (0...120).contains(age), "\(text)")
    #expect(["cat", "dog"].contains(object["kind"] as? String), "\(text)")
    #expect(Set(object.keys).isSubset(of: ["name", "age", "kind", "tags"]), "\(text)")
  }

  @Test func theLikeliestAnswerIsAsTheSchemaSays() throws {
    let outcome = try answer("--json-schema", Self.person)
    try #require(outcome.code == 0, "\(outcome.error)")
    try expectPerson(outcome.output)
  }

  /// With any temperature and few tokens; the second model knows no JSON.
  @Test(arguments: 0..<6)
  func drawnAnswersAreAsTheSchemaSays(seed: Int) throws {
    let sampling = [
      "--temperature", "1", "--seed", "\(seed)", "--top-k", seed % 2 == 0 ? "0" : "40",
    ]
    for model in [nil, Files.stories] {
      for maxTokens in [60, 160] {
        let outcome = try answer(
          "--json-schema", Self.person, sampling, model: model, maxTokens: maxTokens)
        try #require(outcome.code == 0, "\(outcome.error)")
        try expectPerson(outcome.output)
      }
    }
  }

  @Test func grammarsBindAnswers() throws {
    let outcome = try answer("--grammar", "root ::= (\"yes\" | \"no\") \"!\"{3}")
    #expect(["yes!!!\n", "no!!!\n"].contains(outcome.output), "\(outcome.output)")
  }

  @Test func errorsAreOneLine() throws {
    let path = folder.path("binding")
    for (option, text, code, message) in [
      ("--json-schema", "{\"not\": {}}", 65, "'\(path)': the schema at #/not is a keyword that"),
      ("--json-schema", "{", 65, "'\(path)': the schema is not JSON"),
      ("--grammar", "root ::= x", 65, "'\(path)': the grammar at byte 9 names a rule that"),
    ] {
      let outcome = try answer(option, text)
      #expect(Int(outcome.code) == code && outcome.output.isEmpty)
      #expect(outcome.error.hasPrefix("edge-infer: \(message)"), "\(outcome.error)")
      #expect(outcome.error.split(separator: "\n").count == 1)
    }
    #expect(try answer("--grammar", "root ::= \"a\"", ["--json-schema", path]).code == 64)
    let large = "{\"enum\": [" + (0..<4000).map { "\"word\($0)\"" }.joined(separator: ",") + "]}"
    let outcome = try answer("--json-schema", large, ["--grammar-kib", "16"])
    #expect(outcome.code == 65 && outcome.error.contains("--grammar-kib makes it larger"))
  }
}
