import Constraint
import Foundation
import Platform
import TestSupport
import Testing
import Text

@testable import Service

/// Keeps messages and prompts as they come, and what is the template's as JSON.
struct RecordingConsumer: PromptConsumer, Equatable {
  var roles: [MessageRole] = []
  /// The messages' contents; the texts of a list with line ends between.
  var texts: [String] = []
  var prompt: [UInt8] = []
  var tokens: [Int32] = []
  var stops: [String] = []
  var biases: [Int32: Double] = [:]
  /// Of values, without commas; a name has a colon behind it.
  var given = ""
  var byteCount = 0
  private var text: [UInt8] = []
  private var partCount = 0

  mutating func take(_ text: Span<UInt8>) {
    let piece = text.indices.map { text[$0] }
    byteCount += piece.count
    if String(validating: piece, as: UTF8.self) == nil { Issue.record("no UTF-8: \(piece)") }
    prompt += piece
  }

  mutating func take(token: Int32) { tokens.append(token) }
  mutating func take(stop: FixedText<257>) { stops.append(string(stop)) }
  mutating func take(bias: Double, of token: Int32) { biases[token] = bias }
  mutating func mute(_ isMuted: Bool) { Issue.record("only other requests are read in parts") }

  mutating func take(name: StaticString) { given += "\(name):" }
  mutating func take(word: FixedText<33>) { given += "\"\(string(word))\" " }
  mutating func take(role: MessageRole) { roles.append(role) }
  mutating func takeNoContent() { takeNullContent() }

  mutating func take(_ event: JSONTokenizer.Event, _ bytes: Span<UInt8>) {
    switch event {
    case .needsMore: Issue.record("no event")
    case .beginObject: given += "{"
    case .endObject: given += "}"
    case .beginArray: given += "["
    case .endArray: given += "]"
    case .beginName, .beginString: text = []
    case .endName: given += "\(String(decoding: text, as: UTF8.self)):"
    case .endString: given += "\"\(String(decoding: text, as: UTF8.self))\" "
    case .text(let range):
      byteCount += range.count
      text += range.map { bytes[$0] }
    case .character(let character):
      byteCount += character.count
      text += (0..<character.count).map { character.storage[$0] }
    case .number(let number): given += "\(number.double) "
    case .boolean(let value): given += "\(value) "
    case .null: given += "null "
    }
  }

  mutating func beginContent() { text = [] }
  mutating func endContent() { texts.append(String(decoding: text, as: UTF8.self)) }

  mutating func beginContentList() {
    texts.append("")
    partCount = 0
  }
  mutating func beginContentPart() { text = [] }
  mutating func endContentPart() {
    texts[texts.count - 1] += (partCount > 0 ? "\n" : "") + String(decoding: text, as: UTF8.self)
    partCount += 1
  }
  mutating func endContentList() {}

  var promptText: String { String(decoding: prompt, as: UTF8.self) }
}

struct SeenSettings: Equatable {
  var model: String
  var isStream: Bool
  var includesUsage: Bool
  var temperature: Double?
  var topP: Double?
  var topK: Int?
  var minP: Double?
  var repeatPenalty: Double?
  var completionCountMax: Int?
  var seed: Int?
  var presencePenalty: Double?
  var frequencyPenalty: Double?
  var minTokens: Int
  var answerCount: Int
  var logprobCount: Int?
  var isEcho: Bool
  var promptCount: Int
  var binding: BindingKind?
  var toolChoice: ToolChoice?
  var chosenTool: String

  init(_ settings: CompletionSettings) {
    model = string(settings.model)
    binding = settings.binding
    toolChoice = settings.toolChoice
    chosenTool = string(settings.chosenTool)
    isStream = settings.isStream
    includesUsage = settings.includesUsage
    temperature = settings.temperature
    topP = settings.topP
    topK = settings.topK
    minP = settings.minP
    repeatPenalty = settings.repeatPenalty
    completionCountMax = settings.completionCountMax
    seed = settings.seed
    presencePenalty = settings.presencePenalty
    frequencyPenalty = settings.frequencyPenalty
    minTokens = settings.minTokens
    answerCount = settings.answerCount
    logprobCount = settings.logprobCount
    isEcho = settings.echoes
    promptCount = settings.promptCount
  }
}

struct SeenBody: Equatable {
  var settings: SeenSettings
  var consumer = RecordingConsumer()
  var error: RequestError?
  var unknownName = FixedText<33>()

