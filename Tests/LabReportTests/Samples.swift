import Foundation
import LabResults
import TestSupport

@testable import LabReport

/// A report of `run` as edge-infer writes it, with three blocks.
func runReport(
  policy: String = "keydiff", budget: Int = 512, model: String = "Tiny", board: String = "Board A",
  blocks: String? = nil
) -> String {
  let region = #"{"name": "weights", "bytes": 104857600}, {"name": "KV keys", "bytes": 7372800}"#
  let rest = #"{"name": "alignment", "bytes": 512}, {"name": "program", "bytes": 4194304}"#
  return """
    {"profile": {"board": "\(board)", "ramCapMiB": 256},
    "model": {"name": "\(model)", "architecture": "llama", "layers": 30, "heads": 9, "kvHeads": 3,
      "headDim": 64, "vocabulary": 49152},
    "plan": {"regions": [\(region), \(rest)], "arenaBytes": 112230912, "totalBytes": 116425216,
      "ramCapBytes": 268435456},
    "run": {"policy": "\(policy)", "blockSize": 128, "cacheBudget": \(budget), "threads": 2,
      "sinks": 0, "recent": 0, "build": "AVX2"},
    "blocks": [\(blocks ?? (0..<3).map { block($0) }.joined(separator: ", "))],
    "prefill": {"tokens": 384, "seconds": 0.75, "tokensPerSecond": 512.25},
    "loadUs": 35000.0, "timeToFirstTokenUs": 751234.5,
    "decode": {"tokens": 31, "seconds": 0.4, "tokensPerSecond": 77.51, "p50Us": 12111.1,
      "p99Us": 13222.2, "maxUs": 14333.3},
    "memory": {"peakResidentBytes": 114294784, "arenaBytes": 112230912, "programBytes": 4194304},
    "lockdown": true, "weakAnchors": 0, "clamped": 0,
    "output": {"tokens": [1, 2], "stop": "length"}}
    """
}

/// 100 ms linear, and the more attention the later.
func block(_ index: Int) -> String {
  """
  {"index": \(index), "blocks": 1, "tokens": 128, "slotsBefore": \(index * 128),
   "totalUs": \(130_500 + 20_000 * index).0, "linearUs": 100000.0,
   "attentionUs": \(20_000 * (index + 1)).0, "scoreUs": 150.0, "evictUs": 350.0, "otherUs": 10000.0}
  """
}

private let modelText = """
  {"name": "Tiny", "madeUp": false, "parameters": 1000, "layers": 30, "embeddingLength": 576,
   "heads": 9, "kvHeads": 3, "headDim": 64, "feedForwardLength": 1536, "vocabulary": 49152}
  """

let planReport = """
  {"regions": [{"name": "weights", "bytes": 104857600}, {"name": "program", "bytes": 4194304}],
   "arenaBytes": 104857600, "totalBytes": 109051904, "ramCapBytes": 268435456, "fits": true}
  """

let benchReport = """
  {"profile": {"board": "Board A"}, "model": \(modelText), "plan": \(planReport),
  "run": {"policy": "keydiff", "blockSize": 128, "cacheBudget": 2048, "threads": 2, "sinks": 0,
    "recent": 0, "build": "AVX2"},
  "bench": {"generate": 16, "repeat": 3, "loadUs": 1000.0},
  "limits": {"multiplyInstruction": "x", "macsPerSecond": 1},
  "results": [{"promptTokens": 640,
    "prefill": {"tokens": 640, "tokensPerSecond": 641.25, "minTokensPerSecond": 601.5,
      "maxTokensPerSecond": 702.75, "medianUs": 998050.0},
    "decode": {"tokens": 16, "tokensPerSecond": 43.21, "minTokensPerSecond": 40.12,
      "maxTokensPerSecond": 45.67, "medianUs": 370284.0},
    "blocks": [\(block(0))]}],
  "memory": {"peakResidentBytes": 114294784, "arenaBytes": 112230912}, "stop": "interrupt"}
  """

let scoringReport = """
  {"profile": {"board": "Board A"}, "model": \(modelText),
  "bench": {"blockSize": 128, "threads": 2, "layers": 30, "repeat": 3, "build": "AVX2"},
  "results": [\(scoring("keydiff", 512, 100, 1.0)), \(scoring("keydiff", 1024, 123, 1.03)),
    \(scoring("snapkv", 512, 777, 1.92)), \(scoring("l2", 1024, 55, nil))],
  "keyReads": [{"slots": 512, "medianUs": 38.5, "minUs": 38.0, "maxUs": 39.0}],
  "stop": "end"}
  """

