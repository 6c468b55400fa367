import Foundation
import Kernels
import Memory
import Model
import Profile
import TestSupport

@testable import Inference
@testable import KVCache

/// What a sequence holds, bit for bit.
struct SequenceContents: Equatable {
  var counts: [Int] = []
  var positions: [UInt32] = []
  var keys: [UInt32] = []
  var values: [UInt16] = []
  var sums: [UInt64] = []
  var accumulated: [UInt32] = []
  var place: [Int] = []
  /// What layers that keep no keys remember.
  var states: [UInt8] = []

  init(_ sequence: borrowing TokenSequence) {
    let layerCount = sequence.state.pointee.cache.shape.layerCount
    place = [sequence.tokenCount, sequence.position, sequence.weakAnchorCount]
    for layer in 0..<layerCount {
      for kvHead in 0..<sequence.state.pointee.cache.kvHeadCount(layer: layer) {
        add(sequence, layer: layer, kvHead: kvHead)
      }
    }
    var copier = ByteCopier()
    sequence.state.pointee.states.forEachPart(&copier)
    states = copier.bytes
  }

  private mutating func add(
    _ sequence: borrowing TokenSequence, layer: Int, kvHead: Int
  ) {
    let state = sequence.state
    let block = state.pointee.cache.block(
      layer: layer, kvHead: kvHead, tokenCount: 0, nextPosition: sequence.position)
    counts.append(block.slotCount)
    let headDim = block.head.rows.headDim
    var key = [Float](repeating: 0, count: headDim)
    for slot in 0..<block.slotCount {
      positions.append(block.head.positions[slot])
      block.head.rows.copyKey(slot, factor: 1, into: &key)
      keys += key.map(\.bitPattern)
      let value = block.head.rows.values
      let start = CacheRows.filledValueCount(slots: slot, headDim: headDim)
      values += (start..<start + headDim).map { value[$0] }
    }
    let (policy, needs) = (
      state.pointee.eviction.slots(block), state.pointee.eviction.needs
    )
    if needs.keepsKeySum {
      sums += (0..<headDim).map { policy.keySum[$0].bitPattern }
    }
    if needs.keepsNumbers {
      accumulated += (0..<block.slotCount).map { policy.numbers[$0].bitPattern }
    }
  }
}

private struct ByteCopier: CacheVisitor {
  var bytes: [UInt8] = []

  mutating func visit(_ part: UnsafeMutableRawBufferPointer) { bytes += part }
}

/// Two texts on one machine, or one.
struct SequenceStage: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var engine: Engine
  var second: TokenSequence
  let arena: Arena
  private static let model = ModelWriter(types: [.q8_0], seed: 4)

  /// - Parameter given: another model's file.
  static func make(_ settings: RunSettings, _ given: String? = nil) throws -> SequenceStage {
    let folder = try Folder()
    let path = strdup(try given ?? model.write(to: folder))!
    defer { free(path) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    defer { buffer.deallocate() }
    let file = try ModelFile(path: path, buffer: buffer)
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: file.shape, settings: settings)
    _ = SequenceLayout(carver: &measuring, shape: file.shape, settings: settings)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let layout = EngineLayout(carver: &carver, shape: file.shape, settings: settings)
    let second = TokenSequence(
      SequenceLayout(carver: &carver, shape: file.shape, settings: settings))
    carver.seal()
    let engine = try Engine(layout: layout, cores: [Int32]().span)
    try engine.load(file, into: arena, buffer: buffer)
    withExtendedLifetime(folder) {}
    return SequenceStage(engine: engine, second: second, arena: arena)
  }

  func setBlock(_ tokens: [Int32]) {
    for (index, token) in tokens.enumerated() { engine.block[index] = token }
  }

  /// Logits of a row.
  func logits(row: Int) -> [UInt32] {
    engine.makeLogits(firstRow: row, rowCount: 1)
    let logits = engine.logits(0)
    return (0..<logits.count).map { logits.values[$0].bitPattern }
  }

  /// All tokens are committed in the pass.
  mutating func read(_ tokens: [Int32]) throws -> [UInt32] {
    setBlock(tokens)
    _ = try engine.append(tokens.count)
    return logits(row: engine.lastRow)
  }

  /// The first `kept` tokens are committed after the pass.
  mutating func read(_ tokens: [Int32], kept: Int) throws -> [UInt32] {
    setBlock(tokens)
    _ = try engine.append(tokens.count, commits: false)
    _ = engine.commit(kept)
    return logits(row: engine.lastRow)
  }

  mutating func readSecond(_ tokens: [Int32]) throws -> [UInt32] {
    setBlock(tokens)
    _ = try second.append(
      tokens.count, commits: true, on: engine.machine, engine.weights)
    return logits(row: second.lastRow)
  }

  var contents: SequenceContents { SequenceContents(engine.sequence) }
}
