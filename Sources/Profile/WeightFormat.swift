import Platform

/// What a model's weights are held in.
public enum WeightFormat: Int, Sendable {
  /// All of them int8.
  case int8
  /// As the file has them, if it has them in 4 to 6 bits.
  case file
  // Weights that are made up, of one type, or of llama.cpp's mixture of two.
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
  case q4_k_m
  case mxfp4

  public static let count = 13

  /// Whether it is for weights that come from no file.
  public var isMadeUp: Bool { rawValue > WeightFormat.file.rawValue }

  public var name: StaticString {
    switch self {
    case .int8: "int8"
    case .file: "file"
    case .q4_0: "q4_0"
    case .q4_1: "q4_1"
    case .q5_0: "q5_0"
    case .q5_1: "q5_1"
    case .iq4_nl: "iq4_nl"
    case .q4_k: "q4_k"
    case .q5_k: "q5_k"
    case .q6_k: "q6_k"
    case .iq4_xs: "iq4_xs"
    case .q4_k_m: "q4_k_m"
    case .mxfp4: "mxfp4"
    }
  }

  /// The format of that name, or nil.
  public init?(name: Span<UInt8>) {
    for index in 0..<Self.count {
      if let format = WeightFormat(rawValue: index), matches(name, format.name) {
        self = format
        return
      }
    }
    return nil
  }
}
