import Foundation
import TestSupport
import Testing

/// Options of sampling, `--stop` and `--logprobs`, through the program.
@Suite(
  .serialized, .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct SamplingTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private struct Result {
    let text: String
    let report: [String: Any]
    var output: [String: Any] { report["output"] as! [String: Any] }
    var tokens: [Int] { output["tokens"] as! [Int] }
  }

  private func answer(_ options: [String], maxTokens: Int = 40) throws -> Result {
    let report = folder.path("report.json")
    let outcome = try run(
      [
        Files.program!, "--profile", Files.hostProfile, "--prompt", "Tell me about the sea.",
        "--max-tokens", "\(maxTokens)", "--report", report, "--quiet",
      ] + options)
    try #require(outcome.code == 0, "\(outcome.error)")
    let json = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: report)))
    return Result(text: outcome.output, report: json as! [String: Any])
  }

  @Test func aSeedGivesTheSameTextAndAnotherOneAnother() throws {
    let options = ["--temperature", "0.9", "--seed"]
    let first = try answer(options + ["18446744073709551615"])
    #expect(try answer(options + ["18446744073709551615", "--threads", "1"]).text == first.text)
    let phases = ["18446744073709551615", "--threads", "3", "--decode-threads"]
    for count in ["1", "2", "3"] {
      #expect(try answer(options + phases + [count]).text == first.text)
    }
    #expect(try answer(options + ["1"]).text != first.text)
    let sampling = first.report["sampling"] as! [String: NSNumber]
    #expect(sampling["temperature"] == 0.9 && sampling["topK"] == 40 && sampling["topP"] == 0.95)
    #expect(sampling["minP"] == 0.05 && sampling["repeatPenalty"] == 1)
    #expect(sampling["seed"]?.uint64Value == .max)
  }

  /// No chance is left where the likeliest token is the only candidate.
  @Test func theDefaultIsGreedy() throws {
    let greedy = try answer([])
    #expect(try answer(["--temperature", "5", "--top-k", "1"]).tokens == greedy.tokens)
    #expect(try answer(["--temperature", "1", "--top-p", "0"]).tokens == greedy.tokens)
    #expect(
      try answer(["--temperature", "1", "--min-p", "1", "--top-k", "0"]).tokens == greedy.tokens)
    #expect(try answer(["--seed", "9", "--top-k", "3"]).tokens == greedy.tokens)
    #expect(try answer(["--repeat-penalty", "3"]).tokens != greedy.tokens)
    #expect(greedy.output["logprobs"] == nil)
  }

  /// The first token has the likelihood that `score` prints for it; a penalty does not change it.
  @Test func logProbabilitiesAreThoseOfTheLogits() throws {
    let found = try answer(["--logprobs"], maxTokens: 6)
    let values = found.output["logprobs"] as! [Double]
    #expect(values.count == found.tokens.count)
    #expect(values.allSatisfy { $0 <= 0 && $0 > -20 })
    let penalized = try answer(["--logprobs", "--repeat-penalty", "1.000001"], maxTokens: 6)
    #expect(penalized.tokens == found.tokens)
    #expect(penalized.output["logprobs"] as! [Double] == values)
    let text =
      "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
      + "<|im_end|>\n<|im_start|>user\nTell me about the sea.<|im_end|>\n<|im_start|>assistant\n"
    let ids = try run([
      Files.program!, "tokenize", "--model", Files.model!, "--prompt", text,
    ]).output.split(whereSeparator: \.isWhitespace).map(String.init)
    let all = ids + found.tokens.map(String.init)
    let file = try folder.write("all.tokens", Data(all.joined(separator: " ").utf8))
    let scored = try run([
      Files.program!, "score", "--profile", Files.hostProfile, "--tokens", file, "--skip",
      "\(ids.count - 1)", "--quiet",
    ])
    let mean = -values.reduce(0, +) / Double(values.count)
    let words = scored.output.split(separator: " ")
    try #require(words.count == 6, "\(scored.error)")
    #expect(abs(Double(words[3])! - mean) < 0.02, "\(scored.output) \(mean)")
  }

  /// Texts of the answer itself, from within tokens and across them.
  @Test func theAnswerEndsBeforeAStopText() throws {
    let whole = try answer([])
    let text = whole.text.dropLast()
    for (start, count) in [(0, 1), (3, 7), (10, 2), (24, 19), (50, 30), (81, 40)] {
      let from = text.index(text.startIndex, offsetBy: start)
      let stop = String(text[from...].prefix(count))
      let found = try answer(["--stop", "never comes", "--stop", stop])
      let expected = text[..<text.range(of: stop)!.lowerBound]
      #expect(found.text == expected + "\n", "\(stop)")
      #expect(found.output["stop"] as? String == "stop")
      #expect(found.tokens == Array(whole.tokens.prefix(found.tokens.count)))
    }
    // What only begins like a stop text is printed, at the end of the answer too.
    let end = String(text.suffix(9))
    let kept = try answer(["--stop", end + "!!", "--stop", "the the the"])
    #expect(kept.text == whole.text)
    #expect(kept.output["stop"] as? String == "length")
  }

  @Test func valuesOutOfRangeAreErrors() throws {
    var cases: [[String]] = [
      ["--temperature", "-1"], ["--temperature", "100.1"], ["--temperature", "nan"],
      ["--temperature", ""], ["--temperature", "."], ["--top-k", "-1"], ["--top-k", "1.0"],
      ["--top-k", "2147483648"], ["--top-p", "1.0001"], ["--min-p", "1e0"],
      ["--repeat-penalty", "0"], ["--repeat-penalty", "101"], ["--seed", "18446744073709551616"],
      ["--seed", "x"], ["--stop", ""], ["--stop", String(repeating: "x", count: 257)],
      ["--seed", "1", "--seed", "1"],
    ]
    cases.append((0..<17).flatMap { ["--stop", "\($0)"] })
    for options in cases {
      let outcome = try run(
        [Files.program!, "--profile", Files.hostProfile, "--prompt", "x", "--quiet"] + options)
      #expect(outcome.code == 64 && outcome.errorLines.count == 1, "\(options): \(outcome.error)")
      #expect(outcome.error.contains(options[0]))
    }
    for command in ["score", "bench", "tokenize"] {
      let outcome = try run([Files.program!, command, "--temperature", "1", "--prompt", "x"])
      #expect(outcome.code == 64, "\(command)")
    }
  }
}
