import Foundation
import Inference
import KVCache
import Memory
import Model
import Profile
import TestSupport
import Testing

/// Layers that see a window of the text: a small model of Gemma 3's architecture, with seven layers of
/// which the sixth sees all (make_models.py).
@Suite(.enabled(if: Files.smallModelNames.contains("gemma3"), "needs Toolchain/make-models"))
struct WindowTests {
  private static let window = 12
  private static let path = Files.smallModels.appendingPathComponent("gemma3.gguf").path

  private static func tokens(_ count: Int) -> [Int32] {
    (0..<count).map { (index: Int) -> Int32 in
      let number: Int = index * index * 7 + index * 31
      return Int32(number % 320)
    }
  }

  private func settings(
    _ policy: Policy, block: Int, budget: Int, threads: Int = 2, renumbers: Bool = false
  ) -> RunSettings {
    RunSettings(
      blockSize: block, cacheBudget: budget, policy: policy,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: threads, logitRowCount: 16,
      l2ByteCount: 1 << 20, renumbers: renumbers)
  }

  private func likelihoods(_ run: RunSettings, _ tokens: [Int32]) throws -> [Double] {
    var fixture = try Fixture.open(Self.path, run)
    return try fixture.negativeLogLikelihoods(tokens)
  }

  /// A layer with a window holds the window and a block, whatever N and the policy.
  @Test(arguments: [Policy.full, .keydiff, .keydiffStream, .h2o])
  func theBudgetDoesNotChangeTheWindow(policy: Policy) throws {
    let shape = try Fixture.open(Self.path, settings(policy, block: 16, budget: 64)).engine.shape
    #expect(shape.windowLayerCount == 6)
    var keys: [Int] = []
    for budget in [64, 128, 1024] {
      let run = settings(policy, block: 16, budget: budget)
      #expect(run.windowSlotCount(of: shape) == Self.window - 1 + 16)
      var carver = Carver.measuring
      _ = EngineLayout(carver: &carver, shape: shape, settings: run)
      keys.append(carver.measured().byteCount(of: .keys))
    }
    // One KV head of 128 elements; slots are whole tiles of 64.
    #expect(keys.map { $0 / (2 * 128) } == [128 + 6 * 64, 192 + 6 * 64, 1088 + 6 * 64])
  }

  /// The latest tokens stay, and all of them have been seen by the next one.
  @Test(arguments: [1, 5, 8, 11, 12, 13, 16, 31])
  func theLatestTokensStay(block: Int) throws {
    var fixture = try Fixture.open(Self.path, settings(.keydiff, block: block, budget: 24))
    var count = 0
    _ = try fixture.negativeLogLikelihoods(
      Self.tokens(90),
      afterBlock: { engine, _ in
        count = min(count + block, 90)
        for layer in 0..<7 {
          let kept = Array(engine.keptPositions(layer: layer, kvHead: 0)).sorted().map { Int($0) }
          let expected = min(count, layer == 5 ? 24 : Self.window - 1)
          #expect(kept.count == expected)
          if layer != 5 { #expect(kept == Array(count - expected..<count)) }
        }
      })
  }

  /// Bit for bit.
  @Test(arguments: [Policy.full, .keydiff, .keydiffStream, .snapkv])
  func neitherThreadsNorCopiesChangeABit(policy: Policy) throws {
    let tokens = Self.tokens(80)
    let budget = policy == .full ? 100 : 40
    let expected = try likelihoods(settings(policy, block: 16, budget: budget, threads: 1), tokens)
    let threads = settings(policy, block: 16, budget: budget, threads: 3)
    #expect(try likelihoods(threads, tokens) == expected)
    let run = settings(policy, block: 16, budget: budget)
    var fixture = try Fixture.open(Self.path, run)
    let byteCount = EngineLayout.keptByteCount(fixture.engine.shape, run, tokenCount: 100)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { memory.deallocate() }
    let first = try fixture.negativeLogLikelihoods(Array(tokens.prefix(48)))
    #expect(first == [Double](expected.prefix(47)))
    let kept = fixture.engine.keep(in: memory)
    fixture.engine.reset()
    _ = try fixture.negativeLogLikelihoods(Self.tokens(33))
    fixture.engine.takeUp(kept, from: memory)
    let rest = try fixture.negativeLogLikelihoods(Array(tokens.suffix(32)))
    #expect(rest == [Double](expected.suffix(31)))
  }

  /// Renumbered tokens of a window are the latest ones still: a text that nothing was evicted from in the
  /// other layers is read as without renumbering, bit for bit.
  @Test func compactPositionsKeepTheWindow() throws {
    let tokens = Self.tokens(620)
    let plain = try likelihoods(settings(.keydiff, block: 20, budget: 700), tokens)
    let compact = try likelihoods(
      settings(.keydiff, block: 20, budget: 700, renumbers: true), tokens)
    #expect(compact == plain)
    var fixture = try Fixture.open(
      Self.path, settings(.keydiff, block: 20, budget: 100, renumbers: true))
    _ = try fixture.negativeLogLikelihoods(tokens)
    let position = fixture.engine.position
    #expect(position < 512)
    for layer in [0, 6] {
      let kept = Array(fixture.engine.keptPositions(layer: layer, kvHead: 0)).sorted()
      #expect(kept.map { Int($0) } == Array(position - 11..<position))
    }
  }

  /// Dropped tokens leave no trace.
  @Test(arguments: [Policy.full, .keydiff, .keydiffStream])
  func droppedTokensLeaveNoTrace(policy: Policy) throws {
    var run = settings(policy, block: 16, budget: policy == .full ? 100 : 30)
    run.takesBack = true
    let tokens = Self.tokens(70)
    var with = try Fixture.open(Self.path, run)
    var without = try Fixture.open(Self.path, run)
    var start = 0
    for (count, dropped) in [(10, 6), (8, 8), (3, 13), (16, 0), (1, 4), (16, 0), (16, 0)] {
      for index in 0..<count {
        with.engine.block[index] = tokens[start + index]
        without.engine.block[index] = tokens[start + index]
      }
      for index in 0..<dropped { with.engine.block[count + index] = 7 }
      _ = try with.engine.append(count + dropped, commits: false)
      _ = with.engine.commit(count)
      _ = try without.engine.append(count)
      start += count
      with.engine.makeLogits(firstRow: count - 1, rowCount: 1)
      without.engine.makeLogits(firstRow: count - 1, rowCount: 1)
      let (a, b) = (with.engine.logits(0), without.engine.logits(0))
      let worst = (0..<a.count).reduce(Float(0)) { max($0, abs(a.values[$1] - b.values[$1])) }
      #expect(worst < 0.05)
      for layer in 0..<7 {
        let kept = Array(with.engine.keptPositions(layer: layer, kvHead: 0))
        let expected = Array(without.engine.keptPositions(layer: layer, kvHead: 0))
        #expect(kept == expected, "layer \(layer)")
      }
    }
  }
}
