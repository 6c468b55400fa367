import Foundation
import KVCache
import LabResults
import Platform
import Profile

/// What a model loses if one KV head has few slots: the second copy of a passage becomes less likely if
/// the head finds the first one.
struct AblationRule {
  private static let copyLength = 384
  private static let fillerLength = 1152
  /// Tokens of the second copy that count, its last ones.
  private static let scoredLength = 256
  private static let slotCount = 128
  private static let sinkCount = 4
  private static let blockSize = 128
  /// Of the heads that get more, and what they and the others get.
  private static let largePart = 0.25
  private static let (large, small) = (2.5, 0.5)
  /// Parts of the text, and of random tokens.
  private static let (naturalCount, randomCount) = (2, 1)
  private static var length: Int { 2 * copyLength + fillerLength }

  static var description: String {
    "ablation: \(copyLength) + \(fillerLength) + \(copyLength) tokens, \(slotCount) slots with "
      + "\(sinkCount) sinks, \(naturalCount) texts and \(randomCount) of random tokens, the first "
      + "\(largePart) of the heads \(large) N, the others \(small) N"
  }

  private let evaluation: Evaluation
  private let model: TextModel
  private let text: CalibrationText

  init(_ evaluation: Evaluation, _ model: TextModel, _ text: CalibrationText) {
    self.evaluation = evaluation
    self.model = model
    self.text = text
  }

  func check() throws(LabFailure) {
    let needed = Self.naturalCount * (Self.copyLength + Self.fillerLength)
    if text.tokens.count < needed {
      throw .data("\(text.name): has \(text.tokens.count) tokens, expected \(needed) or more")
    }
  }

  /// One for each passage and head, and one for each passage with all heads whole.
  func jobs() -> [Job] {
    var jobs: [Job] = []
    for passage in 0..<Self.naturalCount + Self.randomCount {
      let tokens = tokens(passage)
      jobs.append(job(passage, tokens, head: nil))
      for layer in 0..<model.shape.layerCount {
        for kvHead in 0..<model.shape.layer(layer).keptHeadCount {
          jobs.append(job(passage, tokens, head: (layer, kvHead)))
        }
      }
    }
    return jobs
  }

  private func tokens(_ passage: Int) -> [Int32] {
    let own = Self.copyLength + Self.fillerLength
    let natural = passage < Self.naturalCount
    var random = Platform.SplitMix64(seed: UInt64(passage))
    let first = natural ? passage * (text.tokens.count / Self.naturalCount) : 0
    let start = min(first, text.tokens.count - own)
    let part: [Int32] =
      natural
      ? Array(text.tokens[start..<start + own])
      : (0..<own).map { _ in Int32(random.next() % UInt64(model.shape.vocabularyCount)) }
    return part + part.prefix(Self.copyLength)
  }

  private func cell(_ passage: Int, head: (layer: Int, kvHead: Int)?) -> ResultLine.Cell {
    var item: [String: ItemValue] = [
      "text": .text(text.description), "passage": .number(Double(passage)),
    ]
    if let head {
      item["layer"] = .number(Double(head.layer))
      item["kvHead"] = .number(Double(head.kvHead))
    }
    let run = RunKey(
      model: model.name, policy: Policy.sink.text, budget: Self.slotCount, block: Self.blockSize)
    return ResultLine.Cell(task: "ablation", run: run, item: item)
  }

  private func job(_ passage: Int, _ tokens: [Int32], head: (layer: Int, kvHead: Int)?) -> Job {
    let cell = cell(passage, head: head)
    return Job(cell: cell, tokenCount: tokens.count) { worker in
      let start = Instant.now()
      let subject = try worker.subject(
        SubjectSettings(
          policy: .sink, blockSize: Self.blockSize, cacheBudget: Self.length,
          logitRowCount: Self.blockSize))
      subject.begin(cacheBudget: Self.length)
      if let head {
        subject.limit(layer: head.layer, kvHead: head.kvHead, budget: Self.slotCount)
      }
      return ResultLine(
        task: cell.task, run: cell.run, item: cell.item,
        scores: ["nll": try Self.likelihood(tokens, subject)], tokens: tokens.count,
        seconds: Double(Instant.now().nanoseconds(since: start)) / 1e9)
    }
  }

  /// The mean of -log p of the last tokens.
  private static func likelihood(
    _ tokens: [Int32], _ subject: Subject
  ) throws(LabFailure) -> Double {
    var sum = 0.0
    let first = tokens.count - scoredLength
    for start in stride(from: 0, to: tokens.count, by: blockSize) {
      let block = tokens[start..<min(start + blockSize, tokens.count)]
      try subject.read(block)
      if block.endIndex < first { continue }
      try subject.makeLogits(firstRow: 0, rowCount: block.count)
      for place in block.indices where place + 1 >= first && place + 1 < tokens.count {
        sum += subject.logits(place - start).negativeLogLikelihood(of: tokens[place + 1])
      }
    }
    return sum / Double(scoredLength)
  }

  /// For each layer a share of N for each of its heads.
  func shares(_ lines: [ResultLine]) -> [[Double]] {
    let values = Dictionary(
      lines.filter { $0.task == "ablation" }.map { ($0.cell, $0.scores["nll"] ?? 0) },
      uniquingKeysWith: { $1 })
    let shape = model.shape
    let heads = (0..<shape.layerCount).flatMap { layer in
      (0..<shape.layer(layer).keptHeadCount).map { (layer: layer, kvHead: $0) }
    }
    var sums = [Double](repeating: 0, count: heads.count)
    for passages in [
      0..<Self.naturalCount, Self.naturalCount..<Self.naturalCount + Self.randomCount,
    ] {
      let rises = heads.map { head in
        passages.reduce(0.0) { sum, passage in
          sum + (values[cell(passage, head: head)] ?? 0) - (values[cell(passage, head: nil)] ?? 0)
        }
      }
      let largest = max(rises.max() ?? 0, .leastNormalMagnitude)
      for (index, rise) in rises.enumerated() { sums[index] += max(rise, 0) / largest }
    }
    let largeCount = max(1, Int((Self.largePart * Double(heads.count)).rounded()))
    let large = Set(heads.indices.sorted { sums[$0] > sums[$1] }.prefix(largeCount))
    var rest = heads.indices.map { large.contains($0) ? Self.large : Self.small }[...]
    return (0..<shape.layerCount).map { layer in
      let count = shape.layer(layer).keptHeadCount
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
  }
}
