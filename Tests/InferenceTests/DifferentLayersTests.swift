import Foundation
import Kernels
import Memory
import Model
import Profile
import TestSupport
import Testing

@testable import Inference
@testable import KVCache

/// A model whose layers differ in their heads, the length of them and their rotary table.
private struct DifferentLayers {
  static let embeddingLength = 96
  /// A head count, a KV head count, the length of a head and the number of a rotary table a layer.
  let layers: [(heads: Int, kvHeads: Int, headDim: Int, table: Int)]

  static let few = DifferentLayers(layers: [(4, 2, 32, 0), (8, 2, 16, 1), (6, 3, 32, 0)])
  /// The same with a KV head for each query head: those of a group are alike.
  static let many = DifferentLayers(layers: [(4, 4, 32, 0), (8, 8, 16, 1), (6, 6, 32, 0)])

  func shape() throws -> ModelShape {
    let specs = layers.map {
      LayerSpec(
        ropeTable: $0.table, headCount: $0.heads, kvHeadCount: $0.kvHeads, headDim: $0.headDim,
        feedForwardLength: 64)
    }
    var table = LayerTable(repeating: specs[0], count: specs.count)
    for (index, spec) in specs.enumerated() {
      let isSet = table.set(index, to: spec)
      precondition(isSet)
    }
    var tables = RopeTables(RopeSpec(frequencyBase: 10_000, dimensionCount: 32))
    tables.append(RopeSpec(frequencyBase: 500_000, dimensionCount: 16))
    return try ModelShape(
      architecture: .llama, layers: table, ropeTables: tables,
      embeddingLength: Self.embeddingLength, vocabularyCount: 40, contextLength: 512,
      rmsEpsilon: 1e-5, isOutputTied: true)
  }

  /// Rows of `few`'s matrices; those of KV heads are there as often as a group has query heads.
  func fill(_ weights: ModelWeights) {
    weights.outputNorm.update(repeating: 1, count: Self.embeddingLength)
    fill(weights.embeddings, seed: 1)
    for (index, layer) in layers.enumerated() {
      let target = weights.layers[index]
      let (dim, seed) = (layer.headDim, UInt64(10 * index + 10))
      target.attentionNorm.update(repeating: 1, count: Self.embeddingLength)
      target.feedForwardNorm.update(repeating: 1, count: Self.embeddingLength)
      let copies = layer.kvHeads / Self.few.layers[index].kvHeads
      var row = 0
      for query in 0..<layer.heads * dim {
        setRow(target.queryKeyValue.part(0), row, seed: seed, number: query)
        row += 1
      }
      for part in 1...2 {
        for kvHead in 0..<layer.kvHeads {
          for element in 0..<dim {
            let number = 10_000 * part + kvHead / copies * dim + element
            setRow(target.queryKeyValue.part(0), row, seed: seed, number: number)
            row += 1
          }
        }
      }
      fill(target.attentionOutput, seed: seed + 1)
      fill(target.gate, seed: seed + 2)
      fill(target.up, seed: seed + 3)
      fill(target.down, seed: seed + 4)
    }
  }

  private func fill(_ matrix: WeightMatrix, seed: UInt64) {
    for row in 0..<matrix.outputCount { setRow(matrix, row, seed: seed, number: row) }
  }

  private func setRow(_ matrix: WeightMatrix, _ row: Int, seed: UInt64, number: Int) {
    var random = SeededGenerator(seed: seed << 32 | UInt64(number))
    var values = [Float](repeating: 0, count: matrix.kPadded)
    for index in 0..<matrix.k {
      values[index] = Float.random(in: -1...1, using: &random) / Float(matrix.k).squareRoot() * 2
    }
    guard case .int8(let matrix) = matrix else { preconditionFailure("another format") }
    let isFinite = values.withUnsafeMutableBufferPointer { buffer in
      matrix.setRow(row, from: buffer.baseAddress!)
    }
    precondition(isFinite)
  }
}

