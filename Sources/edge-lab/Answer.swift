import Foundation
import Generation
import Inference
import LabTasks

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
    var expectation = Expectation(question.expected)
    var sink = ByteArray()
    let stops = try StopStrings(question.stops)
    let reason = try withExtendedLifetime(stops) { () throws(LabFailure) in
      try self.answer(question.request(stops.texts), to: &sink) {
        (token, logits) throws(LabFailure) in
        answer.tokens.append(token)
        try expectation.meet(token, self, logits)
      }
    }
    if !expectation.isMet {
      if let token = unreadToken { try readToken(token) }
      try expectation.finish(self, lastLogits())
    }
    answer.end = Answer.End(reason)
    answer.text = String(decoding: sink.bytes, as: UTF8.self)
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
      try readToken(token)
      row = try lastLogits()
    }
    return sum
  }
}

extension Question {
  func request(_ stops: StopTexts) -> AnswerRequest {
    var request = AnswerRequest(maxTokens: maxTokens)
    (request.stops, request.sampling, request.continuesText) = (stops, sampling, continuesText)
    return request
  }
}

extension Answer.End {
  init(_ reason: StopReason) {
    switch reason {
    case .length, .interrupt: self = .length
    case .endOfSequence: self = .endOfSequence
    case .stopText, .whole: self = .stop
    }
  }
}

/// Stop texts with the memory that they lie in.
private final class StopStrings {
  private(set) var texts = StopTexts()
  private var strings: [UnsafeMutablePointer<CChar>] = []

  init(_ stops: [String]) throws(LabFailure) {
    for stop in stops {
      strings.append(strdup(stop))
      do throws(StopTextError) {
        try texts.append(strings.last!)
      } catch {
        throw .data("a stop text is empty or too long, or there are too many: \(stops)")
      }
    }
  }

  deinit { for string in strings { free(string) } }
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

  /// The answer goes on with `token`, which no end follows and which is still to be read.
  mutating func meet(
    _ token: Int32, _ subject: Subject, _ logits: LogitRow
  ) throws(LabFailure) {
    guard let expected = rest.first else { return }
    if token == expected {
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
