import Memory

/// The merges of byte-pair encoding, by their rank: merge 0 comes first.
@safe struct MergeTable {
  /// The rank of pairs that are not merged.
  static let noRank = UInt32.max

  private var index: PairIndex
  private let merged: UnsafeMutablePointer<Int32>
  private let countMax: Int
  private(set) var count = 0

  init(carver: inout Carver, countMax: Int) {
    index = PairIndex(carver: &carver, entryCountMax: countMax)
    unsafe merged = unsafe carver.take(.tokenizer, Int32.self, count: countMax)
    self.countMax = countMax
  }

  var isFull: Bool { count == countMax }

  /// Adds the merge of the next rank; of merges of the same pair the last one counts, as in
  /// Hugging Face's tokenizers. False where the table has no slot for it within the bound.
  mutating func add(left: Int32, right: Int32, merged token: Int32) -> Bool {
    precondition(!isFull)
    unsafe merged[count] = token
    count += 1
    return index.set(left, right, to: count - 1)
  }

  /// Counts a merge of what are no tokens: it has a rank and is never made.
  mutating func addUnusable() {
    precondition(!isFull)
    unsafe merged[count] = 0
    count += 1
  }

  /// Takes the table as it lies in memory; false where it names tokens that there are not.
  mutating func adopt(tokenCount: Int) -> Bool {
    count = countMax
    for rank in 0..<count {
      let token = unsafe merged[rank]
      if token < 0 || Int(token) >= tokenCount { return false }
    }
    return index.isSound
  }

  @inline(__always)
  func rank(_ left: Int32, _ right: Int32) -> UInt32 {
    UInt32(truncatingIfNeeded: index.find(left, right))
  }

  /// The token that the merge of a rank makes.
  @inline(__always)
  func token(rank: UInt32) -> Int32 { unsafe merged[Int(rank)] }
}
