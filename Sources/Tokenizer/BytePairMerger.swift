import Memory

/// Cuts one word into tokens: of all neighbouring pairs the one whose merge has the lowest rank, and
/// of these the leftmost, is merged, until no pair has a merge (Sennrich et al., 2016).
///
/// Tokens that are left form a linked list over the word's bytes. A tournament tree over these holds
/// the winner of every subtree, so a merge costs three walks to the root.
@safe struct BytePairMerger: ~Copyable {
  /// The most bytes of a word. Longer words (in practice only one character without end) are cut.
  static let wordByteCountMax = 16384
  private static let none = UInt16.max

  /// [wordByteCountMax] The token at each place; after `merge`, the word's tokens in order.
  private let tokens: UnsafeMutablePointer<Int32>
  /// [wordByteCountMax] The rank of the pair of the token at each place and the one after it.
  private let ranks: UnsafeMutablePointer<UInt32>
  /// [wordByteCountMax] Neighbours' places, or `none`.
  private let nexts: UnsafeMutablePointer<UInt16>
  private let previous: UnsafeMutablePointer<UInt16>
  /// [2 * wordByteCountMax] Node 1 is the root, the children of node i are 2i and 2i + 1.
  private let winners: UnsafeMutablePointer<UInt16>

  /// Bytes of the last word that are no token by themselves, and were left out.
  private(set) var droppedByteCount = 0

  init(carver: inout Carver) {
    let count = Self.wordByteCountMax
    unsafe tokens = unsafe carver.take(.text, Int32.self, count: count)
    unsafe ranks = unsafe carver.take(.text, UInt32.self, count: count)
    unsafe nexts = unsafe carver.take(.text, UInt16.self, count: count)
    unsafe previous = unsafe carver.take(.text, UInt16.self, count: count)
    unsafe winners = unsafe carver.take(.text, UInt16.self, count: 2 * count)
  }

  /// The tokens of the word that was merged last.
  @inline(__always)
  subscript(index: Int) -> Int32 { unsafe tokens[index] }

  /// Bytes that are no token by themselves are left out, as in Hugging Face's tokenizers.
  /// - Returns: the count of tokens.
  /// - Complexity: O(n log n) for n bytes
  mutating func merge(_ word: TextSlice, _ vocabulary: borrowing Vocabulary) -> Int {
    var count = 0
    for index in 0..<word.count {
      let token = vocabulary.token(ofByte: word[index])
      unsafe tokens[count] = token
      if token >= 0 { count += 1 }
    }
    droppedByteCount = word.count - count
    if count < 2 { return count }
    link(count)
    let leafCount = rank(count, vocabulary.merges)
    while true {
      let place = unsafe Int(winners[1])
      if unsafe ranks[place] == MergeTable.noRank { break }
      mergePair(at: place, leafCount, vocabulary.merges)
    }
    return collect()
  }

  private func link(_ count: Int) {
    for place in 0..<count {
      unsafe nexts[place] = UInt16(place + 1)
      unsafe previous[place] = UInt16(truncatingIfNeeded: place &- 1)
    }
    unsafe nexts[count - 1] = Self.none
  }

  /// Ranks all pairs and plays the whole tournament; returns its count of leaves.
  private func rank(_ count: Int, _ merges: borrowing MergeTable) -> Int {
    var leafCount = 2
    while leafCount < count { leafCount *= 2 }
    for place in 0..<(count - 1) {
      unsafe ranks[place] = merges.rank(tokens[place], tokens[place + 1])
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

  private func mergePair(at place: Int, _ leafCount: Int, _ merges: borrowing MergeTable) {
    let dead = unsafe Int(nexts[place])
    let next = unsafe nexts[dead]
    let before = unsafe previous[place]
    let token = unsafe merges.token(rank: ranks[place])
    unsafe tokens[place] = token
    unsafe nexts[place] = next
    var rank = MergeTable.noRank
    if next != Self.none {
      unsafe previous[Int(next)] = UInt16(place)
      rank = unsafe merges.rank(token, tokens[Int(next)])
    }
    setRank(MergeTable.noRank, at: dead, leafCount)
    setRank(rank, at: place, leafCount)
    if before != Self.none {
      setRank(unsafe merges.rank(tokens[Int(before)], token), at: Int(before), leafCount)
    }
  }

  /// Moves the tokens of the list together; returns their count.
  private func collect() -> Int {
    var count = 0
    var place: UInt16 = 0
    while place != Self.none {
      unsafe tokens[count] = tokens[Int(place)]
      place = unsafe nexts[Int(place)]
      count += 1
    }
    return count
  }
}
