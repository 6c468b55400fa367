import Platform

/// The kinds of transformer that can be run. They share RMS norms, rotary embedding, grouped-query
/// attention and a gated feed-forward part.
public enum Architecture: Int, Sendable, BitwiseCopyable {
  /// Llama, Mistral, SmolLM2, TinyLlama, DeepSeek-R1-Distill-Llama.
  case llama
  /// Qwen2, Qwen2.5, DeepSeek-R1-Distill-Qwen: biases of queries, keys and values.
  case qwen2
  /// Qwen3: an RMS norm of each query and key head.
  case qwen3

  static let count = 3
  /// What an error line offers in place of another architecture.
  static let supportedNames: StaticString = "'llama', 'qwen2' or 'qwen3'"

  /// general.architecture, and the first part of the names of the architecture's own keys.
  public var name: StaticString {
    switch self {
    case .llama: "llama"
    case .qwen2: "qwen2"
    case .qwen3: "qwen3"
    }
  }

  init?(_ text: Excerpt) {
    for index in 0..<Self.count {
      guard let architecture = Architecture(rawValue: index) else { return nil }
      if text.isEqual(to: architecture.name) {
        self = architecture
        return
      }
    }
    return nil
  }

  /// Whether the rows of query and key matrices lie in the order of interleaved rotated pairs;
  /// otherwise the first half of a head is rotated with the second.
  public var interleavesPairs: Bool { self == .llama }

  /// Whether queries, keys and values must have biases; with others they may.
  var requiresBias: Bool { self == .qwen2 }

  /// Whether each query and key head goes through an RMS norm.
  public var hasHeadNorms: Bool { self == .qwen3 }
}
