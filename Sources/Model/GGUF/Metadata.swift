import Platform

/// The values of the keys that are known by name. A known key that comes twice is an error; other
/// keys are checked in form only.
struct Metadata {
  /// Nil in further parts of a split model.
  let foundArchitecture: Architecture?
  private var values = MetadataKey.PerKey<MetadataValue>(repeating: .absent)

  /// Reads `keyCount` keys with their values and leaves the cursor behind them.
  init(
    _ cursor: inout FileCursor, of file: borrowing InputFile, keyCount: Int
  ) throws(ModelError) {
    // Told first, so that a model of another kind is not blamed for its other keys.
    foundArchitecture = try Self.architecture(&cursor, of: file, keyCount: keyCount)
    for _ in 0..<keyCount {
      let name = try Self.name(&cursor, of: file)
      let value = try cursor.value(of: name, in: file)
      try Self.checkByteCount(cursor)
      guard let key = MetadataKey(name, of: architecture) else { continue }
      guard case .absent = values[key.rawValue] else { throw .key(name, .repeated) }
      values[key.rawValue] = value
    }
  }

  /// general.architecture, usually the first key. The cursor comes back to where it was.
  private static func architecture(
    _ cursor: inout FileCursor, of file: borrowing InputFile, keyCount: Int
  ) throws(ModelError) -> Architecture? {
    let place = cursor.position
    for _ in 0..<keyCount {
      let name = try name(&cursor, of: file)
      let value = try cursor.value(of: name, in: file)
      try checkByteCount(cursor)
      guard name.isEqual(to: "general.architecture") else { continue }
      guard case .text(let range) = value else {
        throw .key(name, value.typeFault(expected: "STRING"))
      }
      cursor.move(to: range.offset)
      let text = try cursor.excerpt(
        min(range.byteCount, Excerpt.byteCountMax + 1), "a text in the metadata", of: file)
      if text.isEqual(to: "clip") { throw ModelError(.notAModel("a projector of images or sound")) }
      guard let architecture = Architecture(text) else {
        if let missing = OtherArchitectures.missing(in: text) {
          throw .key(name, .architecture(text, missing: missing))
        }
        throw .key(name, .text(text, expected: Architecture.supportedNames))
      }
      cursor.move(to: place)
      return architecture
    }
    cursor.move(to: place)
    return nil
  }

  private static func checkByteCount(_ cursor: FileCursor) throws(ModelError) {
    if cursor.position > GGUF.metadataByteCountMax {
      throw .limit(
        field: "the size of the metadata", value: UInt64(cursor.position), minimum: 0,
        maximum: GGUF.metadataByteCountMax, offset: cursor.position)
    }
  }

  /// Reads a key; all its bytes are stepped over, though an excerpt may hold fewer.
  private static func name(
    _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) -> Excerpt {
    let byteCount = try cursor.count(
      "the length of a key", minimum: 1, maximum: GGUF.keyByteCountMax, of: file)
    let shownByteCount = min(byteCount, Excerpt.byteCountMax + 1)
    let name = try cursor.excerpt(shownByteCount, "a key", of: file)
    try cursor.skip(UInt64(byteCount - shownByteCount), "a key")
    return name
  }

  func fault(_ key: MetadataKey, _ fault: KeyFault) -> ModelError {
    .key(key, of: architecture, fault)
  }

  var architecture: Architecture { foundArchitecture ?? .llama }

  subscript(key: MetadataKey) -> MetadataValue { values[key.rawValue] }

  func isPresent(_ key: MetadataKey) -> Bool {
    if case .absent = values[key.rawValue] { false } else { true }
  }

  /// An integer of any of the integer types.
  func integer(_ key: MetadataKey) throws(ModelError) -> Int? {
    switch self[key] {
    case .absent: return nil
    case .integer(let value, _): return value
    case .largeInteger(let value): throw fault(key, .integerTooLarge(value))
    default: throw fault(key, self[key].typeFault(expected: "an integer"))
    }
  }

  func requiredInteger(_ key: MetadataKey) throws(ModelError) -> Int {
    guard let value = try integer(key) else { throw fault(key, .missing) }
    return value
  }

  /// A FLOAT32 or FLOAT64.
  func real(_ key: MetadataKey) throws(ModelError) -> Double? {
    switch self[key] {
    case .absent: return nil
    case .real(let value, _): return value
    default: throw fault(key, self[key].typeFault(expected: "FLOAT32 or FLOAT64"))
    }
  }

  func bool(_ key: MetadataKey) throws(ModelError) -> Bool? {
    switch self[key] {
    case .absent: return nil
    case .bool(let value): return value
    default: throw fault(key, self[key].typeFault(expected: "BOOL"))
    }
  }

  func textRange(_ key: MetadataKey) throws(ModelError) -> FileRange? {
    switch self[key] {
    case .absent: return nil
    case .text(let range): return range
    default: throw fault(key, self[key].typeFault(expected: "STRING"))
    }
  }

  /// The start of a text. The cursor comes back to where it was.
  func text(
    _ key: MetadataKey, _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) -> Excerpt? {
    guard let range = try textRange(key) else { return nil }
    let place = cursor.position
    cursor.move(to: range.offset)
    let text = try cursor.excerpt(
      min(range.byteCount, Excerpt.byteCountMax + 1), "a text in the metadata", of: file)
    cursor.move(to: place)
    return text
  }

  /// An array of one integer for each layer, INT32 or UINT32.
  func integers(
    _ key: MetadataKey, count: Int, _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) -> LayerTable.PerLayer<Int32> {
    let expected: StaticString = "an array of INT32 or UINT32"
    guard case .array(let array) = self[key],
      array.elementType == .int32 || array.elementType == .uint32
    else { throw fault(key, self[key].typeFault(expected: expected)) }
    if array.count != count {
      throw fault(
        key,
        .unequal(
          array.count, other: MetadataKey.blockCount.name(of: architecture), otherValue: count))
    }
    var values = LayerTable.PerLayer<Int32>(repeating: 0)
    let place = cursor.position
    cursor.move(to: array.offset)
    for index in 0..<count {
      let value = try cursor.integer(Int32.self, "an array in the metadata", of: file)
      if value < 0 { throw fault(key, .integer(Int(value), expected: "no number below 0")) }
      values[index] = value
    }
    cursor.move(to: place)
    return values
  }

  /// An array with elements of the given type.
  func array(
    _ key: MetadataKey, of type: ValueType, expected: StaticString
  ) throws(ModelError) -> FileArray? {
    switch self[key] {
    case .absent: return nil
    case .array(let array) where array.elementType == type: return array
    default: throw fault(key, self[key].typeFault(expected: expected))
    }
  }
}

extension FileCursor {
  /// The next `count` bytes, cut if they are more than an excerpt holds.
  mutating func excerpt(
    _ count: Int, _ field: StaticString, of file: borrowing InputFile
  ) throws(ModelError) -> Excerpt {
    let bytes = unsafe try bytes(count, field, of: file)
    return unsafe Excerpt(bytes.bindMemory(to: UInt8.self).span)
  }
}
