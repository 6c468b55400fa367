import KVCache

/// The order of eviction, and the choice by rank.
enum SelectionChecks {
  /// Lower scores go first; of equal scores, the younger token. -0 and 0 are equal.
  static func keys(_ context: inout CheckContext) {
    let scores: InlineArray<14, Float> = [
      -.infinity, -.greatestFiniteMagnitude, -1, -.leastNormalMagnitude, -.leastNonzeroMagnitude,
      -0.0, 0, .leastNonzeroMagnitude, .leastNormalMagnitude, 1, Float(1).nextUp, 3e4,
      .greatestFiniteMagnitude, Selection.protected,
    ]
    let positions: InlineArray<5, UInt32> = [0, 1, 2, 0x7FFF_FFFF, .max]
    for a in scores.indices {
      for b in scores.indices {
        for p in positions.indices {
          for q in positions.indices where a != b || p != q {
            let first = Selection.key(score: scores[a], position: positions[p])
            let second = Selection.key(score: scores[b], position: positions[q])
            let goesFirst =
              scores[a] < scores[b] || (scores[a] == scores[b] && positions[p] > positions[q])
            context.expect((first < second) == goesFirst, "order", at: a * 100 + b)
            if p == q {
              context.expect(
                (first == second) == (scores[a] == scores[b]), "equal scores", at: a * 100 + b)
            }
          }
        }
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
    /// Keys of equal scores, as for identical tokens.
    case equalScores
    case rotated

    static let count = 9

    func value(_ index: Int, of count: Int, _ random: inout RandomSource) -> UInt64 {
      let bits = random.next()
      switch self {
      case .random: return bits
      case .sorted: return UInt64(index)
      case .reversed: return UInt64(count - index)
      case .allEqual: return 7
      case .fewDifferent: return bits % 3
      case .organPipe: return UInt64(min(index, count - 1 - index))
      case .medianOfThreeKiller:
        let half = count / 2
        if index >= half { return UInt64((index - half + 1) * 2) }
        return UInt64(index & 1 == 0 ? index + 1 : half + index + (half & 1))
      case .equalScores: return Selection.key(score: -0.5, position: UInt32(index))
      case .rotated: return UInt64((index + count / 3) % count)
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
        let values = context.take(UInt64.self, count)
        let sorted = context.take(UInt64.self, count)
        let work = context.take(UInt64.self, count)
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
    _ values: UnsafeMutablePointer<UInt64>, _ sorted: UnsafeMutablePointer<UInt64>,
    _ work: UnsafeMutablePointer<UInt64>, _ count: Int, _ rank: Int, _ context: inout CheckContext
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
  private static func sort(_ values: UnsafeMutablePointer<UInt64>, _ count: Int) {
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
