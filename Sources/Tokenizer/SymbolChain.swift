import Memory

/// When two neighbouring symbols of a word are merged, and what they become.
protocol MergeRule {
  /// The rank of the pair of symbols at two places, the lowest one being merged first;
  /// `MergeTable.noRank` where they are not merged.
  func rank(
    _ left: Int, _ right: Int, in chain: borrowing SymbolChain, _ vocabulary: borrowing Vocabulary
  ) -> UInt32

  /// The token that the pair becomes whose first symbol is at `left`, and whose rank was asked last.
  func token(at left: Int, rank: UInt32, _ vocabulary: borrowing Vocabulary) -> Int32
}

/// The symbols of one word while they are merged: of all neighbouring pairs the one with the lowest
/// rank, and of these the leftmost, is merged, until no pair has a rank (Sennrich et al., 2016).
///
/// Symbols that are left form a linked list over the places of the first ones. A tournament tree over
/// these holds the winner of every subtree, so a merge costs three walks to the root.
@safe struct SymbolChain: ~Copyable {
  /// The most symbols, and bytes, of a word of any text.
  static let countMax = 16384
  static let none = UInt16.max

  /// [capacity] The token at each place.
  let tokens: UnsafeMutablePointer<Int32>
  /// [capacity] The rank of the pair of the symbol at each place and the one after it.
  private let ranks: UnsafeMutablePointer<UInt32>
  /// [capacity] Neighbours' places, or `none`.
  private let nexts: UnsafeMutablePointer<UInt16>
  private let previous: UnsafeMutablePointer<UInt16>
  /// [2 * capacity] Node 1 is the root, the children of node i are 2i and 2i + 1.
  private let winners: UnsafeMutablePointer<UInt16>
  /// Symbols of the word before merging.
  private(set) var count = 0

  /// - Parameter capacity: symbols of a word at most: a power of two of at least 2, and at most `countMax`.
  init(carver: inout Carver, capacity count: Int) {
    precondition(count >= 2 && count <= Self.countMax && count & (count - 1) == 0)
    unsafe tokens = unsafe carver.take(.text, Int32.self, count: count)
    unsafe ranks = unsafe carver.take(.text, UInt32.self, count: count)
    unsafe nexts = unsafe carver.take(.text, UInt16.self, count: count)
    unsafe previous = unsafe carver.take(.text, UInt16.self, count: count)
    unsafe winners = unsafe carver.take(.text, UInt16.self, count: 2 * count)
  }

  /// The place of the symbol after the one at `place`, or `none`.
  @inline(__always)
  func next(_ place: Int) -> UInt16 { unsafe nexts[place] }

  /// Merges the first `count` symbols, at least one, whose tokens are set. Walk from place 0 with
  /// `next` over those that are left.
  /// - Complexity: O(n log n) for n symbols
  mutating func merge<Rule: MergeRule>(
    _ count: Int, by rule: Rule, _ vocabulary: borrowing Vocabulary
  ) {
    self.count = count
    link(count)
    if count < 2 { return }
    let leafCount = rankAll(count, by: rule, vocabulary)
    while true {
      let place = unsafe Int(winners[1])
      if unsafe ranks[place] == MergeTable.noRank { break }
      mergePair(at: place, leafCount, by: rule, vocabulary)
    }
  }

  private func link(_ count: Int) {
    for place in 0..<count {
      unsafe nexts[place] = UInt16(truncatingIfNeeded: place &+ 1)
      unsafe previous[place] = UInt16(truncatingIfNeeded: place &- 1)
    }
    unsafe nexts[count - 1] = Self.none
  }

  /// Ranks all pairs and plays the whole tournament; returns its count of leaves.
  private func rankAll<Rule: MergeRule>(
    _ count: Int, by rule: Rule, _ vocabulary: borrowing Vocabulary
  ) -> Int {
    var leafCount = 2
    while leafCount < count { leafCount *= 2 }
    for place in 0..<(count - 1) {
      unsafe ranks[place] = rule.rank(place, place + 1, in: self, vocabulary)
    }
    for place in (count - 1)..<leafCount { unsafe ranks[place] = MergeTable.noRank }
    for place in 0..<leafCount { unsafe winners[leafCount + place] = UInt16(place) }
    for node in stride(from: leafCount - 1, to: 0, by: -1) { play(node) }
    return leafCount
  }

  @inline(__always)
  private func play(_ node: Int) {
    let left = unsafe winners[2 * node]
    let right = unsafe winners[2 * node + 1]
    unsafe winners[node] = unsafe ranks[Int(right)] < ranks[Int(left)] ? right : left
  }

  @inline(__always)
  private func setRank(_ rank: UInt32, at place: Int, _ leafCount: Int) {
    unsafe ranks[place] = rank
    var node = (leafCount + place) >> 1
    while node > 0 {
      let winner = unsafe winners[node]
      play(node)
      // A place that neither was nor is the winner here changes nothing further up.
      if unsafe winner == winners[node] && Int(winner) != place { break }
      node >>= 1
    }
  }

  private func mergePair<Rule: MergeRule>(
    at place: Int, _ leafCount: Int, by rule: Rule, _ vocabulary: borrowing Vocabulary
  ) {
    let dead = unsafe Int(nexts[place])
    let next = unsafe nexts[dead]
    let before = unsafe previous[place]
    unsafe tokens[place] = rule.token(at: place, rank: ranks[place], vocabulary)
    unsafe nexts[place] = next
    var rank = MergeTable.noRank
    if next != Self.none {
      unsafe previous[Int(next)] = UInt16(place)
      rank = rule.rank(place, Int(next), in: self, vocabulary)
    }
    setRank(MergeTable.noRank, at: dead, leafCount)
    setRank(rank, at: place, leafCount)
    if before != Self.none {
      let rank = rule.rank(Int(before), place, in: self, vocabulary)
      setRank(rank, at: Int(before), leafCount)
    }
  }
}
