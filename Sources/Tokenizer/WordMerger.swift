import Memory

/// Cuts words into tokens as a vocabulary's scheme says.
@safe struct WordMerger: ~Copyable {
  private var chain: SymbolChain
  private let bytePairs = BytePairMerger()
  private let pieces: PieceMerger
  private let hasPieces: Bool

  /// - Parameter capacity: bytes of a word at most; see `SymbolChain`.
  init(carver: inout Carver, hasPieces: Bool, capacity: Int) {
    chain = SymbolChain(carver: &carver, capacity: capacity)
    pieces = PieceMerger(carver: &carver, isUsed: hasPieces, capacity: capacity)
    self.hasPieces = hasPieces
  }

  /// The tokens of the word that was merged last.
  @inline(__always)
  var tokens: UnsafeMutablePointer<Int32> { unsafe hasPieces ? pieces.tokens : chain.tokens }

  /// Makes a word's tokens.
  /// - Returns: their count, and that of bytes that were left out.
  mutating func merge(
    _ word: TextSlice, _ vocabulary: borrowing Vocabulary
  ) -> (count: Int, droppedByteCount: Int) {
    switch vocabulary.scheme {
    case .byteLevelBPE(let preTokenizer):
      if preTokenizer.ignoresMerges {
        let token = vocabulary.normalToken(of: word)
        if token >= 0 {
          unsafe chain.tokens[0] = token
          return (1, 0)
        }
      }
      return bytePairs.merge(word, in: &chain, vocabulary)
    case .sentencePiece, .rankedPieces: return pieces.merge(word, in: &chain, vocabulary)
    }
  }
}

extension Vocabulary {
  /// Bytes of the first word of a text that is not empty: tokens do not reach over its end.
  @inline(__always)
  func firstWordByteCount(_ text: TextSlice) -> Int {
    switch scheme {
    case .byteLevelBPE(let preTokenizer): preTokenizer.firstWordByteCount(text)
    case .sentencePiece: neighbours.firstWordByteCount(text)
    case .rankedPieces: neighbours.firstWordByteCount(text.firstRun)
    }
  }
}
