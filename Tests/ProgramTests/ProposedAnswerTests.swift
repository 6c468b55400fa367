import Foundation
import TestSupport
import Testing

/// All prompts, policies and numbers of threads take hours.
private let takesAll = ProcessInfo.processInfo.environment["EDGE_INFER_SPECULATION"] == "all"

/// A service that proposes tokens and one that does not give the same answers, and so does `run`.
@Suite(
  .serialized, .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct ProposedAnswerTests {
  private static let policies =
    takesAll
    ? [
      "full", "keydiff", "keydiff-stream", "keydiff-normalized", "keydiff-pairwise",
      "keydiff-median", "keydiff-dot", "keydiff-euclidean", "sink", "tova", "h2o", "snapkv", "l2",
    ] : ["full", "keydiff-stream", "keydiff", "snapkv"]
  private static let promptCount = takesAll ? 500 : 6

  /// Lists, sentences, code and JSON, with parts that come again.
  private static func prompt(_ index: Int) -> String {
    var random = SeededGenerator(seed: UInt64(index))
    let names = ["Lily", "Tom", "Ben", "Mia", "the dog", "the bird"]
    let things = ["a red ball", "the old tree", "some sweet jam", "a big box", "the sea"]
    func sentence() -> String {
      "\(names.randomElement(using: &random)!) saw \(things.randomElement(using: &random)!). "
    }
    let sentences = (0..<Int.random(in: 1...5, using: &random)).map { _ in sentence() }
    switch index % 5 {
    case 0: return "Once upon a time, " + sentences.joined() + sentences.joined()
    case 1:
      return sentences.enumerated().map { "\($0 + 1). \($1)\n" }.joined() + "Again:\n1."
    case 2:
      return sentences.map { "{\"text\": \"\($0)\", \"kind\": \"a\"}\n" }.joined() + "{\"text\":"
    case 3: return "def f(x):\n  return x + 1\n\ndef g(x):\n  return x + 2\n\ndef h(x):\n "
    default: return sentences.joined() + "And then"
    }
  }

  private static let people = """
    {"type": "array", "minItems": 3, "maxItems": 5, "items": {"type": "object", "properties": {"name": \
    {"type": "string", "maxLength": 12}, "age": {"type": "integer"}, "kind": {"enum": ["reader", \
    "writer"]}}, "required": ["name", "age"], "additionalProperties": false}}
    """

  private func services(_ options: [String]) throws -> (RunningService, RunningService) {
    (
      try RunningService(options + ["--speculate", "off"]),
      try RunningService(options + ["--speculate", "lookup"])
    )
  }

  @Test(arguments: policies, takesAll ? ["1", "2", "3"] : ["2"])
  func answersAreTheSame(policy: String, threads: String) throws {
    let options = ["--policy", policy, "--threads", threads]
    let (plain, proposing) = try services(
      options + ["--budget", policy == "full" ? "500" : "48", "--block", "16"])
    for index in 0..<Self.promptCount {
      for seed in takesAll ? [1, 2, 3] : [index] {
        var body: [String: Any] = [
          "prompt": Self.prompt(index), "max_tokens": 60, "seed": seed,
          "temperature": [0, 0.4, 0.8][(index + seed) % 3], "logprobs": 2,
        ]
        if index % 4 == 1 { body["stop"] = [".\n", "the end"] }
        if index % 6 == 5 { body["repeat_penalty"] = 1.1 }
        if index % 7 == 3 {
          body["response_format"] = ["type": "json_object"]
        }
        let expected = try plain.post("/v1/completions", body)
        let found = try proposing.post("/v1/completions", body)
        #expect(expected.status == 200, "\(expected.text)")
        #expect(choices(found) == choices(expected), "\(index) \(seed)")
      }
    }
    #expect(try plain.metric("edge_infer_proposed_tokens_total") == 0)
    let proposed = try #require(try proposing.metric("edge_infer_proposed_tokens_total"))
    let accepted = try #require(try proposing.metric("edge_infer_accepted_tokens_total"))
    // What h2o has evicted cannot be put back.
    #expect((accepted > 0) == (policy != "h2o") && accepted <= proposed)
  }

  /// The choices of an answer, with the probabilities of their tokens.
  private func choices(_ answer: ServiceAnswer) -> NSArray {
    (answer.json["choices"] as? NSArray) ?? []
  }

  /// A list that is to be repeated: most of it is proposed, and the report says so.
  @Test func reports() throws {
    let folder = try Folder()
    let list = (1...12).map { "\($0). box \($0 * 37 % 101) of the \($0 * 53 % 97)th row\n" }
    var texts: [String] = []
    for source in ["off", "lookup"] {
      let report = folder.path(source)
      let outcome = try run([
        Files.program!, "--profile", Files.hostProfile, "--prompt",
        "Repeat this list exactly:\n" + list.joined(), "--max-tokens", "100", "--speculate",
        source, "--report", report,
      ])
      try #require(outcome.code == 0, "\(outcome.error)")
      texts.append(outcome.output)
      let json = try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: report)))
      let figures = (json as! [String: Any])["speculation"] as? [String: Double]
      if source == "off" {
        #expect(figures == nil && !outcome.error.contains("proposed"))
        continue
      }
      let found = try #require(figures)
      #expect(Set(found.keys) == ["steps", "proposed", "accepted", "savedUs"])
      #expect(found["accepted"]! > 20 && found["accepted"]! <= found["proposed"]!, "\(found)")
      #expect(
        outcome.error.contains(
          "proposed \(Int(found["proposed"]!)) tokens in \(Int(found["steps"]!)) steps"))
    }
    #expect(texts[0] == texts[1])
  }

  /// One object, whose names are not in the prompt: what its schema asks for is proposed.
  @Test func schemasAreProposed() throws {
    let folder = try Folder()
    let names = ["invoice_number", "delivery_address", "is_already_paid", "total_amount_in_euros"]
    let schema: [String: Any] = [
      "type": "object", "required": names, "additionalProperties": false,
      "properties": Dictionary(uniqueKeysWithValues: names.map { ($0, ["enum": ["a17", "b"]]) }),
    ]
    let path = folder.path("schema")
    try JSONSerialization.data(withJSONObject: schema).write(to: URL(fileURLWithPath: path))
    var texts: [String] = []
    for source in ["off", "lookup"] {
      let report = folder.path(source)
      let outcome = try run([
        Files.program!, "--profile", Files.hostProfile, "--prompt", "Write any order.",
        "--max-tokens", "200", "--json-schema", path, "--speculate", source, "--report", report,
      ])
      try #require(outcome.code == 0, "\(outcome.error)")
      texts.append(outcome.output)
      if source == "off" { continue }
      let json = try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: report)))
      let figures = try #require((json as! [String: Any])["speculation"] as? [String: Double])
      #expect(figures["accepted"]! >= 10, "\(figures)")
    }
    #expect(texts[0] == texts[1])
  }

  /// Answers that must be something, and positions that are renumbered.
  @Test(arguments: [
    ["--grammar", "root ::= (\"yes, \" | \"no, \"){30}"],
    ["--json-schema", "{\"type\": \"array\", \"items\": {\"enum\": [\"left\", \"right\"]}}"],
    ["--json-schema", ProposedAnswerTests.people],
    ["--json-schema", ProposedAnswerTests.people, "--repeat-penalty", "1.2"],
    ["--positions", "compact", "--budget", "64", "--block", "16"],
  ])
  func boundAnswers(options: [String]) throws {
    let folder = try Folder()
    var options = options
    if options[0] != "--positions" {
      let path = folder.path("binding")
      try Data(options[1].utf8).write(to: URL(fileURLWithPath: path))
      options[1] = path
    }
    let model = Files.stories.map { ["--model", $0, "--raw"] } ?? []
    for temperature in ["0", "0.7"] {
      let outcomes = try ["off", "lookup"].map { source in
        try run(
          [
            Files.program!, "--profile", Files.hostProfile, "--prompt",
            "Left or right? left, right, left, right, left, right", "--max-tokens", "600",
            "--temperature", temperature, "--speculate", source, "--quiet",
          ] + model + options)
      }
      #expect(outcomes[0].code == 0, "\(outcomes[0].error)")
      #expect(outcomes[0].output == outcomes[1].output && outcomes[1].code == 0)
    }
  }
}
