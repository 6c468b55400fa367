import KVCache
import Kernels

/// The order of scores, and the limit by rank.
enum SelectionChecks {
  /// Lower scores go first; -0 and 0 are equal; the score comes back.
  static func orders(_ context: inout CheckContext) {
    let scores: InlineArray<14, Float> = [
      -.infinity, -.greatestFiniteMagnitude, -1, -.leastNormalMagnitude, -.leastNonzeroMagnitude,
      -0.0, 0, .leastNonzeroMagnitude, .leastNormalMagnitude, 1, Float(1).nextUp, 3e4,
      .greatestFiniteMagnitude, Selection.protected,
    ]
    for a in scores.indices {
      let first = Selection.order(scores[a])
      context.expect(Selection.score(first) == scores[a], "the score of the order", at: a)
      for b in scores.indices {
        let second = Selection.order(scores[b])
        context.expect((first < second) == (scores[a] < scores[b]), "order", at: a * 100 + b)
        context.expect((first == second) == (scores[a] == scores[b]), "equal", at: a * 100 + b)
      }
    }
  }

  /// How the values are laid out.
  private enum Order: Int {
    case random
    case sorted
    case reversed
    case allEqual
    case fewDifferent
    case organPipe
    /// Both ends of the range.
    case extremes
    /// Powers of two: most values near one end.
    case powers
    /// The complements of positions, in order.
    case complements
    case rotated

    static let count = 10

    func value(_ index: Int, of count: Int, _ random: inout RandomSource) -> UInt32 {
      let bits = UInt32(truncatingIfNeeded: random.next())
      switch self {
      case .random: return bits
      case .sorted: return UInt32(index)
      case .reversed: return UInt32(count - index)
      case .allEqual: return 7
      case .fewDifferent: return bits % 3
      case .organPipe: return UInt32(min(index, count - 1 - index))
      case .extremes: return index & 1 == 0 ? .max - UInt32(index / 4) : UInt32(index / 8)
      case .powers: return 1 << UInt32(index % 32)
      case .complements: return ~UInt32(index)
      case .rotated: return UInt32((index + count / 3) % count)
      }
    }
  }

  /// The limit lies where sorting says, at the value of that rank or between it and the next one.
  static func rankLimits(_ context: inout CheckContext) {
    let counts: InlineArray<9, Int> = [1, 2, 3, 4, 5, 16, 65, 333, 2176]
    for choice in counts.indices {
      for order in 0..<Order.count {
        let count = counts[choice]
        context.begin("count", count, "order", order)
        let values = context.take(UInt32.self, count)
        let sorted = context.take(UInt32.self, count)
        for index in 0..<count {
          values[index] = Order(rawValue: order)!.value(index, of: count, &context.random)
        }
        sorted.update(from: values, count: count)
        sort(sorted, count)
        let rankStep = max(1, count / 24)
        for rank in stride(from: 0, to: count, by: rankStep) {
          compare(values, sorted, count, rank, &context)
        }
        compare(values, sorted, count, count - 1, &context)
      }
    }
  }

  private static func compare(
    _ values: UnsafeMutablePointer<UInt32>, _ sorted: UnsafeMutablePointer<UInt32>, _ count: Int,
    _ rank: Int, _ context: inout CheckContext
  ) {
    let limit = rankLimit(values, count: count, rank: rank)
    if limit == sorted[rank] { return }
    context.expect(limit > sorted[rank], "at least the value of that rank", at: rank)
    context.expect(
      rank + 1 < count && limit < sorted[rank + 1], "below the next value", at: rank)
  }

  /// Shell's sort with gaps 3 h + 1.
  private static func sort(_ values: UnsafeMutablePointer<UInt32>, _ count: Int) {
    var gap = 1
    while gap * 3 + 1 < count { gap = gap * 3 + 1 }
    while gap > 0 {
      var next = gap
      while next < count {
        let value = values[next]
        var place = next
        while place >= gap && values[place - gap] > value {
          values[place] = values[place - gap]
          place -= gap
        }
        values[place] = value
        next += 1
      }
      gap /= 3
    }
  }
}
