/// How the tokens of a model are made from text.
public enum Scheme: Sendable {
  /// Byte-level byte-pair encoding (`gpt2` in GGUF): merges by rank, within words.
  case byteLevelBPE(PreTokenizer)
  /// SentencePiece's byte-pair encoding (`llama` in GGUF): merges by the score of their result.
  /// Where `addsSpacePrefix`, a text begins with a space that it does not have by itself.
  case sentencePiece(addsSpacePrefix: Bool)

  /// Whether a text begins with the model's BOS token where the file does not say.
  @export(interface)
  public var addsBOS: Bool {
    switch self {
    case .byteLevelBPE(let preTokenizer): preTokenizer.addsBOS
    case .sentencePiece: true
    }
  }

  var isSentencePiece: Bool {
    if case .sentencePiece = self { true } else { false }
  }

  var addsSpacePrefix: Bool {
    if case .sentencePiece(let adds) = self { adds } else { false }
  }
}
