import Platform

/// GGUF's types of metadata values. The raw values are those of the file.
public enum ValueType: UInt32, Sendable, BitwiseCopyable {
  case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64
  case float64

  public var name: StaticString {
    switch self {
    case .uint8: "UINT8"
    case .int8: "INT8"
    case .uint16: "UINT16"
    case .int16: "INT16"
    case .uint32: "UINT32"
    case .int32: "INT32"
    case .float32: "FLOAT32"
    case .bool: "BOOL"
    case .string: "STRING"
    case .array: "ARRAY"
    case .uint64: "UINT64"
    case .int64: "INT64"
    case .float64: "FLOAT64"
    }
  }

  /// Bytes of one value; nil for those that have a length of their own.
  var byteCount: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }
}

/// Bytes of the file: a text without its length.
public struct FileRange: Sendable, BitwiseCopyable {
  public let offset: Int
  public let byteCount: Int
}

/// An array in the metadata.
public struct FileArray: Sendable, BitwiseCopyable {
  public let elementType: ValueType
  public let count: Int
  /// The place of the first element.
  public let offset: Int
  /// All elements, strings with their lengths of 8 bytes each.
  public let byteCount: Int
  /// Bytes of the longest string; 0 for other types.
  public let longestByteCount: Int

  /// The bytes of all strings without their lengths.
  public var textByteCount: Int { byteCount - count * GGUF.lengthByteCount }
}

/// A value of a metadata key. Texts and arrays stay in the file.
enum MetadataValue: BitwiseCopyable {
  case absent
  case integer(Int, ValueType)
  /// 2^63 or more.
  case largeInteger(UInt64)
  case real(Double, ValueType)
  case bool(Bool)
  case text(FileRange)
  case array(FileArray)

  /// The error for a value of another type than the key has.
  func typeFault(expected: StaticString) -> KeyFault {
    switch self {
    case .absent: .missing
    case .integer(_, let type): .valueType(found: type, isArray: false, expected: expected)
    case .largeInteger: .valueType(found: .uint64, isArray: false, expected: expected)
    case .real(_, let type): .valueType(found: type, isArray: false, expected: expected)
    case .bool: .valueType(found: .bool, isArray: false, expected: expected)
    case .text: .valueType(found: .string, isArray: false, expected: expected)
    case .array(let array):
      .valueType(found: array.elementType, isArray: true, expected: expected)
    }
  }
}

extension FileCursor {
  /// Reads a value and moves behind it. `key` is for error messages.
  mutating func value(
    of key: Excerpt, in file: borrowing InputFile
  ) throws(ModelError) -> MetadataValue {
    switch try valueType(of: key, in: file) {
    case .uint8: try .integer(Int(metadata(UInt8.self, file)), .uint8)
    case .int8: try .integer(Int(metadata(Int8.self, file)), .int8)
    case .uint16: try .integer(Int(metadata(UInt16.self, file)), .uint16)
    case .int16: try .integer(Int(metadata(Int16.self, file)), .int16)
    case .uint32: try .integer(Int(metadata(UInt32.self, file)), .uint32)
    case .int32: try .integer(Int(metadata(Int32.self, file)), .int32)
    case .int64: try .integer(Int(metadata(Int64.self, file)), .int64)
    case .uint64: try Self.value(metadata(UInt64.self, file))
    case .float32:
      try .real(Double(Float(bitPattern: metadata(UInt32.self, file))), .float32)
    case .float64: try .real(Double(bitPattern: metadata(UInt64.self, file)), .float64)
    case .bool: try bool(of: key, in: file)
    case .string: try .text(text(of: file))
    case .array: try .array(array(of: key, in: file))
    }
  }

  private static func value(_ integer: UInt64) -> MetadataValue {
    if let small = Int(exactly: integer) { return .integer(small, .uint64) }
    return .largeInteger(integer)
  }

  private mutating func metadata<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ file: borrowing InputFile
  ) throws(ModelError) -> Value {
    try integer(type, "a metadata value", of: file)
  }

  private mutating func valueType(
    of key: Excerpt, in file: borrowing InputFile
  ) throws(ModelError) -> ValueType {
    let code = try integer(UInt32.self, "the type of a metadata value", of: file)
    guard let type = ValueType(rawValue: code) else { throw .key(key, .unknownValueType(code)) }
    return type
  }

  private mutating func bool(
    of key: Excerpt, in file: borrowing InputFile
  ) throws(ModelError) -> MetadataValue {
    let value = try metadata(UInt8.self, file)
    if value > 1 { throw .key(key, .notBool(value)) }
    return .bool(value == 1)
  }

  private mutating func text(of file: borrowing InputFile) throws(ModelError) -> FileRange {
    let byteCount = try length("a text in the metadata", of: file)
    let offset = position
    try skip(UInt64(byteCount), "a text in the metadata")
    return FileRange(offset: offset, byteCount: byteCount)
  }

  private mutating func array(
    of key: Excerpt, in file: borrowing InputFile
  ) throws(ModelError) -> FileArray {
    let type = try valueType(of: key, in: file)
    if type == .array { throw .key(key, .nestedArray) }
    let count = try integer(UInt64.self, "the length of an array", of: file)
    let elementByteCount = type.byteCount ?? GGUF.lengthByteCount
    let field: StaticString = "an array in the metadata"
    let (leastByteCount, isTooLarge) = count.multipliedReportingOverflow(
      by: UInt64(elementByteCount))
    let offset = position
    // Checked before the strings are walked: their count is bounded by the size of the file.
    if isTooLarge || leastByteCount > UInt64(remainingByteCount) {
      throw .truncated(field: field, offset: offset, fileByteCount: fileByteCount)
    }
    var longest = 0
    if type == .string {
      if count > UInt64(GGUF.stringCountMax) { throw .key(key, .stringCount(count)) }
      for _ in 0..<Int(count) {
        longest = try max(longest, text(of: file).byteCount)
      }
    } else {
      try skip(leastByteCount, field)
    }
    return FileArray(
      elementType: type, count: Int(count), offset: offset, byteCount: position - offset,
      longestByteCount: longest)
  }
}
