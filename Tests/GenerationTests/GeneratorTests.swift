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

/// A small model with random weights, ready to read and answer.
private struct Fixture: ~Copyable {
  static let blockSize = 4
  /// Declared before the arena, so that its threads end before their stacks go.
  var loaded: LoadedModel
  private let arena: Arena
  private let folder: Folder

  static func make(_ policy: Policy = .keydiff, budget: Int = 12) throws -> Fixture {
    let folder = try Folder()
    let path = try ModelWriter(types: [.q8_0, .q4_1], seed: 5).write(to: folder)
    let settings = RunSettings(
      blockSize: blockSize, cacheBudget: budget, policy: policy,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: 2, logitRowCount: 2,
      l2ByteCount: 1 << 18)
    var needs = ModelNeeds(usesText: false, usesTemplate: false)
    needs.generator.keptTokenCount = 32
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
}

/// Tokens of a test, with an answer `pending` before those whose places are named.
private struct TestPrompt: PromptSource {
  struct Broken: Error {}
  private let tokens: [Int32]
  private var pendingPlaces: Set<Int>
  private let brokenPlace: Int?
  private var place = 0
  var fraction: Double? { nil }

  init(_ tokens: [Int32], pending: Set<Int> = [], broken: Int? = nil) {
    self.tokens = tokens
    pendingPlaces = pending
    brokenPlace = broken
  }

  mutating func next() throws(Broken) -> PromptItem {
    if pendingPlaces.remove(place) != nil { return .pending }
    if place == brokenPlace { throw Broken() }
    if place == tokens.count { return .end }
    place += 1
    return .token(tokens[place - 1])
  }
}

private struct Collected: ByteSink {
  var bytes: [UInt8] = []
  var text: String { String(decoding: bytes, as: UTF8.self) }
  mutating func write(byte: UInt8) { bytes.append(byte) }
}

/// What the steps of one prompt and its answer were.
private struct Walk: Equatable {
  var blocks: [Int] = []
  var tokens: [Int32] = []
  var text = ""
  var pendingCount = 0
  var end: StopReason?
}

extension Fixture {
  fileprivate var isPromptWhole: Bool { loaded.generator.isPromptWhole }
  fileprivate var unreadToken: Int32? { loaded.generator.unreadToken }

  /// Takes steps up to the end.
  fileprivate mutating func walk(
    _ prompt: TestPrompt, _ request: AnswerRequest
  ) throws -> Walk {
    var walk = Walk()
    var source = prompt
    var sink = Collected()
    loaded.generator.begin(request)
    while walk.end == nil {
      switch try loaded.generator.step(&loaded.engine, from: &source, to: &sink) {
      case .pending: walk.pendingCount += 1
      case .block(let record): walk.blocks.append(record.tokenCount)
      case .token(let token, _): walk.tokens.append(token)
      case .end(let reason): walk.end = reason
      }
    }
    walk.text = sink.text
    return walk
  }

  fileprivate mutating func reset() {
    loaded.engine.reset()
    loaded.generator.sampler.reset()
  }

  /// The same without a generator: blocks, then the likeliest tokens.
  fileprivate mutating func reference(_ prompt: [Int32], count: Int) throws -> [Int32] {
    var answer: [Int32] = []
    for start in stride(from: 0, to: prompt.count, by: Self.blockSize) {
      try read(Array(prompt[start..<min(start + Self.blockSize, prompt.count)]))
    }
    while true {
      loaded.engine.makeLogits(firstRow: loaded.engine.lastRow, rowCount: 1)
      answer.append(loaded.engine.logits(0).best())
      if answer.count == count { return answer }
      try read([answer.last!])
    }
  }

  private mutating func read(_ block: [Int32]) throws {
    for (index, token) in block.enumerated() { loaded.engine.block[index] = token }
    _ = try loaded.engine.append(block.count)
  }
}

private func request(_ maxTokens: Int, greedy: Bool = true) -> AnswerRequest {
  var request = AnswerRequest(maxTokens: maxTokens)
  request.sampling = SamplingSettings()
  if !greedy { request.sampling?.temperature = 1 }
  return request
}

private func prompt(_ count: Int) -> [Int32] { (0..<count).map { Int32(($0 * 7 + 3) % 40) } }

@Suite("Generator")
struct GeneratorTests {
  /// Prompts of every length around the block's size, against the engine driven by hand.
  @Test func asTheEngineByHand() throws {
    var fixture = try Fixture.make()
    for length in 1...(3 * Fixture.blockSize + 1) {
      fixture.reset()
      let expected = try fixture.reference(prompt(length), count: 10)
      fixture.reset()
      let walk = try fixture.walk(TestPrompt(prompt(length)), request(10))
      #expect(walk.tokens == expected)
      #expect(walk.text == expected.map(String.init).joined(separator: " "))
      #expect(walk.end == .length)
      let full = Array(repeating: Fixture.blockSize, count: length / Fixture.blockSize)
      let rest = length % Fixture.blockSize
      #expect(walk.blocks == full + (rest > 0 ? [rest] : []))
      let promptTokenCount = fixture.loaded.generator.promptTokenCount
      #expect(promptTokenCount == length)
      let isWhole = fixture.isPromptWhole
      #expect(isWhole)
      let unread = fixture.unreadToken
      #expect(unread == expected.last)
      for index in 0..<10 {
        let generated = fixture.loaded.generator.generated(index)
        #expect(generated == expected[index])
        let logProbability = fixture.loaded.generator.logProbability(index)
        #expect(logProbability <= 0)
      }
    }
  }

