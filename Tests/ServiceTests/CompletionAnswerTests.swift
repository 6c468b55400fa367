import Foundation
import Platform
import Testing
import Text
import Tokenizer

@testable import Service

private func settings(stream: Bool, usage: Bool) -> CompletionSettings {
  var settings = CompletionSettings()
  settings.isStream = stream
  settings.includesUsage = usage
  return settings
}

private func object(_ json: some Sequence<UInt8>) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
}

private let modelName = "a \"model\" of \\ é"

private func answer(_ kind: RequestKind, _ settings: CompletionSettings) -> CompletionAnswer {
  CompletionAnswer(
    kind, settings, number: 255, unixSeconds: 1_700_000_000, model: fixedModelName)
}

private var fixedModelName: FixedText<129> {
  var model = FixedText<129>()
  for byte in modelName.utf8 { model.append(byte) }
  return model
}

private let timings = AnswerTimings(
  cachedCount: 8, readCount: 4, readNanoseconds: 2_000_000, generatedCount: 5,
  generatedNanoseconds: 1_000_000_000)

private let usage = TokenUsage(promptCount: 12, cachedCount: 8, completionCount: 5)

/// All characters that JSON escapes, and some of each length in UTF-8.
private let pieces =
  [(0..<0x80).map { String(UnicodeScalar($0)) }.joined(), "", "é", "日本", "\u{1f600}\u{2028}"]
  + [String(repeating: "long \"text\" ", count: 1000)]

private func write(
  _ kind: RequestKind, _ settings: CompletionSettings, _ reason: FinishReason
) throws -> SeenResponse {
  var answer = answer(kind, settings)
  var writer = ResponseWriter(RecordingSink())
  writer.begin(
    ResponseHead(.ok, settings.isStream ? .eventStream : .json, to: requestHead()))
  let names = TokenNames(UnsafeMutablePointer<Vocabulary>(bitPattern: 8)!)
  answer.beginChoice(0, usage, &writer)
  for piece in pieces { answer.write(Array(piece.utf8).span, nil, names, &writer) }
  answer.endText(hasChances: false, &writer)
  answer.endChoice(reason, timings, &writer)
  answer.finish(usage, timings, &writer)
  expectEnd(&writer, keepsAlive: true)
  return try SeenResponse(Array(writer.sink.sent.joined()))
}

private func check(_ object: [String: Any], _ kind: String, _ prefix: String) {
  #expect(object["object"] as? String == kind && object["model"] as? String == modelName)
  #expect(object["id"] as? String == prefix + "-00000000000000ff")
  #expect(object["created"] as? Int == 1_700_000_000)
}

private func checkUsage(_ object: [String: Any]) throws {
  let usage = try #require(object["usage"] as? [String: Any])
  #expect(usage["prompt_tokens"] as? Int == 12 && usage["completion_tokens"] as? Int == 5)
  #expect(usage["total_tokens"] as? Int == 17)
  #expect((usage["prompt_tokens_details"] as? [String: Int]) == ["cached_tokens": 8])
}

private func checkTimings(_ object: [String: Any]) throws {
  let timings = try #require(object["timings"] as? [String: Double])
  #expect(timings["prompt_per_second"] == 2000 && timings["predicted_per_token_ms"] == 200)
  #expect(timings["cache_n"] == 8 && timings["prompt_n"] == 4 && timings["predicted_n"] == 5)
}

private func choice(_ object: [String: Any]) throws -> [String: Any] {
  let choices = try #require(object["choices"] as? [[String: Any]])
  #expect(choices.count == 1 && choices[0]["index"] as? Int == 0)
  return choices[0]
}

/// The objects of a stream, without the end's mark.
private func events(_ response: SeenResponse) throws -> [[String: Any]] {
  let text = String(decoding: response.body, as: UTF8.self)
  #expect(text.hasSuffix("data: [DONE]\n\n"))
  let lines = text.components(separatedBy: "\n\n").dropLast(2)
  return try lines.map { line in
    #expect(line.hasPrefix("data: ") && !line.contains("\n"))
    return try object(line.utf8.dropFirst(6))
  }
}

