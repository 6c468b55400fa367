import Foundation
import Inference
import LabTasks
import Memory

/// What is asked of a subject, as tokens.
struct Question: Sendable {
  var prompt: [Int32]
  /// The text whose log-probability as the answer is wanted; nil for none.
  var expected: [Int32]?
  var maxTokens: Int
  var stops: [String] = []
  /// Whether the answer goes on with the prompt's own text.
  var continuesText = false
  /// How tokens are chosen; the likeliest where nothing is said.
  var sampling = SamplingSettings()

  /// Slots of a full cache.
  var slotCount: Int { prompt.count + max(maxTokens, expected?.count ?? 0) }
}

struct Answer: Sendable {
  enum End: String, Sendable { case length, endOfSequence, stop }

  var text = ""
  var tokens: [Int32] = []
  var end = End.length
  /// log p(expected | prompt), the sum over its tokens.
  var expectedLogProbability: Double?
}

extension TextModel {
  /// A task's item as tokens. The expected text is cut into tokens as it would be right after the
  /// prompt, where the prompt's tokens stay what they are.
  func question(of item: TaskItem, usesTemplate: Bool) throws(LabFailure) -> Question {
    let head = usesTemplate ? try encodeChat(user: item.prompt) : []
    let own = usesTemplate ? item.prefill : item.prompt + item.prefill
    let marks: Marks = usesTemplate ? .none : .prompt
    let begun = try encode(own, marks)
    var question = Question(prompt: head + begun, maxTokens: item.maxTokens, stops: item.stops)
    question.continuesText = !usesTemplate || !item.prefill.isEmpty
    if let expected = item.expected {
      let whole = try encode(own + expected, marks)
      question.expected =
        whole.starts(with: begun) ? Array(whole[begun.count...]) : try encode(expected)
    }
    return question
  }
}

extension Subject {
  /// Reads the prompt, and generates up to `maxTokens`, an end token or a stop text. `begin` comes
  /// before.
  ///
  /// Where the model says the expected text itself, its probabilities are those of the answer;
  /// where it departs, the rest is read after what both have in common, and the cache is put back.
  func answer(_ question: Question) throws(LabFailure) -> Answer {
    if question.prompt.isEmpty { throw .data("a prompt is empty") }
    try read(question.prompt)
    var answer = Answer()
    var chooser = try TokenChooser(question, vocabularyCount: text.shape.vocabularyCount)
    var expectation = Expectation(question.expected)
    var decoded = DecodedText(text, continuesText: question.continuesText)
    var logits = try lastLogits()
    while answer.tokens.count < question.maxTokens {
      let token = chooser.next(logits)
      try expectation.meet(token, self, logits)
      if text.isEnd(token) {
        answer.end = .endOfSequence
        break
      }
      answer.tokens.append(token)
      decoded.append(token)
      if let end = firstStop(question.stops, in: decoded.bytes) {
        answer.end = .stop
        answer.text = String(decoding: decoded.bytes[..<end], as: UTF8.self)
      }
      let isLast = answer.end == .stop || answer.tokens.count == question.maxTokens
      if isLast && expectation.isMet { break }
      try read(CollectionOfOne(token))
      logits = try lastLogits()
      if isLast { break }
    }
    try expectation.finish(self, logits)
    if answer.end != .stop {
      decoded.finish()
      answer.text = decoded.string
    }
    answer.expectedLogProbability = expectation.sum
    return answer
  }

  /// log p of tokens after the last one that was read, the sum; the logits are those before the
  /// first.
  fileprivate func logProbability(
    of tokens: ArraySlice<Int32>, _ logits: LogitRow
  ) throws(LabFailure) -> Double {
    var sum = 0.0
    var row = logits
    for (index, token) in tokens.enumerated() {
      sum -= row.negativeLogLikelihood(of: token)
      if index == tokens.count - 1 { break }
      try read(CollectionOfOne(token))
      row = try lastLogits()
    }
    return sum
  }
}

/// Where the first stop text begins.
private func firstStop(_ stops: [String], in bytes: [UInt8]) -> Int? {
  let text = bytes[...]
  return stops.compactMap { text.firstRange(of: Array($0.utf8))?.lowerBound }.min()
}

/// Follows how far the answer is the expected one.
private struct Expectation {
  private var rest: ArraySlice<Int32>
  private(set) var sum: Double?

  init(_ tokens: [Int32]?) {
    rest = tokens?[...] ?? []
    sum = tokens.map { _ in 0 }
  }

  /// Whether nothing is left to be measured.
  var isMet: Bool { rest.isEmpty }

  /// The answer goes on with `token`, which is still to be read.
  mutating func meet(
    _ token: Int32, _ subject: Subject, _ logits: LogitRow
  ) throws(LabFailure) {
    guard let expected = rest.first else { return }
    if token == expected && !subject.text.isEnd(token) {
      sum! -= logits.negativeLogLikelihood(of: token)
      rest = rest.dropFirst()
    } else if rest.count == 1 {
      try finish(subject, logits)
    } else {
      try subject.withoutTrace { () throws(LabFailure) in try finish(subject, logits) }
    }
  }

  /// Measures what is left, after the tokens that were read.
  mutating func finish(_ subject: Subject, _ logits: LogitRow) throws(LabFailure) {
    if rest.isEmpty { return }
    sum! += try subject.logProbability(of: rest, logits)
    rest = []
  }
}

/// A sampler with the memory that it works in.
private struct TokenChooser: ~Copyable {
  private var sampler: Sampler
  private let memory: ArenaOwner

  init(_ question: Question, vocabularyCount: Int) throws(LabFailure) {
    let make = { (carver: inout Carver) in
      // An arena must not be empty, and the choice of the likeliest token needs no memory.
      _ = carver.takeBytes(.tables, count: 1)
      return Sampler(carver: &carver, question.sampling, vocabularyCount: vocabularyCount)
    }
    var measuring = Carver.measuring
    _ = make(&measuring)
    let arena = try mapArena(measuring.measured())
    var carver = arena.carver()
    sampler = make(&carver)
    memory = ArenaOwner(arena)
    for token in question.prompt.suffix(Sampler.repeatWindowCount) { sampler.accept(token) }
  }

  mutating func next(_ logits: LogitRow) -> Int32 {
    let token = sampler.next(logits)
    sampler.accept(token)
    return token
  }
}
