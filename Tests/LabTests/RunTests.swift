import Foundation
import Inference
import KVCache
import LabResults
import LabTasks
import Profile
import TestSupport
import Testing

@testable import edge_lab

/// Runs of the tiny model, one after the other: an interrupt is of the whole process.
@Suite(.serialized, .enabled(if: Files.stories != nil, "../shared/data/models is absent"))
struct RunTests {
  private static func subject(
    _ text: TextModel, _ policy: Policy, budget: Int, block: Int = 16
  ) throws -> Subject {
    let subject = try Subject(
      text, SubjectSettings(policy: policy, blockSize: block, cacheBudget: budget), threads: 1)
    subject.begin(cacheBudget: budget)
    return subject
  }

  /// log p of tokens after a prompt, each read for itself.
  private static func logProbability(
    _ tokens: [Int32], after prompt: [Int32], _ subject: Subject
  ) throws -> Double {
    try subject.read(prompt)
    var sum = 0.0
    for token in tokens {
      sum -= try subject.lastLogits().negativeLogLikelihood(of: token)
      try subject.read([token])
    }
    return sum
  }

  @Test(arguments: [Policy.full, .keydiff, .h2o])
  func answers(policy: Policy) throws {
    let text = try TextModel(path: Files.stories!)
    let prompt = try text.encode(
      "Once upon a time there was a little girl who had a red ball. She", .prompt)
    #expect(prompt.first == 1 && prompt.count > 20)
    let budget = policy == .full ? 100 : 16
    // The likeliest tokens, one by one.
    let by = try Self.subject(text, policy, budget: budget)
    try by.read(prompt)
    var tokens: [Int32] = []
    for _ in 0..<12 {
      tokens.append(try by.lastLogits().best())
      try by.read([tokens.last!])
    }
    var question = Question(prompt: prompt, maxTokens: 12, continuesText: true)
    let subject = try Self.subject(text, policy, budget: budget)
    let plain = try subject.answer(question)
    #expect(plain.tokens == tokens && plain.end == .length)
    #expect(plain.text == text.decode(tokens) && !plain.text.isEmpty)
    #expect(plain.expectedLogProbability == nil)
    // The expected text: what the model says, what it says first and then does not, what it does
    // not say, more than it says.
    let others: [[Int32]] = [
      Array(tokens[..<5]), Array(tokens[..<3]) + [300, 301, 302], [400, 401], [402],
      tokens + [100, 101],
    ]
    for expected in others {
      question.expected = expected
      subject.begin(cacheBudget: budget)
      let answer = try subject.answer(question)
      #expect(answer.tokens == tokens && answer.text == plain.text)
      let fresh = try Self.subject(text, policy, budget: budget)
      let value = try Self.logProbability(expected, after: prompt, fresh)
      #expect(abs(answer.expectedLogProbability! - value) < 1e-9, "\(expected)")
    }
  }

  @Test func stops() throws {
    let text = try TextModel(path: Files.stories!)
    let prompt = try text.encode("Once upon a time", .prompt)
    let subject = try Self.subject(text, .full, budget: 100)
    var question = Question(prompt: prompt, maxTokens: 30, continuesText: true)
    let whole = try subject.answer(question)
    let cut = whole.text.index(whole.text.startIndex, offsetBy: 20)
    question.stops = ["never said", String(whole.text[cut...].prefix(3))]
    // A text that goes on after the stop: all of it is measured.
    question.expected = whole.tokens
    subject.begin(cacheBudget: 100)
    let stopped = try subject.answer(question)
    let end = whole.text.range(of: question.stops[1])!.lowerBound
    #expect(stopped.end == .stop && stopped.text == whole.text[..<end])
    let fresh = try Self.subject(text, .full, budget: 100)
    let value = try Self.logProbability(whole.tokens, after: prompt, fresh)
    #expect(abs(stopped.expectedLogProbability! - value) < 1e-9)
  }

  @Test func samplingHasASeed() throws {
    let text = try TextModel(path: Files.stories!)
    var question = Question(prompt: try text.encode("Once upon a time", .prompt), maxTokens: 20)
    question.sampling.temperature = 1
    question.sampling.topP = 1
    question.sampling.minP = 0
    let subject = try Self.subject(text, .keydiff, budget: 64)
    let answers = try [1, 1, 2].map { (seed: UInt64) in
      question.sampling.seed = seed
      subject.begin(cacheBudget: 64)
      return try subject.answer(question).tokens
    }
    #expect(answers[0] == answers[1] && answers[0] != answers[2])
  }

  @Test func templateIsAbsent() throws {
    let text = try TextModel(path: Files.stories!)
    var item = storyItems(1)[0]
    item.usesTemplate = true
    #expect(throws: LabFailure.self) { try text.question(of: item, usesTemplate: true) }
    let question = try text.question(of: item, usesTemplate: false)
    #expect(text.decode(question.prompt + question.expected!).hasSuffix("She was very happy"))
  }

