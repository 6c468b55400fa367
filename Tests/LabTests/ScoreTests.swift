import Foundation
import LabResults
import Testing

@testable import edge_lab

/// Numbers that are checked by hand.
@Suite struct ScoreTests {
  @Test func divergence() {
    // p = (1/4, 3/4) and q = (1/2, 1/2), whatever is added to the logits.
    // KL = 1/4 log(1/2) + 3/4 log(3/2) = 0.130812
    let p: [Float] = [5, 5 + Float(log(3.0))]
    let q: [Float] = [-2, -2]
    let value = p.withUnsafeBufferPointer { p in q.withUnsafeBufferPointer { Divergence(p, $0) } }
    #expect(abs(value.kullbackLeibler - 0.130812) < 1e-6)
    // Of equal logits the lowest id is the likeliest.
    #expect(!value.isTopEqual)
    let same = p.withUnsafeBufferPointer { Divergence($0, $0) }
    #expect(same.kullbackLeibler == 0 && same.isTopEqual)
  }

  @Test func batchMeans() {
    // Means 1, 3, 5 and 7: a deviation of sqrt((9 + 1 + 1 + 9) / 3), over the root of 4.
    let error = TokenScores.error([0, 2, 3, 3, 6, 4, 7, 7], batch: 2)
    #expect(abs(error! - (20.0 / 3).squareRoot() / 2) < 1e-12)
    // 9 values are 3 batches of 3: too few.
    #expect(TokenScores.error([1, 3, 3, 5, 1, 1, 2, 2, 8], batch: 3) == nil)
    // 11 values for batches of 3 are 4 batches: 2, 3, 3 and 3 values, with means 1, 2, 3 and 4.
    let uneven = TokenScores.error([1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], batch: 3)
    #expect(abs(uneven! - (5.0 / 3).squareRoot() / 2) < 1e-12)
    #expect(TokenScores.curve([1, 3, 5, 7, 8], size: 2) == [2, 6, 8])
  }

  @Test func lineOfTokens() {
    var scores = TokenScores(negativeLogLikelihoods: [1, 2, 3])
    var line = scores.line(block: 2)
    #expect(line.scores == ["nll": 2, "ppl": exp(2)])
    #expect(line.errors.isEmpty && line.series == ["nll": [1.5, 3]])
    scores.referenceLikelihoods = [1, 1, 1]
    scores.divergences = [0, 0.5, 1]
    scores.agreements = [1, 0, 1]
    line = scores.line(block: 3)
    #expect(line.scores["deltaNll"] == 1 && line.scores["kl"] == 0.5)
    #expect(line.scores["agreement"] == 2.0 / 3)
  }

  private func line(_ policy: String, _ budget: Int, tokens: Int = 100, _ score: Double)
    -> ResultLine
  {
    ResultLine(
      task: "t", run: RunKey(model: "m", policy: policy, budget: budget, block: 8),
      item: ["length": .number(Double(tokens))], scores: ["s": score],
      errors: policy == "sink" ? ["s": 0.25] : nil, tokens: tokens, seconds: 0)
  }

  @Test func summary() throws {
    let lines = [
      line("keydiff", 64, 0), line("keydiff", 64, 1), line("full", 0, 1), line("sink", 64, 0.5),
    ]
    let summary = Summary(lines, by: ["length"], scores: ["s", "absent"], decimals: ["s": 2])
    let rows = summary.table.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    }
    #expect(rows[0] == ["policy", "N", "B", "length", "n", "s", "absent"])
    #expect(rows[1] == ["full", "all", "8", "100", "1", "1.00", "-"])
    // 0 and 1: a mean of 1/2 with a standard error of sqrt(1/2) / sqrt(2) = 1/2.
    #expect(rows[2][..<8] == ["keydiff", "64", "8", "100", "2", "0.50", "±", "0.50"])
    #expect(rows[3] == ["sink", "64", "8", "100", "1", "0.50", "±", "0.25", "-"])
    let json = try JSONSerialization.jsonObject(with: Data(summary.json.utf8)) as? [[String: Any]]
    let scores = json?[1]["scores"] as? [String: [String: Double]]
    #expect(json?.count == 3 && scores?["s"]?["error"] == 0.5 && scores?["s"]?["count"] == 2)
  }

  @Test func ratio() {
    // 64 / 100, and 1 where the prompt is shorter than the budget.
    let lines = [line("keydiff", 64, tokens: 100, 0), line("keydiff", 64, tokens: 50, 0)]
    #expect(abs(compressionRatio(lines)! - 0.82) < 1e-12)
    #expect(compressionRatio([line("full", 0, 0)]) == 1)
    #expect(compressionRatio([]) == nil)
  }

  @Test func comparison() {
    let ablation = Ablation.all(block: 8)[1]
    #expect(ablation.name == "metric" && ablation.variants.count == 3)
    var comparison = Comparison([ablation], [.count(64)], model: "m")
    comparison.lines = [
      line("full", 0, 1), line("keydiff", 64, 0), line("keydiff", 64, 1),
      line("keydiff-dot", 64, 0),
    ]
    comparison.score = "s"
    let rows = comparison.table.split(separator: "\n").map(String.init)
    #expect(rows.count == 5)
    #expect(rows[1].contains("full") && rows[1].hasSuffix("1.000"))
    #expect(rows[2].contains("cosine") && rows[2].hasSuffix("0.640  2  0.500 ± 0.500"))
    #expect(rows[4].contains("euclidean") && rows[4].hasSuffix("-"))
  }

  @Test func durations() {
    #expect(ProgressLine.duration(45.4) == "45 s")
    #expect(ProgressLine.duration(187) == "3:07 min")
    #expect(ProgressLine.duration(7500) == "2:05 h")
  }
}