  static func == (left: Self, right: Self) -> Bool {
    left.settings == right.settings && left.consumer == right.consumer && left.error == right.error
  }

  var message: String {
    guard let error else { return "" }
    var text = Text()
    error.writeMessage(to: &text, unknown: unknownName)
    return text.string
  }
}

func readBody(
  _ kind: RequestKind, _ pieces: [ArraySlice<UInt8>], prompt: Int = 0
) -> SeenBody {
  var reader = CompletionReader(kind, prompt: prompt)
  var consumer = RecordingConsumer()
  var failure: RequestError?
  do throws(RequestError) {
    for piece in pieces {
      let before = consumer.byteCount
      try reader.feed(piece.span, to: &consumer)
      if consumer.byteCount - before > piece.count + 3 { Issue.record("more text than bytes") }
    }
    try reader.finish()
  } catch {
    failure = error
  }
  return SeenBody(
    settings: SeenSettings(reader.settings), consumer: consumer, error: failure,
    unknownName: reader.unknownName)
}

/// Reads a body and checks that each parting of its bytes gives the same.
func readBody(_ kind: RequestKind, _ text: [UInt8]) -> SeenBody {
  let whole = readBody(kind, [text[...]])
  for pieces in text.count < 2000 ? partings(text) : [text.indices.map { text[$0...$0] }] {
    if readBody(kind, pieces) != whole { Issue.record("parted as \(pieces.map(Array.init))") }
  }
  return whole
}

func readChat(_ text: String) -> SeenBody { readBody(.chat, bytes(text)) }

func readMember(_ member: String) -> SeenBody {
  readBody(.text, bytes("{\"prompt\":\"p\",\(member)}"))
}

