import Inference
import KVCache
import Memory
import Model
import Platform
import Profile
import Testing

@testable import Measurement

/// Models whose layers differ: what is planned of them is the sum of what each layer says.
@Suite struct LayerPlanTests {
  private static let plain = LayerSpec(
    headCount: 6, kvHeadCount: 2, headDim: 32, feedForwardLength: 500)

  private static func shape(_ specs: [LayerSpec]) throws -> ModelShape {
    var layers = LayerTable(repeating: specs[0], count: specs.count)
    for index in specs.indices {
      let isSet = layers.set(index, to: specs[index])
      try #require(isSet)
    }
    return try ModelShape(
      architecture: .llama, layers: layers,
      ropeTables: RopeTables(RopeSpec(frequencyBase: 10_000, dimensionCount: 32)),
      embeddingLength: 192, vocabularyCount: 300, contextLength: 4096, rmsEpsilon: 1e-5,
      isOutputTied: true)
  }

  private static func plan(_ specs: [LayerSpec]) throws -> MemoryPlan {
    var carver = Carver.measuring
    _ = EngineLayout(
      carver: &carver, shape: try shape(specs), settings: run())
    return carver.measured()
  }

  private static func run(threads: Int = 2) -> RunSettings {
    RunSettings(
      blockSize: 16, cacheBudget: 24, policy: .keydiff,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: threads, logitRowCount: 1,
      l2ByteCount: 1 << 20)
  }

  private static func changed(_ change: (inout LayerSpec) -> Void) -> LayerSpec {
    var spec = plain
    change(&spec)
    return spec
  }

  /// A model of different layers takes of each region what models of such layers take together.
  @Test func eachLayerIsPlannedByItsOwnDescription() throws {
    let kinds = [
      Self.plain, Self.changed { $0.feedForwardLength = 1000 },
      Self.changed { $0.norms.heads = true }, Self.changed { $0.hasBias = true },
      Self.changed { $0.norms.afterAttention = true },
      Self.changed { $0.norms.afterFeedForward = true },
    ]
    let mixed = try Self.plan(kinds)
    for region in [Region.weights, .norms] {
      let base = try Self.plan([Self.plain]).byteCount(of: region)
      let one = try Self.plan([Self.plain, Self.plain]).byteCount(of: region) - base
      let alone = try kinds.map { try Self.plan([Self.plain, $0]).byteCount(of: region) - base }
      #expect(mixed.byteCount(of: region) == base - one + alone.reduce(0, +), "\(region)")
      #expect(Set(alone).count > 1, "\(region)")
    }
  }

  /// Rows are as long as the layer with the longest needs them.
  @Test func roomIsThatOfTheLargestLayer() throws {
    let large = Self.changed { $0.feedForwardLength = 2000 }
    let mixed = try Self.plan([Self.plain, large])
    let alike = try Self.plan([large, large])
    for region in [Region.activations, .int8Activations, .loading] {
      #expect(mixed.byteCount(of: region) == alike.byteCount(of: region), "\(region)")
    }
    #expect(mixed.totalByteCount < alike.totalByteCount)
  }

  /// The forward pass takes each layer's own lengths.
  @Test(arguments: [1, 3]) func layersOfDifferentLengthsRun(threads: Int) throws {
    let shape = try Self.shape([
      Self.plain, Self.changed { $0.feedForwardLength = 1000 },
      Self.changed { $0.norms.heads = true }, Self.changed { $0.hasBias = true },
    ])
    let run = Self.run(threads: threads)
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: shape, settings: run)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let layout = EngineLayout(carver: &carver, shape: shape, settings: run)
    carver.seal()
    var engine = try Engine(layout: layout, cores: [Int32]().span)
    engine.fillSynthetic(seed: 7)
    for block in 0..<3 {
      for index in 0..<16 { engine.block[index] = Int32((block * 16 + index) * 7 % 300) }
      _ = try engine.append(16)
    }
    engine.makeLogits(firstRow: 15, rowCount: 1)
    let logits = engine.logits(0).bytes.bindMemory(to: Float.self)
    #expect(logits.allSatisfy { $0.isFinite } && Set(logits).count > logits.count / 2)
  }
}
