import Inference
import KVCache
import Memory
import Model
import Platform
import Profile
import Testing

@testable import Measurement

/// Made-up weights and the emptying of an engine.
@Suite struct SyntheticWeightsTests {
  private static let shape = try! ModelShape(
    layerCount: 3, headCount: 6, kvHeadCount: 2, headDim: 32, embeddingLength: 192,
    feedForwardLength: 500, vocabularyCount: 300, contextLength: 4096, ropeFrequencyBase: 10_000,
    rmsEpsilon: 1e-5, isOutputTied: false)

  /// Engine and arena, in the order in which they end.
  private struct Machine: ~Copyable {
    var engine: Engine
    let arena: Arena

    static func make(_ settings: RunSettings, seed: UInt64 = 7) throws -> Machine {
      let shape = SyntheticWeightsTests.shape
      var measuring = Carver.measuring
      _ = EngineLayout(carver: &measuring, shape: shape, settings: settings)
      let arena = try Arena(plan: measuring.measured())
      var carver = arena.carver()
      let layout = EngineLayout(carver: &carver, shape: shape, settings: settings)
      carver.seal()
      let engine = try Engine(layout: layout, cores: [Int32]().span)
      engine.fillSynthetic(seed: seed)
      return Machine(engine: engine, arena: arena)
    }

    /// The bits of the logits of the last token of each block.
    mutating func logits(blocks: Int) throws -> [UInt32] {
      var bits: [UInt32] = []
      for block in 0..<blocks {
        let count = engine.settings.blockSize
        for index in 0..<count { engine.block[index] = Int32((block * count + index) * 7 % 300) }
        _ = try engine.append(count)
        engine.makeLogits(firstRow: count - 1, rowCount: 1)
        bits += engine.logits(0).bytes.bindMemory(to: UInt32.self)
      }
      return bits
    }
  }

  @Test func logitsAreFiniteAndDiffer() throws {
    var machine = try Machine.make(settings(.keydiff, block: 16, budget: 24))
    let logits = try machine.logits(blocks: 5).map { Float(bitPattern: $0) }
    #expect(logits.allSatisfy { $0.isFinite })
    #expect(Set(logits).count > logits.count / 2)
    #expect(logits.map(\.magnitude).max()! < 100)
  }

  @Test(arguments: [Policy.full, .keydiff])
  func anEngineThatWasResetIsAsNew(policy: Policy) throws {
    var machine = try Machine.make(settings(policy, block: 16, budget: policy == .full ? 80 : 24))
    let first = try machine.logits(blocks: 5)
    #expect(machine.engine.position == 80)
    machine.engine.reset()
    #expect(machine.engine.position == 0)
    #expect(machine.engine.slotsFilled == 0)
    #expect(try machine.logits(blocks: 5) == first)
  }

  @Test func weightsDoNotDependOnTheThreadCount() throws {
    var one = try Machine.make(settings(.keydiff, block: 16, budget: 24, threads: 1))
    var three = try Machine.make(settings(.keydiff, block: 16, budget: 24, threads: 3))
    var other = try Machine.make(settings(.keydiff, block: 16, budget: 24, threads: 1), seed: 8)
    let logits = try one.logits(blocks: 3)
    #expect(try three.logits(blocks: 3) == logits)
    #expect(try other.logits(blocks: 3) != logits)
  }

  /// A block's 16 rows fit no half of 1 KiB: the products go over them in parts.
  @Test func logitsDoNotDependOnTheCacheSize() throws {
    var large = try Machine.make(settings(.keydiff, block: 16, budget: 24))
    var small = try Machine.make(settings(.keydiff, block: 16, budget: 24, l2ByteCount: 1 << 10))
    #expect(try small.logits(blocks: 3) == large.logits(blocks: 3))
  }

  /// A made-up cache is as full as a long prompt leaves it, under every policy, and blocks and tokens
  /// after it give finite logits that do not depend on the threads.
  @Test(arguments: (0..<Policy.count).map { Policy(rawValue: $0)! })
  func aFilledCache(policy: Policy) throws {
    var logits: [[UInt32]] = []
    for threads in [1, 3] {
      var machine = try Machine.make(settings(policy, block: 16, budget: 40, threads: threads))
      machine.engine.fillCacheSynthetic(seed: 5)
      #expect(machine.engine.slotsFilled == 40 && machine.engine.position == 40)
      #expect(Array(machine.engine.keptPositions(layer: 2, kvHead: 1)) == Array(0..<40))
      for count in [16, 1, 16] {
        machine.engine.rewindToBudget()
        for index in 0..<count { machine.engine.block[index] = Int32(index * 7 % 300) }
        let record = try machine.engine.append(count)
        #expect(record.slotsBefore == 40 && record.tokenCount == count)
        #expect(machine.engine.slotsFilled == (policy == .full ? 40 + count : 40))
      }
      #expect(machine.engine.numberFault == nil && machine.engine.weakAnchorCount == 0)
      machine.engine.makeLogits(firstRow: 15, rowCount: 1)
      logits.append(Array(machine.engine.logits(0).bytes.bindMemory(to: UInt32.self)))
      #expect(logits.last!.allSatisfy { Float(bitPattern: $0).isFinite })
    }
    #expect(logits[0] == logits[1])
  }

  /// Groups of four sum to zero, lie within -127 ... 127, and have the stated standard deviation.
  @Test func randomBytes() {
    var bytes = [Int8](repeating: 0, count: 1 << 16)
    var random = RandomLanes(seed: 3, stream: 4)
    bytes.withUnsafeMutableBytes { random.fill($0.baseAddress!, byteCount: $0.count) }
    for start in stride(from: 0, to: bytes.count, by: 4) {
      #expect(bytes[start + 2] == -bytes[start] && bytes[start + 3] == -bytes[start + 1])
    }
    #expect(bytes.allSatisfy { $0 != -128 && $0 & 1 == 1 })
    let squares = bytes.reduce(0.0) { $0 + Double($1) * Double($1) }
    let deviation = (squares / Double(bytes.count)).squareRoot()
    #expect(abs(deviation / Double(RandomLanes.standardDeviation) - 1) < 0.02)
    #expect(Set(bytes).count == 128)
  }

  /// A measurement that is repeated keeps the best.
  @Test func limitsGrowOnly() throws {
    let machine = try Machine.make(settings(.keydiff, block: 16, budget: 24))
    var limits = MachineLimits()
    limits.measure(machine.engine, machine.arena)
    let first = limits
    #expect(first.macsPerSecond > 1e8)
    #expect(first.readBytesPerSecond > 1e7)
    #expect(first.readByteCount > 0)
    limits.measure(machine.engine, machine.arena)
    #expect(limits.macsPerSecond >= first.macsPerSecond)
    #expect(limits.readBytesPerSecond >= first.readBytesPerSecond)
  }

  private func settings(
    _ policy: Policy, block: Int, budget: Int, threads: Int = 2, l2ByteCount: Int = 1 << 20
  ) -> RunSettings {
    RunSettings(
      blockSize: block, cacheBudget: budget, policy: policy,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: threads, logitRowCount: 16,
      l2ByteCount: l2ByteCount)
  }
}
