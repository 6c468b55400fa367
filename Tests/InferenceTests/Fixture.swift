import Foundation
import Inference
import KVCache
import Memory
import Model
import Platform
import Profile
import TestSupport

/// A model in an arena, as the program sets it up.
struct Fixture: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var engine: Engine
  let arena: Arena
  let model: ModelFile

  static func open(
    _ path: String, _ settings: RunSettings, usesHugePages: Bool = true
  ) throws -> Fixture {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    defer { buffer.deallocate() }
    let cPath = strdup(path)!
    defer { free(cPath) }
    let model = try ModelFile(path: cPath, buffer: buffer)
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: model.shape, settings: settings)
    let arena = try Arena(plan: measuring.measured())
    if !usesHugePages {
      madvise(arena.baseAddress, arena.plan.totalByteCount, MADV_NOHUGEPAGE)
    }
    var carver = arena.carver()
    let layout = EngineLayout(carver: &carver, shape: model.shape, settings: settings)
    carver.seal()
    let engine = try Engine(layout: layout, cores: [Int32]().span)
    try engine.load(model, into: arena, buffer: buffer)
    return Fixture(engine: engine, arena: arena, model: model)
  }

  /// Writes the saved cache, as the program does.
  func save(to path: String) throws {
    let cPath = strdup(path)!
    defer { free(cPath) }
    var file = try ReplacementFile(path: cPath)
    engine.save(to: &file.text)
    try file.commit()
  }

  /// -log p of each token after the first, block by block; `afterBlock` sees the engine and the
  /// block's number.
  mutating func negativeLogLikelihoods(
    _ tokens: [Int32], afterBlock: (borrowing Engine, Int) -> Void = { _, _ in },
    row: (Int, LogitRow) -> Void = { _, _ in }
  ) throws -> [Double] {
    var likelihoods: [Double] = []
    let size = engine.settings.blockSize
    for (number, start) in stride(from: 0, to: tokens.count, by: size).enumerated() {
      let block = tokens[start..<min(start + size, tokens.count)]
      for (index, token) in block.enumerated() { engine.block[index] = token }
      _ = try engine.append(block.count)
      afterBlock(engine, number)
      for first in stride(from: 0, to: block.count, by: engine.settings.logitRowCount) {
        let count = min(engine.settings.logitRowCount, block.count - first)
        engine.makeLogits(firstRow: first, rowCount: count)
        for index in 0..<count {
          let logits = engine.logits(index)
          let next = start + first + index + 1
          row(next - 1, logits)
          if next < tokens.count {
            likelihoods.append(logits.negativeLogLikelihood(of: tokens[next]))
          }
        }
      }
    }
    return likelihoods
  }
}

func settings(
  _ policy: Policy, block: Int, budget: Int, sinks: Int = 0, recent: Int = 0, threads: Int = 2,
  l2ByteCount: Int = 1 << 20, usesFloat16: Bool = false
) -> RunSettings {
  RunSettings(
    blockSize: block, cacheBudget: budget, policy: policy,
    retained: Retained(sinkCount: sinks, recentCount: recent), threadCount: threads,
    logitRowCount: 16, l2ByteCount: l2ByteCount, usesFloat16: usesFloat16)
}

func mean(_ values: some Collection<Double>) -> Double {
  values.reduce(0, +) / Double(values.count)
}
