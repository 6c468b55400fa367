import Foundation
import TestSupport
import Testing
import Text

@testable import Service

/// The object that the chat template is given, as JSON. A content that is a list is a list of its texts.
private struct ObjectConsumer: PromptConsumer {
  var json = "{"
  var stops: [String] = []
  private var isMuted = false
  private var needsComma = false
  private var text: [UInt8] = []

  private mutating func write(_ value: String, opens: Bool = false) {
    if isMuted { return }
    json += (needsComma ? "," : "") + value
    needsComma = !opens
  }

  private mutating func writeString(isName: Bool = false) {
    let data = try! JSONSerialization.data(
      withJSONObject: String(decoding: text, as: UTF8.self), options: .fragmentsAllowed)
    write(String(decoding: data, as: UTF8.self) + (isName ? ":" : ""), opens: isName)
  }

  private mutating func write(name: String) {
    text = Array(name.utf8)
    writeString(isName: true)
  }

  private mutating func close(_ bracket: String) {
    if isMuted { return }
    json += bracket
    needsComma = true
  }

  mutating func take(_ text: Span<UInt8>) { Issue.record("no conversation") }
  mutating func take(token: Int32) { Issue.record("no conversation") }
  mutating func take(bias: Double, of token: Int32) { Issue.record("no bias") }
  mutating func take(stop: FixedText<257>) { if !isMuted { stops.append(string(stop)) } }
  mutating func mute(_ isMuted: Bool) { self.isMuted = isMuted }
  mutating func take(name: StaticString) { write(name: "\(name)") }
  mutating func take(word: FixedText<33>) { write("\"\(string(word))\"") }
  mutating func take(role: MessageRole) {
    write(name: "role")
    write("\"\(role.name)\"")
  }
  mutating func takeNoContent() { takeNullContent() }

  mutating func take(_ event: JSONTokenizer.Event, _ bytes: Span<UInt8>) {
    switch event {
    case .needsMore: Issue.record("no event")
    case .beginObject: write("{", opens: true)
    case .endObject: close("}")
    case .beginArray: write("[", opens: true)
    case .endArray: close("]")
    case .beginName, .beginString: text = []
    case .endName: writeString(isName: true)
    case .endString: writeString()
    case .text(let range): text += range.map { bytes[$0] }
    case .character(let character): text += (0..<character.count).map { character.storage[$0] }
    case .number(let number): write("\(number.integer ?? 0)")
    case .boolean(let value): write("\(value)")
    case .null: write("null")
    }
  }

  mutating func beginContent() {
    write(name: "content")
    text = []
  }
  mutating func endContent() { writeString() }
  mutating func beginContentList() {
    write(name: "content")
    write("[", opens: true)
  }
  mutating func beginContentPart() { text = [] }
  mutating func endContentPart() { writeString() }
  mutating func endContentList() { close("]") }
}

private struct SeenConversation {
  var settings = CompletionSettings()
  var kind = RequestKind.chat
  var json = ""
  var stops: [String] = []
  var message = ""

  func isEqual(_ other: String) -> Bool {
    guard let one = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSDictionary,
      let two = try? JSONSerialization.jsonObject(with: Data(other.utf8)) as? NSDictionary
    else { return false }
    return one == two
  }
}

/// Reads a body as a service does: once to check it, and then what it says, in parts if it has a
/// system message of its own.
private func read(_ kind: RequestKind, _ pieces: [ArraySlice<UInt8>]) -> SeenConversation {
  var seen = SeenConversation()
  var reader = CompletionReader(kind)
  var queue = PromptQueue()
  do throws(RequestError) {
    for piece in pieces { try reader.feed(piece.span, to: &queue) }
    try reader.finish()
    (seen.settings, seen.kind) = (reader.settings, reader.kind)
    var consumer = ObjectConsumer()
    for part: BodyPart in reader.settings.hasSystem ? [.rest, .system, .conversation] : [.all] {
      var second = CompletionReader(reader.kind, part: part)
      consumer.mute(part.isMuted)
      for piece in pieces { try second.feed(piece.span, to: &consumer) }
    }
    (seen.json, seen.stops) = (consumer.json + "}", consumer.stops)
  } catch {
    var text = Text()
    error.writeMessage(to: &text, unknown: reader.unknownName)
    seen.message = text.string
  }
  return seen
}

