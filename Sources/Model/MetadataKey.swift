import Platform

/// The metadata keys that are read. Others are stepped over.
enum MetadataKey: Int {
  case architecture, name, alignment, splitCount
  case blockCount, contextLength, embeddingLength, feedForwardLength, headCount, kvHeadCount
  case keyLength, valueLength, ropeFrequencyBase, ropeDimensionCount, ropeScalingType
  case ropeScalingFactor, ropeScaleLinear, rmsEpsilon, vocabularySize, expertCount
  case tokenizerModel, tokenizerPre, tokens, tokenTypes, scores, merges
  case bosID, eosID, eotID, eomID, unknownID, addsBOS, addsEOS, addsSpacePrefix, chatTemplate

  static let count = 35

  var name: StaticString {
    switch self {
    case .architecture: "general.architecture"
    case .name: "general.name"
    case .alignment: "general.alignment"
    case .splitCount: "split.count"
    case .blockCount: "llama.block_count"
    case .contextLength: "llama.context_length"
    case .embeddingLength: "llama.embedding_length"
    case .feedForwardLength: "llama.feed_forward_length"
    case .headCount: "llama.attention.head_count"
    case .kvHeadCount: "llama.attention.head_count_kv"
    case .keyLength: "llama.attention.key_length"
    case .valueLength: "llama.attention.value_length"
    case .ropeFrequencyBase: "llama.rope.freq_base"
    case .ropeDimensionCount: "llama.rope.dimension_count"
    case .ropeScalingType: "llama.rope.scaling.type"
    case .ropeScalingFactor: "llama.rope.scaling.factor"
    case .ropeScaleLinear: "llama.rope.scale_linear"
    case .rmsEpsilon: "llama.attention.layer_norm_rms_epsilon"
    case .vocabularySize: "llama.vocab_size"
    case .expertCount: "llama.expert_count"
    case .tokenizerModel: "tokenizer.ggml.model"
    case .tokenizerPre: "tokenizer.ggml.pre"
    case .tokens: "tokenizer.ggml.tokens"
    case .tokenTypes: "tokenizer.ggml.token_type"
    case .scores: "tokenizer.ggml.scores"
    case .merges: "tokenizer.ggml.merges"
    case .bosID: "tokenizer.ggml.bos_token_id"
    case .eosID: "tokenizer.ggml.eos_token_id"
    case .eotID: "tokenizer.ggml.eot_token_id"
    case .eomID: "tokenizer.ggml.eom_token_id"
    case .unknownID: "tokenizer.ggml.unknown_token_id"
    case .addsBOS: "tokenizer.ggml.add_bos_token"
    case .addsEOS: "tokenizer.ggml.add_eos_token"
    case .addsSpacePrefix: "tokenizer.ggml.add_space_prefix"
    case .chatTemplate: "tokenizer.chat_template"
    }
  }

  init?(_ text: Excerpt) {
    for index in 0..<Self.count {
      guard let key = MetadataKey(rawValue: index) else { return nil }
      if text.isEqual(to: key.name) {
        self = key
        return
      }
    }
    return nil
  }
}

extension Excerpt {
  /// Whether the whole text was kept and is this one.
  func isEqual(to text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && !isCut && hasText(text, at: 0)
  }

  /// Whether `text` stands at `start`.
  func hasText(_ text: StaticString, at start: Int) -> Bool {
    if start < 0 || start + text.utf8CodeUnitCount > count { return false }
    let other = unsafe text.utf8Start
    for index in 0..<text.utf8CodeUnitCount where unsafe self[start + index] != other[index] {
      return false
    }
    return true
  }

  mutating func append(_ text: StaticString) {
    let bytes = unsafe text.utf8Start
    for index in 0..<text.utf8CodeUnitCount { append(unsafe bytes[index]) }
  }
}
