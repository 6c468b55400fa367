import Foundation
import Testing
import Text

@testable import Service

/// Answers of other APIs than OpenAI's completions: their texts are those of chat completions.
@Suite(.serialized) struct OtherAnswerTests {
  private static let messages =
    "\"messages\":[{\"role\":\"system\",\"content\":\"Be é.\"},{\"role\":\"user\",\"content\":\"Hi\"}]"

  private func answer(_ rig: ServiceRig, _ path: String, _ body: String) throws -> RigAnswer {
    try LoopTests.answer(rig, LoopTests.post(path, body))
  }

  private func get(_ rig: ServiceRig, _ path: String) throws -> RigAnswer {
    try LoopTests.answer(rig, bytes("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n"))
  }

  private func object(_ text: some StringProtocol) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
  }

  /// The text of a chat completion, and its usage.
  private func expected(_ rig: ServiceRig) throws -> RigAnswer {
    try answer(
      rig, "/v1/chat/completions", "{\(Self.messages),\"max_tokens\":12,\"temperature\":0}")
  }

  @Test func ollamasChat() throws {
    let rig = try ServiceRig(budget: 1024)
    let expected = try expected(rig)
    let options = "\"options\":{\"num_predict\":12,\"temperature\":0}"
    let whole = try object(
      try answer(rig, "/api/chat", "{\(Self.messages),\(options),\"stream\":false}").body)
    let message = try #require(whole["message"] as? [String: Any])
    #expect(message["content"] as? String == expected.content && expected.content != "")
    #expect(message["role"] as? String == "assistant" && whole["model"] as? String == "tiny")
    #expect(whole["done"] as? Bool == true && whole["done_reason"] as? String == "length")
    #expect(whole["eval_count"] as? Int == 12 && (whole["eval_duration"] as? Int ?? 0) > 0)
    #expect(whole["prompt_eval_count"] as? Int == expected.usage("prompt_tokens"))
    let created = try #require(whole["created_at"] as? String)
    #expect(ISO8601DateFormatter().date(from: created) != nil, "\(created)")
    // Streams are the default.
    let stream = try answer(rig, "/api/chat", "{\(Self.messages),\(options)}")
    let lines = try stream.body.split(separator: "\n").map { try object($0) }
    let texts = lines.map { ($0["message"] as? [String: Any])?["content"] as? String ?? "?" }
    #expect(texts.joined() == expected.content && stream.body.hasSuffix("}\n"))
    #expect(lines.dropLast().allSatisfy { $0["done"] as? Bool == false && $0["eval_count"] == nil })
    #expect(lines.last?["done"] as? Bool == true && lines.last?["eval_count"] as? Int == 12)
  }

  @Test func ollamasGenerate() throws {
    let rig = try ServiceRig(budget: 1024)
    let expected = try expected(rig)
    let options = "\"options\":{\"num_predict\":12,\"temperature\":0}"
    let body = "{\"prompt\":\"Hi\",\(options),\"system\":\"Be é.\""
    let whole = try object(try answer(rig, "/api/generate", body + ",\"stream\":false}").body)
    #expect(whole["response"] as? String == expected.content)
    #expect(whole["prompt_eval_count"] as? Int == expected.usage("prompt_tokens"))
    let lines = try answer(rig, "/api/generate", body + "}").body.split(separator: "\n")
    #expect(
      try lines.map { try object($0)["response"] as? String ?? "?" }.joined() == expected.content)
    let plain = try answer(
      rig, "/v1/completions", "{\"prompt\":\"<|im_end|> a\",\"max_tokens\":12,\"temperature\":0}")
    let raw = try object(
      try answer(
        rig, "/api/generate",
        "{\"prompt\":\"<|im_end|> a\",\(options),\"raw\":true,\"stream\":false}"
      ).body)
    #expect(raw["response"] as? String == plain.content)
  }

  /// Without a prompt, clients ask for the model to be there.
  @Test func ollamasModel() throws {
    let rig = try ServiceRig()
    for (path, body) in [
      ("/api/generate", "{\"model\":\"tiny\"}"),
      ("/api/chat", "{\"model\":\"tiny\",\"messages\":[],\"keep_alive\":0}"),
    ] {
      let loaded = try object(try answer(rig, path, body).body)
      #expect(loaded["done_reason"] as? String == "load" && loaded["done"] as? Bool == true)
    }
    let tags = try object(try get(rig, "/api/tags").body)["models"] as? [[String: Any]]
    #expect(tags?.count == 1 && tags?[0]["name"] as? String == "tiny")
    let running = try object(try get(rig, "/api/ps").body)["models"] as? [[String: Any]]
    #expect(running?[0]["model"] as? String == "tiny" && running?[0]["size_vram"] as? Int == 0)
    #expect(try object(try get(rig, "/api/version").body)["version"] as? String == "1.2.3")
    let shown = try object(try answer(rig, "/api/show", "{\"model\":\"tiny\"}").body)
    let info = shown["model_info"] as? [String: Any]
    #expect(info?["general.architecture"] as? String == "llama")
    #expect(info?["llama.context_length"] as? Int == 512)
    #expect((shown["template"] as? String)?.hasPrefix("{% if tools %}") == true)
    let details = shown["details"] as? [String: Any]
    #expect(details?["quantization_level"] as? String == "int8", "\(shown)")
    #expect((shown["capabilities"] as? [String])?.contains("completion") == true)
    #expect(try answer(rig, "/api/show", "{\"name\":\"other\"}").status == 404)
    // The connection goes on behind an answer without a turn.
    let client = try rig.connect()
    client.send(LoopTests.post("/api/show", "{}") + LoopTests.text)
    #expect(try LoopTests.nextAnswer(rig, client).status == 200)
    #expect(try LoopTests.nextAnswer(rig, client).status == 200)
  }

  @Test func ollamasErrors() throws {
    let rig = try ServiceRig()
    for (path, body, status, text) in [
      (
        "/api/chat", "{\"model\":\"other\",\(Self.messages)}", 404, "there is no model of this name"
      ),
      ("/api/chat", "{\"options\":{\"num_ctx\":513}}", 400, "options.num_ctx must be"),
      ("/api/chat", "{\"options\":{\"a\\\"\":1}}", 400, "options.a\" is not known here"),
      ("/api/chat", "{\"messages\":[{\"role\":\"user\",\"content\":\"refuse\"}]}", 400, "messages"),
      ("/api/pull", "{}", 404, "there is nothing at this path"),
    ] {
      let answer = try answer(rig, path, body)
      let error = try object(answer.body)["error"] as? String
      #expect(answer.status == status && error?.contains(text) == true, "\(answer.body)")
    }
    // Requests need not say that they are JSON, but those of web pages must.
    let body = "{\(Self.messages)}"
    for (origin, status) in [("", 200), ("Origin: http://localhost\r\n", 415)] {
      let plain = try LoopTests.answer(
        rig,
        bytes(
          "POST /api/chat HTTP/1.1\r\nHost: localhost\r\n\(origin)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"))
      #expect(plain.status == status, "\(plain.body)")
    }
  }

  private static let anthropics = """
    "messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}],"max_tokens":12,\
    "temperature":0,"system":"Be é."
    """

  @Test func anthropicsMessages() throws {
    let rig = try ServiceRig(budget: 1024)
    let expected = try expected(rig)
    let whole = try object(try answer(rig, "/v1/messages", "{\(Self.anthropics)}").body)
    let content = try #require(whole["content"] as? [[String: Any]])
    #expect(content.count == 1 && content[0]["text"] as? String == expected.content)
    #expect(content[0]["type"] as? String == "text" && whole["type"] as? String == "message")
    #expect(
      whole["stop_reason"] as? String == "max_tokens" && whole["role"] as? String == "assistant")
    let usage = try #require(whole["usage"] as? [String: Int])
    #expect(
      usage["input_tokens"]! + usage["cache_read_input_tokens"]! == expected.usage("prompt_tokens"))
    #expect(usage["output_tokens"] == 12 && usage["cache_read_input_tokens"]! > 0)
    let count = try object(
      try answer(
        rig, "/v1/messages/count_tokens",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"system\":\"Be é.\"}"
      ).body)
    #expect(count["input_tokens"] as? Int == expected.usage("prompt_tokens"))
  }

  @Test func anthropicsStreams() throws {
    let rig = try ServiceRig(budget: 1024)
    let expected = try expected(rig)
    let stream = try answer(rig, "/v1/messages", "{\(Self.anthropics),\"stream\":true}")
    var names: [String] = []
    var text = ""
    for event in stream.body.components(separatedBy: "\n\n").dropLast() {
      let lines = event.components(separatedBy: "\n")
      #expect(lines.count == 2 && lines[1].hasPrefix("data: "), "\(event)")
      let data = try object(lines[1].dropFirst(6))
      #expect("event: \(data["type"] as? String ?? "?")" == lines[0])
      if names.last != lines[0] { names.append(lines[0]) }
      if let delta = data["delta"] as? [String: Any] { text += delta["text"] as? String ?? "" }
    }
    #expect(text == expected.content)
    #expect(
      names.map { $0.replacingOccurrences(of: "event: ", with: "") } == [
        "message_start", "ping", "content_block_start", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
      ])
    #expect(stream.body.contains("\"stop_reason\":\"max_tokens\",\"stop_sequence\":null"))
  }

  /// The stop text that came is told.
  @Test func anthropicsStopTexts() throws {
    let rig = try ServiceRig(budget: 1024)
    let text = try #require(try expected(rig).content)
    let stop = try #require(text.dropFirst(3).first { $0.isASCII && $0 != "\\" && $0 != "\"" })
    let stopped = try object(
      try answer(
        rig, "/v1/messages",
        "{\(Self.anthropics),\"stop_sequences\":[\"never seen\",\"\(stop)\"]}"
      ).body)
    #expect(stopped["stop_reason"] as? String == "stop_sequence", "\(stopped)")
    #expect(stopped["stop_sequence"] as? String == String(stop))
    let content = (stopped["content"] as? [[String: Any]])?.first?["text"] as? String
    #expect(content == String(text.prefix { $0 != stop }))
  }

  @Test func anthropicsErrors() throws {
    let rig = try ServiceRig()
    for (path, body, status, type, text) in [
      ("/v1/messages", "{}", 400, "invalid_request_error", "messages is missing"),
      (
        "/v1/messages", "{\"model\":\"x\",\(Self.anthropics)}", 404, "not_found_error",
        "there is no model"
      ),
      (
        "/messages",
        "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"refuse\"}]}", 400,
        "invalid_request_error", "messages"
      ),
    ] {
      let answer = try answer(rig, path, body)
      let whole = try object(answer.body)
      let error = whole["error"] as? [String: String]
      #expect(answer.status == status && whole["type"] as? String == "error", "\(answer.body)")
      #expect(error?["type"] == type && error?["message"]?.contains(text) == true, "\(answer.body)")
    }
  }

  private static let responses = """
    "input":[{"role":"user","content":[{"type":"input_text","text":"Hi"}]}],"temperature":0,\
    "max_output_tokens":12,"instructions":"Be é."
    """

  @Test func responses() throws {
    let rig = try ServiceRig(budget: 1024)
    let expected = try expected(rig)
    let whole = try object(try answer(rig, "/v1/responses", "{\(Self.responses)}").body)
    let output = try #require(whole["output"] as? [[String: Any]])
    let content = output.first?["content"] as? [[String: Any]]
    #expect(
      output.count == 1 && content?.count == 1 && content?[0]["type"] as? String == "output_text")
    #expect(content?[0]["text"] as? String == expected.content && whole["store"] as? Bool == false)
    #expect(whole["status"] as? String == "incomplete" && whole["object"] as? String == "response")
    let reason = (whole["incomplete_details"] as? [String: String])?["reason"]
    #expect(reason == "max_output_tokens")
    let usage = try #require(whole["usage"] as? [String: Any])
    #expect(usage["input_tokens"] as? Int == expected.usage("prompt_tokens"))
    #expect(usage["output_tokens"] as? Int == 12)
    let error = try object(try answer(rig, "/responses", "{\"input\":1}").body)
    #expect((error["error"] as? [String: Any])?["param"] as? String == "input")
  }

  private static let repeated = [
    "instructions", "max_output_tokens", "metadata", "parallel_tool_calls", "reasoning",
    "temperature", "text", "tool_choice", "tools", "top_p", "truncation", "user",
  ]

  /// A response has the members of its request as they stood, however many blocks they lie in.
  @Test(arguments: [0, 30, 40_000])
  func membersOfTheRequest(padding: Int) throws {
    let rig = try ServiceRig(budget: 1024)
    let long = String(repeating: "é\\u00e9 \\\"}]", count: padding / 13)
    let request = """
      {"metadata" :\r\n\t{"a": "\(long)", "b":"c"} , "temperature"\t:0\n,"top_p":5e-1 ,"user":null,
      "tools": [{"type":"function", "name":"f",\n"description":"\(long)",
      "parameters":{"type":"object"}}]\n, "tool_choice":"none","parallel_tool_calls":false,
      "reasoning":{},"text":{"format":\n{"type":"text"}},"input":"Hi",
      "max_output_tokens":3,"instructions":"Be \\"brief\\" é.\\n"}
      """
    let sent = try object(request)
    let whole = try object(try answer(rig, "/v1/responses", request).body)
    let body = "{\"stream\":true," + request.dropFirst()
    let events = try answer(rig, "/v1/responses", body).body.components(separatedBy: "\n\n")
    let first = events.prefix(2) + [events[events.count - 2]]
    let streamed = try first.map { event in
      let data = try #require(event.components(separatedBy: "\ndata: ").last)
      return try #require(try object(data)["response"] as? [String: Any])
    }
    for response in [whole] + streamed {
      for name in Self.repeated where name != "user" && name != "truncation" {
        let (told, asked) = (response[name] as? NSObject, sent[name] as? NSObject)
        #expect(told != nil && told == asked, "\(name)")
      }
      #expect(response["user"] is NSNull && response["truncation"] as? String == "disabled")
    }
    #expect(
      streamed.map { $0["status"] as? String } == ["in_progress", "in_progress", "incomplete"])
  }

  /// What a request does not say, the response has with the values that are used.
  @Test func membersThatAreMissing() throws {
    let rig = try ServiceRig(budget: 1024)
    let response = try object(try answer(rig, "/v1/responses", "{\"input\":\"Hi\"}").body)
    for name in Self.repeated { #expect(response[name] != nil, "\(name)") }
    #expect(response["tools"] as? [NSObject] == [] && response["metadata"] as? NSDictionary == [:])
    #expect(response["tool_choice"] as? String == "auto" && response["instructions"] is NSNull)
    #expect(response["parallel_tool_calls"] as? Bool == true && response["top_p"] is Double)
  }

  /// A stream ends with what it has said, however little a client takes at once.
  @Test(arguments: [12, 3000])
  func responsesAsStreams(count: Int) throws {
    let rig = try ServiceRig(budget: 64)
    let body = "{\(Self.responses),\"stream\":true}".replacingOccurrences(
      of: ":12,", with: ":\(count),")
    let stream = try answer(rig, "/v1/responses", body)
    var names: [String] = []
    var text = ""
    var last: [String: Any] = [:]
    for (index, event) in stream.body.components(separatedBy: "\n\n").dropLast().enumerated() {
      let lines = event.components(separatedBy: "\n")
      #expect(lines.count == 2 && lines[1].hasPrefix("data: "), "\(event)")
      last = try object(lines[1].dropFirst(6))
      #expect("event: \(last["type"] as? String ?? "?")" == lines[0])
      #expect(last["sequence_number"] as? Int == index)
      if names.last != lines[0] { names.append(lines[0]) }
      text += last["delta"] as? String ?? ""
      if let done = last["text"] as? String { #expect(done == text) }
    }
    #expect(
      names.map { $0.replacingOccurrences(of: "event: response.", with: "") } == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
        "output_text.done", "content_part.done", "output_item.done", "incomplete",
      ])
    let response = try #require(last["response"] as? [String: Any])
    let output = try #require(response["output"] as? [[String: Any]])
    let content = output.first?["content"] as? [[String: Any]]
    #expect(content?.first?["text"] as? String == text && text.utf8.count > count / 2)
    #expect((response["usage"] as? [String: Any])?["output_tokens"] as? Int == count)
  }
}