private func read(_ kind: RequestKind, _ text: String) -> SeenConversation {
  let text = bytes(text)
  let whole = read(kind, [text[...]])
  for pieces in partings(text) {
    let parted = read(kind, pieces)
    if parted.json != whole.json || parted.message != whole.message {
      Issue.record("parted as \(pieces.map(Array.init)): \(parted.json) \(parted.message)")
    }
  }
  return whole
}

private let anthropicBody = """
  {"max_tokens": 9, "stop_sequences": ["x"], "messages": [
   {"content": [{"text": "a", "type": "text", "cache_control": {"type": "ephemeral"}},
     {"type": "text", "text": "b"}], "role": "user"},
   {"role": "assistant", "content": [
     {"type": "thinking", "thinking": "h", "signature": "s"}, {"type": "text", "text": "t"},
     {"input": {"q": [1]}, "name": "f", "id": "u1", "type": "tool_use"},
     {"type": "tool_use", "id": "u2", "name": "g", "input": {}},
     {"type": "text", "text": "after"}]},
   {"role": "user", "content": [
     {"type": "tool_result", "tool_use_id": "u1", "content": "4"},
     {"content": [{"type": "text", "text": "5"}], "tool_use_id": "u2", "type": "tool_result",
      "is_error": true},
     {"type": "tool_result", "tool_use_id": "u3"}, {"type": "text", "text": "and?"}]},
   {"role": "assistant", "content": "so"}],
   "tools": [{"name": "f", "input_schema": {"type": "object", "name": 1}, "description": "d"},
    {"type": "custom", "name": "g", "input_schema": {}}],
   "tool_choice": {"type": "any", "disable_parallel_tool_use": true}, "metadata": {"user_id": "u"},
   "thinking": {"type": "disabled"}, "top_k": 5, "temperature": 1, "stream": true,
   "system": [{"type": "text", "text": "one"}, {"text": "two", "type": "text"}]}
  """

private let responsesBody = """
  {"input": [{"role": "user", "content": "a"},
    {"type": "reasoning", "id": "r", "summary": [], "content": [
      {"type": "reasoning_text", "text": "h"}, {"type": "reasoning_text", "text": "i"}]},
    {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [
      {"type": "output_text", "text": "t", "annotations": [], "logprobs": []}]},
    {"type": "function_call", "id": "fc", "call_id": "c1", "name": "f", "arguments": "{}"},
    {"arguments": "{\\"q\\": 1}", "name": "g", "call_id": "c2", "type": "function_call"},
    {"type": "function_call_output", "call_id": "c1", "output": "4"},
    {"output": [{"type": "input_text", "text": "5"}], "call_id": "c2",
     "type": "function_call_output"},
    {"type": "function_call", "call_id": "c3", "name": "f", "arguments": "x"},
    {"type": "function_call_output", "call_id": "c3", "output": ""},
    {"content": [{"text": "b", "type": "input_text"}], "role": "developer"}],
   "tools": [{"type": "function", "name": "f", "strict": true, "parameters": {"a": 1}}],
   "tool_choice": {"type": "function", "name": "f"}, "max_output_tokens": 7, "store": true,
   "text": {"format": {"type": "json_schema", "name": "n", "schema": {"text": 1}},
    "verbosity": "low"}, "reasoning": {"effort": "high", "summary": null}, "include": [],
   "instructions": "Be \\u00e9.", "truncation": "disabled", "top_p": 0.5}
  """

