import Foundation
import Inference
import KVCache
import Profile
import Testing

/// Models whose numbers leave the range of the formats that they are kept in.
struct NumberTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent(UUID().uuidString)

  /// A model some of whose tensors are multiplied, after a block of four tokens and its logits.
  private func run(
    _ factors: [String: Float], threadCount: Int
  ) throws -> (clamped: Int, fault: NumberFault?, hasFiniteLogits: Bool) {
    var model = ModelWriter(types: [.float32], seed: 3)
    for index in model.tensors.indices {
      guard let factor = factors[model.tensors[index].name] else { continue }
      let values = model.tensors[index].bytes.withUnsafeBytes {
        Array($0.bindMemory(to: Float.self))
      }
      model.tensors[index].bytes = values.map { $0 * factor }.withUnsafeBytes(Array.init)
    }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try model.write(to: folder, tensorCounts: [model.tensors.count])
    var fixture = try Fixture.open(
      path,
      RunSettings(
        blockSize: 4, cacheBudget: 16, policy: .keydiff,
        retained: Retained(sinkCount: 0, recentCount: 0), threadCount: threadCount,
        logitRowCount: 1, l2ByteCount: 1 << 18))
    for index in 0..<4 { fixture.engine.block[index] = Int32(index * 9) }
    _ = try fixture.engine.forward(tokenCount: 4)
    fixture.engine.makeLogits(firstRow: 3, rowCount: 1)
    return (
      fixture.engine.clampedCount, fixture.engine.numberFault,
      fixture.engine.logits(0).isFinite
    )
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
      (
        ["blk.1.attn_v.weight": 1e20, "blk.1.attn_output.weight": 1e36], "attention(layer: 1)"
      ),
      (["blk.1.ffn_norm.weight": 1e25], "feedForward(layer: 1)"),
    ]
    for (factors, name) in cases {
      let fault = try #require(
        try run(factors, threadCount: threadCount).fault, "\(factors)")
      #expect("\(fault)" == name, "\(factors)")
    }
  }

  @Test func logitsThatAreNotFinite() throws {
    let result = try run(
      ["output_norm.weight": 1e30, "output.weight": 1e30], threadCount: 2)
    #expect(result.fault == nil && !result.hasFiniteLogits)
  }
}
