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
  answer.begin(&writer)
  let names = TokenNames(UnsafeMutablePointer<Vocabulary>(bitPattern: 8)!)
  answer.beginChoice(0, &writer)
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

@Suite struct CompletionAnswerTests {
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
