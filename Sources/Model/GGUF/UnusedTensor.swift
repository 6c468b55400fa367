import Platform

/// Tensors that no description has. A tensor that is left out could change every result, so only
/// those that are known to change nothing are stepped over.
enum UnusedTensor {
  /// Why a model with that tensor is refused; nil for one that changes nothing.
  static func refusal(of name: Excerpt) -> StaticString? {
    if isHarmless(name) { return nil }
    for index in 0..<reasons.count where name.hasSuffix(reasons[index].ending) {
      return reasons[index].reason
    }
    return "a tensor that is not known, which may change what the model computes"
  }

  /// Older converters wrote the rotary frequencies themselves, which follow from the metadata.
  private static func isHarmless(_ name: Excerpt) -> Bool {
    name.hasText("blk.", at: 0) && name.hasSuffix(".attn_rot_embd.weight")
  }

  private typealias Reason = (ending: StaticString, reason: StaticString)

  /// The first ending that fits.
  private static var reasons: InlineArray<6, Reason> {
    [
      ("_shexp.weight", "experts of all tokens"),
      (".bias", "only queries, keys and values may have a bias"),
      (".scale", "scales of matrices"),
      ("attn_sub_norm.weight", "a norm within attention"),
      ("ffn_sub_norm.weight", "a norm within the feed-forward part"),
      ("_exps.weight", "experts"),
    ]
  }
}