private func writeCalls(
  _ kind: RequestKind = .chat, isStream: Bool, text: String, _ calls: [(String, [String])]
) throws -> SeenResponse {
  var settings = settings(stream: isStream, usage: false)
  settings.hasTools = true
  var answer = answer(kind, settings)
  var writer = ResponseWriter(RecordingSink())
  writer.begin(ResponseHead(.ok, isStream ? .eventStream : .json, to: requestHead()))
  let names = TokenNames(UnsafeMutablePointer<Vocabulary>(bitPattern: 8)!)
  answer.beginChoice(0, usage, &writer)
  if !text.isEmpty { answer.write(Array(text.utf8).span, nil, names, &writer) }
  for (index, call) in calls.enumerated() {
    var name = FixedText<65>()
    for byte in call.0.utf8 { name.append(byte) }
    answer.beginCall(name, index, &writer)
    for piece in call.1 { answer.writeArguments(Array(piece.utf8).span, index, &writer) }
  }
  answer.endText(hasChances: false, &writer)
  answer.endChoice(calls.isEmpty ? .stop : .toolCalls, timings, &writer)
  answer.finish(usage, timings, &writer)
  expectEnd(&writer, keepsAlive: true)
  return try SeenResponse(Array(writer.sink.sent.joined()))
}