private func scoring(_ policy: String, _ slots: Int, _ time: Int, _ paper: Double?) -> String {
  let spread = "{\"medianUs\": \(time), \"minUs\": \(time - 9), \"maxUs\": \(time + 9)}"
  let relative = paper.map { ", \"paperRelative\": \($0)" } ?? ""
  return """
    {"policy": "\(policy)", "slots": \(slots), "repeat": 3, "score": \(spread), "evict": \(spread),
     "total": \(spread)\(relative)}
    """
}

let firstTokenReport = """
  {"profile": {"board": "Board A"}, "model": \(modelText),
  "bench": {"repeat": 3, "threads": 2, "build": "AVX2"},
  "results": [
    {"policy": "keydiff", "blockSize": 128, "cacheBudget": 512, "promptTokens": 1024,
     "plannedBytes": 104857600, "leftOut": false,
     "timeToFirstToken": {"medianUs": 1234567.0, "minUs": 1200000.0, "maxUs": 1300000.0},
     "tokensPerSecond": 829.4},
    {"policy": "full", "blockSize": 128, "cacheBudget": 65536, "promptTokens": 65536,
     "plannedBytes": 904857600, "leftOut": true}],
  "ramCapBytes": 268435456, "peakResidentBytes": 114294784, "stop": "end"}
  """

let scoreReport = #"{"tokens": 377, "scored": 376, "nll": 1.824505, "ppl": 6.199727}"#

/// Lines of all tasks: two policies at two budgets, and the full cache.
func resultLines() -> [ResultLine] {
  var lines: [ResultLine] = []
  for (index, policy) in ["full", "keydiff", "sink"].enumerated() {
    for budget in policy == "full" ? [0] : [512, 1024] {
      let run = RunKey(model: "tiny.gguf", policy: policy, budget: budget, block: 128)
      let loss = Double(index) * 0.125 + (budget == 512 ? 0.25 : 0)
      lines.append(
        ResultLine(
          task: "nll", run: run, item: ["text": .text("wiki"), "length": .number(2048)],
          scores: ["nll": 2.5 + loss, "ppl": 12 + loss], errors: ["nll": 0.01],
          series: ["nll": (0..<16).map { 2.5 + loss + Double($0 % 3) / 10 }], tokens: 2048,
          seconds: 3))
      lines += samples(run, loss)
      lines.append(
        ResultLine(
          task: "geometry", run: run, item: ["text": .text("wiki")],
          scores: ["retained mass": 1 - loss / 2],
          series: [
            "retained mass": (0..<30).map { 1 - loss / 2 - Double($0) / 300 },
            "norm keys": (0..<30).map { 10 + Double($0) / 10 },
            "norm queries": (0..<30).map { 8 + Double($0) / 10 },
          ], tokens: 2048, seconds: 1))
    }
  }
  return lines
}

/// One needle of each length and depth, and two questions of each of two data sets.
private func samples(_ run: RunKey, _ loss: Double) -> [ResultLine] {
  var lines: [ResultLine] = []
  for (length, depth) in [(512, 0), (512, 50), (512, 100), (2048, 0), (2048, 50), (2048, 100)] {
    lines.append(
      ResultLine(
        task: "needle", run: run,
        item: ["length": .number(Double(length)), "depth": .number(Double(depth))],
        scores: [
          "match": loss * Double(length + depth) < 600 ? 1 : 0, "logProbability": -0.5 - loss * 8,
        ], tokens: length, seconds: 0.5))
  }
  for (sample, dataset) in ["qasper", "trec", "qasper", "trec"].enumerated() {
    lines.append(
      ResultLine(
        task: "longbench", run: run,
        item: ["dataset": .text(dataset), "sample": .number(Double(sample))],
        scores: ["score": 0.75 - loss - Double(sample) / 16], tokens: 900, seconds: 0.5))
  }
  return lines
}

func jsonLines(_ lines: [ResultLine]) throws -> Data {
  let encoder = JSONEncoder()
  return Data(try lines.map { try encoder.encode($0) + Data([10]) }.joined())
}

func input(_ text: String, _ name: String = "a.json") throws -> ReportInput {
  try ReportInput(Data(text.utf8), path: name)
}

/// A page with every section there is.
func fullPage() throws -> Page {
  Page(
    title: "All",
    [
      try input(runReport(), "run-a.json"),
      try input(runReport(policy: "snapkv", board: "Board B"), "run-b.json"),
      try input(benchReport, "bench.json"), try input(scoringReport, "scoring.json"),
      try input(firstTokenReport, "ttft.json"), try input(planReport, "plan.json"),
      try input(scoreReport, "score.json"),
      try ReportInput(jsonLines(resultLines()), path: "results.jsonl"),
    ])
}

/// A folder that is gone afterwards.
func withFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
  let folder = try Folder()
  return try withExtendedLifetime(folder) { try body(folder.url) }
}