  private static let words = ["--policies", "full,keydiff,sink:2+4", "--budgets", "50%,24"]

  private func run(_ words: String..., items: Int = 4) throws -> [ResultLine] {
    let own = try Evaluation(
      LabArguments(
        ["--model", Files.stories!, "--quiet", "--threads", "1", "--blocks", "8"] + Self.words
          + words, options: Evaluation.options))
    return try TaskRunner(own, try own.openText()).run(task: "story", storyItems(items))
  }

  @Test func resumes() throws {
    let folder = try Folder()
    let path = folder.path("results")
    let all = try run("-o", path)
    // full, and two policies with two budgets; 4 items.
    #expect(all.count == 20)
    let lines = try folder.lines("results")
    #expect(lines.count == 20)
    // Nothing is left to be done.
    #expect(try run("-o", path).map(timeless).sorted() == all.map(timeless).sorted())
    #expect(try folder.lines("results") == lines)
    // Some lines, and half of one: they stay, and what was lost is measured again.
    let kept = Array(lines[..<7])
    _ = try folder.write("results", kept.joined(separator: "\n") + "\n" + lines[8].prefix(30))
    #expect(try run("-o", path).map(timeless).sorted() == all.map(timeless).sorted())
    let again = try folder.lines("results")
    #expect(again.count == 20 && Array(again[..<7]) == kept)
    // Cells that are not asked for are left alone, and not reported.
    #expect(try run("-o", path, items: 2).count == 10)
    #expect(try folder.lines("results") == again)
  }

  @Test func jobsDoNotMatter() throws {
    let one = try run("--jobs", "1").map(timeless).sorted()
    let two = try run("--jobs", "2").map(timeless).sorted()
    #expect(one == two)
  }

  /// A budget that is a share of the prompt is that of an engine made for it alone.
  @Test func sharesAreOfThePrompt() throws {
    let text = try TextModel(path: Files.stories!)
    let lines = try run()
    for (index, item) in storyItems(4).enumerated() {
      let question = try text.question(of: item, usesTemplate: false)
      let budget = Int((0.5 * Double(question.prompt.count)).rounded())
      let subject = try Subject(
        text, SubjectSettings(policy: .sink, blockSize: 8, cacheBudget: budget), threads: 1)
      subject.begin(cacheBudget: budget, retained: Retained(sinkCount: 2, recentCount: 4))
      let answer = try subject.answer(question)
      let line = try #require(
        lines.first {
          $0.run.policy == "sink" && $0.run.budgetShare == 0.5
            && $0.item["sample"] == .number(Double(index))
        })
      #expect(line.output == answer.text && line.tokens == question.prompt.count)
      #expect(line.scores["logProbability"] == answer.expectedLogProbability)
      #expect(line.scores["bytes"] == Double(answer.text.utf8.count))
      #expect(line.scores["answerTokens"] == Double(answer.tokens.count))
      #expect(subject.keptPositions(layer: 0, kvHead: 0).count == budget)
    }
  }

  @Test func longPromptsAreSkipped() throws {
    #expect(try run("--max-prompt", "60").count < 20)
    #expect(throws: LabFailure.self) { try run("--max-prompt", "2") }
  }

  /// Ctrl-C ends the work after the cells that are being measured.
  @Test func interruptKeepsWhatIsDone() throws {
    let folder = try Folder()
    let own = try evaluation("-o", folder.path("results"))
    let text = try own.openText()
    let jobs = (0..<5).map { index in
      let cell = ResultLine.Cell(
        task: "t", run: RunKey(model: "m", policy: "full", budget: 0, block: 1),
        item: ["index": .number(Double(index))])
      return Job(cell: cell, tokenCount: 1) { _ in
        if index == 1 { raise(SIGINT) }
        return ResultLine(
          task: cell.task, run: cell.run, item: cell.item, scores: [:], tokens: 1, seconds: 0)
      }
    }
    let failure = #expect(throws: LabFailure.self) { try Runner(own, text).run(jobs) }
    #expect(failure?.code == 130)
    #expect(try folder.lines("results").count == 2)
    let safe = jobs.enumerated().map { index, job in
      Job(cell: job.cell, tokenCount: 1) { worker in
        try #require(index > 1)
        return try job.run(worker)
      }
    }
    #expect(try Runner(own, text).run(safe).count == 5)
  }

  @Test func failureEndsTheWork() throws {
    let own = try evaluation()
    let jobs = (0..<3).map { index in
      let cell = ResultLine.Cell(
        task: "t", run: RunKey(model: "m", policy: "full", budget: 0, block: 1),
        item: ["index": .number(Double(index))])
      return Job(cell: cell, tokenCount: 1) { _ in throw LabFailure.data("as \(index)") }
    }
    let failure = #expect(throws: LabFailure.self) {
      try Runner(own, try own.openText()).run(jobs)
    }
    #expect(failure?.description == "as 0")
  }
}
