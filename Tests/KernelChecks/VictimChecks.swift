import KVCache
import Kernels

/// The victims of an eviction, by definition: a slot leaves where fewer than `victimCount` slots go
/// before it.
enum VictimChecks {
  /// How the scores are laid out over the slots.
  private enum Layout: Int {
    case random
    case sorted
    case reversed
    case allEqual
    case allZero
    /// One score differs, and is the lowest.
    case oneLower
    case oneHigher
    /// Few different scores: many ties at the limit.
    case fewDifferent
    /// The slots that the sample looks at do not say anything about the others.
    case sampleIsHigh
    case sampleIsLow
    /// All victims among the first slots, or all among the last.
    case lowFirst
    case lowLast

    static let count = 12

    func score(_ slot: Int, of count: Int, _ random: inout RandomSource) -> Float {
      let x = random.float()
      let isSampled = slot % max(1, count / 64) == 0
      switch self {
      case .random: return x
      case .sorted: return Float(slot) - Float(count / 2)
      case .reversed: return Float(count / 2) - Float(slot)
      case .allEqual: return -0.75
      case .allZero: return slot & 1 == 0 ? 0 : -0.0
      case .oneLower: return slot == count / 3 ? -2 : 1
      case .oneHigher: return slot == count / 3 ? 2 : 1
      case .fewDifferent: return Float(random.index(below: 3)) - 1
      case .sampleIsHigh: return isSampled ? x + 4 : x
      case .sampleIsLow: return isSampled ? x - 4 : x
      case .lowFirst: return slot < count / 8 ? x - 4 : x
      case .lowLast: return slot >= count - count / 8 ? x - 4 : x
      }
    }
  }

  /// Every layout, from one slot to more than a sample's; one victim, a block's, all.
  static func found(_ context: inout CheckContext) {
    let counts: InlineArray<11, Int> = [1, 2, 17, 127, 128, 129, 255, 257, 1000, 2049, 2176]
    for choice in counts.indices {
      let count = counts[choice]
      let victims: InlineArray<5, Int> = [
        1, min(count, 9), min(count, 128), (count + 1) / 2, count,
      ]
      for layout in 0..<Layout.count {
        for index in victims.indices {
          context.begin("slots", count, "victims", victims[index], "layout", layout)
          let fixture = VictimFixture(&context, count: count) { slot, random in
            Layout(rawValue: layout)!.score(slot, of: count, &random)
          }
          fixture.expectVictims(victims[index], openStart: 0, openCount: .max, &context)
        }
      }
    }
  }

  /// Retained tokens leave only where no other is left, all or most of them retained.
  static func retained(_ context: inout CheckContext) {
    let count = 700
    let opens: InlineArray<6, (UInt32, UInt32)> = [
      (4, 600), (0, 0), (0, 1), (650, 50), (300, 9), (1000, 100),
    ]
    let victims: InlineArray<4, Int> = [1, 50, 128, 699]
    for choice in opens.indices {
      for index in victims.indices {
        context.begin("open", choice, "victims", victims[index])
        let fixture = VictimFixture(&context, count: count) { _, random in random.float() }
        fixture.expectVictims(
          victims[index], openStart: opens[choice].0, openCount: opens[choice].1, &context)
      }
    }
  }
}

/// Scores as products, and positions in random order.
private struct VictimFixture {
  private let count: Int
  private let dots: UnsafeMutablePointer<Float>
  private let factors: UnsafeMutablePointer<Float>
  private let positions: UnsafeMutablePointer<UInt32>
  private let slots: UnsafeMutablePointer<UInt32>
  private let orders: UnsafeMutablePointer<UInt32>
  private let scratch: UnsafeMutablePointer<UInt32>

  init(
    _ context: inout CheckContext, count: Int, score: (Int, inout RandomSource) -> Float
  ) {
    self.count = count
    dots = context.take(Float.self, count)
    factors = context.take(Float.self, count)
    positions = context.take(UInt32.self, count)
    slots = context.take(UInt32.self, count)
    orders = context.take(UInt32.self, count)
    scratch = context.take(UInt32.self, count)
    for slot in 0..<count {
      let factor: Float = slot & 1 == 0 ? 0.5 : 2
      (dots[slot], factors[slot]) = (-score(slot, &context.random) / factor, factor)
      positions[slot] = UInt32(slot)
    }
    for slot in stride(from: count - 1, to: 0, by: -1) {
      let other = context.random.index(below: slot + 1)
      (positions[slot], positions[other]) = (positions[other], positions[slot])
    }
  }

  func expectVictims(
    _ victimCount: Int, openStart: UInt32, openCount: UInt32, _ context: inout CheckContext
  ) {
    let filter = SlotFilter(
      first: dots, second: factors, positions: positions, openStart: openStart,
      openCount: openCount)
    VictimSearch(filter: filter, slots: slots, orders: orders, scratch: scratch)
      .run(slotCount: count, victimCount: victimCount)
    var isOrdered = true
    for index in 1..<max(1, victimCount) where slots[index - 1] >= slots[index] {
      isOrdered = false
    }
    context.expect(isOrdered, "victims in order of slots")
    // Each victim goes before each slot that stays: then the victims are the right ones.
    var (last, first) = (-1, -1)
    var next = 0
    for slot in 0..<count {
      if next < victimCount && slots[next] == UInt32(slot) {
        if last < 0 || goesFirst(last, slot, filter) { last = slot }
        next += 1
      } else if first < 0 || goesFirst(slot, first, filter) {
        first = slot
      }
    }
    context.expectEqual(next, victimCount, "victims")
    if first >= 0 && last >= 0 {
      context.expect(goesFirst(last, first, filter), "the last victim goes before what stays")
    }
  }

  private func goesFirst(_ a: Int, _ b: Int, _ filter: SlotFilter) -> Bool {
    let (first, second) = (score(a, filter), score(b, filter))
    return first < second || (first == second && positions[a] > positions[b])
  }

  private func score(_ slot: Int, _ filter: SlotFilter) -> Float {
    let position = Int(positions[slot])
    let start = Int(filter.openStart)
    let isOpen = position >= start && position < start + Int(filter.openCount)
    return isOpen ? -(dots[slot] * factors[slot]) : .infinity
  }
}
