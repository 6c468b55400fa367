import Platform

extension ModelError {
  /// One line without its end: what is wrong, the value, and what would be right.
  @export(interface)
  public func write(to out: inout TextOutput) {
    if let part {
      part.write(to: &out)
      out.write(": ")
    }
    fault.write(to: &out)
  }
}

extension ModelFault {
  func write(to out: inout TextOutput) {
    switch self {
    case .file(let failure):
      out.write("cannot ")
      out.write(failure.operation)
      out.write(": ")
      out.write(failure.reason)
      Self.write(code: failure.code, to: &out)
    case .notGGUF(let found):
      out.write("not a GGUF model: it starts with ")
      out.write(quoted: Self.fourBytes(found))
      out.write(", expected 'GGUF'")
    case .bigEndian:
      out.write("a big-endian GGUF file, expected a little-endian one")
    case .notAModel(let text):
      out.write("the file is ")
      out.write(text)
      out.write(", not a model")
    case .version(let version):
      out.write("GGUF version is ")
      out.write(UInt64(version))
      out.write(", expected 2 or 3")
    case .truncated(let field, let offset, let fileByteCount):
      out.write("truncated: the file ends at byte ")
      out.write(fileByteCount)
      out.write(", within ")
      out.write(field)
      out.write(" that starts at byte ")
      out.write(offset)
    case .limit(let field, let value, let minimum, let maximum, let offset):
      out.write(field)
      out.write(" before byte ")
      out.write(offset)
      out.write(" is ")
      out.write(value)
      Self.writeRange(minimum, maximum, to: &out)
    case .key(let name, let fault):
      out.write("key ")
      out.write(quoted: name)
      fault.write(to: &out)
    case .tensor(let name, let fault):
      out.write("tensor ")
      out.write(quoted: name)
      fault.write(to: &out)
    case .layer(let layer, let feature):
      out.write("layer ")
      out.write(layer)
      out.write(" of the model is not supported: ")
      out.write(feature)
    case .notFinite(let name):
      out.write("tensor ")
      out.write(quoted: name)
      out.write(" has an infinite or NaN value, expected finite numbers")
    case .notFirstPart(let number, let first):
      out.write("key 'split.no' is ")
      out.write(number - 1)
      out.write(": this is part ")
      out.write(number)
      out.write(" of a split model, which is opened by ")
      first.write(to: &out)
    case .partName(let count, let suffix):
      out.write("key 'split.count' is ")
      out.write(count)
      out.write(": the other parts are not to be found unless this file's name ends in ")
      out.write(quoted: suffix)
    case .packed(let fault): fault.write(to: &out)
    }
  }

  private static func fourBytes(_ word: UInt32) -> Excerpt {
    var text = Excerpt()
    for index in 0..<4 { text.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * index))) }
    return text
  }

  private static func write(code: Int32, to out: inout TextOutput) {
    out.write(" (errno ")
    out.write(Int(code))
    out.write(")")
  }

  static func writeRange(_ minimum: Int, _ maximum: Int, to out: inout TextOutput) {
    out.write(", expected ")
    out.write(minimum)
    out.write(" to ")
    out.write(maximum)
  }
}

extension KeyFault {
  func write(to out: inout TextOutput) {
    switch self {
    case .missing: out.write(" is missing")
    case .repeated: out.write(" is repeated, expected it once")
    case .valueType(let found, let isArray, let expected):
      out.write(isArray ? " is an array of " : " is of type ")
      out.write(found.name)
      Self.write(expected: expected, to: &out)
    case .unknownValueType(let code):
      out.write(" has the unknown value type ")
      out.write(UInt64(code))
      out.write(", expected 0 to 12")
    case .nestedArray: out.write(" is an array of arrays, expected an array of plain values")
    case .stringCount(let count):
      out.write(" has ")
      out.write(count)
      out.write(" strings, expected at most ")
      out.write(GGUF.stringCountMax)
    case .notBool(let value):
      out.write(" is ")
      out.write(Int(value))
      out.write(", expected a boolean: 0 or 1")
    case .notCausal: out.write(" is false, expected true: only causal attention is supported")
    case .integer(let value, let expected):
      out.write(" is ")
      out.write(value)
      Self.write(expected: expected, to: &out)
    case .integerRange(let value, let minimum, let maximum):
      out.write(" is ")
      out.write(value)
      ModelFault.writeRange(minimum, maximum, to: &out)
    case .integerTooLarge(let value):
      out.write(" is ")
      out.write(value)
      out.write(", expected an integer below 2^63")
    case .real(let value, let expected):
      out.write(" is ")
      Self.write(value, to: &out)
      Self.write(expected: expected, to: &out)
    case .text(let value, let expected):
      out.write(" is ")
      out.write(quoted: value)
      Self.write(expected: expected, to: &out)
    case .architecture(let name, let missing):
      out.write(" is ")
      out.write(quoted: name)
      out.write(", for which is missing: ")
      out.write(missing)
      out.write("; supported are ")
      out.write(Architecture.supportedNames)
    case .unequal(let value, let other, let otherValue):
      Self.write(value, " is ", ", expected the same as ", other, otherValue, to: &out)
    case .notDivisor(let value, let other, let otherValue):
      Self.write(value, " is ", ", expected a divisor of ", other, otherValue, to: &out)
    case .textLength(let byteCount, let maximum):
      out.write(" has a text of ")
      out.write(byteCount)
      out.write(" bytes, expected at most ")
      out.write(maximum)
    }
  }

