import LabResults

extension SplitMix64 {
  /// Of a sample of a task: the same for every length, depth and policy.
  init(seed: UInt64, sample: Int) {
    self.init(seed: seed &+ 0xD1B5_4A32_D192_ED03 &* UInt64(sample + 1))
  }

  /// From 0 up to `count`, of which the rest of a division makes small numbers more likely, by less
  /// than count / 2^64.
  mutating func below(_ count: Int) -> Int {
    Int(next() % UInt64(count))
  }

  mutating func element<Element>(of elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  /// Names of two words, no two alike, and a number for each.
  /// - Parameter count: at most as many as there are pairs of words.
  mutating func entries(
    _ count: Int, of firsts: [String], _ seconds: [String], separator: String,
    number: (inout SplitMix64) -> String
  ) -> [(name: String, number: String)] {
    var known: Set<String> = []
    var entries: [(name: String, number: String)] = []
    while entries.count < count {
      let name = element(of: firsts) + separator + element(of: seconds)
      guard known.insert(name).inserted else { continue }
      entries.append((name, number(&self)))
    }
    return entries
  }
}
