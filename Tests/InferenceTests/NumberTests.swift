import Foundation
import Inference
import KVCache
import Platform
import Profile
import TestSupport
import Testing

/// Models whose numbers leave the range of the formats that they are kept in.
struct NumberTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let plain = ModelWriter(types: [.float32], seed: 3)

  private struct Outcome {
    let clamped: Int
    let repeated: Int
    let fault: NumberFault?
    let hasFiniteLogits: Bool
    let likelihoods: [Double]
  }

  /// A model some of whose tensors are multiplied, after a block of tokens and its logits.
  private func run(
    _ factors: [String: Float], threadCount: Int, usesFloat16: Bool = false,
    tokens: [Int32] = [0, 9, 18, 27]
  ) throws -> Outcome {
    var model = Self.plain
    for index in model.tensors.indices {
      guard let factor = factors[model.tensors[index].name] else { continue }
      let values = model.tensors[index].bytes.withUnsafeBytes {
        Array($0.bindMemory(to: Float.self))
      }
      model.tensors[index].bytes = values.map { $0 * factor }.withUnsafeBytes(Array.init)
    }
    let path = try model.write(to: folder)
    var fixture = try Fixture.open(
      path,
      RunSettings(
        blockSize: tokens.count, cacheBudget: 4 * tokens.count, policy: .keydiff,
        retained: Retained(sinkCount: 0, recentCount: 0), threadCount: threadCount,
        logitRowCount: 1, l2ByteCount: 1 << 18, usesFloat16: usesFloat16))
    for (index, token) in tokens.enumerated() { fixture.engine.block[index] = token }
    _ = try fixture.engine.append(tokens.count)
    fixture.engine.makeLogits(firstRow: tokens.count - 1, rowCount: 1)
    let logits = fixture.engine.logits(0)
    return Outcome(
      clamped: fixture.engine.clampedCount, repeated: fixture.engine.repeatedCount,
      fault: fixture.engine.numberFault, hasFiniteLogits: logits.isFinite,
      likelihoods: (0..<40).map { logits.negativeLogLikelihood(of: $0) })
  }

  @Test(arguments: [1, 3]) func usualNumbersAreNeither(threadCount: Int) throws {
    let result = try run([:], threadCount: threadCount)
    #expect(result.clamped == 0 && result.fault == nil && result.hasFiniteLogits)
  }

  /// They are counted, and everything stays finite.
  @Test(arguments: [1, 3]) func keysAndValuesAreClampedAndCounted(threadCount: Int) throws {
    let result = try run(["blk.1.attn_norm.weight": 1e20], threadCount: threadCount)
    #expect(result.fault == nil && result.hasFiniteLogits)
    // All but those that are 0: 4 tokens, keys and values of 2 heads of 64, one layer.
    #expect(result.clamped > 900 && result.clamped <= 4 * 2 * 2 * 64, "\(result.clamped)")
    let values = try run(["blk.0.attn_v.weight": 1e20], threadCount: threadCount)
    #expect(values.clamped > 450 && values.clamped <= 4 * 2 * 64, "\(values.clamped)")
  }

  @Test(arguments: [1, 3]) func theLayerIsNamed(threadCount: Int) throws {
    let cases: [([String: Float], String)] = [
      (["token_embd.weight": 1e30], "embeddings"),
      (
        ["blk.0.attn_v.weight": 1e20, "blk.0.attn_output.weight": 1e36], "attention(layer: 0)"
      ),
      (["blk.0.ffn_norm.weight": 1e25], "feedForward(layer: 0)"),
      // Nothing that is not finite need reach the residual row from these.
      (["blk.0.attn_q.weight": 1e28], "attention(layer: 0)"),
      (["blk.1.attn_q.weight": 1e36], "attention(layer: 1)"),
      (["blk.1.attn_norm.weight": 1e20, "blk.1.attn_k.weight": 1e25], "attention(layer: 1)"),
      (["blk.0.attn_norm.weight": 1e20, "blk.0.attn_v.weight": 1e25], "attention(layer: 0)"),
      (
        [
          "blk.0.ffn_gate.weight": 1e25, "blk.0.ffn_up.weight": 1e25, "blk.0.ffn_down.weight": 0,
        ], "feedForward(layer: 0)"
      ),
      (
        ["blk.1.attn_v.weight": 1e20, "blk.1.attn_output.weight": 1e36], "attention(layer: 1)"
      ),
      (["blk.1.ffn_norm.weight": 1e25], "feedForward(layer: 1)"),
    ]
    for (factors, name) in cases {
      let fault = try run(factors, threadCount: threadCount).fault
      #expect(fault.map { "\($0)" } == name, "\(factors)")
    }
  }

  /// Attention in Float16 whose scores are past its range is done again in Float32, and gives what it
  /// gives there.
  @Test(
    .enabled(if: BuildFeatures.hasFloat16Arithmetic, "needs Float16 arithmetic"),
    arguments: [1, 3])
  func scoresPastFloat16AreTakenInFloat32(threadCount: Int) throws {
    // The weights are about 1, so that elements of queries and keys are about 256.
    var counts: [Int] = []
    for exponent in -4...3 {
      let factors: [String: Float] = [
        "blk.0.attn_q.weight": pow(10, Float(exponent)),
        "blk.1.attn_q.weight": pow(10, Float(exponent)),
      ]
      let half = try run(factors, threadCount: threadCount, usesFloat16: true)
      #expect(half.fault == nil && half.hasFiniteLogits)
      counts.append(half.repeated)
      // Two layers of two KV heads, one share each.
      if half.repeated < 4 { continue }
      let single = try run(factors, threadCount: threadCount)
      #expect(half.likelihoods == single.likelihoods)
    }
    #expect(counts == counts.sorted() && counts.first == 0 && counts.last == 4, "\(counts)")
  }

  /// So are sums of values past its range: 96 equal tokens give 96 slots the same key, up to its
  /// rotation, and the same value.
  @Test(
    .enabled(if: BuildFeatures.hasFloat16Arithmetic, "needs Float16 arithmetic"),
    arguments: [1, 3])
  func sumsOfValuesPastFloat16AreTakenInFloat32(threadCount: Int) throws {
    let tokens = [Int32](repeating: 5, count: 96)
    var counts: [Int] = []
    for exponent in 0...5 {
      let factors: [String: Float] = [
        "blk.0.attn_k.weight": 0, "blk.1.attn_k.weight": 0,
        "blk.0.attn_v.weight": pow(10, Float(exponent)),
        "blk.1.attn_v.weight": pow(10, Float(exponent)),
      ]
      let half = try run(factors, threadCount: threadCount, usesFloat16: true, tokens: tokens)
      #expect(half.fault == nil && half.hasFiniteLogits, "\(exponent)")
      counts.append(half.repeated)
      let single = try run(factors, threadCount: threadCount, tokens: tokens)
      #expect(single.fault == nil && single.repeated == 0)
    }
    #expect(counts == counts.sorted() && counts[0] == 0 && counts[5] > 0, "\(counts)")
  }

  @Test func logitsThatAreNotFinite() throws {
    let result = try run(
      ["output_norm.weight": 1e30, "output.weight": 1e30], threadCount: 2)
    #expect(result.fault == nil && !result.hasFiniteLogits)
  }
}
