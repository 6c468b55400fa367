import Foundation
import TestSupport
import Testing

/// Requests whose answers are bound, on a model that knows JSON and one that does not.
@Suite(
  .serialized,
  .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct ServeBindingTests {
  private static let messages = [("user", "Tell me about the sea.")]

  /// Random schemas at temperature 1: every answer is valid, streamed or not.
  @Test(arguments: [nil, Files.stories])
  func everyAnswerIsValid(model: String?) throws {
    if model == nil && Files.stories == nil && Files.model == nil { return }
    let service = try RunningService(["--raw"], model: model)
    var schemas = RandomSchema(random: SeededGenerator(seed: model == nil ? 5 : 6))
    var count = 0
    // The default model takes most of the time; EDGE_INFER_BINDINGS asks for more.
    let wanted = ProcessInfo.processInfo.environment["EDGE_INFER_BINDINGS"].flatMap { Int($0) }
    while count < wanted ?? (model == nil ? 12 : 100) {
      let text = schemas.document()
      // Which alternative holds is not known before the end.
      if text.contains("oneOf") { continue }
      // Foundation writes this number with other digits.
      if text.contains("1.1") { continue }
      let schema = try JSONSerialization.jsonObject(with: Data(text.utf8))
      let body: [String: Any] = [
        "prompt": "Once upon a time", "max_tokens": 200, "temperature": 1, "seed": count,
        "top_k": count % 3 == 0 ? 0 : 40, "stream": count % 2 == 0, "guided_json": schema,
      ]
      let answer = try service.post("/v1/completions", body)
      if answer.status == 400 {
        #expect((answer.error["message"] as? String)?.contains("no text at all") == true, "\(text)")
        continue
      }
      count += 1
      let content = count % 2 == 1 ? answer.streamed : answer.content ?? ""
      let root = try #require(JSONValue(text))
      let value = JSONValue(content)
      #expect(value.map { Validator(root: root).isValid($0, root) } == true, "\(text) \(content)")
    }
  }

  @Test func responseFormats() throws {
    let service = try RunningService(model: nil)
    let object = try service.chat(
      Self.messages, ["max_tokens": 60, "response_format": ["type": "json_object"]])
    let parsed = try JSONSerialization.jsonObject(with: Data((object.content ?? "").utf8))
    #expect(parsed is [String: Any])
    let schema: [String: Any] = [
      "type": "object", "properties": ["color": ["enum": ["red", "blue"]]], "required": ["color"],
      "additionalProperties": false,
    ]
    let format: [String: Any] = [
      "type": "json_schema", "json_schema": ["name": "x", "strict": true, "schema": schema],
    ]
    let bound = try service.chat(Self.messages, ["response_format": format])
    let value =
      try JSONSerialization.jsonObject(with: Data((bound.content ?? "").utf8)) as? [String: String]
    #expect(["red", "blue"].contains(value?["color"]), "\(bound.text)")
    let grammar = try service.chat(Self.messages, ["grammar": "root ::= \"sea\" | \"lake\""])
    #expect(["sea", "lake"].contains(grammar.content))
    // The next request is free again.
    let free = try service.chat(Self.messages, ["max_tokens": 8])
    #expect(free.content?.hasPrefix("{") == false && free.status == 200)
  }

  @Test func whatCannotBeBoundIsRefused() throws {
    let service = try RunningService(["--grammar-kib", "8"], model: nil)
    func refusal(_ more: [String: Any]) throws -> String {
      let answer = try service.chat(Self.messages, more)
      #expect(answer.status == 400)
      return answer.error["message"] as? String ?? ""
    }
    let format = { (schema: [String: Any]) in
      ["response_format": ["type": "json_schema", "json_schema": ["schema": schema]]]
    }
    #expect(
      try refusal(format(["properties": ["a": ["not": [:]]]]))
        == "the schema at #/properties/a/not is a keyword that cannot be enforced")
    #expect(try refusal(["grammar": "root ::= x"]).hasPrefix("the grammar at byte 9 names a rule"))
    let large = ["enum": (0..<900).map { "word\($0)" }]
    #expect(try refusal(format(large)).contains("larger than the memory for grammars"))
    #expect(
      try refusal(["response_format": ["type": "json_schema"]])
        == "response_format.json_schema.schema is missing; it must be a JSON schema, as an object")
    #expect(try refusal(["response_format": ["type": "xml"]]).contains("json_schema"))
    let none = try RunningService(["--grammar-kib", "0"], model: nil)
    let answer = try none.chat(Self.messages, ["grammar": "root ::= \"x\""])
    #expect(answer.status == 400 && (answer.error["message"] as? String)?.contains("is 0") == true)
  }
}
