import Platform

/// The metadata keys that are read. Others are stepped over.
enum MetadataKey: Int {
  case architecture, fileType, name, alignment, splitNumber, splitCount, splitTensorCount
  case blockCount, contextLength, embeddingLength, feedForwardLength, headCount, kvHeadCount
  case keyLength, valueLength, slidingWindow, rmsEpsilon, vocabularySize, expertCount
  case attentionPeriod, deltaKeyHeadCount, deltaValueHeadCount, deltaKeyLength, deltaValueLength
  case deltaConvolutionLength
  case expertUsedCount, expertFeedForwardLength, expertGating, expertScale, plainLayerCount
  case isCausal, attentionScale, residualScale, embeddingScale, logitScale
  case slidingWindowPattern, queryGrowthScale, finalSoftCap, windowFrequencyBase
  case ropeFrequencyBase, ropeDimensionCount, ropeScaleLinear, ropeScalingType
  case ropeScalingFactor, ropeOriginalContext, ropeAttentionFactor, ropeYarnLogMultiplier
  case sharedKeyLayerCount, windowKeyLength, windowValueLength, windowDimensionCount
  case layerInputLength, convolutionLength, ropeFastTurns, ropeSlowTurns
  case tokenizerModel, tokenizerPre, tokens, tokenTypes, scores, merges
  case bosID, eosID, eotID, eomID, fimPadID, fimRepositoryID, fimSeparatorID, unknownID
  case addsBOS, addsEOS, addsSpacePrefix, chatTemplate, toolTemplate

  /// Something for each key. This is the one place of that number.
  typealias PerKey<Element> = InlineArray<74, Element>

  static var count: Int { PerKey<UInt8>.count }

  /// Whether the architecture's name and a dot stand before `text`.
  var isArchitectures: Bool {
    rawValue >= Self.blockCount.rawValue && rawValue <= Self.ropeSlowTurns.rawValue
  }

  /// The whole name.
  func name(of architecture: Architecture) -> Excerpt {
    if !isArchitectures { return Excerpt(text) }
    var name = Excerpt(architecture.name)
    name.append(".")
    name.append(text)
    return name
  }

  private var text: StaticString {
    @export(interface) get {
      switch self {
      case .architecture: "general.architecture"
      case .fileType: "general.type"
      case .name: "general.name"
      case .alignment: "general.alignment"
      case .splitNumber: "split.no"
      case .splitCount: "split.count"
      case .splitTensorCount: "split.tensors.count"
      case .blockCount: "block_count"
      case .contextLength: "context_length"
      case .embeddingLength: "embedding_length"
      case .feedForwardLength: "feed_forward_length"
      case .headCount: "attention.head_count"
      case .kvHeadCount: "attention.head_count_kv"
      case .keyLength: "attention.key_length"
      case .valueLength: "attention.value_length"
      case .slidingWindow: "attention.sliding_window"
      case .slidingWindowPattern: "attention.sliding_window_pattern"
      case .queryGrowthScale: "attention.temperature_scale"
      case .sharedKeyLayerCount: "attention.shared_kv_layers"
      case .windowKeyLength: "attention.key_length_swa"
      case .windowValueLength: "attention.value_length_swa"
      case .windowDimensionCount: "rope.dimension_count_swa"
      case .layerInputLength: "embedding_length_per_layer_input"
      case .finalSoftCap: "final_logit_softcapping"
      case .windowFrequencyBase: "rope.freq_base_swa"
      case .ropeYarnLogMultiplier: "rope.scaling.yarn_log_multiplier"
      case .ropeFrequencyBase: "rope.freq_base"
      case .ropeDimensionCount: "rope.dimension_count"
      case .ropeScalingType: "rope.scaling.type"
      case .ropeScalingFactor: "rope.scaling.factor"
      case .ropeScaleLinear: "rope.scale_linear"
      case .ropeOriginalContext: "rope.scaling.original_context_length"
      case .ropeAttentionFactor: "rope.scaling.attn_factor"
      case .convolutionLength: "shortconv.l_cache"
      case .ropeFastTurns: "rope.scaling.yarn_beta_fast"
      case .ropeSlowTurns: "rope.scaling.yarn_beta_slow"
      case .isCausal: "attention.causal"
      case .attentionScale: "attention.scale"
      case .residualScale: "residual_scale"
      case .embeddingScale: "embedding_scale"
      case .logitScale: "logit_scale"
      case .rmsEpsilon: "attention.layer_norm_rms_epsilon"
      case .vocabularySize: "vocab_size"
      case .expertCount: "expert_count"
      case .attentionPeriod: "full_attention_interval"
      case .deltaKeyHeadCount: "ssm.group_count"
      case .deltaValueHeadCount: "ssm.time_step_rank"
      case .deltaKeyLength: "ssm.state_size"
      case .deltaValueLength: "ssm.inner_size"
      case .deltaConvolutionLength: "ssm.conv_kernel"
      case .expertUsedCount: "expert_used_count"
      case .expertFeedForwardLength: "expert_feed_forward_length"
      case .expertGating: "expert_gating_func"
      case .expertScale: "expert_weights_scale"
      case .plainLayerCount: "leading_dense_block_count"
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
      case .fimPadID: "tokenizer.ggml.fim_pad_token_id"
      case .fimRepositoryID: "tokenizer.ggml.fim_rep_token_id"
      case .fimSeparatorID: "tokenizer.ggml.fim_sep_token_id"
      case .unknownID: "tokenizer.ggml.unknown_token_id"
      case .addsBOS: "tokenizer.ggml.add_bos_token"
      case .addsEOS: "tokenizer.ggml.add_eos_token"
      case .addsSpacePrefix: "tokenizer.ggml.add_space_prefix"
      case .chatTemplate: "tokenizer.chat_template"
      case .toolTemplate: "tokenizer.chat_template.tool_use"
      }
    }
  }

  /// The key of that name in a file of the architecture.
  init?(_ name: Excerpt, of architecture: Architecture) {
    let prefix = architecture.name.utf8CodeUnitCount + 1
    let hasPrefix = name.hasText(architecture.name, at: 0) && name.hasText(".", at: prefix - 1)
    for index in 0..<Self.count {
      guard let key = MetadataKey(rawValue: index) else { return nil }
      let start = key.isArchitectures ? prefix : 0
      if key.isArchitectures && !hasPrefix { continue }
      let byteCount = start + key.text.utf8CodeUnitCount
      if name.count == byteCount && !name.isCut && name.hasText(key.text, at: start) {
        self = key
        return
      }
    }
    return nil
  }
}
