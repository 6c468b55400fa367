import Foundation
import Generation
import Inference
import KVCache
import LabResults
import LabTasks
import Platform

/// Asks a model the items of a task under everything that is compared.
struct TaskRunner {
  private let evaluation: Evaluation
  private let text: TextModel

  init(_ evaluation: Evaluation, _ text: TextModel) {
    self.evaluation = evaluation
    self.text = text
  }

  /// An item as tokens.
  private struct Asked {
    let item: TaskItem
    let question: Question
  }

  /// A line for each item and setting. Its scores are the item's own, and beside them
  /// `answerTokens`, and `logProbability` of the expected text where there is one.
  /// - Parameters:
  ///   - keys: the settings; the evaluation's grid where they are nil.
  ///   - sampling: how an item's answer is chosen; the likeliest token where nothing is said.
  func run(
    task: String, _ items: [TaskItem], keys: [RunKey]? = nil,
    sampling: (TaskItem) -> SamplingSettings = { _ in SamplingSettings() }
  ) throws -> [ResultLine] {
    let asked = try prepare(items, sampling)
    let keys = keys ?? evaluation.keys(text)
    let runner = try Runner(evaluation, text)
    var jobs: [Job] = []
    for engine in try engines(keys, asked) {
      for key in keys
      where key.enginePolicy == engine.policy && key.block == engine.blockSize
        && key.heads == engine.heads
      {
        for one in asked { jobs.append(try job(task, key, one, engine)) }
      }
    }
    return try runner.run(jobs)
  }

  /// One for each policy and block, with room for what all keys and items need.
  private func engines(
    _ keys: [RunKey], _ asked: [Asked]
  ) throws(LabFailure) -> [SubjectSettings] {
    var engines: [SubjectSettings] = []
    for key in keys {
      var budget = 1
      for one in asked { budget = max(budget, try size(key, one.question).budget) }
      let place = engines.firstIndex {
        $0.policy == key.enginePolicy && $0.blockSize == key.block && $0.heads == key.heads
      }
      if let place {
        engines[place].cacheBudget = max(engines[place].cacheBudget, budget)
      } else {
        engines.append(
          SubjectSettings(
            policy: key.enginePolicy, blockSize: key.block, cacheBudget: budget, heads: key.heads))
      }
    }
    return engines
  }

  /// Items as tokens, without those that are too long.
  private func prepare(
    _ items: [TaskItem], _ sampling: (TaskItem) -> SamplingSettings
  ) throws(LabFailure) -> [Asked] {
    var asked: [Asked] = []
    var skipped = 0
    for item in items {
      var question = try text.question(
        of: item, usesTemplate: item.usesTemplate && !evaluation.isRaw)
      question.sampling = sampling(item)
      if let limit = evaluation.promptTokensMax, question.prompt.count > limit {
        skipped += 1
      } else {
        asked.append(Asked(item: item, question: question))
      }
    }
    if asked.isEmpty { throw .data("there are no items to ask") }
    if skipped > 0 {
      writeError(
        "\(skipped) of \(items.count) items have longer prompts than --max-prompt: skipped")
    }
    let context = text.shape.contextLength
    let long = asked.filter { $0.question.slotCount > context }.count
    if long > 0 {
      writeError("\(long) of \(items.count) items pass the model's trained length of \(context)")
    }
    return asked
  }

  /// N and what is never evicted, of an item.
  private func size(
    _ key: RunKey, _ question: Question
  ) throws(LabFailure) -> (budget: Int, retained: Retained) {
    guard let budget = key.cacheBudget(promptTokens: question.prompt.count) else {
      return (question.slotCount, Retained(sinkCount: 0, recentCount: 0))
    }
    return (budget, try key.retained(of: budget))
  }

  private func job(
    _ task: String, _ key: RunKey, _ asked: Asked, _ engine: SubjectSettings
  ) throws(LabFailure) -> Job {
    let (item, question) = (asked.item, asked.question)
    let size = try size(key, question)
    let cell = ResultLine.Cell(task: task, run: key, item: item.item)
    return Job(cell: cell, tokenCount: question.slotCount) { worker in
      let start = Instant.now()
      let subject = try worker.subject(engine)
      subject.begin(cacheBudget: size.budget, retained: size.retained)
      let answer = try subject.answer(question)
      var scores = item.score(answer.text)
      scores["answerTokens"] = Double(answer.tokens.count)
      if let value = answer.expectedLogProbability, value.isFinite {
        scores["logProbability"] = value
      }
      return ResultLine(
        task: cell.task, run: cell.run, item: cell.item, scores: scores, output: answer.text,
        tokens: question.prompt.count,
        seconds: Double(Instant.now().nanoseconds(since: start)) / 1e9)
    }
  }
}
