import Platform

/// Why a model could not be used.
public struct ModelError: LineError {
  public let fault: ModelFault
  /// The file at fault if it is not the one that was opened: a further part of a split model.
  public internal(set) var part: PartName?

  init(_ fault: ModelFault) {
    self.fault = fault
    part = nil
  }

  public var exitCode: ExitCode {
    switch fault {
    case .file(let failure): failure.exitCode
    default: .malformedData
    }
  }

  /// The same error, found in a further part.
  func found(in part: PartName) -> ModelError {
    var error = self
    error.part = part
    return error
  }
}

/// What is wrong with a file or with the model in it.
public enum ModelFault: Sendable {
  /// The file could not be opened or read.
  case file(SystemFailure)
  /// The first four bytes, which should be "GGUF".
  case notGGUF(UInt32)
  case bigEndian
  /// The file is what the text says, and goes with a model.
  case notAModel(StaticString)
  case version(UInt32)
  /// The file ends within `field`, which starts at `offset`.
  case truncated(field: StaticString, offset: Int, fileByteCount: Int)
  /// A count or length outside its limits; `offset` is the place behind it in the file.
  case limit(field: StaticString, value: UInt64, minimum: Int, maximum: Int, offset: Int)
  case key(Excerpt, KeyFault)
  case tensor(Excerpt, TensorFault)
  /// A layer (from 0) asks for what the forward pass does not compute.
  case layer(Int, StaticString)
  /// A weight or a scale of this tensor is infinite or NaN.
  case notFinite(tensor: Excerpt)
  /// Part `number` (from 1) of a split model, in place of the first.
  case notFirstPart(number: Int, first: PartName)
  /// The first of several parts has a name that does not give those of the others.
  case partName(count: Int, suffix: Excerpt)
  case packed(PackedFault)
}

/// In place of the faults, where they are thrown.
extension ModelError {
  static func file(_ failure: SystemFailure) -> ModelError { ModelError(.file(failure)) }

  static func notGGUF(_ word: UInt32) -> ModelError { ModelError(.notGGUF(word)) }

  static var bigEndian: ModelError { ModelError(.bigEndian) }

  static func version(_ version: UInt32) -> ModelError { ModelError(.version(version)) }

  static func truncated(
    field: StaticString, offset: Int, fileByteCount: Int
  ) -> ModelError {
    ModelError(.truncated(field: field, offset: offset, fileByteCount: fileByteCount))
  }

  static func limit(
    field: StaticString, value: UInt64, minimum: Int, maximum: Int, offset: Int
  ) -> ModelError {
    ModelError(
      .limit(field: field, value: value, minimum: minimum, maximum: maximum, offset: offset))
  }

  static func key(_ name: Excerpt, _ fault: KeyFault) -> ModelError {
    ModelError(.key(name, fault))
  }

  /// For keys that all architectures have alike.
  static func key(_ key: MetadataKey, _ fault: KeyFault) -> ModelError {
    precondition(!key.isArchitectures)
    return ModelError(.key(key.name(of: .llama), fault))
  }

  static func key(
    _ key: MetadataKey, of architecture: Architecture, _ fault: KeyFault
  ) -> ModelError {
    ModelError(.key(key.name(of: architecture), fault))
  }

  public static func tensor(_ name: Excerpt, _ fault: TensorFault) -> ModelError {
    ModelError(.tensor(name, fault))
  }

  static func layer(_ layer: Int, _ feature: StaticString) -> ModelError {
    ModelError(.layer(layer, feature))
  }

  public static func packed(_ fault: PackedFault) -> ModelError { ModelError(.packed(fault)) }

  public static func notFinite(tensor: Excerpt) -> ModelError {
    ModelError(.notFinite(tensor: tensor))
  }
}

/// What is wrong with a metadata key or its value.
public enum KeyFault: Sendable {
  case missing
  case repeated
  case valueType(found: ValueType, isArray: Bool, expected: StaticString)
  case unknownValueType(UInt32)
  case nestedArray
  /// More elements than an array of strings may have.
  case stringCount(UInt64)
  case notBool(UInt8)
  /// Attention that sees later tokens.
  case notCausal
  case integer(Int, expected: StaticString)
  case integerRange(Int, minimum: Int, maximum: Int)
  case integerTooLarge(UInt64)
  case real(Double, expected: StaticString)
  case text(Excerpt, expected: StaticString)
  /// One that needs what no description has.
  case architecture(Excerpt, missing: StaticString)
  /// The value must be that of another key or quantity.
  case unequal(Int, other: Excerpt, otherValue: Int)
  /// The value must divide that of another key.
  case notDivisor(Int, other: Excerpt, otherValue: Int)
  /// A string, or an element of an array of strings, is too long.
  case textLength(Int, maximum: Int)
}

/// What is wrong with a tensor of the directory.
public enum TensorFault: Sendable {
  case missing
  case repeated
  /// The model has fewer layers than the name says.
  case layer(count: Int)
  case dimensionCount(UInt32)
  case dimension(UInt64)
  case tooLarge
  case shape(found: TensorShape, expected: TensorShape)
  case unknownType(UInt32)
  case type(StorageType, expected: StaticString)
  /// A row is not a whole count of blocks.
  case partialBlock(StorageType, columnCount: Int)
  case misaligned(offset: UInt64, alignment: Int)
  /// The data begin before those of the tensor before it end.
  case overlap(offset: UInt64)
  case beyondEnd(offset: UInt64, byteCount: Int, available: Int)
  case unsupported(StaticString)
}

/// The extents of a tensor in the order of the file: the length of a row first.
public struct TensorShape: Sendable, BitwiseCopyable {
  /// GGUF's limit.
  private typealias Extents = InlineArray<4, Int>

  public static var dimensionCountMax: Int { Extents.count }
  public private(set) var dimensionCount: Int
  /// Extents beyond the dimension count are 1.
  private var extents: Extents

  init() {
    dimensionCount = 0
    extents = InlineArray(repeating: 1)
  }

  init(columnCount: Int) {
    self.init()
    append(columnCount)
  }

  init(columnCount: Int, rowCount: Int) {
    self.init(columnCount: columnCount)
    append(rowCount)
  }

  init(columnCount: Int, rowCount: Int, matrixCount: Int) {
    self.init(columnCount: columnCount, rowCount: rowCount)
    append(matrixCount)
  }

  mutating func append(_ extent: Int) {
    extents[dimensionCount] = extent
    dimensionCount += 1
  }

  public subscript(index: Int) -> Int { extents[index] }

  /// The product of all extents.
  var elementCount: Int { columnCount * rowCount }

  /// Elements of a row.
  public var columnCount: Int { extents[0] }

  /// The product of all extents but the first; it was checked when the directory was read.
  public var rowCount: Int { extents[1] * extents[2] * extents[3] }

  /// Whether both have the same extents; trailing extents of 1 do not count.
  func isEqual(to other: TensorShape) -> Bool {
    for index in 0..<Self.dimensionCountMax where extents[index] != other.extents[index] {
      return false
    }
    return true
  }
}
