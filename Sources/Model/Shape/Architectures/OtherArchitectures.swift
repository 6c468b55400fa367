import Platform

/// Published architectures that are refused, with what they compute that no description has.
enum OtherArchitectures {
  private typealias Other = (name: StaticString, missing: StaticString)

  /// What is missing for a file of that architecture; nil if it is not known.
  static func missing(in name: Excerpt) -> StaticString? {
    for index in 0..<others.count where name.isEqual(to: others[index].name) {
      return others[index].missing
    }
    return nil
  }

  private static var others: InlineArray<7, Other> {
    [
      ("qwen2moe", "experts of all tokens"),
      ("qwen35moe", "experts of all tokens"),
      ("qwen3next", "experts of all tokens"),
      ("deepseek2", "attention to latent keys, and experts of all tokens"),
      ("granitehybrid", "Mamba 2 layers"),
      ("gemma2", "caps of attention's scores"),
      ("gemma3n", "alternating updates of several residual streams"),
    ]
  }
}
