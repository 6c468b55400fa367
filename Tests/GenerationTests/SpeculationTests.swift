import Foundation
import Inference
import KVCache
import Memory
import Model
import Platform
import Profile
import TestSupport
import Testing

@testable import Generation

/// A small model with random weights whose answers often go round.
private struct Fixture: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var loaded: LoadedModel
  private let arena: Arena
  private let folder: Folder

  static func make(
    _ policy: Policy, budget: Int, threads: Int, proposals: Int,
    types: [TensorType] = [.q8_0, .q4_1],
    keepsCodes: Bool = false
  ) throws -> Fixture {
    let folder = try Folder()
    let path = try ModelWriter(types: types, seed: 5).write(to: folder)
    var settings = RunSettings(
      blockSize: 8, cacheBudget: budget, policy: policy,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: threads, logitRowCount: 1,
      l2ByteCount: 1 << 18)
    settings.keepsCodes = keepsCodes
    if proposals > 0 { settings.takeProposals(proposals) }
    var needs = ModelNeeds(usesText: false, usesTemplate: false)
    needs.generator.keptTokenCount = 256
    needs.generator.keepsLogProbabilities = true
    (needs.generator.sampling.temperature, needs.generator.sampling.topK) = (1, 0)
    var preparation = try ModelPreparation(path: path, settings, needs)
    var measuring = Carver.measuring
    _ = preparation.layout(carver: &measuring)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let layout = preparation.layout(carver: &carver)
    carver.seal()
    let loaded = try LoadedModel(&preparation, layout, in: arena, cores: [Int32]().span)
    return Fixture(loaded: loaded, arena: arena, folder: folder)
  }

  var figures: SpeculationFigures { loaded.generator.speculationFigures }
}

private struct Tokens: TokenSource {
  let tokens: [Int32]
  private var place = 0

  init(_ tokens: [Int32]) { self.tokens = tokens }

  mutating func next() -> PromptItem {
    if place == tokens.count { return .end }
    place += 1
    return .token(tokens[place - 1])
  }
}

private struct Collected: ByteSink {
  var bytes: [UInt8] = []
  mutating func write(byte: UInt8) { bytes.append(byte) }
}

/// What a prompt and its answer gave.
private struct Walk: Equatable {
  var tokens: [Int32] = []
  var text: [UInt8] = []
  var logProbabilities: [Double] = []
  var end: StopReason?
  /// Of the cache, after each step.
  var places: [Int] = []
}

/// A gate that always proposes as much as it can.
private var openGate: SpeculationGate {
  var gate = SpeculationGate()
  gate.note(rows: 1, nanoseconds: 1000)
  for length in 2...16 { for _ in 0..<200 { gate.note(isRight: true, .matched(length)) } }
  return gate
}

extension Fixture {
  /// - Parameter isOpen: whether the gate proposes whatever there is.
  fileprivate mutating func walk(
    _ prompt: [Int32], _ request: AnswerRequest, isOpen: Bool = true, interruptedAt: Int? = nil
  ) throws -> Walk {
    var walk = Walk()
    var source = Tokens(prompt)
    var sink = Collected()
    let gate = openGate
    loaded.generator.begin(request)
    while walk.end == nil {
      if isOpen { loaded.generator.speculation.gate = gate }
      switch try loaded.generator.step(&loaded.engine, from: &source, to: &sink) {
      case .pending, .block: break
      case .token(let token, _):
        walk.tokens.append(token)
        walk.places += [
          loaded.engine.tokenCount, loaded.engine.position, loaded.engine.roomCount,
        ]
        if walk.tokens.count == interruptedAt { loaded.generator.end(.interrupt, to: &sink) }
      case .end(let reason): walk.end = reason
      }
    }
    walk.text = sink.bytes
    walk.logProbabilities = walk.tokens.indices.map { loaded.generator.logProbability($0) }
    return walk
  }

  fileprivate mutating func reset() {
    loaded.engine.reset()
    loaded.generator.forget()
  }
}

private func request(
  _ maxTokens: Int, temperature: Double, seed: UInt64 = 0, penalty: Double = 1
) -> AnswerRequest {
  var request = AnswerRequest(maxTokens: maxTokens)
  var sampling = SamplingSettings()
  (sampling.temperature, sampling.seed, sampling.repeatPenalty) = (temperature, seed, penalty)
  request.sampling = sampling
  return request
}

