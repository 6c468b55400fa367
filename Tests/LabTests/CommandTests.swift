import Foundation
import LabResults
import TestSupport
import Testing

/// The commands as they are called, on the tiny model, which has a context of 512 tokens and no chat
/// template.
@Suite(
  .serialized,
  .enabled(
    if: Files.stories != nil && Files.edgeLab != nil,
    "needs ../shared/data/models and .build/debug/edge-lab"))
struct CommandTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private var results: String { folder.path("results.jsonl") }

  /// What a command writes to standard output; its results go to `results`.
  private func run(_ command: String, _ words: [String]) throws -> String {
    try printed(
      by: [
        Files.edgeLab!, command, "--model", Files.stories!, "--threads", "1", "--quiet", "-o",
        results,
      ] + words)
  }

  /// Runs a command that is to give so many result lines, and again, which is to give no more.
  private func check(
    _ command: String, _ words: [String], lineCount: Int, table: [String]
  ) throws -> [ResultLine] {
    let output = try run(command, words)
    for name in table { #expect(output.contains(name), "\(command): no \(name) in \(output)") }
    let lines = try ResultFile.read(results)
    #expect(lines.count == lineCount, "\(command)")
    #expect(Set(lines.map(\.cell)).count == lineCount)
    #expect(lines.allSatisfy { $0.task == command })
    #expect(try run(command, words) == output)
    #expect(try ResultFile.read(results).count == lineCount)
    return lines
  }

  private static let policies = ["--raw", "--policies", "full,keydiff,sink", "--blocks", "16"]

  @Test func needle() throws {
    let story = (0..<60).map { "Lily saw \($0) birds in the park and was happy. " }.joined()
    let haystack = try folder.write("story.txt", story)
    let lines = try check(
      "needle",
      Self.policies + [
        "--budgets", "50%", "--haystack", haystack, "--lengths", "200,300", "--depths", "0,100",
      ], lineCount: 12, table: ["keydiff", "sink", "50%"])
    // The answer's beginning is behind the prompt. Its probability depends on the needle's place.
    let full = lines.filter { $0.run.policy == "full" }
    #expect(full.count == 4)
    for line in full {
      let length = Int(line.item["length"]!.number!)
      #expect((length - 10..<length + 60).contains(line.tokens), "\(line.tokens)")
    }
    #expect(Set(full.map { $0.scores["logProbability"] }).count > 1)
  }

  @Test func phonebookAndLines() throws {
    let book = try check(
      "phonebook", Self.policies + ["--entries", "4", "--samples", "2", "--budgets", "32"],
      lineCount: 6, table: ["keydiff"])
    #expect(book.allSatisfy { $0.scores["logProbability"]!.isFinite })
    try FileManager.default.removeItem(atPath: results)
    let numbers = try check(
      "lines", Self.policies + ["--lines", "2", "--samples", "2", "--begin", "--budgets", "32"],
      lineCount: 6, table: ["keydiff", "match"])
    #expect(numbers.allSatisfy { $0.scores["match"] == 0 || $0.scores["match"] == 1 })
  }

  @Test func longBenchRulerAndMath() throws {
    let bench = try folder.write(
      "bench.jsonl",
      """
      {"task": "qasper", "id": "q-0", "prompt": "Lily has a red ball. What has Lily?", "gold": ["a ball"]}
      {"task": "hotpotqa", "id": "h-0", "prompt": "The ball is red. Which?", "gold": ["red"]}
      """)
    _ = try check(
      "longbench", Self.policies + ["--budgets", "16", bench], lineCount: 6,
      table: ["qasper", "hotpotqa"])
    try FileManager.default.removeItem(atPath: results)
    let ruler = try folder.write(
      "ruler.jsonl", #"{"index": 0, "input": "The word is cat. The word is", "outputs": ["cat"]}"#)
    _ = try check(
      "ruler", Self.policies + ["--budgets", "16", ruler], lineCount: 3, table: ["keydiff"])
    try FileManager.default.removeItem(atPath: results)
    let math = try folder.write(
      "math.jsonl",
      #"{"problem": "What is 1 + 1?", "answer": "2", "subject": "Algebra", "level": 1}"#)
    _ = try check(
      "math",
      Self.policies + ["--budgets", "16", "--samples", "2", "--max-tokens", "8", math],
      lineCount: 6, table: ["keydiff"])
  }

  @Test func geometryAndReport() throws {
    let ids = (0..<300).map { "\(($0 * 37 + $0 * $0 % 11) % 500 + 3)" }.joined(separator: " ")
    let tokens = try folder.write("ids.txt", ids)
    let lines = try check(
      "geometry",
      ["--tokens", tokens, "--policies", "keydiff,sink", "--budgets", "64", "--blocks", "32"],
      lineCount: 3, table: ["log det", "retained mass"])
    // One line is of the text alone, without a policy.
    #expect(lines.filter { $0.run.budget == 64 }.count == 2)
    for line in lines where line.run.budget == 64 {
      let mass = try #require(line.series?["retained mass"])
      #expect(mass.count == 5 && mass.allSatisfy { $0 > 0 && $0 <= 1 + 1e-6 })
    }
    let page = folder.path("page.html")
    _ = try printed(by: [Files.edgeLab!, "report", page, results, "--quiet"])
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("<svg") && html.contains("sink"))
  }

  @Test func ablations() throws {
    let ids = (0..<200).map { "\(($0 * 37 + $0 * $0 % 11) % 500 + 3)" }.joined(separator: " ")
    let tokens = try folder.write("ids.txt", ids)
    let output = try run(
      "compare",
      [
        "--tokens", tokens, "--alone", "--budgets", "64", "--blocks", "32", "--ablations",
        "anchor,metric",
      ])
    for name in ["median", "pairwise", "mean of normalized", "dot product", "euclidean"] {
      #expect(output.contains(name), "\(output)")
    }
    // The full cache and the variants; the mean and the cosine are the same one.
    #expect(try ResultFile.read(results).count == 7)
  }
}
