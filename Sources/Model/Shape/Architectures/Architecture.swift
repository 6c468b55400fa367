import Platform

/// The kinds of transformer that can be run. They share RMS norms, rotary embedding, grouped-query
/// attention and a gated feed-forward part; a file beside this one describes each of them, but for those
/// that differ from another one in little.
public enum Architecture: Int, Sendable, BitwiseCopyable {
  case llama
  case qwen2
  case qwen3
  case gemma3
  case smollm3
  case granite
  case minicpm
  case phi3
  case mistral3
  case lfm2
  case qwen3moe
  case granitemoe
  case lfm2moe
  case qwen35
  case gemma4
  case gptOSS

  static let count = 16
  /// What an error line offers in place of another architecture.
  static let supportedNames: StaticString = """
    'llama', 'qwen2', 'qwen3', 'gemma3', 'smollm3', 'granite', 'minicpm', 'phi3', 'mistral3', \
    'lfm2', 'qwen3moe', 'granitemoe', 'lfm2moe', 'qwen35', 'gemma4' or 'gpt-oss'
    """

  public var description: ArchitectureDescription {
    @export(interface) get {
      switch self {
      case .llama: .llama
      case .qwen2: .qwen2
      case .qwen3: .qwen3
      case .gemma3: .gemma3
      case .smollm3: .smollm3
      case .granite: .granite
      case .minicpm: .minicpm
      case .phi3: .phi3
      case .mistral3: .mistral3
      case .lfm2: .lfm2
      case .qwen3moe: .qwen3moe
      case .granitemoe: .granitemoe
      case .lfm2moe: .lfm2moe
      case .qwen35: .qwen35
      case .gemma4: .gemma4
      case .gptOSS: .gptOSS
      }
    }
  }

  /// general.architecture, and the first part of the names of the architecture's own keys.
  public var name: StaticString { description.name }

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
}
