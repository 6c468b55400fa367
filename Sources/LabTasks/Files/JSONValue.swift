import Foundation

/// A JSON value whose shape is not known beforehand.
public enum JSONValue: Sendable, Hashable, Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// A text as it is, a number as its shortest decimal form; nil for everything else.
  public var asText: String? {
    switch self {
    case .text(let text): text
    case .number(let number):
      // Int64(exactly:) also refuses infinities.
      Int64(exactly: number).map { "\($0)" } ?? "\(number)"
    default: nil
    }
  }

  /// The texts of an array of texts or numbers; nil where something else is among them.
  public var asTexts: [String]? {
    guard case .array(let values) = self else { return nil }
    let texts = values.compactMap(\.asText)
    return texts.count == values.count ? texts : nil
  }
}
