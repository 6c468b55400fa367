import Kernels
import Profile

/// What the cache holds of one layer.
public struct CacheLayer: Sendable, BitwiseCopyable {
  public let kvHeadCount: Int
  public let headDim: Int
  /// Slots that eviction leaves each KV head, or the mean over the heads of all layers.
  private let meanBudget: Int
  /// By which heads have budgets of their own, and the number of the layer there; nil for equal ones.
  private let shares: KeptHeadShares?
  private let layer: Int
  /// Tokens of a block: each KV head has room for so many behind the kept ones.
  public let blockSize: Int
  /// Whether the latest tokens stay, whatever the policy: those before them are never seen again.
  let keepsLatest: Bool

  @export(interface)
  public init(
    kvHeadCount: Int, headDim: Int, budget: Int, blockSize: Int, shares: KeptHeadShares? = nil,
    layer: Int = 0, keepsLatest: Bool = false
  ) {
    self.kvHeadCount = kvHeadCount
    self.headDim = headDim
    meanBudget = budget
    self.blockSize = blockSize
    self.shares = shares
    self.layer = layer
    self.keepsLatest = keepsLatest
  }

  /// A layer whose tokens see so many tokens, themselves among them. The next token sees one less of those
  /// that are kept.
  /// - Parameter slotCount: the most tokens of a text, if it has an end.
  @export(interface)
  public init(kvHeadCount: Int, headDim: Int, window: Int, blockSize: Int, slotCount: Int?) {
    let budget = max(window - 1, 1)
    let holdsAll = slotCount.map { $0 <= budget + blockSize } ?? false
    self.init(
      kvHeadCount: kvHeadCount, headDim: headDim, budget: holdsAll ? slotCount! : budget,
      blockSize: holdsAll ? 0 : blockSize, keepsLatest: true)
  }

  /// Slots that eviction leaves a KV head.
  public func budget(_ kvHead: Int) -> Int {
    guard let shares else { return meanBudget }
    return shares.shares.budget(layer: layer, kvHead: kvHead, mean: meanBudget)
  }
}

/// The sizes of a cache: sums and maxima over its layers, which may differ in all they have.
public struct CacheShape: Sendable, BitwiseCopyable {
  public let layerCount: Int
  /// KV heads of all layers.
  public private(set) var headCount = 0
  /// KV heads of the layer that has most.
  public private(set) var kvHeadCountMax = 0
  /// Elements of the longest head.
  public private(set) var headDimMax = 0
  /// Slots of the largest KV head, in whole tiles.
  private(set) var slotCountMax = 0
  /// Of those heads whose latest tokens stay.
  private(set) var latestSlotCountMax = 0
  /// Slots of the largest KV head.
  public private(set) var capacityMax = 0
  /// Tokens of the longest block.
  public private(set) var blockSizeMax = 0
  /// What all heads have together.
  private(set) var total = HeadPlace()

  /// - Parameter layer: the description of a layer.
  @export(interface)
  public init(layerCount: Int, layer: (Int) -> CacheLayer) {
    self.layerCount = layerCount
    for index in 0..<layerCount {
      let layer = layer(index)
      kvHeadCountMax = max(kvHeadCountMax, layer.kvHeadCount)
      headDimMax = max(headDimMax, layer.headDim)
      blockSizeMax = max(blockSizeMax, layer.blockSize)
      for kvHead in 0..<layer.kvHeadCount {
        let head = HeadSlots(layer, kvHead: kvHead, at: total)
        slotCountMax = max(slotCountMax, head.paddedCapacity)
        if head.keepsLatest { latestSlotCountMax = max(latestSlotCountMax, head.paddedCapacity) }
        capacityMax = max(capacityMax, head.capacity)
        total = head.nextPlace
        headCount += 1
      }
    }
  }
}

/// Where the parts of a KV head lie: what the heads before it take.
struct HeadPlace: BitwiseCopyable {
  /// In whole tiles.
  var slotStart = 0
  var keyStart = 0
  var valueStart = 0
  /// Elements of one key of each head.
  var dimStart = 0
}

/// The room of one KV head of one layer.
struct HeadSlots: BitwiseCopyable {
  let place: HeadPlace
  let headDim: Int
  /// Slots that there is room for: the kept ones and a block.
  let capacity: Int
  /// Slots that eviction leaves.
  var budget: Int
  /// See `CacheLayer`.
  let keepsLatest: Bool

  init(_ layer: CacheLayer, kvHead: Int, at place: HeadPlace) {
    self.place = place
    headDim = layer.headDim
    budget = layer.budget(kvHead)
    capacity = budget + layer.blockSize
    keepsLatest = layer.keepsLatest
  }

  var paddedCapacity: Int { roundUp(capacity, to: CacheRows.tileSlots) }

  var nextPlace: HeadPlace {
    HeadPlace(
      slotStart: place.slotStart + paddedCapacity,
      keyStart: place.keyStart + CacheRows.keyCount(slots: capacity, headDim: headDim),
      valueStart: place.valueStart + CacheRows.valueCount(slots: capacity, headDim: headDim),
      dimStart: place.dimStart + headDim)
  }
}
