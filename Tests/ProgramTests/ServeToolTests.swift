import Foundation
import TestSupport
import Testing

/// Requests with tools, on a model that knows no form of calls and on one that knows no JSON.
@Suite(
  .serialized,
  .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct ServeToolTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let messages = [("user", "It is dark in the kitchen.")]
  private static var light: [String: Any] {
    [
      "type": "object",
      "properties": [
        "room": ["enum": ["kitchen", "hall"]],
        "level": ["type": "integer", "minimum": 0, "maximum": 100],
      ],
      "required": ["room"], "additionalProperties": false,
    ]
  }
  private static var tools: [[String: Any]] {
    [
      [
        "type": "function",
        "function": ["name": "set_light", "description": "Switches a lamp.", "parameters": light],
      ],
      [
        "type": "function",
        "function": ["name": "now", "parameters": ["type": "object", "properties": [:]]],
      ],
    ]
  }

  /// A template of Qwen's form of calls.
  private static let template = """
    {%- if tools %}<|im_start|>system\n<tools>{{ tools | tojson }}</tools> <tool_call><|im_end|>\n\
    {% endif -%}{%- for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}\
    {%- for c in m.tool_calls or [] %}<tool_call>\n{"name": "{{ c.function.name }}", "arguments": \
    {{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}<|im_end|>\n{% endfor -%}\
    <|im_start|>assistant\n
    """

  private struct Call: Equatable {
    var id = ""
    var name = ""
    var arguments = ""

    var values: [String: Any]? {
      try? JSONSerialization.jsonObject(with: Data(arguments.utf8)) as? [String: Any]
    }

    /// Whether the arguments are what the tool's schema asks for.
    var isValid: Bool {
      guard let values else { return false }
      if name == "now" { return true }
      let level = values["level"] as? Int
      return name == "set_light" && ["kitchen", "hall"].contains(values["room"] as? String)
        && Set(values.keys).isSubset(of: ["room", "level"])
        && (values["level"] == nil || level.map { (0...100).contains($0) } == true)
    }
  }

  private func calls(_ answer: ServiceAnswer) -> [Call] {
    let message = (answer.json["choices"] as? [[String: Any]])?.first?["message"] as? [String: Any]
    var calls: [Call] = []
    var parts = message?["tool_calls"] as? [[String: Any]] ?? []
    for event in answer.events {
      let choice = (event["choices"] as? [[String: Any]])?.first
      parts += (choice?["delta"] as? [String: Any])?["tool_calls"] as? [[String: Any]] ?? []
    }
    for part in parts {
      let function = part["function"] as? [String: String] ?? [:]
      if let id = part["id"] as? String { calls.append(Call(id: id, name: function["name"] ?? "")) }
      calls[calls.count - 1].arguments += function["arguments"] ?? ""
    }
    return calls
  }

  /// Calls that must come are calls of the tools, with valid arguments, streamed or not.
  @Test(arguments: [nil, Files.stories])
  func requiredCallsAreValid(model: String?) throws {
    let service = try RunningService(
      model == nil ? [] : ["--chat-template", try templateFile()], model: model)
    for index in 0..<10 {
      let more: [String: Any] = [
        "tools": Self.tools, "tool_choice": "required", "temperature": 1, "seed": index,
        "max_tokens": 120, "stream": index % 2 == 1,
      ]
      let answer = try service.chat(Self.messages, more)
      let calls = calls(answer)
      #expect(answer.status == 200 && calls.count > 0, "\(answer.text)")
      for call in calls { #expect(call.isValid, "\(answer.text)") }
      #expect(index % 2 == 1 || answer.finishReason == "tool_calls", "\(answer.text)")
    }
    let chosen: [String: Any] = [
      "tools": Self.tools, "parallel_tool_calls": false, "n": 2, "max_tokens": 120,
      "tool_choice": ["type": "function", "function": ["name": "set_light"]],
    ]
    let answer = try service.chat(Self.messages, chosen)
    #expect(calls(answer).map(\.name) == ["set_light"], "\(answer.text)")
    #expect((answer.json["choices"] as? [[String: Any]])?.count == 2)
  }

  private func templateFile() throws -> String {
    try folder.write("template.jinja", Data(Self.template.utf8))
  }

  /// As Home Assistant asks: the list of models, a conversation with tools as a stream and not, then the
  /// results.
  @Test func aConversationWithTools() throws {
    let service = try RunningService(
      ["--chat-template", try templateFile()], model: nil, budget: 1024)
    #expect(try service.get("/v1/models").status == 200)
    for isStream in [false, true] {
      let first = try service.chat(
        Self.messages,
        [
          "tools": Self.tools, "tool_choice": "required", "parallel_tool_calls": false,
          "stream": isStream,
        ])
      let made = calls(first)
      #expect(made.count > 0)
      var messages: [[String: Any]] = [["role": "user", "content": "It is dark."]]
      messages.append([
        "role": "assistant", "content": NSNull(),
        "tool_calls": made.map {
          [
            "id": $0.id, "type": "function",
            "function": ["name": $0.name, "arguments": $0.arguments],
          ] as [String: Any]
        },
      ])
      for call in made {
        messages.append(["role": "tool", "tool_call_id": call.id, "content": "{\"done\": true}"])
      }
      let body: [String: Any] = [
        "messages": messages, "tools": Self.tools, "stream": isStream, "max_tokens": 40,
      ]
      let second = try service.post("/v1/chat/completions", body)
      #expect(second.status == 200, "\(second.text)")
      // Without a choice the model may call again; what it calls is valid.
      for call in calls(second) where second.finishReason == "tool_calls" {
        #expect(call.isValid, "\(second.text)")
      }
    }
    let none = try service.chat(
      Self.messages, ["tools": Self.tools, "tool_choice": "none", "max_tokens": 20])
    #expect(calls(none).isEmpty && none.content?.isEmpty == false, "\(none.text)")
  }

  /// With a schema for the answer too, an answer is either.
  @Test func callsOrASchema() throws {
    let service = try RunningService(["--chat-template", try templateFile()], model: nil)
    let schema: [String: Any] = [
      "type": "object", "properties": ["color": ["enum": ["red", "blue"]]], "required": ["color"],
      "additionalProperties": false,
    ]
    for seed in 0..<4 {
      let answer = try service.chat(
        Self.messages,
        [
          "tools": Self.tools, "guided_json": schema, "temperature": 1, "seed": seed,
          "max_tokens": 160,
        ])
      #expect(answer.status == 200, "\(answer.text)")
      let made = calls(answer)
      for call in made { #expect(call.isValid, "\(answer.text)") }
      if !made.isEmpty { continue }
      let value =
        try JSONSerialization.jsonObject(with: Data((answer.content ?? "").utf8))
        as? [String: String]
      #expect(["red", "blue"].contains(value?["color"]), "\(answer.text)")
    }
    let generic = try RunningService(model: nil)
    let refused = try generic.chat(Self.messages, ["tools": Self.tools, "guided_json": schema])
    #expect(refused.status == 400 && refused.error["param"] as? String == "tools")
  }

  /// A message of three megabytes goes through the template whole, and so do many of them.
  @Test func longMessagesFit() throws {
    let service = try RunningService(model: nil)
    let text = String(repeating: "A long message. ", count: 196_608)
    let answer = try service.post(
      "/apply-template", ["messages": [["role": "user", "content": text]]])
    let prompt = try #require(answer.json["prompt"] as? String, "\(answer.text.prefix(300))")
    #expect(prompt.contains("user\n" + text.dropLast()) && prompt.utf8.count > text.utf8.count)
    let many = (0..<5000).map { ["role": $0 % 2 == 0 ? "user" : "assistant", "content": "x"] }
    let turns = try service.post(
      "/apply-template", ["messages": many + [["role": "user", "content": "y"]]])
    #expect(turns.status == 200, "\(turns.text.prefix(300))")
    let written = turns.json["prompt"] as? String ?? ""
    #expect(written.components(separatedBy: "assistant\nx<|im_end|>\n").count == 2501)
    #expect(written.hasSuffix("user\ny<|im_end|>\n<|im_start|>assistant\n"))
  }

  /// A template that does not know tools is told of them in the system message.
  @Test func everyTemplateTellsOfTools() throws {
    let service = try RunningService(model: nil)
    let call: [String: Any] = [
      "id": "a", "type": "function", "function": ["name": "now", "arguments": "{\"a\": 1}"],
    ]
    let messages: [[String: Any]] = [
      ["role": "system", "content": "Be brief."], ["role": "user", "content": "When is it?"],
      ["role": "assistant", "content": NSNull(), "tool_calls": [call]],
      ["role": "tool", "tool_call_id": "a", "content": "noon"],
    ]
    let answer = try service.post(
      "/apply-template", ["messages": messages, "tools": Self.tools])
    let prompt = try #require(answer.json["prompt"] as? String, "\(answer.text)")
    #expect(prompt.hasPrefix("<|im_start|>system\nBe brief.\n\nYou can call functions."))
    #expect(prompt.contains("\n{\"name\": \"set_light\", ") || prompt.contains("\"set_light\""))
    #expect(prompt.contains("assistant\n{\"name\": \"now\", \"arguments\": {\"a\": 1}}<|im_end|>"))
    #expect(prompt.contains("user\nThe function returned: noon<|im_end|>"))
    let free = try service.post("/apply-template", ["messages": messages.prefix(2).map { $0 }])
    #expect((free.json["prompt"] as? String)?.contains("functions") == false)
  }

  /// A history with calls needs no tools, though the template knows none; a system message may come late.
  @Test func callsOfTheHistory() throws {
    let service = try RunningService(model: nil)
    let call: [String: Any] = [
      "id": "c", "type": "function", "function": ["name": "now", "arguments": "{}"],
    ]
    var messages: [[String: Any]] = [
      ["role": "user", "content": "a"],
      ["role": "assistant", "content": NSNull(), "tool_calls": [call]],
      ["role": "tool", "tool_call_id": "c", "content": "noon"],
      ["role": "system", "content": "late"], ["role": "user", "content": "b"],
    ]
    let answer = try service.post("/v1/chat/completions", ["messages": messages, "max_tokens": 1])
    #expect(answer.status == 200, "\(answer.text)")
    let prompt = try service.post("/apply-template", ["messages": messages]).text
    #expect(prompt.contains("returned: noon") && !prompt.contains("You can call functions"))
    messages[1]["tool_calls"] = nil
    #expect(try service.post("/v1/chat/completions", ["messages": messages]).status == 400)
  }

  /// gpt-oss's template looks for marks in each content, which null is not: such a message has an empty one.
  @Test func contentsThatAreLookedInto() throws {
    let template = """
      {%- for m in messages %}[{% set message = m %}{% if "content" in message -%}
      {%- if "<|x|>" in message.content %}{{ raise_exception("x") }}{% endif %}{{ message.content }}
      {%- endif %}{% for c in m.tool_calls or [] %} to={{ c.function.name }}{% endfor %}]{% endfor %}
      """
    let file = try folder.write("looking.jinja", Data(template.utf8))
    let service = try RunningService(["--chat-template", file], model: nil)
    let call: [String: Any] = [
      "id": "c", "type": "function", "function": ["name": "now", "arguments": "{}"],
    ]
    for content in [NSNull(), nil] as [Any?] {
      var turn: [String: Any] = ["role": "assistant", "tool_calls": [call]]
      if let content { turn["content"] = content }
      let answer = try service.post(
        "/apply-template",
        ["messages": [["role": "user", "content": "a"], turn] as [[String: Any]]])
      #expect(answer.json["prompt"] as? String == "[a][ to=now]", "\(answer.text)")
    }
  }

  @Test func wrongToolsAreRefused() throws {
    let service = try RunningService(model: nil)
    let bad: [[String: Any]] = [["type": "function", "function": ["name": "a b"]]]
    let answer = try service.chat(Self.messages, ["tools": bad])
    #expect(answer.status == 400 && answer.error["param"] as? String == "tools")
    #expect((answer.error["message"] as? String)?.contains("#/0/function/name") == true)
    let unknown = try service.chat(
      Self.messages,
      ["tools": Self.tools, "tool_choice": ["type": "function", "function": ["name": "x"]]])
    #expect(unknown.status == 400, "\(unknown.text)")
  }
}
