import Profile

/// KeyDiff, table 19: latency of key scoring on an Android phone, relative to KeyDiff at 512.
enum PaperPolicyCost {
  static func figure(_ policy: Policy, slots: Int) -> Double? {
    guard let column = column(slots: slots) else { return nil }
    let row: InlineArray<5, Double>
    switch policy {
    case .snapkv: row = [1.92, 2.46, 4.50, 8.94, 11.42]
    case .tova: row = [1.02, 0.94, 1.25, 1.95, 3.06]
    case .keydiff: row = [1.00, 1.03, 1.01, 1.07, 1.37]
    case .h2o: row = [1.10, 0.99, 1.52, 2.32, 4.23]
    default: return nil
    }
    return row[column]
  }

  static func column(slots: Int) -> Int? {
    switch slots {
    case 512: 0
    case 1024: 1
    case 2048: 2
    case 4096: 3
    case 8192: 4
    default: nil
    }
  }
}
