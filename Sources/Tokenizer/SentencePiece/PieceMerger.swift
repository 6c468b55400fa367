import Memory

/// Cuts one word into SentencePiece's tokens: the symbols are scalars at first, and a pair's rank is
/// that of the score of the token with the text of both (Kudo and Richardson, 2018; llama.cpp,
/// src/llama-vocab.cpp); or that of the merge of both, if the vocabulary has ranked merges. A symbol that is no token in the end becomes the tokens of its bytes, or
/// where there are none the unknown token. Control tokens and bytes are never made of text.
@safe struct PieceMerger: MergeRule {
  /// A token that has not been looked up.
  private static let unsought: Int32 = -2

  /// [capacity] The word, with spaces for U+2581.
  private let text: UnsafeMutablePointer<UInt8>
  /// [capacity + 1] Where the symbol at each place begins in `text`, before merging.
  private let starts: UnsafeMutablePointer<UInt16>
  /// [capacity] The token of the pair of the symbol at each place and the one after it;
  /// after `merge`, the word's tokens in order.
  let tokens: UnsafeMutablePointer<Int32>

  /// Takes no memory where it is not used.
  init(carver: inout Carver, isUsed: Bool, capacity: Int) {
    let count = isUsed ? capacity : 0
    unsafe text = unsafe carver.take(.text, UInt8.self, count: count)
    unsafe starts = unsafe carver.take(.text, UInt16.self, count: isUsed ? count + 1 : 0)
    unsafe tokens = unsafe carver.take(.text, Int32.self, count: count)
  }

  /// - Returns: the count of tokens, and of bytes that neither have a token nor an unknown one.
  func merge(
    _ word: TextSlice, in chain: inout SymbolChain, _ vocabulary: borrowing Vocabulary
  ) -> (count: Int, droppedByteCount: Int) {
    let count = separate(word)
    if vocabulary.scheme.mergesByScore {
      for place in 0..<count { unsafe chain.tokens[place] = Self.unsought }
      chain.merge(count, by: self, vocabulary)
    } else {
      for place in 0..<count {
        let (start, end) = unsafe (Int(starts[place]), Int(starts[place + 1]))
        unsafe chain.tokens[place] = vocabulary.piece(text + start, count: end - start)
      }
      chain.merge(count, by: BytePairMerger(), vocabulary)
    }
    return collect(chain, vocabulary)
  }

  /// Copies the word and finds its scalars; returns their count.
  private func separate(_ word: TextSlice) -> Int {
    var index = 0
    var byteCount = 0
    var count = 0
    while index < word.count {
      let next = word.value(at: index)
      unsafe starts[count] = UInt16(byteCount)
      count += 1
      if next.value == PieceText.space {
        unsafe text[byteCount] = UInt8(ascii: " ")
        byteCount += 1
      } else {
        for place in 0..<next.byteCount {
          unsafe text[byteCount + place] = word[index + place]
        }
        byteCount += next.byteCount
      }
      index += next.byteCount
    }
    unsafe starts[count] = UInt16(byteCount)
    return count
  }

  /// Where the symbol at `place` ends.
  @inline(__always)
  private func end(_ place: Int, in chain: borrowing SymbolChain) -> Int {
    let next = chain.next(place)
    return unsafe Int(starts[next == SymbolChain.none ? chain.count : Int(next)])
  }

  @inline(__always)
  func rank(
    _ left: Int, _ right: Int, in chain: borrowing SymbolChain, _ vocabulary: borrowing Vocabulary
  ) -> UInt32 {
    let start = unsafe Int(starts[left])
    let byteCount = end(right, in: chain) - start
    let token = unsafe vocabulary.piece(text + start, count: byteCount)
    unsafe tokens[left] = token
    return token < 0 ? MergeTable.noRank : vocabulary.rank(of: token)
  }

  @inline(__always)
  func token(at left: Int, rank: UInt32, _ vocabulary: borrowing Vocabulary) -> Int32 {
    unsafe tokens[left]
  }

  private func collect(
    _ chain: borrowing SymbolChain, _ vocabulary: borrowing Vocabulary
  ) -> (count: Int, droppedByteCount: Int) {
    var count = 0
    var dropped = 0
    var place: UInt16 = 0
    while place != SymbolChain.none {
      let start = unsafe Int(starts[Int(place)])
      let end = end(Int(place), in: chain)
      var token = unsafe chain.tokens[Int(place)]
      if token == Self.unsought {
        token = unsafe vocabulary.piece(text + start, count: end - start)
      }
      if token >= 0 {
        unsafe tokens[count] = token
        count += 1
      } else {
        let added = addBytes(start, end, at: count, vocabulary)
        if added == 0 { dropped += end - start }
        count += added
      }
      place = chain.next(Int(place))
    }
    return (count, dropped)
  }

  /// Puts the tokens of single bytes, or else the unknown token, at `place`; returns their count.
  private func addBytes(
    _ start: Int, _ end: Int, at place: Int, _ vocabulary: borrowing Vocabulary
  ) -> Int {
    for index in start..<end {
      let token = unsafe vocabulary.token(ofByte: text[index])
      if token < 0 {
        if vocabulary.unknownToken < 0 { return 0 }
        unsafe tokens[place] = vocabulary.unknownToken
        return 1
      }
      unsafe tokens[place + index - start] = token
    }
    return end - start
  }
}