/// A text that repeats itself.
private func prompt(_ count: Int, period: Int) -> [Int32] {
  (0..<count).map { Int32(($0 % period * 7 + 3) % 40) }
}

/// Answers with proposals are the answers without them.
@Suite struct SpeculationTests {
  private static let policies = (0..<Policy.count).map { Policy(rawValue: $0)! }

  @Test(arguments: policies, [1, 2])
  func sameAnswers(policy: Policy, threads: Int) throws {
    let budget = policy == .full ? 256 : 24
    var plain = try Fixture.make(policy, budget: budget, threads: threads, proposals: 0)
    var proposing = try Fixture.make(policy, budget: budget, threads: threads, proposals: 7)
    for (temperature, penalty) in [(0.0, 1.0), (0.2, 1), (0.7, 1), (0.4, 1.2)] {
      for (length, period) in [(7, 3), (40, 11)] {
        for seed in UInt64(1)...2 {
          plain.reset()
          proposing.reset()
          let request = request(60, temperature: temperature, seed: seed, penalty: penalty)
          let expected = try plain.walk(prompt(length, period: period), request)
          let found = try proposing.walk(prompt(length, period: period), request)
          #expect(found == expected, "\(temperature) \(length) \(seed)")
        }
      }
    }
    let figures = proposing.figures
    if policy == .h2o {
      #expect(figures.stepCount == 0)
    } else {
      #expect(figures.acceptedCount > 100 && figures.acceptedCount < figures.proposedCount)
    }
    let none = plain.figures
    #expect(none.stepCount == 0)
  }

  /// Matrices that stay in the file's bits.
  @Test(arguments: [TensorType.q4_0, .q4_1, .q5_0, .iq4_nl, .q4_k, .q6_k, .mxfp4])
  func packedBits(type: TensorType) throws {
    var plain = try Fixture.make(
      .keydiff, budget: 24, threads: 2, proposals: 0, types: [type], keepsCodes: true)
    var proposing = try Fixture.make(
      .keydiff, budget: 24, threads: 2, proposals: 7, types: [type], keepsCodes: true)
    for temperature in [0, 0.3] {
      plain.reset()
      proposing.reset()
      let request = request(60, temperature: temperature)
      #expect(
        try proposing.walk(prompt(30, period: 9), request)
          == plain.walk(prompt(30, period: 9), request))
    }
    let accepted = proposing.figures.acceptedCount
    #expect(accepted > 3)
  }

  /// The measured gate, several turns, an interrupt, a length at every place.
  @Test func ends() throws {
    var plain = try Fixture.make(.sink, budget: 32, threads: 2, proposals: 0)
    var proposing = try Fixture.make(.sink, budget: 32, threads: 2, proposals: 7)
    for length in 1...24 {
      for interruptedAt in [nil, 3, 9] {
        plain.reset()
        proposing.reset()
        for turn in 0..<2 {
          let request = request(length, temperature: 0.1, seed: UInt64(length))
          let prompt = prompt(12 + turn, period: 4)
          let expected = try plain.walk(prompt, request, interruptedAt: interruptedAt)
          let found = try proposing.walk(
            prompt, request, isOpen: turn == 0, interruptedAt: interruptedAt)
          #expect(found == expected, "\(length) \(turn)")
        }
      }
    }
  }

  /// As many tokens as the slots of `full` hold.
  @Test func fullCaches() throws {
    var plain = try Fixture.make(.full, budget: 40, threads: 1, proposals: 0)
    var proposing = try Fixture.make(.full, budget: 40, threads: 1, proposals: 7)
    for length in 1...20 {
      plain.reset()
      proposing.reset()
      let request = request(100, temperature: 0)
      let expected = try plain.walk(prompt(length, period: 5), request)
      #expect(try proposing.walk(prompt(length, period: 5), request) == expected)
      #expect(expected.end == .length && expected.tokens.count == 49 - length)
    }
  }

  /// The figures add up.
  @Test func figures() throws {
    var fixture = try Fixture.make(.sink, budget: 64, threads: 1, proposals: 3)
    let walk = try fixture.walk(prompt(40, period: 10), request(200, temperature: 0))
    let figures = fixture.figures
    #expect(figures.stepCount > 0 && figures.proposedCount <= 3 * figures.stepCount)
    #expect(figures.acceptedCount <= figures.proposedCount)
    #expect(walk.tokens.count == 200 && figures.savedNanoseconds.isFinite)
  }
}
