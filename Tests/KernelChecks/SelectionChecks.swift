import KVCache

/// The order of scores, and the choice by rank.
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
    /// Where a median of three picks bad pivots: Musser, "Introspective sorting and selection
    /// algorithms", 1997.
    case medianOfThreeKiller
    /// The complements of positions, in order.
    case complements
    case rotated

    static let count = 9

    func value(_ index: Int, of count: Int, _ random: inout RandomSource) -> UInt32 {
      let bits = UInt32(truncatingIfNeeded: random.next())
      switch self {
      case .random: return bits
      case .sorted: return UInt32(index)
      case .reversed: return UInt32(count - index)
      case .allEqual: return 7
      case .fewDifferent: return bits % 3
      case .organPipe: return UInt32(min(index, count - 1 - index))
      case .medianOfThreeKiller:
        let half = count / 2
        if index >= half { return UInt32((index - half + 1) * 2) }
        return UInt32(index & 1 == 0 ? index + 1 : half + index + (half & 1))
      case .complements: return ~UInt32(index)
      case .rotated: return UInt32((index + count / 3) % count)
      }
    }
  }

  /// The value of that rank is what sorting gives, and the values are only reordered.
  static func select(_ context: inout CheckContext) {
    let counts: InlineArray<9, Int> = [1, 2, 3, 4, 5, 16, 65, 333, 2176]
    for choice in counts.indices {
      for order in 0..<Order.count {
        let count = counts[choice]
        context.begin("count", count, "order", order)
        let values = context.take(UInt32.self, count)
        let sorted = context.take(UInt32.self, count)
        let work = context.take(UInt32.self, count)
        for index in 0..<count {
          values[index] = Order(rawValue: order)!.value(index, of: count, &context.random)
        }
        sorted.update(from: values, count: count)
        sort(sorted, count)
        let rankStep = max(1, count / 24)
        for rank in stride(from: 0, to: count, by: rankStep) {
          compare(values, sorted, work, count, rank, &context)
        }
        compare(values, sorted, work, count, count - 1, &context)
      }
    }
  }

  private static func compare(
    _ values: UnsafeMutablePointer<UInt32>, _ sorted: UnsafeMutablePointer<UInt32>,
    _ work: UnsafeMutablePointer<UInt32>, _ count: Int, _ rank: Int, _ context: inout CheckContext
  ) {
    work.update(from: values, count: count)
    let found = Selection.select(work, count: count, rank: rank)
    context.expect(found == sorted[rank], "the value of that rank", at: rank)
    sort(work, count)
    var areSame = true
    for index in 0..<count where work[index] != sorted[index] { areSame = false }
    context.expect(areSame, "the same values as before", at: rank)
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
