import Foundation
import Kernels
import Memory
import Profile
import TestSupport
import Testing

@testable import KVCache

/// Renumbered keys against the unrotated ones rotated to their new positions, in Double.
@Suite struct RenumberingTests {
  private static let base = 10_000.0

  private func rotated(_ key: [Double], to position: Int) -> [Double] {
    let half = key.count / 2
    var out = key
    for index in 0..<half {
      let angle = Double(position) * pow(Self.base, -Double(index) / Double(half))
      let (a, b) = (key[index], key[index + half])
      out[index] = a * cos(angle) - b * sin(angle)
      out[index + half] = a * sin(angle) + b * cos(angle)
    }
    return out
  }

  @Test(arguments: [(64, 1), (64, 150), (80, 77), (2, 64)], [Policy.keydiff, .sink])
  func keysAreRotatedAnew(size: (headDim: Int, count: Int), policy: Policy) throws {
    let (headDim, count) = size
    let layer = CacheLayer(kvHeadCount: 1, headDim: headDim, budget: 149, blockSize: 1)
    var measuring = Carver.measuring
    _ = Workplace(&measuring, layer, policy)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let place = Workplace(&carver, layer, policy)
    place.rotary.setFrequencies(base: Self.base)
    let head = place.cache.head(layer: 0, kvHead: 0)
    var random = SeededGenerator(seed: UInt64(count * headDim))
    let positions = Array((0..<100_000).shuffled(using: &random).prefix(count))
    let keys = positions.map { _ in
      (0..<headDim).map { _ in Double.random(in: -1...1, using: &random) }
    }
    for slot in 0..<count {
      let key = rotated(keys[slot], to: positions[slot]).map { Float($0) }
      head.setToken(slot: slot, position: positions[slot], key: key, value: key)
    }
    place.eviction.beforeAttention(
      place.cache.block(layer: 0, kvHead: 0, tokenCount: count, nextPosition: 100_000), nil)
    place.cache.setCount(count)
    let block = place.cache.block(layer: 0, kvHead: 0, tokenCount: 0, nextPosition: 100_000)
    place.eviction.renumber(
      block, nextPosition: count, place.rotary, row: place.row, scratch: place.scratch)
    let order = positions.sorted()
    for slot in 0..<count {
      let position = order.firstIndex(of: positions[slot])!
      #expect(head.positions[slot] == UInt32(position))
      let expected = rotated(keys[slot], to: position)
      head.rows.copyKey(slot, factor: 1, into: place.row)
      // Two roundings to Float16 of values below 1.5: half of 2^-10 each, and the turn between them
      // mixes two values.
      for index in 0..<headDim {
        #expect(abs(Double(place.row[index]) - expected[index]) < 0x1.4p-10)
      }
      if head.keepsNorms {
        let length = sqrt((0..<headDim).reduce(0.0) { $0 + pow(Double(place.row[$1]), 2) })
        #expect(abs(Double(head.inverseNorms[slot]) * length - 1) < 1e-5)
      }
    }
    if policy == .keydiff { checkSum(place, count: count) }
    withExtendedLifetime(arena) {}
  }

  /// The sum is that of the new keys, exactly.
  private func checkSum(_ place: borrowing Workplace, count: Int) {
    let head = place.cache.head(layer: 0, kvHead: 0)
    var sum = [Double](repeating: 0, count: head.rows.headDim)
    for slot in 0..<count {
      head.rows.copyKey(slot, factor: 1, into: place.row)
      for index in sum.indices { sum[index] += Double(place.row[index]) }
    }
    let found = place.eviction.keySums
    for index in sum.indices { #expect(found[index] == sum[index]) }
  }
}

private struct Workplace: ~Copyable {
  let cache: KVCache
  let eviction: Eviction
  let rotary: RotaryTable
  let scratch: UnsafeMutablePointer<UInt32>
  let row: UnsafeMutablePointer<Float>

  init(_ carver: inout Carver, _ layer: CacheLayer, _ policy: Policy) {
    let shape = CacheShape(layerCount: 1) { _ in layer }
    cache = KVCache(
      carver: &carver, shape: shape, keepsNorms: Eviction.usesNorms(policy)
    ) { _ in layer }
    eviction = Eviction(
      carver: &carver, shape: shape, policy: policy,
      retained: Retained(sinkCount: 0, recentCount: 0), weightParts: 0)
    let half = layer.headDim / 2
    rotary = RotaryTable(
      frequencies: carver.take(.tables, Double.self, count: half),
      cosines: carver.take(.activations, Float.self, count: half),
      sines: carver.take(.activations, Float.self, count: half), half: half)
    scratch = carver.take(
      .policy, UInt32.self,
      count: Eviction.renumberingWordCount(
        slots: layer.budget(0) + layer.blockSize))
    row = carver.take(.activations, Float.self, count: layer.headDim + 16)
  }
}
