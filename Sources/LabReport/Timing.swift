import Foundation

/// What a run report and each prompt length of a bench report have in common: one prompt that was
/// read and answered.
struct Timing {
  struct Decode {
    var tokens: Double
    var tokensPerSecond: Double
    /// Of a run; a bench repeats whole answers.
    var p50Us: Double?
    var p99Us: Double?
    var maxUs: Double?
  }

  /// Bars and rows at most: what reads well on a phone.
  static let mostBlocks = 64
  var file: String
  var board: String
  var model: ModelReport
  var settings: SettingsReport
  var plan: PlanReport
  var memory: MemoryReport
  var promptTokens: Double
  var prefillSeconds: Double
  var tokensPerSecond: Double
  var firstTokenUs: Double?
  var loadUs: Double?
  var decode: Decode
  var blocks: [BlockReport]
  /// Why a run ended.
  var stop: String?
  /// What tells it from the others of the page.
  var label = ""

  init(_ report: RunReport, file: String) {
    self.file = file
    board = report.profile.board
    model = report.model
    settings = report.run
    plan = report.plan
    memory = report.memory
    promptTokens = report.prefill.tokens
    prefillSeconds = report.prefill.seconds
    tokensPerSecond = report.prefill.tokensPerSecond
    firstTokenUs = report.timeToFirstTokenUs
    loadUs = report.loadUs
    decode = Decode(
      tokens: report.decode.tokens, tokensPerSecond: report.decode.tokensPerSecond,
      p50Us: report.decode.p50Us, p99Us: report.decode.p99Us, maxUs: report.decode.maxUs)
    blocks = report.blocks
    stop = report.output.stop
  }

  init(_ report: BenchReport, _ result: BenchReport.Result, file: String) {
    self.file = file
    board = report.profile.board
    model = report.model
    settings = report.run
    plan = report.plan
    memory = report.memory
    promptTokens = result.promptTokens
    prefillSeconds = result.prefill.medianUs / 1e6
    tokensPerSecond = result.prefill.tokensPerSecond
    loadUs = report.bench.loadUs
    decode = Decode(
      tokens: result.decode.tokens, tokensPerSecond: result.decode.tokensPerSecond)
    blocks = result.blocks
  }

  var policy: String {
    settings.sinks == 0 && settings.recent == 0
      ? settings.policy
      : "\(settings.policy) \(Format.count(settings.sinks))+\(Format.count(settings.recent))"
  }

  /// Time of all blocks by part, in microseconds.
  var partSums: [Double] {
    blocks.reduce(into: [0, 0, 0, 0, 0]) { sums, block in
      for (index, part) in block.parts.enumerated() { sums[index] += part }
    }
  }

  var blockSum: Double { blocks.reduce(0) { $0 + $1.totalUs } }

  /// Consecutive records together until they are few enough.
  func mergedBlocks(most: Int = mostBlocks) -> [BlockReport] {
    let size = (blocks.count + most - 1) / most
    if size <= 1 { return blocks }
    return stride(from: 0, to: blocks.count, by: size).map { start in
      var merged = blocks[start]
      for block in blocks[(start + 1)..<min(start + size, blocks.count)] { merged.add(block) }
      return merged
    }
  }

  /// Gives each the properties that are not the same for all as its label, or else its file's name.
  static func labelled(_ timings: [Timing]) -> [Timing] {
    let properties = timings.map { timing in
      [
        timing.board, timing.model.name, timing.policy,
        "N \(Format.count(timing.settings.cacheBudget))",
        "B \(Format.count(timing.settings.blockSize))",
        "\(Format.count(timing.settings.threads)) threads", timing.settings.build ?? "",
        "\(Format.count(timing.promptTokens)) tokens",
      ]
    }
    let differing = (properties.first ?? []).indices.filter { index in
      Set(properties.map { $0[index] }).count > 1
    }
    var labels = properties.map { all in
      differing.map { all[$0] }.filter { !$0.isEmpty }.joined(separator: ", ")
    }
    if timings.count == 1 {
      labels = properties.map { $0[2...4].joined(separator: ", ") }
    }
    for (index, label) in labels.enumerated()
    where labels.filter({ $0 == label }).count > 1 || label.isEmpty {
      labels[index] = [label, timings[index].file].filter { !$0.isEmpty }.joined(separator: ", ")
    }
    return zip(timings, labels).enumerated().map { index, pair in
      var timing = pair.0
      let isTaken = labels[..<index].contains(pair.1)
      timing.label = isTaken ? "\(pair.1) (\(index + 1))" : pair.1
      return timing
    }
  }
}
