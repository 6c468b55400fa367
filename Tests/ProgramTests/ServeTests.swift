import Foundation
import TestSupport
import Testing

/// Answers of a service, on the default model.
@Suite(
  .serialized,
  .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct ServeTests {
  private static let question = "What is the capital of France?"
  private static let long =
    (1...60).map { "Rule \($0): answer in few words and be kind." }.joined(separator: " ")

  private func answer(of options: [String]) throws -> String {
    let outcome = try run(
      [
        Files.program!, "--profile", Files.hostProfile, "--budget", "256", "--block", "32",
        "--quiet",
        "--max-tokens", "16",
      ] + options)
    #expect(outcome.code == 0, "\(outcome.error)")
    return String(outcome.output.dropLast())
  }

  /// The prompt is the same, and so is the answer, whatever has been kept.
  @Test func answersAreThoseOfRun() throws {
    let service = try RunningService(model: nil)
    let more: [String: Any] = ["max_tokens": 16]
    let plain = try answer(of: ["--prompt", Self.question])
    #expect(plain.contains("Paris"))
    #expect(try service.chat([("user", Self.question)], more).content == plain)
    let system = try answer(of: ["--prompt", Self.question, "--system", Self.long])
    let messages = [("system", Self.long), ("user", Self.question)]
    #expect(try service.chat(messages, more).content == system)
    let text: [String: Any] = ["prompt": "The capital of France is", "max_tokens": 16]
    let raw = try answer(of: ["--prompt", "The capital of France is", "--raw"])
    #expect(try service.post("/v1/completions", text).content == raw)
    let sampled = try answer(of: [
      "--prompt", Self.question, "--temperature", "0.8", "--top-p", "0.9", "--seed", "5",
    ])
    let settings: [String: Any] = [
      "max_tokens": 16, "temperature": 0.8, "top_p": 0.9, "seed": 5,
    ]
    #expect(try service.chat([("user", Self.question)], settings).content == sampled)
  }

  /// Settings of llama.cpp's server do what the options of `run` do.
  @Test func furtherSettings() throws {
    let service = try RunningService(model: nil)
    let options = [
      "--prompt", Self.question, "--temperature", "1.5", "--seed", "5", "--repeat-penalty", "1.3",
    ]
    for (topK, minP) in [(3, 0.0), (40, 0.2)] {
      let more: [String: Any] = [
        "max_tokens": 16, "temperature": 1.5, "seed": 5, "repeat_penalty": 1.3, "top_k": topK,
        "min_p": minP,
      ]
      let expected = try answer(of: options + ["--top-k", "\(topK)", "--min-p", "\(minP)"])
      #expect(try service.chat([("user", Self.question)], more).content == expected)
    }
    let all = ["max_tokens": 16, "temperature": 1.5, "seed": 5, "min_p": 0, "top_p": 1.0]
    let expected = try answer(
      of: options.dropLast(2) + ["--top-k", "0", "--min-p", "0", "--top-p", "1"])
    #expect(
      try service.chat([("user", Self.question)], all.merging(["top_k": 0]) { $1 }).content
        == expected)
    let functions: [String: Any] = ["functions": [["name": "f"]]]
    let refused = try service.chat([("user", Self.question)], functions)
    #expect(refused.status == 400 && refused.error["param"] as? String == "functions")
  }

  /// The log-probabilities of a prompt are those of `score`.
  @Test func theLikelihoodOfAPrompt() throws {
    let service = try RunningService(model: nil)
    let text = "The capital of France is Paris, and that of Italy is Rome."
    let score = try run([
      Files.program!, "score", "--profile", Files.hostProfile, "--budget", "256", "--block", "32",
      "--prompt", text, "--quiet",
    ])
    let words = score.output.split(separator: " ")
    let mean = try #require(words.count > 3 ? Double(words[3]) : nil, "\(score)")
    let body: [String: Any] = ["prompt": text, "echo": true, "logprobs": 0, "max_tokens": 0]
    let answer = try service.post("/v1/completions", body)
    let object = try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any]
    let choice = (object?["choices"] as? [[String: Any]])?.first
    let chances = (choice?["logprobs"] as? [String: Any])?["token_logprobs"] as? [Any] ?? []
    let known = chances.compactMap { $0 as? Double }
    #expect(known.count == chances.count - 1 && known.count > 10, "\(answer.text)")
    #expect(abs(-known.reduce(0, +) / Double(known.count) - mean) < 2e-5)
    #expect(choice?["text"] as? String == text)
  }

  @Test func streamsSayTheSame() throws {
    let service = try RunningService(model: nil)
    let messages = [("user", Self.question)]
    let whole = try service.chat(messages, ["max_tokens": 40])
    #expect(whole.status == 200 && whole.finishReason == "stop", "\(whole.text)")
    let stream = try service.chat(
      messages,
      ["max_tokens": 40, "stream": true, "stream_options": ["include_usage": true]])
    #expect(stream.headers["content-type"]?.hasPrefix("text/event-stream") == true)
    #expect(stream.streamed == whole.content)
    #expect(stream.text.hasSuffix("data: [DONE]\n\n"))
    let usage = stream.events.last?["usage"] as? [String: Any]
    #expect(usage?["completion_tokens"] as? Int == whole.usage("completion_tokens"))
    #expect(usage?["prompt_tokens"] as? Int == whole.usage("prompt_tokens"))
  }

  /// Stop texts end an answer wherever tokens part them, and are not given.
  @Test func stopTexts() throws {
    let service = try RunningService(model: nil)
    let whole = try #require(
      try service.chat([("user", Self.question)], ["max_tokens": 12]).content)
    let stop = String(whole.dropFirst(6).prefix(7))
    for isStream in [false, true] {
      let answer = try service.chat(
        [("user", Self.question)],
        ["max_tokens": 12, "stop": ["nothing", stop], "stream": isStream])
      let text = isStream ? answer.streamed : answer.content
      #expect(text == String(whole.prefix(6)), "\(answer.text)")
    }
  }

  /// A system message is read once, and the answers are the same bit for bit: greedy and drawn.
  @Test(arguments: ["keydiff", "h2o", "full"])
  func theSystemMessageIsKept(policy: String) throws {
    let service = try RunningService(
      ["--kept", "1", "--policy", policy], model: nil, budget: 2048)
    let system = ("system", Self.long)
    let other = ("system", "You are a pirate.")
    let settings: [[String: Any]] = [
      ["max_tokens": 16], ["max_tokens": 16, "temperature": 1, "seed": 3],
    ]
    for more in settings {
      let off = more.merging(["cache_prompt": false]) { $1 }
      let first = try service.chat([system, ("user", Self.question)], off)
      let second = try service.chat([system, ("user", Self.question)], more)
      let third = try service.chat([system, ("user", "Name a colour.")], more)
      #expect(first.usage("cached_tokens") == 0, "\(first.text)")
      #expect((second.usage("cached_tokens") ?? 0) > 300, "\(second.text)")
      #expect((third.usage("cached_tokens") ?? 0) > 300, "\(third.text)")
      #expect(second.usage("prompt_tokens") == first.usage("prompt_tokens"))
      #expect(second.content == first.content)
      _ = try service.chat([other, ("user", "Hello")], more)
      let again = try service.chat([system, ("user", "Name a colour.")], more)
      #expect((again.usage("cached_tokens") ?? 0) > 300 && again.content == third.content)
      let alone = try service.chat([system, ("user", "Name a colour.")], off)
      #expect(alone.usage("cached_tokens") == 0 && alone.content == third.content)
    }
  }

  @Test func theFirstTokenOfAKeptMessageComesSooner() throws {
    let service = try RunningService(model: nil, budget: 2048)
    func seconds() throws -> Double {
      let start = Date()
      let answer = try service.chat(
        [("system", Self.long), ("user", Self.question)], ["max_tokens": 1])
      #expect(answer.status == 200)
      return Date().timeIntervalSince(start)
    }
    let first = try seconds()
    let later = try min(seconds(), seconds(), seconds())
    #expect(later < 0.5 * first, "\(first) s, then \(later) s")
  }

  /// Each turn of a conversation reads what is new alone, and the answers are those of fresh readings.
  @Test(arguments: ["/v1/chat/completions", "/api/chat"])
  func aConversationOfTwelveTurns(path: String) throws {
    let service = try RunningService(model: nil, budget: 2048)
    let isOllama = path.hasPrefix("/api")
    func ask(_ messages: [(String, String)], _ more: [String: Any] = [:]) throws -> String {
      let settings: [String: Any] =
        isOllama ? ["options": ["num_predict": 40], "stream": false] : ["max_tokens": 40]
      let body = RunningService.chatBody(messages, settings.merging(more) { $1 })
      let answer = try service.post(path, body)
      #expect(answer.status == 200, "\(answer.text)")
      if !isOllama { return answer.content ?? "" }
      let object = try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any]
      return (object?["message"] as? [String: Any])?["content"] as? String ?? ""
    }
    func readCount() throws -> Int {
      try (service.metric("edge_infer_prompt_tokens_total") ?? 0)
        - (service.metric("edge_infer_cached_tokens_total") ?? 0)
    }
    var messages = [("system", "You are a helpful assistant.")]
    var read: [Int] = []
    for turn in 0..<12 {
      messages.append(("user", "Tell me something about the number \(turn + 10)."))
      let before = try readCount()
      let answer = try ask(messages)
      try read.append(readCount() - before)
      if turn % 5 == 4 && !isOllama {
        #expect(try ask(messages, ["cache_prompt": false]) == answer)
      }
      messages.append(("assistant", answer))
    }
    // A question has 20 tokens with the marks around it, and an answer that was cut is read on.
    #expect(read[1] > 0 && read[11] <= 2 * read[1] && read[11] < 64, "\(read)")
  }

  /// The template's text by hand gives the same.
  @Test func conversationsGoOn() throws {
    let service = try RunningService(model: nil)
    let conversation = try service.chat(
      [
        ("developer", "You are brief."), ("user", "My name is Ada."), ("assistant", "Hello, Ada."),
        ("user", "What is my name?"),
      ], ["max_tokens": 16])
    let text =
      [
        "system\nYou are brief.", "user\nMy name is Ada.", "assistant\nHello, Ada.",
        "user\nWhat is my name?",
      ].map { "<|im_start|>\($0)<|im_end|>\n" }.joined() + "<|im_start|>assistant\n"
    let byHand = try service.post("/v1/completions", ["prompt": text, "max_tokens": 16])
    #expect(conversation.content?.isEmpty == false && conversation.content == byHand.content)
    #expect(conversation.usage("prompt_tokens") == byHand.usage("prompt_tokens"))
    let late = try service.chat([("user", "a"), ("system", "b")])
    #expect(late.status == 200, "\(late.text)")
  }

  @Test func aFullCacheRefusesLongPrompts() throws {
    let service = try RunningService(["--policy", "full"], model: nil)
    let answer = try service.chat([("system", Self.long), ("user", Self.question)])
    #expect(answer.status == 400 && answer.error["code"] as? String == "context_length_exceeded")
    let short = try service.chat([("user", Self.question)], ["max_tokens": 4])
    #expect(short.status == 200 && short.usage("completion_tokens") == 4)
    // As much as there is room for.
    let longest = try service.post(
      "/v1/completions", ["prompt": "1, 2, 3, 4,", "max_tokens": 100_000])
    #expect(longest.finishReason == "length", "\(longest.text.suffix(200))")
    let count =
      (longest.usage("prompt_tokens") ?? 0) + (longest.usage("completion_tokens") ?? 0)
    #expect(count == 256 + 32 + 1)
  }

  /// Without seed and temperature of their own, answers differ only where the command line asks for
  /// chance, and not even there where it has a seed.
  @Test func chance() throws {
    let service = try RunningService(["--temperature", "1.5"], model: nil)
    func texts(_ service: RunningService) throws -> Set<String> {
      Set(
        try (0..<3).map { _ in
          try service.chat([("user", "Tell me a story.")], ["max_tokens": 12]).content ?? ""
        })
    }
    #expect(try texts(service).count > 1)
    let seeded = try RunningService(["--temperature", "1.5", "--seed", "1"], model: nil)
    #expect(try texts(seeded).count == 1)
  }

  @Test(
    .enabled(if: OpenAIPackage.isThere, "needs the package openai: Toolchain/fetch-openai"))
  func theClientOfOpenAI() throws {
    let service = try RunningService(["--token-file", try tokenFile()], model: nil)
    let script = Files.repository.appendingPathComponent("Tests/ProgramTests/serve_client.py").path
    let outcome = try run(OpenAIPackage.python + [script, "\(service.port)", "secret-token"])
    #expect(outcome.code == 0, "\(outcome.output)\(outcome.error)")
    #expect(outcome.output.hasSuffix("all as it should be\n"))
  }

  /// Once, and the service goes on.
  @Test(.enabled(if: Files.stories != nil, "needs a model of 512 tokens: the one of stories"))
  func pastTheTrainedLengthThereIsAWarning() throws {
    let service = try RunningService(model: Files.stories)
    func ask(_ count: Int) throws {
      let body: [String: Any] = [
        "prompt": String(repeating: "x ", count: count), "max_tokens": 2,
      ]
      let answer = try service.post("/v1/completions", body)
      #expect(answer.status == 200 && answer.usage("prompt_tokens") ?? 0 >= count)
    }
    try ask(100)
    #expect(!service.program.error.contains("trained length"))
    try ask(600)
    #expect(service.program.wait(for: "the model's trained length of 512 tokens"))
    try ask(600)
    #expect(service.program.error.components(separatedBy: "trained length").count == 2)
  }

  private let folder = try! Folder()

  private func tokenFile() throws -> String {
    try folder.write("token", Data("secret-token\n".utf8))
  }
}

/// The package `openai`, installed or in `.build-check/openai`.
enum OpenAIPackage {
  static let python: [String] = {
    let folder = Files.repository.appendingPathComponent(".build-check/openai").path
    return ["/usr/bin/env", "PYTHONPATH=" + folder, "python3"]
  }()

  static let isThere = (try? run(python + ["-c", "import openai"]).code) == 0
}
