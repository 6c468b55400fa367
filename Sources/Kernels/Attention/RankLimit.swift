import CInstructions

/// A limit that `rank` + 1 of the values do not exceed; more only where equal values leave no such
/// limit, and then it is the `rank`-th smallest value (from 0).
///
/// Halves the range that holds the limit, each time with one count of vectors: among values that
/// differ, that takes about the logarithm of `count` steps, at most 32.
/// - Parameter count: more than `rank`.
@export(interface)
public func rankLimit(_ values: UnsafePointer<UInt32>, count: Int, rank: Int) -> UInt32 {
  precondition(rank >= 0 && rank < count)
  let lanes = unsafe RankLanes(values: values, count: count)
  let wanted = UInt32(truncatingIfNeeded: rank &+ 1)
  var (low, high) = lanes.range()
  while low < high {
    let middle = low &+ (high &- low) / 2
    let found = lanes.countAtMost(middle)
    if found == wanted { return middle }
    if found > wanted { high = middle } else { low = middle &+ 1 }
  }
  return low
}

/// The `rank`-th smallest value (from 0), and the one after it in order, or the same where it is the
/// last.
@export(interface)
public func rankValues(
  _ values: UnsafePointer<UInt32>, count: Int, rank: Int
) -> (value: UInt32, next: UInt32) {
  let limit = unsafe rankLimit(values, count: count, rank: rank)
  var (value, next) = (UInt32.min, UInt32.max)
  var found = 0
  for index in 0..<count {
    if unsafe values[index] <= limit {
      found &+= 1
      value = unsafe max(value, values[index])
    } else {
      next = unsafe min(next, values[index])
    }
  }
  return (value, found > rank &+ 1 || found == count ? value : next)
}

/// Values in vectors; the last one filled up with the greatest number, which no limit below it
/// reaches.
@safe private struct RankLanes {
  private let values: UnsafePointer<UInt32>
  private let wholeCount: Int
  private var rest = edge_u32x16(repeating: .max)
  private var restRange = (low: UInt32.max, high: UInt32(0))

  @inline(__always)
  init(values: UnsafePointer<UInt32>, count: Int) {
    unsafe self.values = values
    wholeCount = count & ~15
    for index in 0..<count &- wholeCount {
      let value = unsafe values[wholeCount &+ index]
      rest[index] = value
      restRange = (min(restRange.low, value), max(restRange.high, value))
    }
  }

  @inline(__always)
  private func lanes(_ index: Int) -> edge_u32x16 {
    unsafe UnsafeRawPointer(values + index).loadUnaligned(as: edge_u32x16.self)
  }

  /// The least and the greatest value.
  @inline(__always)
  func range() -> (UInt32, UInt32) {
    var low = edge_u32x16(repeating: restRange.low)
    var high = edge_u32x16(repeating: restRange.high)
    for index in stride(from: 0, to: wholeCount, by: 16) {
      low = edge_min_u32x16(low, lanes(index))
      high = edge_max_u32x16(high, lanes(index))
    }
    return (edge_least_u32x16(low), edge_largest_u32x16(high))
  }

  @inline(__always)
  func countAtMost(_ limit: UInt32) -> UInt32 {
    var counts = edge_count_at_most(edge_u32x16(), rest, limit)
    for index in stride(from: 0, to: wholeCount, by: 16) {
      counts = edge_count_at_most(counts, lanes(index), limit)
    }
    return edge_sum_u32x16(counts)
  }
}