/// Requests of other APIs than OpenAI's chat completions.
@Suite struct ConversationReaderTests {
  @Test func ollamasChat() {
    let seen = read(
      .ollamaChat,
      """
      {"model": "m", "messages": [{"role": "system", "content": "Be brief."},
       {"role": "assistant", "content": "", "thinking": "h", "tool_calls": [
        {"function": {"name": "f", "arguments": {"a": [1, "b"]}}}]},
       {"role": "tool", "tool_name": "f", "content": "4"}, {"content": "é", "role": "user"}],
       "tools": [{"type": "function", "function": {"name": "f"}}], "think": false,
       "keep_alive": "5m", "format": "json", "options": {"num_predict": -2, "temperature": 0.5,
        "top_k": 3, "top_p": 0.5, "min_p": 0.25, "seed": 7, "stop": ["a", "b"], "repeat_penalty": 2,
        "num_ctx": 128, "num_thread": 4, "mirostat": 0, "penalize_newline": true,
        "repeat_last_n": 64, "presence_penalty": 1, "frequency_penalty": -1}}
      """)
    #expect(
      seen.isEqual(
        """
        {"messages": [{"role": "system", "content": "Be brief."},
         {"role": "assistant", "content": "", "reasoning_content": "h", "tool_calls": [
          {"function": {"name": "f", "arguments": {"a": [1, "b"]}}}]},
         {"role": "tool", "name": "f", "content": "4"}, {"content": "é", "role": "user"}],
         "tools": [{"type": "function", "function": {"name": "f"}}], "enable_thinking": false}
        """), "\(seen)")
    let settings = seen.settings
    #expect(settings.isStream && settings.binding == .toolsOrObject && settings.contextCount == 128)
    #expect(settings.temperature == 0.5 && settings.topK == 3 && settings.topP == 0.5)
    #expect(settings.minP == 0.25 && settings.seed == 7 && settings.repeatPenalty == 2)
    #expect(settings.presencePenalty == 1 && settings.frequencyPenalty == -1)
    #expect(settings.completionCountMax == Int(Int32.max) && seen.stops == ["a", "b"])
    #expect(!read(.ollamaChat, "{\"model\":\"m\",\"messages\":[]}").settings.hasPrompt)
    let thinking = read(
      .ollamaChat,
      "{\"messages\":[{\"role\":\"user\",\"content\":\"\"}],\"think\":\"high\",\"stream\":false}")
    #expect(thinking.settings.hasPrompt && !thinking.settings.isStream)
    #expect(
      thinking.isEqual(
        """
        {"messages": [{"role": "user", "content": ""}], "enable_thinking": true,
         "reasoning_effort": "high"}
        """))
  }

  @Test func ollamasGenerate() throws {
    let seen = read(
      .generate,
      """
      {"prompt": "Hi", "format": {"type": "object", "format": 1}, "system": "Be \\u00e9.",
       "context": [], "images": null}
      """)
    #expect(
      seen.isEqual(
        """
        {"messages": [{"role": "system", "content": "Be é."}, {"role": "user", "content": "Hi"}]}
        """), "\(seen)")
    #expect(seen.settings.binding == .schema && seen.kind == .generate && seen.settings.hasPrompt)
    #expect(
      read(.generate, "{\"system\":\"\",\"prompt\":\"a\"}").isEqual(
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"))
    for empty in ["{}", "{\"prompt\":null}", "{\"prompt\":\"\",\"keep_alive\":0}"] {
      #expect(!read(.generate, empty).settings.hasPrompt && read(.generate, empty).message.isEmpty)
    }
    var reader = CompletionReader(.generate)
    var consumer = RecordingConsumer()
    let raw = bytes("{\"raw\":true,\"prompt\":\"<s>é\"}")
    var queue = PromptQueue()
    try reader.feed(raw.span, to: &queue)
    try reader.finish()
    let (kind, hasPrompt) = (reader.kind, reader.settings.hasPrompt)
    #expect(kind == .rawGenerate && hasPrompt)
    var second = CompletionReader(kind)
    try second.feed(raw.span, to: &consumer)
    #expect(consumer.promptText == "<s>é" && consumer.given.isEmpty)
  }

  @Test func anthropicsMessages() {
    let seen = read(.messages, anthropicBody)
    #expect(
      seen.isEqual(
        """
        {"messages": [{"role": "system", "content": ["one", "two"]},
         {"role": "user", "content": ["a", "b"]},
         {"role": "assistant", "reasoning_content": "h", "content": ["t"], "tool_calls": [
           {"type": "function", "id": "u1", "function": {"name": "f", "arguments": {"q": [1]}}},
           {"type": "function", "id": "u2", "function": {"name": "g", "arguments": {}}}]},
         {"role": "assistant", "content": ["after"]},
         {"role": "tool", "tool_call_id": "u1", "content": "4"},
         {"role": "tool", "tool_call_id": "u2", "content": ["5"], "is_error": true},
         {"role": "tool", "tool_call_id": "u3", "content": ""},
         {"role": "user", "content": ["and?"]}, {"role": "assistant", "content": "so"}],
         "tools": [{"type": "function", "function": {"name": "f", "description": "d",
            "parameters": {"type": "object", "name": 1}}},
          {"type": "function", "function": {"name": "g", "parameters": {}}}],
         "enable_thinking": false}
        """), "\(seen)")
    let settings = seen.settings
    #expect(settings.completionCountMax == 9 && settings.topK == 5 && settings.isStream)
    #expect(settings.toolChoice == .required && !settings.callsInParallel)
    #expect(settings.binding == .tools && settings.continuesFinalMessage == true)
    #expect(seen.stops == ["x"])
    let bound = read(
      .messages,
      """
      {"messages": [{"role": "user", "content": "a"}], "max_tokens": 1, "output_config":
       {"format": {"type": "json_schema", "schema": {"type": "object"}}, "effort": "low"}}
      """)
    #expect(bound.settings.binding == .schema && bound.settings.continuesFinalMessage == false)
    #expect(
      bound.isEqual(
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"reasoning_effort\":\"low\"}"))
  }

  @Test func responses() {
    let seen = read(.responses, responsesBody)
    #expect(
      seen.isEqual(
        """
        {"messages": [{"role": "system", "content": "Be é."}, {"role": "user", "content": "a"},
         {"role": "assistant", "reasoning_content": "hi", "content": ["t"], "tool_calls": [
           {"type": "function", "id": "c1", "function": {"name": "f", "arguments": "{}"}},
           {"type": "function", "id": "c2", "function": {"name": "g", "arguments": "{\\"q\\": 1}"}}]},
         {"role": "tool", "tool_call_id": "c1", "content": "4"},
         {"role": "tool", "tool_call_id": "c2", "content": ["5"]},
         {"role": "assistant", "content": null, "tool_calls": [
           {"type": "function", "id": "c3", "function": {"name": "f", "arguments": "x"}}]},
         {"role": "tool", "tool_call_id": "c3", "content": ""},
         {"role": "developer", "content": ["b"]}],
         "tools": [{"type": "function", "function": {"name": "f", "parameters": {"a": 1}}}],
         "reasoning_effort": "high"}
        """), "\(seen)")
    let settings = seen.settings
    #expect(settings.toolChoice == .named && settings.binding == .tools && settings.topP == 0.5)
    #expect(settings.completionCountMax == 7 && settings.continuesFinalMessage == false)
    let short = read(.responses, "{\"input\":\"a\",\"text\":{\"format\":{\"type\":\"text\"}}}")
    #expect(short.isEqual("{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"), "\(short)")
  }

  @Test(arguments: [
    (RequestKind.responses, "{}", "input is missing"),
    (.responses, "{\"input\":[]}", "input must be"),
    (.responses, "{\"input\":[{\"role\":\"user\"}]}", "input[0].content is missing"),
    (.responses, "{\"input\":[{\"content\":\"a\"}]}", "input[0].role is missing"),
    (.responses, "{\"input\":[{\"type\":\"item_reference\"}]}", "input[0].type must be"),
    (
      .responses,
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\"}]}]}",
      "input[0].content[].type must be"
    ),
    (
      .responses, "{\"input\":[{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"\"}]}",
      "input[0].call_id is missing"
    ),
    (.responses, "{\"previous_response_id\":\"a\"}", "previous_response_id must be null"),
    (.responses, "{\"background\":true}", "background must be false"),
    (.responses, "{\"include\":[\"a\"]}", "include must be an empty list"),
    (.responses, "{\"text\":{\"format\":{\"type\":\"xml\"}}}", "text.format.type must be"),
    (.responses, "{\"tools\":[{\"type\":\"web_search\"}]}", "tools[].type must be"),
    (.responses, "{\"reasoning\":{\"summary\":\"auto\"}}", "reasoning.summary must be null"),
    (.responses, "{\"messages\":[]}", "messages is not known here"),
    (.ollamaChat, "{\"options\":{\"num_keep\":4}}", "options.num_keep must be 0"),
    (.ollamaChat, "{\"options\":{\"nope\":4}}", "options.nope is not known here"),
    (.ollamaChat, "{\"options\":{\"top_p\":2}}", "options.top_p must be a number"),
    (.ollamaChat, "{\"options\":{\"stop\":[\"\"]}}", "options.stop must be"),
    (.ollamaChat, "{\"options\":{\"penalize_newline\":false}}", "options.penalize_newline must be"),
    (.ollamaChat, "{\"options\":{\"mirostat\":1}}", "options.mirostat must be 0"),
    (.ollamaChat, "{\"options\":{\"num_predict\":0}}", "options.num_predict must be"),
    (.ollamaChat, "{\"temperature\":1}", "temperature is not known here"),
    (.ollamaChat, "{\"format\":\"xml\"}", "format must be json"),
    (
      .ollamaChat, "{\"messages\":[{\"role\":\"user\",\"content\":\"\",\"images\":[\"a\"]}]}",
      "messages[0].images must be null"
    ),
    (.ollamaChat, "{\"prompt\":\"\"}", "prompt is not known here"),
    (.generate, "{\"prompt\":[\"a\"]}", "prompt must be a string"),
    (.generate, "{\"template\":\"{{ x }}\"}", "template must be null"),
    (.generate, "{\"context\":[1]}", "context must be null"),
    (.generate, "{\"suffix\":\"a\"}", "suffix must be null"),
    (.generate, "{\"raw\":true,\"system\":\"a\",\"prompt\":\"b\"}", "raw must be"),
    (.messages, "{\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}", "max_tokens is missing"),
    (.messages, "{\"messages\":[]}", "messages must be"),
    (.messages, "{\"messages\":[{\"role\":\"system\",\"content\":\"\"}]}", "messages[0].role must"),
    (
      .messages, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]}",
      "messages[0].content[].type must be"
    ),
    (
      .messages, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"source\":1}]}]}",
      "messages[0].content[].source is not known here"
    ),
    (
      .messages,
      "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\",\"text\":\"\"}]}]}",
      "messages[0].content[].id is missing"
    ),
    (
      .messages,
      "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\",\"id\":\"a\","
        + "\"name\":\"f\",\"input\":{}}]}]}", "messages[0].role must be"
    ),
    (
      .messages, "{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1}}",
      "thinking.budget_tokens"
    ),
    (.messages, "{\"tool_choice\":{\"type\":\"tool\"}}", "tool_choice.name is missing"),
    (.messages, "{\"tool_choice\":\"auto\"}", "tool_choice must be"),
    (.messages, "{\"tools\":[{\"type\":\"web_search_20250305\"}]}", "tools[].type must be"),
    (.messages, "{\"tools\":[{\"input_schema\":{}}]}", "tools[].name is missing"),
    (.messages, "{\"tools\":[{\"defer\":1}]}", "tools[].defer is not known here"),
    (.messages, "{\"system\":[{\"type\":\"image\"}]}", "system[].type must be"),
    (.messages, "{\"output_config\":{\"x\":1}}", "output_config.x is not known here"),
    (
      .messages, "{\"output_config\":{\"format\":{\"type\":\"json_schema\"}}}",
      "output_config.format.schema is missing"
    ),
    (.messages, "{\"mcp_servers\":[1]}", "mcp_servers must be an empty list"),
    (.messages, "{\"n\":1}", "n is not known here"),
  ])
  func whatIsNotThere(_ kind: RequestKind, _ text: String, _ message: String) {
    let seen = read(kind, text)
    #expect(seen.message.hasPrefix(message), "\(seen.message)")
  }

  @Test func countsNeedNoBound() {
    let text = "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"
    #expect(read(.countTokens, text).message.isEmpty)
  }

  /// JSON with the members of objects in any order, but for the type of thoughts, which comes first.
  private func shuffled(_ value: Any, _ random: inout SeededGenerator) -> String {
    if let list = value as? [Any] {
      return "[" + list.map { shuffled($0, &random) }.joined(separator: ",") + "]"
    }
    guard let object = value as? [String: Any] else {
      let data = try! JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)
      return String(decoding: data, as: UTF8.self)
    }
    var names = object.keys.sorted().shuffled(using: &random)
    if object["type"] as? String == "reasoning" { names = ["type"] + names.filter { $0 != "type" } }
    return "{"
      + names.map { "\"\($0)\":" + shuffled(object[$0]!, &random) }.joined(separator: ",") + "}"
  }

  /// Members may have any order.
  @Test(arguments: [(RequestKind.messages, anthropicBody), (.responses, responsesBody)])
  func anyOrder(_ kind: RequestKind, _ text: String) throws {
    let expected = read(kind, [bytes(text)[...]]).json
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    var random = SeededGenerator(seed: 3)
    for _ in 0..<300 {
      let other = shuffled(object, &random)
      let seen = read(kind, [bytes(other)[...]])
      #expect(seen.isEqual(expected), "\(other): \(seen.json) \(seen.message)")
    }
  }

  /// Whatever is taken gives an object.
  @Test(arguments: [(RequestKind.messages, anthropicBody), (.responses, responsesBody)])
  func damagedBodies(_ kind: RequestKind, _ text: String) {
    var random = SeededGenerator(seed: 4)
    let source = bytes(text)
    var takenCount = 0
    for _ in 0..<4000 {
      var body = source
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        // Whole members and elements come twice, or are left out, now and then.
        let commas = body.indices.filter { body[$0] == UInt8(ascii: ",") }
        guard commas.count > 1 else { break }
        let index = Int.random(in: 0..<commas.count - 1, using: &random)
        let piece = commas[index]..<commas[index + 1]
        switch Int.random(in: 0..<4, using: &random) {
        case 0: body.removeSubrange(piece)
        case 1:
          body.insert(contentsOf: Array(body[piece]), at: commas.randomElement(using: &random)!)
        case 2: body[Int.random(in: body.indices, using: &random)] ^= 1
        default: body.insert(contentsOf: bytes("null"), at: commas[index] + 1)
        }
      }
      let seen = read(kind, [body[...]])
      if !seen.message.isEmpty { continue }
      takenCount += 1
      let object = try? JSONSerialization.jsonObject(with: Data(seen.json.utf8))
      #expect(object is [String: Any], "\(String(decoding: body, as: UTF8.self)): \(seen.json)")
    }
    #expect(takenCount > 20)
  }
}
