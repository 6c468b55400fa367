import Foundation
import Testing

@testable import Service

/// Several prompts and answers, probabilities, and what the tokenizer is asked for.
@Suite(.serialized) struct ChoiceTests {
  private func post(_ rig: ServiceRig, _ path: String, _ body: String) throws -> [String: Any] {
    let answer = try LoopTests.answer(rig, LoopTests.post(path, body))
    #expect(answer.status == 200, "\(answer.body)")
    return try #require(
      try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
  }

  private func texts(_ object: [String: Any]) throws -> [String] {
    let choices = try #require(object["choices"] as? [[String: Any]])
    #expect(choices.map { $0["index"] as? Int } == Array(choices.indices))
    return try choices.map {
      try #require(
        $0["text"] as? String ?? ($0["message"] as? [String: Any])?["content"] as? String)
    }
  }

  private func ask(_ rig: ServiceRig, _ members: String) throws -> [String: Any] {
    try post(rig, "/v1/completions", "{\(members),\"max_tokens\":5}")
  }

  @Test func severalPrompts() throws {
    let rig = try ServiceRig(budget: 256)
    let alone = try ["one", "two"].map { try texts(ask(rig, "\"prompt\":\"\($0)\""))[0] }
    let both = try ask(rig, "\"prompt\":[\"one\",\"two\"]")
    #expect(try texts(both) == alone)
    let usage = try #require(both["usage"] as? [String: Any])
    #expect(usage["prompt_tokens"] as? Int == 6)
    #expect(usage["completion_tokens"] as? Int == 10)
    let tokens = "one".utf8.map { "\(LoopTests.token(of: $0))" }.joined(separator: ",")
    #expect(try texts(ask(rig, "\"prompt\":[\(tokens)]")) == [alone[0]])
    let lists = try ask(rig, "\"prompt\":[[\(tokens)],[\(tokens)]]")
    #expect(try texts(lists) == [alone[0], alone[0]])
    let bad = try LoopTests.answer(rig, LoopTests.post("/v1/completions", "{\"prompt\":[99999]}"))
    #expect(bad.status == 400)
  }

  /// Greedy answers to one prompt are the same, and drawn ones have numbers of their own.
  @Test func severalAnswers() throws {
    let rig = try ServiceRig(budget: 256)
    let greedy = try texts(ask(rig, "\"prompt\":\"once\",\"n\":3"))
    #expect(greedy.count == 3 && Set(greedy).count == 1)
    let drawn = "\"prompt\":\"once\",\"n\":3,\"temperature\":2,\"top_p\":1,\"seed\":7"
    let first = try texts(ask(rig, drawn))
    #expect(Set(first).count > 1)
    #expect(try texts(ask(rig, drawn)) == first)
    let stream = try LoopTests.answer(
      rig, LoopTests.post("/v1/completions", "{\(drawn),\"max_tokens\":5,\"stream\":true}"))
    #expect(stream.body.hasSuffix("data: [DONE]\n\n") && stream.body.contains("\"index\":2"))
    let many = LoopTests.post("/v1/completions", "{\"prompt\":[\"a\",\"b\"],\"n\":65}")
    #expect(try LoopTests.answer(rig, many).status == 400)
  }

  /// The chosen token of a greedy answer is the likeliest one, and probabilities are at most 1.
  @Test(arguments: [false, true]) func probabilities(isStream: Bool) throws {
    let rig = try ServiceRig(budget: 256)
    let members =
      "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"logprobs\":true,"
      + "\"top_logprobs\":4,\"max_tokens\":6,\"ignore_eos\":true,\"stream\":\(isStream)"
    let answer = try LoopTests.answer(rig, LoopTests.post("/v1/chat/completions", "{\(members)}"))
    #expect(answer.status == 200, "\(answer.body)")
    let bodies =
      isStream
      ? answer.body.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: {") }
        .map { String($0.dropFirst(6)) } : [answer.body]
    var seen = 0
    for body in bodies {
      let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
      for choice in object?["choices"] as? [[String: Any]] ?? [] {
        let content = (choice["logprobs"] as? [String: Any])?["content"] as? [[String: Any]]
        for token in content ?? [] {
          seen += 1
          let top = try #require(token["top_logprobs"] as? [[String: Any]])
          let chances = try top.map { try #require($0["logprob"] as? Double) }
          #expect(top.count == 4 && chances == chances.sorted(by: >) && chances[0] <= 0)
          #expect(token["id"] as? Int == top[0]["id"] as? Int)
          #expect(abs((token["logprob"] as? Double ?? 1) - chances[0]) < 1e-3)
          #expect((token["bytes"] as? [Int])?.isEmpty == false)
        }
      }
    }
    #expect(seen == 6)
  }

  /// The lists of OpenAI's completions.
  private struct Lists {
    var tokens: [String] = []
    /// Nil for the first token of a text.
    var chances: [Double?] = []
    var likeliest: [[String: Double]?] = []
    var offsets: [Int] = []

    mutating func append(_ choice: [String: Any]) throws {
      guard let lists = choice["logprobs"] as? [String: Any] else { return }
      tokens += try #require(lists["tokens"] as? [String])
      chances += try #require(lists["token_logprobs"] as? [Any]).map { $0 as? Double }
      likeliest += try #require(lists["top_logprobs"] as? [Any]).map { $0 as? [String: Double] }
      offsets += try #require(lists["text_offset"] as? [Int])
    }
  }

  private func lists(_ rig: ServiceRig, _ members: String, isStream: Bool = false) throws -> (
    text: String, lists: Lists
  ) {
    let body = "{\(members),\"logprobs\":3,\"stream\":\(isStream)}"
    let answer = try LoopTests.answer(rig, LoopTests.post("/v1/completions", body))
    #expect(answer.status == 200, "\(answer.body)")
    let bodies =
      isStream
      ? answer.body.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: {") }
        .map { String($0.dropFirst(6)) } : [answer.body]
    var (text, lists) = ("", Lists())
    for body in bodies {
      let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
      for choice in object?["choices"] as? [[String: Any]] ?? [] {
        text += try #require(choice["text"] as? String)
        try lists.append(choice)
      }
    }
    return (text, lists)
  }

  /// The probabilities of a prompt's tokens are those that an answer's tokens have in its place.
  @Test(arguments: [false, true]) func probabilitiesOfThePrompt(isStream: Bool) throws {
    let rig = try ServiceRig(budget: 256)
    let prompt = "once upon a tïme"
    let whole = try lists(
      rig, "\"prompt\":\"\(prompt)\",\"echo\":true,\"max_tokens\":0", isStream: isStream)
    let count = prompt.utf8.count
    #expect(whole.text == prompt && whole.lists.tokens.count == count)
    #expect(whole.lists.chances.count == count && whole.lists.likeliest.count == count)
    #expect(whole.lists.chances[0] == nil && whole.lists.likeliest[0] == nil)
    #expect(whole.lists.chances[1...].allSatisfy { ($0 ?? 1) <= 0 })
    let letters = prompt.unicodeScalars.enumerated().flatMap { index, letter in
      [index] + [Int](repeating: index + 1, count: UTF8.width(letter) - 1)
    }
    #expect(whole.lists.offsets == letters)
    for end in [1, 7, 8, 9, 12] {
      let next = try lists(rig, "\"prompt\":\"\(prompt.prefix(end))\",\"max_tokens\":1")
      #expect(next.lists.likeliest == [whole.lists.likeliest[end]], "\(end)")
    }
    // With an answer, and several times.
    let more = try lists(
      rig, "\"prompt\":[\"once\",\"upon\"],\"n\":2,\"echo\":true,\"max_tokens\":3",
      isStream: isStream)
    #expect(more.lists.tokens.count == 4 * (4 + 3))
    #expect(more.lists.chances[..<7] == more.lists.chances[7..<14])
    #expect(more.lists.chances[..<4] == whole.lists.chances[..<4])
    #expect(more.lists.chances[14] == nil && more.lists.tokens[14] == "u")
    let none = try lists(rig, "\"prompt\":\"a\",\"max_tokens\":0", isStream: isStream)
    #expect(none.text == "" && none.lists.tokens.isEmpty)
  }

  @Test func aPromptThatIsTooLongToTellAll() throws {
    let rig = try ServiceRig(budget: 256)
    let prompt = String(repeating: "a", count: 4096)
    let long = "{\"prompt\":\"\(prompt)\",\"echo\":true,\"logprobs\":1}"
    let answer = try LoopTests.answer(rig, LoopTests.post("/v1/completions", long))
    #expect(answer.status == 400 && answer.body.contains("\"param\":\"echo\""), "\(answer.body)")
    let most = "{\"prompt\":\"\(prompt.dropLast())\",\"echo\":true,\"logprobs\":1,\"max_tokens\":9}"
    let whole = try LoopTests.answer(rig, LoopTests.post("/v1/completions", most))
    #expect(whole.status == 200 && whole.usage("completion_tokens") == 1, "\(whole.status)")
  }

  /// A bias decides what comes, a penalty what does not come again, and `min_tokens` when it may end.
  @Test func whatChangesTheChoice() throws {
    let rig = try ServiceRig(budget: 256)
    let x = LoopTests.token(of: UInt8(ascii: "x"))
    #expect(
      try texts(ask(rig, "\"prompt\":\"a\",\"logit_bias\":{\"\(x)\":100}")) == ["xxxxx"])
    let penalty =
      "\"prompt\":\"a\",\"logit_bias\":{\"\(x)\":5},\"presence_penalty\":2,"
      + "\"frequency_penalty\":2"
    #expect(try texts(ask(rig, penalty))[0] != "xxxxx")
    let end = "{\"prompt\":\"a\",\"logit_bias\":{\"257\":100},\"max_tokens\":5"
    #expect(try texts(post(rig, "/v1/completions", end + "}")) == [""])
    let longer = try post(rig, "/completions", end + ",\"min_tokens\":3}")
    #expect((longer["usage"] as? [String: Any])?["completion_tokens"] as? Int == 3)
  }

  @Test func echo() throws {
    let rig = try ServiceRig(budget: 256)
    let plain = try texts(ask(rig, "\"prompt\":\"once é\""))[0]
    #expect(try texts(ask(rig, "\"prompt\":\"once é\",\"echo\":true")) == ["once é" + plain])
  }

  @Test func theTokenizer() throws {
    let rig = try ServiceRig(budget: 256)
    let tokens = try post(rig, "/tokenize", "{\"content\":\"ab<|im_end|>\"}")["tokens"] as? [Int]
    #expect(tokens == [LoopTests.token(of: 97), LoopTests.token(of: 98), 257])
    let plain = try post(
      rig, "/tokenize", "{\"content\":\"a<|im_end|>\",\"parse_special\":false}")
    #expect((plain["tokens"] as? [Int])?.count == 11)
    let pieces = try post(rig, "/tokenize", "{\"content\":\"a\",\"with_pieces\":true}")
    #expect((pieces["tokens"] as? [[String: Any]])?.first?["piece"] as? String == "a")
    let list = (tokens ?? []).map { "\($0)" }.joined(separator: ",")
    let text = try post(rig, "/detokenize", "{\"tokens\":[\(list)]}")["content"] as? String
    #expect(text == "ab<|im_end|>")
    let messages = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
    let prompt = try post(rig, "/apply-template", messages)["prompt"] as? String
    #expect(prompt == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    // An answer that comes last is gone on with.
    let begun =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},"
      + "{\"role\":\"assistant\",\"content\":\"Well, \"}]}"
    let open = try post(rig, "/apply-template", begun)["prompt"] as? String
    #expect(open == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nWell, ")
  }

  /// Tools, calls and their results, thoughts and variables are the template's, whatever their order.
  @Test func whatIsTheTemplates() throws {
    let rig = try ServiceRig(budget: 256)
    let body =
      #"{"tools": [{"b": 1, "a": [true, null, "<|im_end|>"]}], "chat_template_kwargs": {"loud": true},"#
      + #""messages": [{"content": [{"type": "text", "text": "a"}, {"text": "b", "type": "text"}],"#
      + #""role": "developer"}, {"role": "assistant", "content": null, "reasoning_content": "hm","#
      + #""tool_calls": [{"function": {"name": "f", "arguments": "{\"x\": [1.0, \"é\"]}"}}]},"#
      + #"{"role": "tool", "tool_call_id": "1", "content": "arguments"}]}"#
    let prompt = try post(rig, "/apply-template", body)["prompt"] as? String
    #expect(
      prompt == #"[{"b": 1, "a": [true, null, "<|im_end|>"]}]"# + "\n"
        + "<|im_start|>system\na\nb<|im_end|>\n<|im_start|>assistant\n"
        + #"[{"function": {"name": "f", "arguments": {"x": [1.0, "é"]}}}](hm)"#
        + "<|im_end|>\n<|im_start|>tool\narguments<|im_end|>\n!<|im_start|>assistant\n")
    let plain = #"{"messages": [{"role": "assistant", "content": "a"}]"#
    for (member, end) in [
      ("", "a"), (#","continue_final_message":false"#, "a<|im_end|>\n<|im_start|>assistant\n"),
      (#","add_generation_prompt":true"#, "a<|im_end|>\n<|im_start|>assistant\n"),
      (#","continue_final_message":false,"add_generation_prompt":false"#, "a<|im_end|>\n"),
    ] {
      let text = try post(rig, "/apply-template", plain + member + "}")["prompt"] as? String
      #expect(text == "<|im_start|>assistant\n" + end, "\(member)")
    }
  }

  /// What comes before the end of thoughts is no content.
  @Test(arguments: [false, true]) func thoughts(isStream: Bool) throws {
    let rig = try ServiceRig(budget: 256)
    let x = LoopTests.token(of: UInt8(ascii: "x"))
    for (think, expected) in [("true", ["xxx", ""]), ("false", ["", "xxx"])] {
      let body =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"max_tokens\":3,"
        + "\"logit_bias\":{\"\(x)\":100},\"chat_template_kwargs\":{\"think\":\(think)},"
        + "\"stream\":\(isStream)}"
      let answer = try LoopTests.answer(rig, LoopTests.post("/v1/chat/completions", body))
      let objects =
        isStream
        ? answer.body.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: {") }
          .map { String($0.dropFirst(6)) } : [answer.body]
      var texts = ["", ""]
      for object in objects {
        let json = try JSONSerialization.jsonObject(with: Data(object.utf8)) as? [String: Any]
        let choice = (json?["choices"] as? [[String: Any]])?.first
        let message = choice?["message"] as? [String: Any] ?? choice?["delta"] as? [String: Any]
        for (index, name) in ["reasoning_content", "content"].enumerated() {
          texts[index] += message?[name] as? String ?? ""
        }
        if !isStream { #expect((message?["reasoning_content"] == nil) == (think == "false")) }
      }
      #expect(answer.status == 200 && texts == expected, "\(answer.body)")
    }
  }

  @Test func plainPaths() throws {
    let rig = try ServiceRig()
    func get(_ path: String, _ headers: String = "") throws -> RigAnswer {
      try LoopTests.answer(
        rig, bytes("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n"))
    }
    for path in ["/v1/models", "/models", "/v1/models/tiny", "/health", "/v1/health", "/props"] {
      #expect(try get(path).status == 200, "\(path)")
    }
    #expect(try get("/v1/models/other").status == 404)
    #expect(try get("/slots").body.contains("\"is_processing\":false"))
    let page = try get("/")
    #expect(page.status == 200 && page.body.hasSuffix("</html>\n"))
    #expect(try get("/health", "Origin: http://localhost\r\n").status == 200)
    #expect(try get("/health", "Origin: http://localhost:1\r\n").status == 403)
    #expect(try get("/health", "Origin: https://example.org\r\n").status == 403)
  }
}
