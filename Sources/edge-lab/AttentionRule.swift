import Foundation
import LabModel
import LabResults
import Platform

/// How much of a text each KV head looks back to: passages that come twice, through the float32 model,
/// and for each token and head the strongest attention that it gets from far behind it.
struct AttentionRule {
  struct Settings: Sendable {
    let partCount: Int
    /// N as a share of a prompt.
    let ratio: Double
    /// What a head gets at least, of N.
    let floor: Double

    var description: String {
      "attention: \(partCount) parts of \(AttentionRule.partLength) tokens, twice each, from "
        + "\(StrongestAttention.distance) positions later, ratio \(ratio), floor \(floor)"
    }
  }

  fileprivate static let partLength = 896
  private let evaluation: Evaluation
  private let model: TextModel
  private let text: CalibrationText
  private let settings: Settings

  init(
    _ evaluation: Evaluation, _ model: TextModel, _ text: CalibrationText, _ settings: Settings
  ) {
    self.evaluation = evaluation
    self.model = model
    self.text = text
    self.settings = settings
  }

  func check() throws(LabFailure) {
    let needed = settings.partCount * Self.partLength
    if text.tokens.count < needed {
      throw .data("\(text.name): has \(text.tokens.count) tokens, expected \(needed) or more")
    }
  }

  /// One for each part of the text.
  func jobs() -> [Job] {
    let floats = FloatModelOnce(path: model.path, threads: evaluation.threads)
    return (0..<settings.partCount).map { part in
      let cell = cell(part)
      let tokens = Array(text.tokens[part * Self.partLength..<(part + 1) * Self.partLength])
      return Job(cell: cell, tokenCount: 2 * tokens.count) { worker in
        let start = Instant.now()
        let observer = StrongestAttention(try floats.model().shape, length: tokens.count)
        let text = try floats.model().start(capacity: 2 * tokens.count, blockSize: 128)
        let all = tokens + tokens
        for first in stride(from: 0, to: all.count, by: 128) {
          let block = all[first..<min(first + 128, all.count)]
          text.forward(block, observer: observer)
          worker.countTokens(block.count)
        }
        return ResultLine(
          task: cell.task, run: cell.run, item: cell.item, scores: [:],
          series: observer.histograms, tokens: all.count,
          seconds: Double(Instant.now().nanoseconds(since: start)) / 1e9)
      }
    }
  }

  private func cell(_ part: Int) -> ResultLine.Cell {
    ResultLine.Cell(
      task: "strongest attention",
      run: RunKey(model: model.name, policy: "float32", budget: 0, block: 128),
      item: ["text": .text(text.description), "part": .number(Double(part))])
  }

  /// For each layer a share of N for each of its heads.
  func shares(_ lines: [ResultLine]) -> [[Double]] {
    let cells = Set((0..<settings.partCount).map(cell))
    var counts: [String: [Double]] = [:]
    for line in lines where cells.contains(line.cell) {
      counts.merge(line.series ?? [:]) { zip($0, $1).map(+) }
    }
    let limit = limit(counts.values)
    let parts = (0..<model.shape.layerCount).map { layer in
      (0..<model.shape.layer(layer).keptHeadCount).map { kvHead in
        above(limit, counts[StrongestAttention.name(layer, kvHead)] ?? [])
      }
    }
    let all = parts.flatMap { $0 }
    let mean = max(all.reduce(0, +) / Double(max(all.count, 1)), .leastNormalMagnitude)
    return parts.map { heads in
      heads.map { min(settings.floor + (1 - settings.floor) * $0 / mean, 1 / settings.ratio) }
    }
  }

  /// The place in a histogram above which `ratio` of all pairs lie.
  private func limit(_ histograms: some Collection<[Double]>) -> Double {
    var sum = [Double](repeating: 0, count: StrongestAttention.binCount)
    for histogram in histograms { for bin in sum.indices { sum[bin] += histogram[bin] } }
    var rest = settings.ratio * sum.reduce(0, +)
    for bin in sum.indices.reversed() {
      if rest <= sum[bin] { return Double(bin + 1) - rest / max(sum[bin], 1) }
      rest -= sum[bin]
    }
    return 0
  }

  /// The share of a histogram above a place.
  private func above(_ limit: Double, _ histogram: [Double]) -> Double {
    var sum = 0.0
    for bin in histogram.indices {
      sum += histogram[bin] * min(max(Double(bin + 1) - limit, 0), 1)
    }
    return sum / max(histogram.reduce(0, +), 1)
  }
}

/// The float32 model, which is opened if a part is still to be measured.
private final class FloatModelOnce: @unchecked Sendable {
  private let path: String
  private let threads: Int
  private let lock = NSLock()
  private var opened: FloatModel?

  init(path: String, threads: Int) {
    self.path = path
    self.threads = threads
  }

  func model() throws -> FloatModel {
    lock.lock()
    defer { lock.unlock() }
    if let opened { return opened }
    let model = try FloatModel(path: path, threads: threads)
    opened = model
    return model
  }
}
