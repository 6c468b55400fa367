import Foundation
import Generation
import Inference
import KVCache
import LabModel
import LabResults
import Platform
import Profile

/// Measures the likelihood of a text while it streams through the cache, against the full cache in
/// lockstep.
struct LikelihoodRunner {
  static let task = "nll"
  private let evaluation: Evaluation
  private let text: TextModel
  private let scored: ScoredText
  /// Whether the full cache runs beside each policy.
  private let compares: Bool

  init(_ evaluation: Evaluation, _ text: TextModel, _ scored: ScoredText, compares: Bool) {
    self.evaluation = evaluation
    self.text = text
    self.scored = scored
    self.compares = compares
  }

  /// A line for each key.
  /// - Parameter measuresFloat: whether the float32 model is compared with the int8 one too.
  func run(_ keys: [RunKey], measuresFloat: Bool = false) throws -> [ResultLine] {
    let runner = try Runner(evaluation, text)
    var jobs = try keys.map(job)
    if measuresFloat { jobs.append(floatJob(block: keys.first?.block ?? 128)) }
    return try runner.run(jobs)
  }

  private var item: [String: ItemValue] {
    var item = scored.item
    if !compares { item["compared"] = .text("no") }
    return item
  }

  private func job(_ key: RunKey) throws(LabFailure) -> Job {
    let tokens = scored.tokens
    let isFull = key.enginePolicy == .full
    let budget = key.cacheBudget(promptTokens: tokens.count) ?? tokens.count
    let retained = isFull ? Retained(sinkCount: 0, recentCount: 0) : try key.retained(of: budget)
    let cell = ResultLine.Cell(task: Self.task, run: key, item: item)
    let hasReference = compares && !isFull
    return Job(cell: cell, tokenCount: tokens.count * (hasReference ? 2 : 1)) { worker in
      let start = Instant.now()
      let subject = try worker.subject(
        settings(key.enginePolicy, key.block, budget, heads: key.heads))
      subject.begin(cacheBudget: budget, retained: retained)
      var reference: Subject?
      if hasReference {
        reference = try worker.subject(settings(.full, key.block, tokens.count), role: "reference")
        reference?.begin(cacheBudget: tokens.count)
      }
      let scores = try score(subject, reference)
      return line(cell, scores.line(block: key.block), since: start)
    }
  }

  private func settings(
    _ policy: Policy, _ block: Int, _ budget: Int, heads: String? = nil
  ) -> SubjectSettings {
    SubjectSettings(
      policy: policy, blockSize: block, cacheBudget: budget,
      logitRowCount: min(block, TextLikelihood.logitRowCountMax), heads: heads)
  }

  private func line(
    _ cell: ResultLine.Cell,
    _ values: (scores: [String: Double], errors: [String: Double], series: [String: [Double]]),
    since start: Instant
  ) -> ResultLine {
    ResultLine(
      task: cell.task, run: cell.run, item: cell.item, scores: values.scores,
      errors: values.errors, series: values.series, tokens: scored.tokens.count,
      seconds: Double(Instant.now().nanoseconds(since: start)) / 1e9)
  }

  /// Block by block through both, token by token.
  private func score(_ subject: Subject, _ reference: Subject?) throws(LabFailure) -> TokenScores {
    var scores = TokenScores()
    let (tokens, size) = (scored.tokens, subject.settings.blockSize)
    for start in stride(from: 0, to: tokens.count, by: size) {
      let block = tokens[start..<min(start + size, tokens.count)]
      try subject.read(block)
      try reference?.read(block)
      for first in stride(from: 0, to: block.count, by: subject.settings.logitRowCount) {
        let count = min(subject.settings.logitRowCount, block.count - first)
        try subject.makeLogits(firstRow: first, rowCount: count)
        try reference?.makeLogits(firstRow: first, rowCount: count)
        for row in 0..<count {
          add(
            predicting: start + first + row + 1, subject.logits(row), reference?.logits(row),
            to: &scores)
        }
      }
    }
    return scores
  }

  /// - Parameter place: of the predicted token in the text.
  private func add(
    predicting place: Int, _ logits: LogitRow, _ reference: LogitRow?, to scores: inout TokenScores
  ) {
    if place <= scored.skip || place == scored.tokens.count { return }
    let next = scored.tokens[place]
    scores.negativeLogLikelihoods.append(logits.negativeLogLikelihood(of: next))
    guard let reference else { return }
    let divergence = Divergence(reference.floats, logits.floats)
    scores.referenceLikelihoods.append(reference.negativeLogLikelihood(of: next))
    scores.divergences.append(divergence.kullbackLeibler)
    scores.agreements.append(divergence.isTopEqual ? 1 : 0)
  }
}

/// The float32 model.
extension LikelihoodRunner {
  /// The float32 model's likelihood, and how far the runtime with a full cache is from it:
  /// `int8DeltaNll` (int8 - float32), `int8KL` (float32 || int8) and `int8Agreement`, or those of `file`.
  private func floatJob(block: Int) -> Job {
    let tokens = scored.tokens
    let key = RunKey(model: text.name, policy: "float32", budget: 0, block: block)
    let cell = ResultLine.Cell(task: Self.task, run: key, item: scored.item)
    return Job(cell: cell, tokenCount: tokens.count * 2) { worker in
      let start = Instant.now()
      let subject = try worker.subject(settings(.full, block, tokens.count))
      subject.begin(cacheBudget: tokens.count)
      let model = try FloatModel(path: text.path, threads: evaluation.threads)
      let scores = try scoreFloat(model, subject, worker)
      let name = text.weightsName
      var values = scores.line(
        block: block, comparisons: (name + "DeltaNll", name + "KL", name + "Agreement"))
      // Of the float32 model: what compares is the runtime less float32.
      let own = TokenScores(negativeLogLikelihoods: scores.referenceLikelihoods).line(block: block)
      values.scores.merge(own.scores) { $1 }
      values.errors.merge(own.errors) { $1 }
      values.series.merge(own.series) { $1 }
      return line(cell, values, since: start)
    }
  }

  /// The float32 model as the reference of the runtime.
  private func scoreFloat(
    _ model: FloatModel, _ subject: Subject, _ worker: Worker
  ) throws -> TokenScores {
    var scores = TokenScores()
    let (tokens, size) = (scored.tokens, subject.settings.blockSize)
    let batch = subject.settings.logitRowCount
    let text = model.start(capacity: tokens.count, blockSize: size)
    for start in stride(from: 0, to: tokens.count, by: size) {
      let block = tokens[start..<min(start + size, tokens.count)]
      try subject.read(block)
      text.forward(block)
      worker.countTokens(block.count)
      try text.forEachLogitRow { row, values in
        if row % batch == 0 {
          try subject.makeLogits(firstRow: row, rowCount: min(batch, block.count - row))
        }
        add(
          predicting: start + row + 1, subject.logits(row % batch),
          LogitRow(values: values.baseAddress!, count: values.count), to: &scores)
      }
    }
    return scores
  }
}
