import Inference
import KVCache
import Kernels
import Memory
import Model
import Platform
import Profile

/// A policy of a measurement. KeyDiff is there in both of its forms.
public struct MeasuredPolicy: Sendable {
  public let policy: Policy
  public let form: KeyDiffForm

  public init(_ policy: Policy, _ form: KeyDiffForm = .fused) {
    self.policy = policy
    self.form = form
  }

  public var isFusedKeyDiff: Bool { policy == .keydiff && form == .fused }
  public var name: StaticString { form == .alone ? "keydiff-alone" : policy.name }
}

/// What is the same for all policies of a measurement.
public struct PolicyCostSettings: Sendable {
  public let shape: ModelShape
  /// Tokens of a block, B.
  public let blockSize: Int
  /// The most slots of a KV head, with a block's.
  public let slotCountMax: Int
  public let retained: Retained
  public let threadCount: Int
  /// As in `RunSettings`.
  public let usesFloat16: Bool
  /// A core's second-level cache.
  public let cacheByteCount: Int
  public let seed: UInt64

  @export(interface)
  public init(
    shape: ModelShape, run: RunSettings, slotCountMax: Int, cacheByteCount: Int, seed: UInt64
  ) {
    self.shape = shape
    blockSize = run.blockSize
    self.slotCountMax = slotCountMax
    retained = run.retained
    threadCount = run.threadCount
    usesFloat16 = run.usesFloat16
    self.cacheByteCount = cacheByteCount
    self.seed = seed
  }

  /// The layer that is measured.
  var layer: LayerSpec { shape.attentionLayer }
  var group: Int { layer.group }

  /// What a cache holds of it after a block.
  func cacheLayer(slotCount: Int) -> CacheLayer {
    CacheLayer(
      kvHeadCount: layer.kvHeadCount, headDim: layer.headDim, budget: slotCount - blockSize,
      blockSize: blockSize)
  }

  var chunks: QueryChunks { QueryChunks(tokenCount: blockSize, group: group) }
}

/// What a block costs beyond policy `full`, one layer, in nanoseconds: of the thread that takes
/// longest.
public struct PolicyTimes: Sendable, BitwiseCopyable {
  /// Sums of keys, the anchor's row, sums of attention weights, scores.
  public var score: Int64 = 0
  /// Choice of the slots to evict and moving of rows.
  public var evict: Int64 = 0
  public var total: Int64 { score + evict }

  public init() {}
}

/// Everything of the arena that `PolicyCost` uses: one layer's cache, one eviction for each policy.
@safe public struct PolicyCostLayout {
  let settings: PolicyCostSettings
  let cache: UnsafeMutablePointer<KVCache>
  /// `[policies]`
  let evictions: UnsafeMutablePointer<Eviction>
  public let policyCount: Int
  /// `[B][heads][headDim]`
  let queries: UnsafeMutablePointer<Float>
  let rotary: RotaryTable
  /// `[threads][headDim]`
  let keys: UnsafeMutablePointer<Float>
  /// `[kvHeads][headDim]`: what the keys of a head have in common.
  let commonKeys: UnsafeMutablePointer<Float>
  /// `[threads][AttentionScratch.count]`
  let attentionScratch: UnsafeMutablePointer<Float>
  /// `[threads]`
  let times: UnsafeMutablePointer<BlockTimes>
  let team: TeamLayout

