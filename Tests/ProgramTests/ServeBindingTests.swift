import Foundation
import TestSupport
import Testing

/// Requests whose answers are bound.
@Suite(
  .serialized,
  .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct ServeBindingTests {
  private static let messages = [("user", "Tell me about the sea.")]

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
