/// The file types whose weights are multiplied as they are.
public enum BitsKind: Int, Sendable, BitwiseCopyable {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q4_0
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q4_1
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q5_0
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q5_1
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case iq4_nl
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q4_k
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q5_k
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q6_k
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case iq4_xs
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q8_0
  case mxfp4

  public static let count = 11

  public var name: StaticString {
    switch self {
    case .q4_0: "Q4_0"
    case .q4_1: "Q4_1"
    case .q5_0: "Q5_0"
    case .q5_1: "Q5_1"
    case .iq4_nl: "IQ4_NL"
    case .q4_k: "Q4_K"
    case .q5_k: "Q5_K"
    case .q6_k: "Q6_K"
    case .iq4_xs: "IQ4_XS"
    case .q8_0: "Q8_0"
    case .mxfp4: "MXFP4"
    }
  }

  public var format: PackedFormat {
    switch self {
    case .q4_0: PackedFormat(codeBits: 4, offset: 8, block: 32)
    case .q4_1: PackedFormat(codeBits: 4, block: 32, minimums: true)
    case .q5_0: PackedFormat(codeBits: 5, offset: 16, block: 32)
    case .q5_1: PackedFormat(codeBits: 5, block: 32, minimums: true)
    case .iq4_nl: PackedFormat(codeBits: 4, levels: .spread, block: 32)
    case .q4_k: PackedFormat(codeBits: 4, block: 256, minimums: true)
    case .q5_k: PackedFormat(codeBits: 5, block: 256, minimums: true)
    case .q6_k: PackedFormat(codeBits: 6, offset: 32, group: 16, block: 256)
    case .iq4_xs: PackedFormat(codeBits: 4, levels: .spread, block: 256)
    case .q8_0: PackedFormat(codeBits: 8, block: 32)
    case .mxfp4: PackedFormat(codeBits: 4, levels: .float4, block: 32)
    }
  }
}