  public init(
    carver: inout Carver, _ settings: PolicyCostSettings, _ policies: Span<MeasuredPolicy>
  ) {
    self.settings = settings
    let (layer, threads) = (settings.layer, settings.threadCount)
    let cacheLayer = settings.cacheLayer(slotCount: settings.slotCountMax)
    let cacheShape = CacheShape(layerCount: 1) { _ in cacheLayer }
    unsafe cache = unsafe carver.takeUninitialized(.tables, KVCache.self, count: 1)
    let empty = KVCache(carver: &carver, shape: cacheShape, keepsNorms: true) { _ in cacheLayer }
    if !carver.isMeasuring { unsafe cache.initialize(to: empty) }
    policyCount = policies.count
    unsafe evictions = unsafe carver.takeUninitialized(
      .tables, Eviction.self, count: policies.count)
    for index in 0..<policies.count {
      let measured = policies[index]
      let eviction = Eviction(
        carver: &carver, shape: cacheShape, policy: measured.policy, keyDiff: measured.form,
        retained: settings.retained,
        weightParts: settings.chunks.partCountMax(Eviction.weightTokens(measured.policy)))
      if !carver.isMeasuring { unsafe (evictions + index).initialize(to: eviction) }
    }
    unsafe queries = unsafe carver.take(
      .activations, Float.self, count: settings.blockSize * layer.queryLength)
    rotary = RotaryTable(carver: &carver, headDim: layer.headDim, block: settings.blockSize)
    unsafe keys = unsafe carver.take(.activations, Float.self, count: threads * layer.headDim)
    unsafe commonKeys = unsafe carver.take(.activations, Float.self, count: layer.kvLength)
    unsafe attentionScratch = unsafe carver.take(
      .attention, Float.self,
      count: threads * AttentionScratch.count(headDim: layer.headDim, slots: settings.slotCountMax)
    )
    unsafe times = unsafe carver.take(.tables, BlockTimes.self, count: threads)
    team = TeamLayout(carver: &carver, threadCount: threads)
  }
}

/// Measures what a policy costs a block in one layer of made-up keys and queries.
public struct PolicyCost: ~Copyable {
  private let layout: PolicyCostLayout
  private let team: Team
  /// Of the next block's first token.
  private var position = 0
  private var slotCount = 0

  /// Starts the threads. The arena is not yet sealed.
  public init(layout: PolicyCostLayout, cores: Span<Int32>) throws(SystemFailure) {
    self.layout = layout
    team = try layout.team.start(cores: cores)
    layout.makeQueries()
  }

  /// Fills the cache anew with what a policy finds before a block.
  /// - Parameter slotCount: filled slots after a block; more than the block, at most
  ///   `slotCountMax`.
  @export(interface)
  public mutating func begin(_ policy: Int, slotCount: Int) {
    let settings = layout.settings
    precondition(slotCount > settings.blockSize && slotCount <= settings.slotCountMax)
    self.slotCount = slotCount
    position = slotCount - settings.blockSize
    unsafe layout.cache.pointee.setBudgets(layer: 0, settings.cacheLayer(slotCount: slotCount))
    unsafe layout.cache.pointee.setCount(0)
    unsafe layout.evictions[policy].reset()
    run(PolicyCostTask(layout, policy, slotCount: slotCount, firstPosition: position, .fill))
    unsafe layout.cache.pointee.setCount(position)
  }

  /// Writes a block, attends to it as far as the policy needs, scores and evicts; what `full` would
  /// do as well is not timed.
  @export(interface)
  public mutating func measure(_ policy: Int) -> PolicyTimes {
    let task = PolicyCostTask(
      layout, policy, slotCount: slotCount, firstPosition: position, .block)
    position += layout.settings.blockSize
    return run(task)
  }

  /// Reads all keys of the filled slots in straight lines, as often as there are heads.
  public func measureReading() -> PolicyTimes {
    run(PolicyCostTask(layout, 0, slotCount: slotCount, firstPosition: position, .read))
  }

  @discardableResult
  @export(interface)
  private func run(_ task: PolicyCostTask) -> PolicyTimes {
    var task = task
    unsafe team.run(&task) { context, team, index in
      let task = unsafe context.assumingMemoryBound(to: PolicyCostTask.self).pointee
      unsafe task.layout.times[index] = unsafe task.run(Member(team: team, index: index))
    }
    var slowest = PolicyTimes()
    for index in 0..<layout.settings.threadCount {
      let times = unsafe layout.times[index]
      if times.score + times.evict >= slowest.total {
        slowest.score = times.score
        slowest.evict = times.evict
      }
    }
    return slowest
  }
}
