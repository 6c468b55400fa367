import Platform
import Text

/// How a model's slots are shared out among the KV heads of its layers: for each head its share of the
/// mean budget, in thousandths, as a file says that `edge-lab budgets` wrote.
///
/// It is some tens of KiB: what uses it holds it by pointer.
public struct HeadShares: Sendable {
  /// The deepest published models have 126 layers; those with most KV heads have 80 layers of 64.
  public static let layerCountMax = 256
  public static let headCountMax = 6_144
  /// A head's share, in thousandths of the mean budget.
  public static let shareMax = 64_000

  /// The model that the shares were made for, as `Engine.modelMark` has it.
  public internal(set) var modelMark: UInt64 = 0
  public private(set) var layerCount = 0
  /// `[layers + 1]`: KV heads of the layers before.
  private var firstHeads = InlineArray<257, UInt16>(repeating: 0)
  /// `[heads + 1]`: shares of the heads before.
  private var sums = InlineArray<6_145, UInt32>(repeating: 0)

  public init() {}

  /// KV heads of all layers.
  public var headCount: Int { Int(firstHeads[layerCount]) }

  /// KV heads of a layer.
  public func headCount(layer: Int) -> Int {
    Int(firstHeads[layer + 1] - firstHeads[layer])
  }

  /// Begins another layer.
  /// - Returns: false if there are as many as may be.
  mutating func appendLayer() -> Bool {
    if layerCount == Self.layerCountMax { return false }
    layerCount += 1
    firstHeads[layerCount] = firstHeads[layerCount - 1]
    return true
  }

  /// Adds a head to the last layer.
  /// - Returns: false if there are as many as may be.
  mutating func append(share: Int) -> Bool {
    let count = headCount
    if count == Self.headCountMax { return false }
    sums[count + 1] = sums[count] + UInt32(share)
    firstHeads[layerCount] += 1
    return true
  }

  /// The slots of a head. Every head has one at least, and all of them together have `mean` times as
  /// many as there are heads, exactly.
  /// - Parameter mean: N, at least 1.
  @export(interface)
  public func budget(layer: Int, kvHead: Int, mean: Int) -> Int {
    let head = Int(firstHeads[layer]) + kvHead
    // At most 2^20 slots, 2^13 heads and 2^29 thousandths.
    let shared = (mean - 1) * headCount
    let (total, before) = (Int(sums[headCount]), Int(sums[head]))
    return 1 + shared * Int(sums[head + 1]) / total - shared * before / total
  }

  /// The least and the greatest budget of a head.
  @export(interface)
  public func budgets(mean: Int) -> ClosedRange<Int> {
    var (least, greatest) = (Int.max, 0)
    for layer in 0..<layerCount {
      for kvHead in 0..<headCount(layer: layer) {
        let budget = budget(layer: layer, kvHead: kvHead, mean: mean)
        (least, greatest) = (min(least, budget), max(greatest, budget))
      }
    }
    return least...greatest
  }

  /// A hash of all shares.
  public var hash: UInt64 {
    @export(interface) get {
      var hash = XXHash64()
      for layer in 0...layerCount { hash.update(UInt64(firstHeads[layer])) }
      for head in 0...headCount { hash.update(UInt64(sums[head])) }
      return hash.finish()
    }
  }
}

/// Head shares that stay where they are as long as they are used.
@safe public struct KeptHeadShares: @unchecked Sendable, BitwiseCopyable {
  private let address: UnsafePointer<HeadShares>

  public init(_ address: UnsafePointer<HeadShares>) { unsafe self.address = unsafe address }

  public var shares: HeadShares { unsafeAddress { unsafe address } }
}
