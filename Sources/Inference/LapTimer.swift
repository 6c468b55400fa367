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
  /// Waiting for the other members, which the parts contain.
  public var waits = BlockWaits()
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
    sum.waits.linear += b.waits.linear
    sum.waits.attention += b.waits.attention
    sum.waits.other += b.waits.other
    return sum
  }

  /// - Parameter count: at least 1.
  static func mean(_ times: UnsafePointer<BlockTimes>, count: Int) -> BlockTimes {
    var mean = BlockTimes()
    for index in 0..<count { mean = unsafe mean + times[index] }
    mean.divide(by: Int64(count))
    return mean
  }

  @export(interface)
  public mutating func divide(by count: Int64) {
    total /= count
    linear /= count
    attention /= count
    score /= count
    evict /= count
    waits.linear /= count
    waits.attention /= count
    waits.other /= count
  }
}

/// Nanoseconds in which a member waited for the others at the ends of parts.
public struct BlockWaits: BitwiseCopyable, Sendable {
  public var linear: Int64 = 0
  public var attention: Int64 = 0
  public var other: Int64 = 0

  public var total: Int64 { linear + attention + other }
}

/// The part of a block that ends with a wait for all members.
enum BlockPart {
  case linear, attention, other
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

  /// Waits for all members. The time since the last lap belongs to the part that ends.
  mutating func wait(_ member: Member, endOf part: BlockPart) {
    let arrival = Instant.now()
    member.barrier()
    let passed = lap()
    let waited = last.nanoseconds(since: arrival)
    switch part {
    case .linear:
      times.linear += passed
      times.waits.linear += waited
    case .attention:
      times.attention += passed
      times.waits.attention += waited
    case .other:
      times.waits.other += waited
    }
  }

  package mutating func finish() -> BlockTimes {
    times.total = Instant.now().nanoseconds(since: start)
    return times
  }
}