private struct Stage: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var engine: Engine
  let arena: Arena

  static func make(_ model: DifferentLayers, _ settings: RunSettings) throws -> Stage {
    let shape = try model.shape()
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: shape, settings: settings)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let layout = EngineLayout(carver: &carver, shape: shape, settings: settings)
    carver.seal()
    let engine = try Engine(layout: layout, cores: [Int32]().span)
    engine.setRotaryFrequencies()
    model.fill(engine.weights)
    return Stage(engine: engine, arena: arena)
  }

  /// The logits of each token.
  mutating func read(_ tokens: [Int32]) throws -> [Float] {
    for (index, token) in tokens.enumerated() { engine.block[index] = token }
    _ = try engine.append(tokens.count)
    var all: [Float] = []
    engine.makeLogits(firstRow: 0, rowCount: tokens.count)
    for row in 0..<tokens.count {
      let logits = engine.logits(row)
      all += (0..<logits.count).map { logits.values[$0] }
    }
    return all
  }
}

/// The cache, the plan and the forward pass take each layer as it is described.
@Suite struct DifferentLayersTests {
  private static let sizes = [8, 8, 5, 1, 1, 8, 8, 3, 1, 8]

  private static func tokens(_ count: Int, _ seed: Int) -> [Int32] {
    (0..<count).map { Int32((seed * 13 + $0 * $0 * 3 + $0 * 5) % 40) }
  }

  private func stageSettings(_ policy: Policy, threads: Int = 2) -> RunSettings {
    settings(
      policy, block: 8, budget: policy == .full ? 96 : 20, threads: threads)
  }

  /// Query heads of a group see the same as with KV heads of their own that are alike.
  @Test(arguments: [Policy.full, .keydiff, .keydiffStream, .keydiffNormalized, .sink, .l2])
  func sharedHeadsAreAsCopiedOnes(policy: Policy) throws {
    var few = try Stage.make(.few, stageSettings(policy))
    var many = try Stage.make(.many, stageSettings(policy, threads: 3))
    for (index, size) in Self.sizes.enumerated() {
      let tokens = Self.tokens(size, index)
      let (found, expected) = (try few.read(tokens), try many.read(tokens))
      let worst = zip(found, expected).map { abs($0 - $1) }.max()!
      #expect(worst < 0.02, "block \(index)")
      #expect(expected.map(abs).max()! > 0.5)
      for (layer, heads) in DifferentLayers.few.layers.enumerated() {
        for head in 0..<heads.heads {
          let shared = head * heads.kvHeads / heads.heads
          let own = Set(few.engine.keptPositions(layer: layer, kvHead: shared))
          let copied = Set(many.engine.keptPositions(layer: layer, kvHead: head))
          #expect(own == copied)
        }
      }
    }
    #expect(few.engine.slotsFilled == (policy == .full ? 51 : 20))
  }

  /// All that depends on the places of heads in memory: threads, copies of the cache and compact
  /// positions.
  @Test(arguments: [Policy.keydiff, .keydiffStream, .h2o, .tova, .keydiffMedian])
  func headsKeepApart(policy: Policy) throws {
    var one = try Stage.make(.few, stageSettings(policy, threads: 1))
    var three = try Stage.make(.few, stageSettings(policy, threads: 3))
    let shape = try DifferentLayers.few.shape()
    let byteCount = EngineLayout.keptByteCount(shape, stageSettings(policy), tokenCount: 100)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { memory.deallocate() }
    for (index, size) in Self.sizes.enumerated() {
      let tokens = Self.tokens(size, index)
      let expected = try one.read(tokens)
      #expect(try three.read(tokens) == expected)
      let kept = three.engine.keep(in: memory)
      _ = try three.read(Self.tokens(8, 90))
      three.engine.takeUp(kept, from: memory)
    }
  }

  /// Each layer's keys and values lie in whole tiles of its own slots, heads and length.
  @Test func planIsTheSumOfTheLayers() throws {
    var carver = Carver.measuring
    let layout = EngineLayout(
      carver: &carver, shape: try DifferentLayers.few.shape(), settings: stageSettings(.keydiff))
    let plan = carver.measured()
    let elements = 64 * (2 * 32 + 2 * 16 + 3 * 32)
    #expect(plan.byteCount(of: .keys) == 2 * elements)
    // Rows of values are whole vectors: 16 elements take the room of 32.
    #expect(plan.byteCount(of: .values) == 2 * 64 * (2 * 32 + 2 * 32 + 3 * 32))
    #expect(plan.byteCount(of: .slots) == 2 * 7 * 64 * 4)
    #expect(layout.settings.slotCount == 28)
  }
}
