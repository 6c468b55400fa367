/// Cuts one word into tokens by byte-level byte-pair encoding: the symbols are bytes at first, and a
/// pair's rank is that of its merge.
struct BytePairMerger: MergeRule {
  /// Bytes that are no token by themselves are left out, as in Hugging Face's tokenizers.
  /// - Returns: the count of tokens, which are the first ones of `chain`, and of bytes left out.
  func merge(
    _ word: TextSlice, in chain: inout SymbolChain, _ vocabulary: borrowing Vocabulary
  ) -> (count: Int, droppedByteCount: Int) {
    var count = 0
    for index in 0..<word.count {
      let token = vocabulary.token(ofByte: word[index])
      unsafe chain.tokens[count] = token
      if token >= 0 { count += 1 }
    }
    let dropped = word.count - count
    if count == 0 { return (0, dropped) }
    chain.merge(count, by: self, vocabulary)
    return (collect(in: chain), dropped)
  }

  /// Moves the tokens of the list together; returns their count.
  private func collect(in chain: borrowing SymbolChain) -> Int {
    var count = 0
    var place: UInt16 = 0
    while place != SymbolChain.none {
      unsafe chain.tokens[count] = chain.tokens[Int(place)]
      place = chain.next(Int(place))
      count += 1
    }
    return count
  }

  @inline(__always)
  func rank(
    _ left: Int, _ right: Int, in chain: borrowing SymbolChain, _ vocabulary: borrowing Vocabulary
  ) -> UInt32 {
    unsafe vocabulary.merges.rank(chain.tokens[left], chain.tokens[right])
  }

  @inline(__always)
  func token(at left: Int, rank: UInt32, _ vocabulary: borrowing Vocabulary) -> Int32 {
    vocabulary.merges.token(rank: rank)
  }
}
