/// What a token is, as `tokenizer.ggml.token_type` says it.
public enum TokenKind: Int32, Sendable {
  case normal = 1
  /// Stands for text that the vocabulary has no token for.
  case unknown = 2
  /// Steers the model (the start of a message, the end of the text) and is not part of any text.
  case control = 3
  /// Text that is always one token.
  case userDefined = 4
  case unused = 5
  /// One byte, written as `<0x00>` to `<0xFF>`.
  case byte = 6

  /// Whether the literal text of the token can mean the token.
  public var isSpecial: Bool { self == .userDefined || isControl }

  /// Whether its literal text means the token only where special tokens are parsed.
  public var isControl: Bool { self == .control || self == .unknown }

  /// Whether SentencePiece's merges can make the token.
  @inline(__always)
  var isPiece: Bool { self == .normal || self == .userDefined || self == .unused }

  /// Whether the text of a token says that the model has come to an end with it: files often name
  /// only one such token by its id. (The list of llama.cpp, src/llama-vocab.cpp, as far as it
  /// concerns text models.)
  static func endsGeneration(_ text: Span<UInt8>) -> Bool {
    isAny(text, "</s>", "<|eot_id|>", "<|im_end|>", "<|end|>")
      || isAny(text, "<|endoftext|>", "<|end_of_text|>", "<|eom_id|>", "<end_of_turn>")
      || isAny(text, "<EOT>", "_<EOT>", "[EOT]", "[EOS]")
      || isAny(text, "<|return|>", "<|call|>", "<|calls|>", "<|flush|>")
      || isAny(text, "<eos>", "<turn|>", "<|tool_response>", "<end_of_utterance>")
      || isAny(text, "<｜end▁of▁sentence｜>", "<|fim_pad|>", "<fim-pad>", "<fim_pad>")
      || isAny(text, "<PAD>", "[PAD]", "<|fim_repo|>", "<|repo_name|>")
      || isAny(text, "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>")
  }

  private static func isAny(
    _ text: Span<UInt8>, _ first: StaticString, _ second: StaticString, _ third: StaticString,
    _ fourth: StaticString
  ) -> Bool {
    Bytes.areEqual(text, first) || Bytes.areEqual(text, second)
      || Bytes.areEqual(text, third) || Bytes.areEqual(text, fourth)
  }
}
