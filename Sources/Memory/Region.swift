/// The named parts of the arena, in the order in which they lie there.
public enum Region: Int, Sendable {
  case tables
  case weights
  case experts
  case embeddings
  case outputHead
  case norms
  case keys
  case values
  case slots
  case states
  case policy
  case activations
  case int8Activations
  case attention
  case logits
  case tokenizer
  case text
  case template
  case grammar
  case latency
  case connections
  case keptText
  case loading
  case threadStacks

  /// Something for each region. This is the one place of their number.
  typealias PerRegion<Element> = InlineArray<24, Element>

  public static var count: Int { PerRegion<Int>.count }

  /// The name in tables and reports.
  public var name: StaticString {
    switch self {
    case .tables: "tables"
    case .weights: "weights"
    case .experts: "experts"
    case .embeddings: "embeddings"
    case .outputHead: "output head"
    case .norms: "norm weights"
    case .keys: "KV keys"
    case .values: "KV values"
    case .slots: "slot positions and norms"
    case .states: "layer states"
    case .policy: "eviction policy"
    case .activations: "activations"
    case .int8Activations: "int8 activations"
    case .attention: "attention scratch"
    case .logits: "logits"
    case .tokenizer: "tokenizer"
    case .text: "text buffers"
    case .template: "chat template"
    case .grammar: "grammars"
    case .latency: "latency records"
    case .connections: "connections"
    case .keptText: "kept texts"
    case .loading: "loading scratch"
    case .threadStacks: "thread stacks"
    }
  }

  /// Where the first byte of the region may lie. A packed model has the regions before the keys as
  /// pages of its file.
  var alignment: Int {
    switch self {
    case .weights, .keys: Arena.imageAlignment
    case .threadStacks: Arena.pageByteCount
    default: Arena.alignment
    }
  }
}
