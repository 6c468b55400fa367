import Platform

/// Where the time of a block went, in nanoseconds, the mean of what the members of the
/// team saw.
public struct BlockTimes: BitwiseCopyable, Sendable {
  public var total: Int64 = 0
  /// Matrix products.
  public var linear: Int64 = 0
  public var attention: Int64 = 0
  /// What the eviction policy adds before the choice: sums and norms of keys.
  public var score: Int64 = 0
  /// Choice of the slots to evict and moving of rows.
  public var evict: Int64 = 0
  /// Norms, rounding of activations, rotary embedding, writing the cache, embeddings.
  public var other: Int64 { total - linear - attention - score - evict }

  public init() {}

  @export(interface)
  public static func + (a: BlockTimes, b: BlockTimes) -> BlockTimes {
    var sum = a
    sum.total += b.total
    sum.linear += b.linear
    sum.attention += b.attention
    sum.score += b.score
    sum.evict += b.evict
    return sum
  }

  /// - Parameter count: at least 1.
  static func mean(_ times: UnsafePointer<BlockTimes>, count: Int) -> BlockTimes {
    var mean = BlockTimes()
    for index in 0..<count { mean = mean + times[index] }
    mean.total /= Int64(count)
    mean.linear /= Int64(count)
    mean.attention /= Int64(count)
    mean.score /= Int64(count)
    mean.evict /= Int64(count)
    return mean
  }
}

/// Attributes the time between barriers to the parts of a block.
package struct LapTimer {
  package var times = BlockTimes()
  private let start = Instant.now()
  private var last: Instant

  package init() { last = start }

  /// The time since the last lap.
  @inline(__always)
  package mutating func lap() -> Int64 {
    let now = Instant.now()
    let passed = now.nanoseconds(since: last)
    last = now
    return passed
  }

  package mutating func finish() -> BlockTimes {
    times.total = Instant.now().nanoseconds(since: start)
    return times
  }
}
