/// How the tokens of a model are made from text.
public enum Scheme: Sendable {
  /// Byte-level byte-pair encoding (`gpt2` in GGUF): merges by rank, within words.
  case byteLevelBPE(PreTokenizer)
  /// SentencePiece's byte-pair encoding (`llama` in GGUF): merges by the score of their result.
  /// Where `addsSpacePrefix`, a text begins with a space that it does not have by itself.
  case sentencePiece(addsSpacePrefix: Bool)
  /// Byte-pair encoding of characters (`gemma4` in GGUF): SentencePiece's tokens, but merges by rank, within
  /// runs of newlines and of other characters.
  case rankedPieces

  /// Whether a text begins with the model's BOS token where the file does not say.
  public var addsBOS: Bool {
    switch self {
    case .byteLevelBPE(let preTokenizer): preTokenizer.addsBOS
    case .sentencePiece, .rankedPieces: true
    }
  }

  /// Whether symbols are scalars at first, and tokens have U+2581 for a space.
  var hasPieces: Bool {
    if case .byteLevelBPE = self { false } else { true }
  }

  /// Whether the rank of a merge is that of its token's score.
  var mergesByScore: Bool {
    if case .sentencePiece = self { true } else { false }
  }

  /// Whether a file's merges are used.
  public var hasMerges: Bool { !mergesByScore }

  var addsSpacePrefix: Bool {
    if case .sentencePiece(let adds) = self { adds } else { false }
  }
}
