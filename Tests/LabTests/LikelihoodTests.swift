import Foundation
import LabResults
import TestSupport
import Testing

@testable import edge_lab

/// `nll` on the tiny model.
@Suite(.enabled(if: Files.stories != nil, "../shared/data/models is absent"))
struct LikelihoodTests {
  private static let ids = ([1] + (0..<479).map { 3 + $0 * 89 % 509 })
    .map(String.init).joined(separator: " ")

  /// - Parameter text: the option and file of a text.
  private static func lines(
    _ folder: Folder, _ text: [String], _ words: [String]
  ) throws -> [ResultLine] {
    let results = folder.path("results")
    let common = ["--model", Files.stories!, "--quiet", "--threads", "1", "-o", results]
    #expect(EdgeLab.run(["nll"] + common + text + words) == 0)
    return try ResultFile.read(results)
  }

  private static let settings: [(policy: String, budget: Int, options: String)] = [
    ("full", 0, ""), ("keydiff", 64, ""), ("keydiff:4+0.25", 64, "--sinks 4 --recent 0.25"),
    ("h2o", 48, ""), ("snapkv", 50, ""), ("keydiff-median", 64, ""),
  ]

  /// The same digits as `edge-infer score` prints.
  @Test(
    .enabled(if: Files.program != nil, "needs .build/release/edge-infer"), arguments: settings)
  func equalsScore(policy: String, budget: Int, options: String) throws {
    let folder = try Folder()
    let story = try folder.write("story", storyItems(8)[7].prompt + " said <s> goodbye.\n")
    let isFull = policy == "full"
    let line = try Self.lines(
      folder, ["--prompt-file", story],
      ["--policies", policy, "--budgets", isFull ? "1" : "\(budget)"]
        + ["--blocks", "16", "--skip", "9", "--alone"])[0]
    let profile = Files.hostProfile
    let name = policy.split(separator: ":")[0]
    let words =
      "score --profile \(profile) --model \(Files.stories!) --policy \(name) --block 16 --skip 9"
      + " --budget \(isFull ? 400 : budget) --quiet --prompt-file \(story) \(options)"
    let output = try printed(by: [Files.program!] + words.split(separator: " ").map(String.init))
    let (nll, perplexity) = (line.scores["nll"]!, line.scores["ppl"]!)
    let own = String(format: "tokens %d nll %.5f ppl %.4f\n", line.tokens, nll, perplexity)
    #expect(own == output)
  }

  /// The same on a real model and text.
  @Test(
    .enabled(
      if: Files.program != nil && Files.shared("golden/wikitext.tokens") != nil
        && Files.model != nil,
      "needs .build/release/edge-infer, ../shared/golden/wikitext.tokens and the default model"))
  func equalsScoreOfWikiText() throws {
    let folder = try Folder()
    let ids = try String(contentsOfFile: Files.shared("golden/wikitext.tokens")!, encoding: .utf8)
      .split(whereSeparator: \.isWhitespace).prefix(400).joined(separator: " ")
    let file = try folder.write("tokens", ids)
    let code = EdgeLab.run(
      ["nll", "--model", Files.model!, "--quiet", "--threads", "2", "--tokens", file]
        + ["--policies", "keydiff", "--budgets", "128", "--blocks", "64", "--alone"]
        + ["-o", folder.path("results")])
    #expect(code == 0)
    let line = try ResultFile.read(folder.path("results"))[0]
    let profile = Files.hostProfile
    let output = try printed(
      by: [
        Files.program!, "score", "--profile", profile, "--model", Files.model!, "--tokens", file,
      ]
        + ["--budget", "128", "--block", "64", "--quiet"])
    let (nll, perplexity) = (line.scores["nll"]!, line.scores["ppl"]!)
    #expect(String(format: "tokens 400 nll %.5f ppl %.4f\n", nll, perplexity) == output)
  }