@Suite struct CompletionAnswerTests {
  /// Text and calls, as one object and as a stream that is put together as clients do.
  @Test(arguments: [
    ("", []), ("a text", []), ("", [("f", ["{\"a\"", ": \"\\n\"}"])]),
    ("first", [("f", ["{}"]), ("g_2", ["{\"b\":[1]", "}"])]),
  ])
  func calls(text: String, calls: [(String, [String])]) throws {
    let whole = try object(try writeCalls(isStream: false, text: text, calls).body)
    let message = try #require(try choice(whole)["message"] as? [String: Any])
    #expect(message["content"] as? String == (text.isEmpty && !calls.isEmpty ? nil : text))
    #expect(message.keys.contains("content"))
    let seen = message["tool_calls"] as? [[String: Any]] ?? []
    #expect(seen.count == calls.count && (calls.count > 0) == (message["tool_calls"] != nil))
    var (streamed, streamedText): ([[String: Any]], String) = ([], "")
    for event in try events(try writeCalls(isStream: true, text: text, calls)) {
      let delta = try #require(try choice(event)["delta"] as? [String: Any])
      streamedText += delta["content"] as? String ?? ""
      for part in delta["tool_calls"] as? [[String: Any]] ?? [] {
        let index = try #require(part["index"] as? Int)
        let function = try #require(part["function"] as? [String: String])
        if index == streamed.count {
          streamed.append(["id": part["id"]!, "type": part["type"]!, "function": function])
        } else {
          var known = try #require(streamed[index]["function"] as? [String: String])
          known["arguments"]! += try #require(function["arguments"])
          streamed[index]["function"] = known
        }
      }
    }
    #expect(streamedText == text && (streamed as NSArray) == (seen as NSArray))
    for (call, expected) in zip(seen, calls) {
      let function = try #require(call["function"] as? [String: String])
      #expect(function == ["name": expected.0, "arguments": expected.1.joined()])
      let id = try #require(call["id"] as? String)
      #expect(id.count == 9 && id.allSatisfy { $0.isLetter || $0.isNumber })
    }
    #expect(Set(seen.compactMap { $0["id"] as? String }).count == calls.count)
    #expect(
      try choice(whole)["finish_reason"] as? String == (calls.isEmpty ? "stop" : "tool_calls"))
  }

  /// Arguments that are an object are one wherever they are cut, and a line stays a line.
  @Test(arguments: [RequestKind.ollamaChat, .messages])
  func argumentsAsObjects(_ kind: RequestKind) throws {
    let arguments = "{\"a\\u00e9\": [1.5e3,\n -2, true, null, {}],\n \"b\": \"\\n\\ud83d\\ude00\"}"
    for isStream in [false, true] where kind == .ollamaChat || !isStream {
      for count in 0...arguments.utf8.count {
        let cut = String(decoding: arguments.utf8.prefix(count), as: UTF8.self)
        let answer = try writeCalls(
          kind, isStream: isStream, text: "t", [("f", [cut]), ("g", ["{\"c\":", "1}x"])])
        let text = String(decoding: answer.body, as: UTF8.self)
        let objects = try text.split(separator: "\n").map { try object($0.utf8) }
        let calls: [[String: Any]] = objects.flatMap { object in
          if kind == .messages {
            return (object["content"] as? [[String: Any]] ?? []).filter { $0["id"] != nil }
          }
          let message = object["message"] as? [String: Any]
          let calls = message?["tool_calls"] as? [[String: Any]] ?? []
          return calls.compactMap { $0["function"] as? [String: Any] }
        }
        #expect(calls.map { $0["name"] as? String } == ["f", "g"], "\(text)")
        let values = calls.map { ($0["arguments"] ?? $0["input"]) as? NSDictionary }
        #expect(values[0] != nil && values[1] == ["c": 1], "\(text)")
        if count == arguments.utf8.count {
          #expect(values[0] == (try object(arguments.utf8) as NSDictionary))
        }
      }
    }
  }

  /// A streamed response repeats its items in their events and at its end.
  @Test func itemsOfAStream() throws {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 16)
    defer { memory.deallocate() }
    let long = String(repeating: "é\"\\\n", count: 2000)
    var settings = settings(stream: true, usage: false)
    settings.hasTools = true
    var answer = answer(.responses, settings)
    answer.record = AnswerRecord(memory, capacity: 65_536)
    var writer = ResponseWriter(RecordingSink())
    writer.begin(ResponseHead(.ok, .eventStream, to: requestHead()))
    let names = TokenNames(UnsafeMutablePointer<Vocabulary>(bitPattern: 8)!)
    answer.beginChoice(0, usage, &writer)
    answer.write(Array("h".utf8).span, isThought: true, nil, names, &writer)
    for _ in 0..<2 { answer.write(Array(long.utf8).span, nil, names, &writer) }
    for (index, text) in ["f", "g"].enumerated() {
      var name = FixedText<65>()
      for byte in text.utf8 { name.append(byte) }
      answer.beginCall(name, index, &writer)
      answer.writeArguments(Array("{\"a\":\(index)}".utf8).span, index, &writer)
    }
    answer.endText(hasChances: false, &writer)
    answer.endChoice(.toolCalls, timings, &writer)
    var replay = ResponseReplay()
    while replay.write(&answer, &writer) {}
    answer.finish(usage, timings, &writer)
    expectEnd(&writer, keepsAlive: true)
    let response = try SeenResponse(Array(writer.sink.sent.joined()))
    var items: [NSDictionary] = []
    var done: [String] = []
    var end: [String: Any] = [:]
    for event in String(decoding: response.body, as: UTF8.self).components(separatedBy: "\n\n") {
      guard let data = event.components(separatedBy: "data: ").last, !data.isEmpty else { continue }
      let event = try object(data.utf8)
      let type = try #require(event["type"] as? String)
      if type == "response.output_item.done" { items.append(event["item"] as! NSDictionary) }
      if type.hasSuffix("done") { done.append(type) }
      end = event["response"] as? [String: Any] ?? [:]
    }
    #expect(
      done.map { $0.replacingOccurrences(of: "response.", with: "") } == [
        "reasoning_text.done", "output_item.done", "output_text.done", "content_part.done",
        "output_item.done", "function_call_arguments.done", "output_item.done",
        "function_call_arguments.done", "output_item.done",
      ])
    #expect(end["output"] as? [NSDictionary] == items && items.count == 4)
    let content = items[1]["content"] as? [[String: Any]]
    #expect(content?.first?["text"] as? String == long + long)
    #expect(items[3]["name"] as? String == "g" && items[3]["arguments"] as? String == "{\"a\":1}")
    #expect(end["status"] as? String == "completed")
    #expect((end["usage"] as? [String: Any])?["total_tokens"] as? Int == 17)
  }

  /// Blocks of a stream, put together as clients do.
  @Test func blocksOfAStream() throws {
    let response = try writeCalls(
      .messages, isStream: true, text: "first", [("f", ["{\"a\"", ": 1}"]), ("g", ["{}"])])
    var blocks: [[String: Any]] = []
    var stops: [Int] = []
    for event in String(decoding: response.body, as: UTF8.self).components(separatedBy: "\n\n") {
      guard let data = event.components(separatedBy: "data: ").last, !data.isEmpty else { continue }
      let event = try object(data.utf8)
      if var block = event["content_block"] as? [String: Any] {
        #expect(event["index"] as? Int == blocks.count && stops.count == blocks.count)
        block["json"] = ""
        blocks.append(block)
      }
      if event["type"] as? String == "content_block_stop" { stops.append(event["index"] as! Int) }
      guard let delta = event["delta"] as? [String: Any], let index = event["index"] as? Int else {
        continue
      }
      for (name, member) in [("text", "text"), ("partial_json", "json")] {
        guard let piece = delta[name] as? String else { continue }
        blocks[index][member] = (blocks[index][member] as! String) + piece
      }
    }
    #expect(stops == [0, 1, 2])
    #expect(blocks.map { $0["type"] as? String } == ["text", "tool_use", "tool_use"])
    #expect(blocks[0]["text"] as? String == "first")
    #expect(blocks.map { $0["json"] as? String } == ["", "{\"a\": 1}", "{}"])
    #expect(blocks.dropFirst().map { $0["name"] as? String } == ["f", "g"])
  }

  @Test func aChatAnswerAsOneObject() throws {
    let seen = try object(try write(.chat, settings(stream: false, usage: true), .stop).body)
    check(seen, "chat.completion", "chatcmpl")
    try checkUsage(seen)
    try checkTimings(seen)
    let choice = try choice(seen)
    let message = try #require(choice["message"] as? [String: Any])
    #expect(message["role"] as? String == "assistant")
    #expect(message["content"] as? String == pieces.joined())
    #expect(choice["finish_reason"] as? String == "stop")
  }

  @Test func aTextAsOneObject() throws {
    let seen = try object(try write(.text, settings(stream: false, usage: false), .length).body)
    check(seen, "text_completion", "cmpl")
    try checkUsage(seen)
    let choice = try choice(seen)
    #expect(choice["text"] as? String == pieces.joined())
    #expect(choice["finish_reason"] as? String == "length")
  }

  @Test(arguments: [true, false], [RequestKind.chat, .text])
  func aStream(_ hasUsage: Bool, _ kind: RequestKind) throws {
    let response = try write(kind, settings(stream: true, usage: hasUsage), .length)
    var seen = try events(response)
    for event in seen {
      check(
        event, kind == .chat ? "chat.completion.chunk" : "text_completion",
        kind == .chat ? "chatcmpl" : "cmpl")
    }
    if hasUsage {
      let last = seen.removeLast()
      try checkUsage(last)
      #expect((last["choices"] as? [Any])?.isEmpty == true)
      #expect(seen.allSatisfy { $0["usage"] is NSNull })
    } else {
      #expect(seen.allSatisfy { $0["usage"] == nil })
    }
    try checkTimings(seen.last!)
    let choices = try seen.map(choice)
    #expect(choices.dropLast().allSatisfy { $0["finish_reason"] is NSNull })
    #expect(choices.last?["finish_reason"] as? String == "length")
    if kind == .chat {
      let deltas = choices.compactMap { $0["delta"] as? [String: String] }
      #expect(deltas.first == ["role": "assistant", "content": ""] && deltas.last == [:])
      #expect(deltas.map { $0["content"] ?? "" } == [""] + pieces.filter { !$0.isEmpty } + [""])
    } else {
      #expect(choices.map { $0["text"] as? String } == pieces.filter { !$0.isEmpty } + [""])
    }
  }

  @Test func aStreamThatFails() throws {
    var writer = ResponseWriter(RecordingSink())
    writer.begin(ResponseHead(.ok, .eventStream, to: requestHead()))
    answer(.chat, settings(stream: true, usage: false)).fail(.internalFailure, &writer)
    let event = String(decoding: writer.sink.sent[0], as: UTF8.self)
    #expect(event.contains("data: {\"error\":{") && event.hasSuffix("}}\n\n\r\n"))
  }

  @Test func theModelList() throws {
    var text = Text()
    writeModelList(model: fixedModelName, unixSeconds: 7, to: &text)
    let seen = try object(text.bytes)
    let models = try #require(seen["data"] as? [[String: Any]])
    #expect(seen["object"] as? String == "list" && models.count == 1)
    #expect(models[0]["id"] as? String == modelName && models[0]["created"] as? Int == 7)
    #expect(models[0]["object"] as? String == "model")
  }

  @Test func errorsOfHTTP() throws {
    let errors: [HTTPError] = [
      .malformedRequestLine, .invalidTarget, .unknownMethod, .unsupportedVersion,
      .requestLineTooLong,
      .controlCharacter, .bareCarriageReturn, .bareLineFeed, .foldedHeader, .spaceBeforeColon,
      .malformedHeader, .headTooLarge, .tooManyHeaders, .missingHost, .invalidHost, .repeatedHeader,
      .invalidContentLength, .conflictingLength, .invalidTransferEncoding, .unknownTransferCoding,
      .lengthRequired, .bodyTooLarge, .contentEncoding, .unknownExpectation, .malformedChunk,
      .chunkExtensionsTooLong, .trailersTooLarge, .notFound, .methodNotAllowed(.models),
      .unauthorized, .forbidden, .foreignHost, .promptTooLong, .unknownToken, .notJSON,
      .modelNotFound, .timeout, .queueFull, .stopping,
      .internalFailure,
    ]
    var messages: Set<String> = []
    for error in errors {
      var text = Text()
      error.writeBody(to: &text)
      let seen = try #require(try object(text.bytes)["error"] as? [String: Any])
      #expect(Set(seen.keys) == ["message", "type", "param", "code"])
      messages.insert(try #require(seen["message"] as? String))
      let isServers = error.status.rawValue >= 500 && error.status.rawValue != 501
      #expect(
        (seen["type"] as? String == "server_error") == (isServers && error.status.rawValue != 505))
    }
    #expect(messages.count == errors.count)
  }
}
