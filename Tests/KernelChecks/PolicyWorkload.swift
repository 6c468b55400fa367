import KVCache
import Kernels
import Memory
import Platform
import Profile

/// What a policy adds to a block of one KV head: sums, its row or rows of attention weights, scores,
/// choice and moves. Attention itself and the writing of tokens are left out.
public enum PolicyWorkload {
  public static let headDim = 64
  public static let blockSize = 128
  public static let group = 3
  public static let slotMax = 16_384

  /// Runs `count` blocks.
  /// - Parameters:
  ///   - slots: filled slots behind the block; more than `blockSize`.
  ///   - start: the position of the first run's latest token.
  public static func run(
    _ context: inout CheckContext, _ policy: Policy, slots: Int, start: Int, count: Int
  ) {
    context.begin("slots", slots)
    guard let fixture = PolicyFixture(&context, policy, slots: slots) else { return }
    fixture.attend()
    for run in 0..<count { fixture.runBlock(position: start + run * blockSize) }
  }
}

private struct PolicyFixture: ~Copyable {
  private let arena: Arena
  private let cache: KVCache
  private let eviction: Eviction
  private let problem: AttentionProblem
  private let attention: Attention
  private let slots: Int
  private let rowCount = PolicyWorkload.blockSize * PolicyWorkload.group
  private static let chunk = AttentionGeometry.chunkRows

  init?(_ context: inout CheckContext, _ policy: Policy, slots: Int) {
    self.slots = slots
    let layer = CacheLayer(
      kvHeadCount: 1, headDim: PolicyWorkload.headDim, budget: slots - PolicyWorkload.blockSize,
      blockSize: PolicyWorkload.blockSize)
    let shape = CacheShape(layerCount: 1) { _ in layer }
    var measuring = Carver.measuring
    _ = Self.makeCache(&measuring, shape, layer, policy)
    _ = Self.makeEviction(&measuring, shape, policy)
    do throws(SystemFailure) {
      arena = try Arena(plan: measuring.measured())
    } catch {
      context.expect(false, "memory for the cache")
      return nil
    }
    var carver = arena.carver()
    cache = Self.makeCache(&carver, shape, layer, policy)
    eviction = Self.makeEviction(&carver, shape, policy)
    let head = cache.head(layer: 0, kvHead: 0)
    let row = context.take(Float.self, PolicyWorkload.headDim)
    for slot in 0..<slots {
      for index in 0..<PolicyWorkload.headDim { row[index] = context.random.float() }
      head.setToken(slot: slot, position: slot, key: row, value: row)
    }
    cache.setCount(slots - PolicyWorkload.blockSize)
    problem = AttentionProblem(
      &context, headDim: PolicyWorkload.headDim, group: PolicyWorkload.group,
      tokens: PolicyWorkload.blockSize, slotsBefore: slots - PolicyWorkload.blockSize)
    problem.fill(.moderate, &context.random)
    attention = problem.setUp(rowCount - Self.chunk, rowCount, usesFloat16: false)
  }

  private static func makeCache(
    _ carver: inout Carver, _ shape: CacheShape, _ layer: CacheLayer, _ policy: Policy
  ) -> KVCache {
    KVCache(
      carver: &carver, shape: shape, keepsNorms: Eviction.usesNorms(policy)
    ) { _ in layer }
  }

  private static func makeEviction(
    _ carver: inout Carver, _ shape: CacheShape, _ policy: Policy
  ) -> Eviction {
    Eviction(
      carver: &carver, shape: shape, policy: policy,
      retained: Retained(sinkCount: 0, recentCount: 0),
      weightParts: PolicyWorkload.blockSize * PolicyWorkload.group / chunk)
  }

  /// Leaves the last chunk's queries, maxima and sums in the scratch; they stand for all chunks'.
  func attend() { problem.attend(attention, rowCount - Self.chunk, rowCount) }

  /// - Parameter position: the latest token's.
  func runBlock(position: Int) {
    let block = cache.block(
      layer: 0, kvHead: 0, tokenCount: PolicyWorkload.blockSize, nextPosition: position + 1)
    for slot in block.slots {
      block.head.positions[slot] = UInt32(truncatingIfNeeded: position &- (slots &- 1 &- slot))
    }
    eviction.beforeAttention(block, nil)
    if let row = eviction.extraRow(block) {
      block.head.rows.multiply(row.values, slotCount: slots, into: row.products)
    }
    let tokens = min(eviction.weightTokens(block), PolicyWorkload.blockSize)
    let partCount = (tokens * PolicyWorkload.group + Self.chunk - 1) / Self.chunk
    for part in 0..<partCount {
      let rows = min(tokens * PolicyWorkload.group - part * Self.chunk, Self.chunk)
      attention.sumWeights(
        firstRow: rowCount - Self.chunk, rowCount: Self.chunk, from: rowCount - rows,
        factor: 1 / Float(PolicyWorkload.group), into: eviction.weights(block, part: part))
    }
    eviction.gatherWeights(block, partCount: partCount)
    eviction.score(block)
    eviction.evict(block)
  }
}