@Suite struct CompletionReaderTests {
  @Test func aChatWithEverything() {
    let seen = readChat(
      """
      {"model": "m", "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": ""},
        {"content": "before the role \\u00e9", "role": "user", "name": "n"},
        {"role": "assistant", "content": [{"type": "text", "text": "one"},
          {"text": "two", "type": "text", "cache_control": [{}]}], "tool_calls": null},
        {"content": [{"text": "three", "type": "text"}, {"type": "text", "text": ""}], "role": "user"}],
       "tools": [], "functions": null, "response_format": {"type": "text"},
       "store": {"a": [1, 2, {"b": null}], "messages": 3}, "metadata": {"stream": 5, "n": {}},
       "stream": true, "stream_options": {"include_usage": true, "include_obfuscation": [true]},
       "temperature": 0.7, "top_p": 1, "max_completion_tokens": 12, "stop": ["a", "\\n\\n"],
       "seed": -3, "n": 1, "presence_penalty": 0, "frequency_penalty": -0.0, "user": "u",
       "logit_bias": {}, "logprobs": false, "top_logprobs": 0, "top_k": 7, "min_p": 0.5,
       "repeat_penalty": 1.25, "tool_choice": "none", "grammar": "", "mirostat": 0}\r\n
      """)
    #expect(seen.error == nil, "\(seen.message)")
    #expect(seen.consumer.roles == [.system, .developer, .user, .assistant, .user])
    #expect(
      seen.consumer.texts == ["Be brief.", "", "before the role é", "one\ntwo", "three\n"])
    #expect(
      seen.consumer.given
        == "messages:[{}{}{name:\"n\" }{}{}]tools:[]tool_choice:\"none\" ")
    let settings = seen.settings
    #expect(settings.model == "m" && settings.isStream && settings.includesUsage)
    #expect(settings.temperature == 0.7 && settings.topP == 1 && settings.seed == -3)
    #expect(settings.completionCountMax == 12 && seen.consumer.stops == ["a", "\n\n"])
    #expect(settings.topK == 7 && settings.minP == 0.5 && settings.repeatPenalty == 1.25)
  }

  @Test func prompts() {
    #expect(readBody(.text, bytes("{\"prompt\":\"\"}")).error == nil)
    #expect(readBody(.text, bytes("{\"prompt\":[\"one\"]}")).consumer.promptText == "one")
    #expect(readBody(.text, bytes("{\"prompt\":\"é\"}")).consumer.promptText == "é")
    let lists = "{\"prompt\":[[1,2],[3]]}"
    #expect(readBody(.text, bytes(lists)).consumer.tokens == [1, 2])
    #expect(readBody(.text, [bytes(lists)[...]], prompt: 1).consumer.tokens == [3])
    let texts = [bytes("{\"prompt\":[\"a\",\"b\"]}")[...]]
    #expect(readBody(.text, texts).settings.promptCount == 2)
    #expect(readBody(.text, texts, prompt: 1).consumer.promptText == "b")
    #expect(readBody(.text, bytes("{\"prompt\":[1,2]}")).consumer.tokens == [1, 2])
    for prompt in [
      "[]", "null", "1", "{}", "[{}]", "true", "[1,\"a\"]", "[\"a\",1]", "[\"a\",[1]]", "[1,[2]]",
      "[[1],2]", "[[1],\"a\"]", "[1.5]", "[-1]", "[2147483648]", "[[[1]]]", "[[\"a\"]]", "[null]",
    ] {
      let seen = readBody(.text, bytes("{\"prompt\":\(prompt)}"))
      #expect(seen.error?.field == .prompt && seen.error?.problem == .invalid, "\(prompt)")
    }
    #expect(
      readBody(.text, bytes("{}")).message
        == "prompt is missing; it must be a string, a list of token ids, or a list of at most 128 "
        + "strings or of such lists")
    #expect(
      readBody(.text, bytes("{\"messages\":[],\"prompt\":\"a\"}")).message
        == "messages is not known here")
    #expect(readChat("{\"prompt\":\"a\"}").message == "prompt is not known here")
  }

  @Test func textsOfAnyLengthGoThrough() {
    let text = String(repeating: "0123456789 é日\u{1f600} ", count: 20_000)
    var random = SeededGenerator(seed: 5)
    let body = bytes("{\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]}")
    let seen = readBody(.chat, randomParting(body, &random))
    #expect(seen.error == nil && seen.consumer.texts == [text])
  }

  /// What is the template's reaches it as it is.
  @Test func whatIsTheTemplates() {
    let seen = readChat(
      """
      {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"a": [1, null]}}}],
       "messages": [
        {"role": "assistant", "tool_calls": [{"id": "x", "function": {"arguments": "{\\"a\\": 1}"}}],
         "reasoning_content": "h\\u00e9"},
        {"content": "4", "tool_call_id": "x", "role": "tool"},
        {"role": "assistant", "content": null, "tool_calls": [{}]},
        {"role": "user", "content": "c", "tool_calls": null, "reasoning_content": null}],
       "reasoning_effort": "high", "tool_choice": "auto",
       "chat_template_kwargs": {"enable_thinking": false, "of": {"b": [[]]}}, "n": 1}
      """)
    #expect(seen.error == nil, "\(seen.message)")
    #expect(seen.consumer.roles == [.assistant, .tool, .assistant, .user])
    #expect(seen.consumer.texts == ["4", "c"])
    #expect(
      seen.consumer.given
        == "tools:[{type:\"function\" function:{name:\"f\" parameters:{a:[1.0 null ]}}}]"
        + "messages:[{tool_calls:[{id:\"x\" function:{arguments:\"{\"a\": 1}\" }}]"
        + "reasoning_content:\"h\u{e9}\" content:null }{tool_call_id:\"x\" }"
        + "{content:null tool_calls:[{}]}{}]reasoning_effort:\"high\" tool_choice:\"auto\" "
        + "enable_thinking:false of:{b:[[]]}")
    let none = "{\"messages\":[{\"role\":\"user\",\"content\":\"\"}]"
    #expect(readChat(none + ",\"chat_template_kwargs\":null,\"tools\":null}").error == nil)
  }

  @Test(arguments: [
    ("\"messages\":[]", "messages must be a list of objects with role and content, one at least"),
    ("\"messages\":\"a\"", "messages must be"), ("\"messages\":[1]", "messages must be"),
    ("\"messages\":[[]]", "messages must be"), ("\"messages\":null", "messages must be"),
    ("\"messages\":[{}]", "messages[0].role is missing; it must be system, developer, user, ass"),
    ("\"messages\":[{\"role\":\"user\"}]", "messages[0].content is missing"),
    (
      "\"messages\":[{\"role\":\"user\",\"content\":\"\"},{\"content\":\"a\"}]",
      "messages[1].role is missing"
    ),
    (
      "\"messages\":[{\"role\":\"tools\"",
      "messages[0].role must be system, developer, user, assistant or tool"
    ),
    ("\"messages\":[{\"role\":\"userr\"", "messages[0].role must be"),
    ("\"messages\":[{\"role\":1", "messages[0].role must be"),
    ("\"messages\":[{\"role\":[", "messages[0].role must be"),
    (
      "\"messages\":[{\"content\":null,\"role\":\"assistant\"}]",
      "messages[0].content must be a string, or a list of"
    ),
    ("\"messages\":[{\"content\":{", "messages[0].content must be"),
    ("\"messages\":[{\"content\":[\"a\"", "messages[0].content must be"),
    ("\"messages\":[{\"content\":[[", "messages[0].content must be"),
    ("\"messages\":[{\"content\":[null", "messages[0].content must be"),
    ("\"messages\":[{\"content\":[{}", "messages[0].content[].type is missing; it must be text"),
    ("\"messages\":[{\"content\":[{\"type\":\"text\"}", "messages[0].content[].text is missing"),
    (
      "\"messages\":[{\"content\":[{\"type\":\"image_url\"",
      "messages[0].content[].type must be text"
    ),
    ("\"messages\":[{\"content\":[{\"text\":1", "messages[0].content[].text must be a string"),
    ("\"messages\":[{\"content\":[{\"text\":{", "messages[0].content[].text must be a string"),
    ("\"messages\":[{\"role\":\"user\",\"role\"", "messages[0].role is given a second time"),
    ("\"messages\":[{\"content\":\"\",\"content\"", "messages[0].content is given a second"),
    (
      "\"messages\":[{\"content\":[{\"text\":\"\",\"text\"",
      "messages[0].content[].text is given a second time"
    ),
    (
      "\"messages\":[{\"role\":\"user\",\"content\":\"\"}],\"messages\"",
      "messages is given a second"
    ),
  ])
  func wrongMessages(_ members: String, _ message: String) {
    let seen = readChat("{" + members + "}")
    #expect(seen.message.hasPrefix(message), "\(seen.message)")
  }

  @Test(arguments: [
    "\"temperature\":2.01", "\"temperature\":-0.1", "\"temperature\":\"1\"", "\"temperature\":[]",
    "\"temperature\":true", "\"temperature\":1e999", "\"top_p\":1.1", "\"top_p\":{}",
    "\"n\":129", "\"n\":0", "\"n\":1.0", "\"n\":\"1\"", "\"presence_penalty\":2.1",
    "\"frequency_penalty\":-2.1",
    "\"max_tokens\":-2", "\"max_tokens\":1.5", "\"max_tokens\":2147483648",
    "\"max_tokens\":18446744073709551617", "\"max_completion_tokens\":\"5\"", "\"seed\":1.5",
    "\"seed\":9223372036854775808", "\"seed\":-9223372036854775809", "\"stream\":1",
    "\"stream\":\"true\"", "\"stream\":[]", "\"stream_options\":true", "\"stream_options\":[]",
    "\"stop\":\"\"", "\"stop\":[\"\"]", "\"stop\":1", "\"stop\":[1]", "\"stop\":[[]]",
    "\"stop\":{}",
    "\"stop\":[null]", "\"stop\":\"a\\u0000\"",
    "\"stop\":[" + Array(repeating: "\"a\"", count: 17).joined(separator: ",") + "]",
    "\"model\":1", "\"model\":[]", "\"model\":{}",
    "\"top_k\":-2", "\"top_k\":2.5", "\"top_k\":2147483648", "\"min_p\":1.5", "\"min_p\":[]",
    "\"repeat_penalty\":0", "\"repeat_penalty\":101", "\"repeat_penalty\":true",
    "\"logprobs\":21", "\"logprobs\":true", "\"logprobs\":{}", "\"logprobs\":1.5",
    "\"logit_bias\":{\"5\":-101}", "\"logit_bias\":[]", "\"logit_bias\":{\"a\":1}",
    "\"logit_bias\":{\"5\":null}", "\"best_of\":2", "\"echo\":1", "\"suffix\":\"s\"",
    "\"suffix\":[1]", "\"suffix\":{\"a\":1}", "\"min_tokens\":-1", "\"ignore_eos\":1",
    "\"grammar\":1", "\"json_schema\":[]", "\"guided_json\":\"a\"", "\"guided_choice\":[\"a\"]",
    "\"typical_p\":0.5", "\"mirostat\":2", "\"repeat_last_n\":5",
    "\"response_format\":{\"type\":\"json\"}",
  ])
  func wrongSettings(_ member: String) throws {
    let seen = readMember(member)
    #expect(seen.error?.problem == .invalid, "\(member)")
    let name = try #require(member.split(separator: "\"").first)
    let place = name == "response_format" ? "response_format.type" : name
    #expect(seen.message.hasPrefix("\(place) must be "), "\(seen.message)")
    #expect(seen.consumer.promptText == "p")
  }

  /// What would be answered otherwise than it was asked is refused.
  @Test(arguments: [
    ("\"tools\":{\"a\":", "tools must be a list"), ("\"tools\":\"a\"", "tools must be a list"),
    ("\"tools\":1,", "tools must be a list"), ("\"tools\":true", "tools must be a list"),
    ("\"functions\":[{", "functions must be an empty list"),
    (
      "\"response_format\":{\"type\":\"json_schema\"}",
      "response_format.json_schema.schema is missing; it must be a JSON schema, as an object"
    ),
    ("\"response_format\":{\"type\":null", "response_format.type must be text"),
    ("\"response_format\":{\"type\":{", "response_format.type must be text"),
    ("\"response_format\":{}", "response_format.type is missing; it must be text"),
    ("\"response_format\":{\"a\":1}", "response_format.a is not known here"),
    ("\"stream_options\":{\"b\":1}", "stream_options.b is not known here"),
    ("\"messages\":[{\"c\":1", "messages[0].c is not known here"),
    ("\"messages\":[{\"content\":[{\"d\":1", "messages[0].content[].d is not known here"),
    ("\"messages\":[{\"tool_calls\":{", "messages[0].tool_calls must be a list"),
    ("\"messages\":[{\"tool_call_id\":1,", "messages[0].tool_call_id must be a string"),
    ("\"messages\":[{\"reasoning_content\":[", "messages[0].reasoning_content must be a string"),
    ("\"messages\":[{\"name\":true", "messages[0].name must be a string"),
    ("\"what\":1", "what is not known here"), ("\"wh\\u00e9\":1", "wh?? is not known here"),
    (
      "\"\(String(repeating: "w", count: 40))\":1", String(repeating: "w", count: 32) + "... is not"
    ),
    ("\"tool_choice\":\"all\"", "tool_choice must be none, auto, required or an object"),
    ("\"tool_choice\":5,", "tool_choice must be none, auto, required or an object"),
    ("\"tool_choice\":{\"type\":\"function\"}", "tool_choice.name is missing"),
    ("\"tool_choice\":{\"function\":{}}", "tool_choice.name is missing"),
    ("\"tool_choice\":{\"type\":\"x\"", "tool_choice.type must be function"),
    ("\"tool_choice\":{\"function\":{\"name\":1,", "tool_choice.function.name must be a string"),
    ("\"tool_choice\":{\"function\":{\"x\":1", "tool_choice.function.x is not known here"),
    ("\"parallel_tool_calls\":1,", "parallel_tool_calls must be true or false"),
    (
      "\"top_logprobs\":2,\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}",
      "top_logprobs must be"
    ),
    ("\"top_logprobs\":21,", "top_logprobs must be a whole number from 0 to 20, with logprobs"),
    ("\"chat_template_kwargs\":[", "chat_template_kwargs must be an object"),
    ("\"reasoning_effort\":\"\"", "reasoning_effort must be a word"),
    (
      "\"continue_final_message\":true,\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}",
      "continue_final_message must be false, or true if the last message is the assistant's"
    ),
    (
      "\"continue_final_message\":true,\"add_generation_prompt\":true,"
        + "\"messages\":[{\"role\":\"assistant\",\"content\":\"\"}]}",
      "add_generation_prompt must be true or false, and not true if the last message is gone on"
    ),
    ("\"response_format\":{\"type\":\"text\",\"type\"", "response_format.type is given a second"),
    ("\"response_format\":\"text\"", "response_format must be an object with the type text"),
    ("\"response_format\":[", "response_format must be an object"),
    ("\"response_format\":{\"type\":\"xml\"", "response_format.type must be text, json_object or"),
    (
      "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}",
      "response_format.json_schema.schema"
    ),
    ("\"guided_json\":\"{}\"", "guided_json must be a JSON schema, as an object"),
    ("\"grammar\":\"a\",\"guided_json\":{", "guided_json is given a second time"),
    ("\"grammar\":{", "grammar must be a grammar in GBNF, as a string"),
    ("\"max_tokens\":0,", "max_tokens must be a whole number from 1 to 2147483647, or -1"),
    ("\"logprobs\":5,", "logprobs must be true or false"),
  ])
  func unsupportedMembers(_ member: String, _ message: String) {
    let seen = readChat("{" + member)
    #expect(seen.error?.problem != nil && seen.message.hasPrefix(message), "\(seen.message)")
  }

  @Test(arguments: [
    ("\"response_format\":{\"type\":\"json_object\"}", BindingKind.anyObject),
    ("\"response_format\":{\"schema\":{\"a\":[{}]},\"type\":\"json_object\"}", .schema),
    (
      "\"response_format\":{\"json_schema\":{\"name\":\"x\",\"schema\":{\"type\":[\"null\"]},\"strict\":true},\"type\":\"json_schema\"}",
      .schema
    ),
    ("\"guided_json\":{\"type\":\"object\"}", .schema), ("\"grammar\":\"root ::= [a]\"", .grammar),
    ("\"json_schema\":{\"type\":\"object\"}", .schema), ("\"guided_grammar\":\"a\"", .grammar),
  ])
  func bindings(_ member: String, _ kind: BindingKind) {
    let seen = readMember(member)
    #expect(seen.error == nil && seen.settings.binding == kind, "\(seen.message)")
  }

  /// Tools bind answers to their calls.
  @Test func toolsAreChosen() {
    let tools = "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{}]"
    for (more, choice) in [
      ("", ToolChoice.auto), (",\"tool_choice\":\"auto\"", .auto),
      (",\"tool_choice\":\"required\"", .required), (",\"tool_choice\":null", .auto),
      (",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", .named),
      (",\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"}", .named),
    ] {
      let settings = readChat(tools + more + "}").settings
      #expect(settings.binding == .tools && settings.toolChoice == choice, "\(more)")
      #expect(settings.chosenTool == (choice == .named ? "f" : ""))
    }
    let none = readChat(tools + ",\"tool_choice\":\"none\",\"parallel_tool_calls\":false}").settings
    #expect(none.binding == nil && none.toolChoice == nil)
    let object = ",\"response_format\":{\"type\":\"json_object\"}"
    #expect(readChat(tools + object + "}").settings.binding == .toolsOrObject)
    #expect(readChat(tools + ",\"guided_json\":{}}").settings.binding == .toolsOrSchema)
    let required = ",\"tool_choice\":\"required\"}"
    #expect(readChat(tools + object + required).settings.binding == .tools)
    let bound = readChat(tools + ",\"grammar\":\"root ::= [a]\"}")
    #expect(
      bound.message
        == "tools cannot be given with a grammar for the answer, unless one must be called")
    let start = "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[]"
    #expect(readChat(start + "}").settings.binding == nil)
    #expect(readChat(start + ",\"tool_choice\":\"required\"}").error?.field == .toolChoice)
  }

  /// What other servers know is set here.
  @Test func furtherMembers() {
    let seen = readMember(
      "\"logit_bias\":{\"5\":-100,\"7\":1.5},\"presence_penalty\":-2,\"frequency_penalty\":2,\"n\":3,"
        + "\"logprobs\":20,\"min_tokens\":4,\"max_tokens\":-1,\"best_of\":1,\"typical_p\":1.0")
    #expect(seen.error == nil && seen.consumer.biases == [5: -100, 7: 1.5], "\(seen.message)")
    #expect(seen.settings.presencePenalty == -2 && seen.settings.frequencyPenalty == 2)
    #expect(seen.settings.answerCount == 3 && seen.settings.logprobCount == 20)
    #expect(seen.settings.minTokens == 4 && seen.settings.completionCountMax == 2_147_483_647)
    let chat = "{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]"
    let more = ",\"continue_final_message\":true,\"add_generation_prompt\":false"
    #expect(
      readChat(chat + more + ",\"logprobs\":true,\"top_logprobs\":3}").settings.logprobCount == 3)
    #expect(readChat(chat + ",\"modalities\":[\"text\"],\"verbosity\":[{}]}").error == nil)
    #expect(readMember("\"echo\":true,\"logprobs\":1").error == nil)
    #expect(readMember("\"echo\":true").settings.isEcho)
    let tokens = readBody(.detokenize, bytes("{\"tokens\":[1,0,2]}"))
    #expect(tokens.error == nil && tokens.consumer.tokens == [1, 0, 2])
    let text = readBody(.tokenize, bytes("{\"content\":\"a b\",\"add_special\":true}"))
    #expect(text.error == nil && text.consumer.promptText == "a b")
    #expect(readBody(.tokenize, bytes("{\"content\":[1]}")).error?.problem == .invalid)
    #expect(readBody(.detokenize, bytes("{\"tokens\":[[1]]}")).error?.problem == .invalid)
  }

  @Test func settingsAtTheirLimits() {
    #expect(readMember("\"top_k\":0,\"min_p\":1").settings.topK == 0)
    #expect(readMember("\"repeat_penalty\":0.01").settings.repeatPenalty == 0.01)
    #expect(readMember("\"repeat_penalty\":100,\"best_of\":1,\"echo\":false").error == nil)
    #expect(readMember("\"temperature\":2,\"top_p\":0e9").settings.temperature == 2)
    #expect(readMember("\"seed\":9223372036854775807").settings.seed == Int.max)
    #expect(readMember("\"seed\":-9223372036854775808").settings.seed == Int.min)
    #expect(readMember("\"max_tokens\":2147483647").settings.completionCountMax == 2_147_483_647)
    let longest = String(repeating: "s", count: 256)
    #expect(readMember("\"stop\":\"\(longest)\"").consumer.stops == [longest])
    #expect(readMember("\"stop\":\"\(longest)s\"").error?.field == .stop)
    #expect(readMember("\"stop\":[\"a\",\"b\",\"c\",\"d\"]").consumer.stops.count == 4)
    #expect(readMember("\"stop\":[]").error == nil)
    let model = String(repeating: "m", count: 200)
    #expect(readMember("\"model\":\"\(model)\"").settings.model.utf8.count == 128)
  }

  @Test func nullIsAsIfNothingWereThere() {
    let seen = readMember(
      "\"temperature\":null,\"top_p\":null,\"max_tokens\":null,\"stop\":null,\"seed\":null,"
        + "\"stream\":null,\"stream_options\":null,\"n\":null,\"model\":null,"
        + "\"top_k\":null,\"min_p\":null,\"repeat_penalty\":null,\"logprobs\":null,"
        + "\"logit_bias\":null,\"echo\":null,\"suffix\":null,\"best_of\":null,"
        + "\"presence_penalty\":null,\"frequency_penalty\":null,\"max_completion_tokens\":null")
    #expect(
      seen.error == nil && seen.settings == readBody(.text, bytes("{\"prompt\":\"p\"}")).settings)
    #expect(readMember("\"stream_options\":{\"include_usage\":null}").error == nil)
    #expect(
      readMember("\"stream_options\":{\"include_usage\":1}").message.hasPrefix(
        "stream_options.include_usage must be true or false"))
  }

  @Test func repeatedMembers() {
    for member in ["model", "stream", "stop", "temperature", "n", "stream_options"] {
      let seen = readMember("\"\(member)\":null,\"\(member)\":null")
      #expect(seen.error?.problem == .repeated && seen.message.hasPrefix(member))
    }
    #expect(
      readMember("\"max_tokens\":5,\"max_completion_tokens\":5").settings.completionCountMax == 5)
    #expect(
      readMember("\"max_tokens\":5,\"max_completion_tokens\":6").error?.problem == .conflicting)
    #expect(readMember("\"str\\u0065am\":true").settings.isStream)
    #expect(readMember("\"stream\\u0000\":5").message == "stream\\u0000 is not known here")
  }

  @Test func errorBodiesAreJSON() throws {
    for text in [
      "{", "[]", "{\"\\u0001é\\\\\":1", "{\"messages\":[{\"role\":\"x\"", "{\"n\":\"\\x\"}",
    ] {
      var body = Text()
      let seen = readChat(text)
      try #require(seen.error).writeBody(to: &body, unknown: seen.unknownName)
      let object = try JSONSerialization.jsonObject(with: Data(body.bytes)) as? [String: Any]
      let error = try #require(object?["error"] as? [String: Any])
      #expect(Set(error.keys) == ["message", "type", "param", "code"])
      #expect(error["type"] as? String == "invalid_request_error")
    }
  }
}
