/// The tensor encodings that can be read. Names and raw values are ggml's.
public enum TensorType: UInt32, Sendable, BitwiseCopyable {
  case float32 = 0
  case float16 = 1
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q4_0 = 2
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q4_1 = 3
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q5_0 = 6
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q5_1 = 7
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q8_0 = 8
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q2_k = 10
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q3_k = 11
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q4_k = 12
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q5_k = 13
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case q6_k = 14
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case iq4_nl = 20
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case iq4_xs = 23
  case bfloat16 = 30
  case mxfp4 = 39

  /// What an error line offers in place of an unsupported type.
  static let supportedNames: StaticString =
    "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K, IQ4_NL, IQ4_XS or MXFP4"

  public var storage: StorageType { StorageType(code: rawValue)! }

  public var name: StaticString { storage.name }

  /// Elements that are stored together: a row is a whole count of blocks.
  public var blockElementCount: Int { storage.blockElementCount }

  public var blockByteCount: Int { storage.blockByteCount }

  /// Whether every element is stored by itself, without a scale.
  public var isFloat: Bool { blockElementCount == 1 }

  /// The bytes of a row of `columnCount` elements; nil if that is not a whole count of blocks.
  @export(interface)
  public func rowByteCount(columnCount: Int) -> Int? {
    if columnCount < 0 || columnCount % blockElementCount != 0 { return nil }
    let (bytes, isTooLarge) = (columnCount / blockElementCount)
      .multipliedReportingOverflow(by: blockByteCount)
    return isTooLarge ? nil : bytes
  }
}

/// Any tensor encoding that ggml defines, so that tensors of every model can be listed and their
/// place in the file checked. Block sizes: ggml's `GGML_QUANT_SIZES`.
public struct StorageType: Sendable, BitwiseCopyable {
  public let code: UInt32
  public let name: StaticString
  public let blockElementCount: Int
  public let blockByteCount: Int

  private init(_ code: UInt32, _ name: StaticString, _ elementCount: Int, _ byteCount: Int) {
    self.code = code
    self.name = name
    blockElementCount = elementCount
    blockByteCount = byteCount
  }

  /// The type in a form that can be read, if there is one.
  public var readable: TensorType? { TensorType(rawValue: code) }

  /// Nil for codes that ggml has not defined or has withdrawn.
  @export(interface)
  public init?(code: UInt32) {
    switch code {
    case 0: self.init(code, "F32", 1, 4)
    case 1: self.init(code, "F16", 1, 2)
    case 2: self.init(code, "Q4_0", 32, 18)
    case 3: self.init(code, "Q4_1", 32, 20)
    case 6: self.init(code, "Q5_0", 32, 22)
    case 7: self.init(code, "Q5_1", 32, 24)
    case 8: self.init(code, "Q8_0", 32, 34)
    case 9: self.init(code, "Q8_1", 32, 40)
    case 10: self.init(code, "Q2_K", 256, 84)
    case 11: self.init(code, "Q3_K", 256, 110)
    case 12: self.init(code, "Q4_K", 256, 144)
    case 13: self.init(code, "Q5_K", 256, 176)
    case 14: self.init(code, "Q6_K", 256, 210)
    case 15: self.init(code, "Q8_K", 256, 292)
    case 16: self.init(code, "IQ2_XXS", 256, 66)
    case 17: self.init(code, "IQ2_XS", 256, 74)
    case 18: self.init(code, "IQ3_XXS", 256, 98)
    case 19: self.init(code, "IQ1_S", 256, 50)
    case 20: self.init(code, "IQ4_NL", 32, 18)
    case 21: self.init(code, "IQ3_S", 256, 110)
    case 22: self.init(code, "IQ2_S", 256, 82)
    case 23: self.init(code, "IQ4_XS", 256, 136)
    case 24: self.init(code, "I8", 1, 1)
    case 25: self.init(code, "I16", 1, 2)
    case 26: self.init(code, "I32", 1, 4)
    case 27: self.init(code, "I64", 1, 8)
    case 28: self.init(code, "F64", 1, 8)
    case 29: self.init(code, "IQ1_M", 256, 56)
    case 30: self.init(code, "BF16", 1, 2)
    case 34: self.init(code, "TQ1_0", 256, 54)
    case 35: self.init(code, "TQ2_0", 256, 66)
    case 39: self.init(code, "MXFP4", 32, 17)
    case 40: self.init(code, "NVFP4", 64, 36)
    case 41: self.init(code, "Q1_0", 128, 18)
    default: return nil
    }
  }
}