  @Test func againstTheFullCache() throws {
    let words = ["--policies", "full,keydiff,sink", "--budgets", "32,480", "--blocks", "16"]
    let folder = try Folder()
    let lines = try Self.lines(folder, ["--tokens", try folder.write("tokens", Self.ids)], words)
    #expect(lines.count == 5)
    let full = try #require(lines.first { $0.run.policy == "full" })
    #expect(full.scores["kl"] == nil && full.series?["nll"]?.count == 30)
    for line in lines where line.run.policy != "full" {
      let delta = line.scores["nll"]! - full.scores["nll"]!
      #expect(abs(line.scores["deltaNll"]! - delta) < 1e-9)
      if line.run.budget == 480 {
        // Nothing was evicted.
        #expect(delta == 0 && line.scores["kl"] == 0 && line.scores["agreement"] == 1)
      } else {
        #expect(line.scores["kl"]! > 0.001 && line.scores["agreement"]! < 1)
        #expect(line.errors!["nll"]! > 0 && line.errors!["kl"]! > 0)
      }
    }
    // The curve's mean, its last block having 15 of 479 tokens.
    let curve = full.series!["nll"]!
    let mean = (curve[..<29].reduce(0, +) * 16 + curve[29] * 15) / 479
    #expect(abs(mean - full.scores["nll"]!) < 1e-9)
  }

  /// The int8 runtime is near the float32 model, and not the same.
  @Test func float() throws {
    let folder = try Folder()
    let lines = try Self.lines(
      folder, ["--tokens", try folder.write("tokens", Self.ids)],
      ["--policies", "full", "--blocks", "16", "--float", "--length", "200"])
    let float = try #require(lines.first { $0.run.policy == "float32" })
    let int8 = try #require(lines.first { $0.run.policy == "full" })
    let delta = int8.scores["nll"]! - float.scores["nll"]!
    #expect(abs(float.scores["int8DeltaNll"]! - delta) < 1e-9 && abs(delta) < 0.05)
    #expect(float.scores["int8KL"]! > 0 && float.scores["int8KL"]! < 0.05)
    #expect(float.scores["int8Agreement"]! > 0.8)
  }

  /// In the file's own bits the runtime is nearer to the file's float32 model than as int8, and results of
  /// both stand beside each other.
  @Test(.enabled(if: Files.model != nil, "the default model is not there"))
  func weights() throws {
    let folder = try Folder()
    let results = folder.path("results")
    let file = try folder.write("tokens", Self.ids)
    for form in ["int8", "file"] {
      let words = [
        "nll", "--model", Files.model!, "--weights", form, "--tokens", file, "--length", "200",
        "--policies", "full", "--float", "--quiet", "-o", results,
      ]
      #expect(EdgeLab.run(words) == 0)
    }
    let lines = try ResultFile.read(results)
    #expect(lines.count == 4 && Set(lines.map(\.run.model)).count == 2)
    let int8 = try #require(lines.lazy.compactMap { $0.scores["int8KL"] }.first)
    let own = try #require(lines.lazy.compactMap { $0.scores["fileKL"] }.first)
    #expect(own > 0 && own < int8)
    #expect(EdgeLab.run(["nll", "--weights", "q4_0", "--tokens", file]) == 64)
  }

  @Test func compares() throws {
    let folder = try Folder()
    let file = try folder.write("tokens", Self.ids)
    let results = folder.path("results")
    let words = [
      "compare", "--model", Files.stories!, "--tokens", file, "--quiet", "-o", results,
      "--budgets", "32,64", "--ablations", "anchor,metric,block", "--alone",
    ]
    #expect(EdgeLab.run(words) == 0)
    // full with B = 64, 128 and 256; 6 policies with B = 128, keydiff with 64 and 256; 2 budgets.
    #expect(try folder.lines("results").count == 3 + 2 * (6 + 2))
    #expect(EdgeLab.run(words + ["--json"]) == 0)
    #expect(try folder.lines("results").count == 19)
  }
}