  private static func write(expected: StaticString, to out: inout TextOutput) {
    out.write(", expected ")
    out.write(expected)
  }

  private static func write(
    _ value: Int, _ verb: StaticString, _ relation: StaticString, _ other: Excerpt,
    _ otherValue: Int, to out: inout TextOutput
  ) {
    out.write(verb)
    out.write(value)
    out.write(relation)
    for index in 0..<other.count { out.write(byte: other[index]) }
    out.write(", which is ")
    out.write(otherValue)
  }

  private static func write(_ value: Double, to out: inout TextOutput) {
    if value.magnitude < 9e9 || !value.isFinite {
      out.write(value, decimals: 9)
    } else {
      out.write(value < 0 ? "below -9e9" : "above 9e9")
    }
  }
}

extension TensorFault {
  func write(to out: inout TextOutput) {
    switch self {
    case .missing: out.write(" is missing")
    case .repeated: out.write(" is repeated, expected it once")
    case .layer(let count):
      out.write(" belongs to no layer: block_count is ")
      out.write(count)
    case .dimensionCount(let count):
      out.write(" has ")
      out.write(UInt64(count))
      out.write(" dimensions, expected 1 to 4")
    case .dimension(let extent):
      out.write(" has a dimension of ")
      out.write(extent)
      out.write(", expected 1 to 2^63 - 1")
    case .tooLarge: out.write(" has 2^63 bytes or more, expected less than the file")
    case .shape(let found, let expected):
      out.write(" has the shape ")
      found.write(to: &out)
      out.write(", expected ")
      expected.write(to: &out)
    case .unknownType(let code):
      out.write(" has the unknown type ")
      out.write(UInt64(code))
      out.write(", expected ")
      out.write(TensorType.supportedNames)
    case .type(let type, let expected):
      out.write(" has the unsupported type ")
      out.write(type.name)
      out.write(", expected ")
      out.write(expected)
    case .partialBlock(let type, let columnCount):
      out.write(" of type ")
      out.write(type.name)
      out.write(" has rows of ")
      out.write(columnCount)
      out.write(" elements, expected a multiple of ")
      out.write(type.blockElementCount)
    case .misaligned(let offset, let alignment):
      out.write(" has the offset ")
      out.write(offset)
      out.write(", expected a multiple of ")
      out.write(alignment)
    case .overlap(let offset):
      out.write(" has data at offset ")
      out.write(offset)
      out.write(", expected them behind those of the tensor before it")
    case .beyondEnd(let offset, let byteCount, let available):
      out.write(" has ")
      out.write(byteCount)
      out.write(" bytes at offset ")
      out.write(offset)
      out.write(" of the data, expected them within its ")
      out.write(available)
      out.write(" bytes")
    case .unsupported(let reason):
      out.write(" is not supported: ")
      out.write(reason)
    }
  }
}

extension TensorShape {
  func write(to out: inout TextOutput) {
    out.write("[")
    for index in 0..<dimensionCount {
      if index > 0 { out.write(", ") }
      out.write(self[index])
    }
    out.write("]")
  }
}

extension PackedFault {
  fileprivate func write(to out: inout TextOutput) {
    switch self {
    case .version(let version):
      out.write("a packed model of version ")
      out.write(version)
      out.write(", expected ")
      out.write(PackedHeader.version)
    case .build(let name):
      out.write("a packed model for ")
      out.write(quoted: name)
      out.write(", expected '")
      out.write(BuildFeatures.name)
      out.write("', which this program is built for")
    case .byteCount(let found, let expected):
      out.write("a packed model of ")
      out.write(found)
      out.write(" bytes, truncated or too long: expected ")
      out.write(expected)
    case .checksum(let part):
      out.write("a damaged packed model: the checksum of its ")
      out.write(part)
      out.write(" is not that of the bytes")
    case .notMapped:
      out.write("experts cannot stay in a file that the system does not map")
    case .description:
      out.write("a packed model whose layers are described otherwise than this program does")
    case .part(let part, let found, let expected):
      out.write("a packed model whose ")
      out.write(part)
      out.write(" have ")
      out.write(found)
      out.write(" bytes, expected ")
      out.write(expected)
    case .tables:
      out.write("a packed model whose tokenizer does not fit together")
    }
  }
}