  /// A source that has nothing before some of its tokens gives the same blocks and the same answer.
  @Test func pendingAtEveryPlace() throws {
    var fixture = try Fixture.make()
    for length in [1, 4, 5, 9] {
      for isGreedy in [true, false] {
        fixture.reset()
        let whole = try fixture.walk(TestPrompt(prompt(length)), request(6, greedy: isGreedy))
        for place in 0...length {
          fixture.reset()
          var walk = try fixture.walk(
            TestPrompt(prompt(length), pending: [place]), request(6, greedy: isGreedy))
          // A pending end behind a full block is asked for once more, without a step of its own.
          #expect(walk.pendingCount <= 1)
          walk.pendingCount = 0
          #expect(walk == whole, "\(length) \(place)")
        }
        fixture.reset()
        var walk = try fixture.walk(
          TestPrompt(prompt(length), pending: Set(0...length)), request(6, greedy: isGreedy))
        #expect(walk.pendingCount >= length - length / Fixture.blockSize)
        walk.pendingCount = 0
        #expect(walk == whole)
      }
    }
  }

  /// A block may be ended before it is full; the next block begins behind it.
  @Test func blocksOfTheirOwn() throws {
    var fixture = try Fixture.make()
    let tokens = prompt(7)
    fixture.loaded.generator.begin(request(0))
    var (source, sink) = (TestPrompt(tokens, pending: [2]), Collected())
    let first = try fixture.loaded.generator.step(&fixture.loaded.engine, from: &source, to: &sink)
    guard case .pending = first else { throw TestPrompt.Broken() }
    let ended = try fixture.loaded.generator.endBlock(&fixture.loaded.engine)?.tokenCount
    #expect(ended == 2)
    let isNothingLeft = try fixture.loaded.generator.endBlock(&fixture.loaded.engine) == nil
    #expect(isNothingLeft)
    guard
      case .block(let second) = try fixture.loaded.generator.step(
        &fixture.loaded.engine, from: &source, to: &sink)
    else { throw TestPrompt.Broken() }
    #expect(second.tokenCount == Fixture.blockSize && second.slotsBefore == 2)
    let following = fixture.loaded.generator.followingToken
    #expect(following == tokens[6])
  }

  /// The last token of an answer leads the next prompt, as in a conversation.
  @Test func severalTurns() throws {
    var fixture = try Fixture.make(.full, budget: 60)
    let first = try fixture.walk(TestPrompt(prompt(5)), request(4))
    let last = fixture.unreadToken
    let unread = try #require(last)
    let second = try fixture.walk(TestPrompt([unread] + prompt(6)), request(4))
    fixture.reset()
    let text = prompt(5) + first.tokens.dropLast() + [unread] + prompt(6)
    #expect(try fixture.reference(text, count: 4) == second.tokens)
  }

  @Test func ends() throws {
    var fixture = try Fixture.make(.full, budget: 8)
    // Without an answer.
    #expect(try fixture.walk(TestPrompt(prompt(3)), request(0)).tokens == [])
    // The cache has room for 8 tokens and a block: the last token is not read.
    fixture.reset()
    let full = try fixture.walk(TestPrompt(prompt(6)), request(32))
    let isFull = fixture.loaded.engine.isFull
    #expect(full.tokens.count == 7 && full.end == .length && isFull)
    // A driver may end it between two tokens.
    fixture.reset()
    fixture.loaded.generator.begin(request(32))
    var (source, sink) = (TestPrompt(prompt(2)), Collected())
    for _ in 0..<3 {
      _ = try fixture.loaded.generator.step(&fixture.loaded.engine, from: &source, to: &sink)
    }
    fixture.loaded.generator.end(.interrupt, to: &sink)
    guard
      case .end(.interrupt) = try fixture.loaded.generator.step(
        &fixture.loaded.engine, from: &source, to: &sink)
    else { throw TestPrompt.Broken() }
    let generatedCount = fixture.loaded.generator.generatedCount
    #expect(generatedCount == 2)
  }

  @Test func failures() throws {
    var fixture = try Fixture.make(.full, budget: 8)
    func failure(_ source: TestPrompt, _ request: AnswerRequest) -> String? {
      do throws(GenerationFailure<TestPrompt.Broken>) {
        var (source, sink) = (source, Collected())
        fixture.reset()
        fixture.loaded.generator.begin(request)
        while true {
          let step = try fixture.loaded.generator.step(
            &fixture.loaded.engine, from: &source, to: &sink)
          if case .end = step { return nil }
        }
      } catch {
        switch error {
        case .source: return "source"
        case .pass(.cacheFull(let full)): return "full \(full.slotCount)"
        case .pass(.numbers): return "numbers"
        case .emptyPrompt: return "empty"
        }
      }
    }
    #expect(failure(TestPrompt([]), request(3)) == "empty")
    #expect(failure(TestPrompt(prompt(13)), request(3)) == "full 12")
    #expect(failure(TestPrompt(prompt(9), broken: 6), request(3)) == "source")
    // A token ahead of the block is read before the block is.
    let readCount = fixture.loaded.generator.promptTokenCount
    #expect(readCount == 4)
    #expect(failure(TestPrompt(prompt(9), broken: 4), request(3)) == "source")
    let readAfterwards = fixture.loaded.generator.promptTokenCount
    #expect(readAfterwards == 0)
  }
}
