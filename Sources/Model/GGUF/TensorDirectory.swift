import Platform

/// An entry of the directory of tensors, whose bytes lie within the file.
public struct TensorEntry: Sendable {
  /// The file that has it: 0, or a further part of a split model.
  public let part: Int
  /// Place in the directory of that file.
  public let index: Int
  public let name: Excerpt
  public let shape: TensorShape
  public let type: StorageType
  /// Bytes from the start of the file.
  public let fileOffset: Int
  public let byteCount: Int
}

/// Receives the entries of the directory in the order of the file.
public protocol TensorVisitor: ~Copyable {
  mutating func visit(_ tensor: TensorEntry) throws(ModelError)
}

/// Where the directory and the data of the tensors lie.
struct TensorDirectory: Sendable, BitwiseCopyable {
  let tensorCount: Int
  /// Where the first entry begins, in bytes from the start of the file.
  private let offset: Int
  /// Where the data begin.
  let dataOffset: Int
  private let alignment: Int

  /// Steps over the entries, to find where the data begin. The cursor stands at the first entry.
  init(
    _ cursor: inout FileCursor, of file: borrowing InputFile, tensorCount: Int, alignment: Int
  ) throws(ModelError) {
    self.tensorCount = tensorCount
    self.alignment = alignment
    offset = cursor.position
    for _ in 0..<tensorCount { _ = try TensorRecord(&cursor, of: file) }
    // The header is smaller than the file, so that rounding up cannot overflow.
    dataOffset = (cursor.position + alignment - 1) & ~(alignment - 1)
  }

  func forEach<Visitor: TensorVisitor & ~Copyable>(
    _ file: borrowing InputFile, part: Int, _ buffer: UnsafeMutableRawBufferPointer,
    _ visitor: inout Visitor
  ) throws(ModelError) {
    var cursor = unsafe FileCursor(buffer, at: offset, fileByteCount: file.byteCount)
    var end = 0
    for index in 0..<tensorCount {
      let record = try TensorRecord(&cursor, of: file)
      let entry = try entry(record, part, index, fileByteCount: file.byteCount)
      // As GGUF's writers do; so small data cannot stand for many weights.
      if entry.fileOffset < end { throw .tensor(entry.name, .overlap(offset: record.dataOffset)) }
      end = entry.fileOffset + entry.byteCount
      try visitor.visit(entry)
    }
  }

  private func entry(
    _ record: TensorRecord, _ part: Int, _ index: Int, fileByteCount: Int
  ) throws(ModelError) -> TensorEntry {
    let type = try record.type()
    let byteCount = try record.byteCount(type)
    if record.dataOffset % UInt64(alignment) != 0 {
      throw .tensor(
        record.name, .misaligned(offset: record.dataOffset, alignment: alignment))
    }
    let available = max(fileByteCount - dataOffset, 0)
    let isInside = record.dataOffset <= UInt64(available)
    if !isInside || byteCount > available - Int(record.dataOffset) {
      throw .tensor(
        record.name,
        .beyondEnd(offset: record.dataOffset, byteCount: byteCount, available: available))
    }
    return TensorEntry(
      part: part, index: index, name: record.name, shape: record.shape, type: type,
      fileOffset: dataOffset + Int(record.dataOffset), byteCount: byteCount)
  }
}

/// An entry as it stands in the file; only its extents were checked.
private struct TensorRecord {
  let name: Excerpt
  let shape: TensorShape
  let typeCode: UInt32
  /// Bytes from the start of the data.
  let dataOffset: UInt64

  @export(interface)
  init(_ cursor: inout FileCursor, of file: borrowing InputFile) throws(ModelError) {
    let field: StaticString = "an entry of the tensor directory"
    let nameByteCount = try cursor.count(
      "the length of a tensor's name", minimum: 1, maximum: GGUF.tensorNameByteCountMax, of: file)
    name = try cursor.excerpt(nameByteCount, field, of: file)
    let dimensionCount = try cursor.integer(UInt32.self, field, of: file)
    if dimensionCount < 1 || dimensionCount > UInt32(TensorShape.dimensionCountMax) {
      throw .tensor(name, .dimensionCount(dimensionCount))
    }
    var shape = TensorShape()
    for _ in 0..<dimensionCount {
      let extent = try cursor.integer(UInt64.self, field, of: file)
      guard extent >= 1, let small = Int(exactly: extent) else {
        throw .tensor(name, .dimension(extent))
      }
      shape.append(small)
    }
    self.shape = shape
    typeCode = try cursor.integer(UInt32.self, field, of: file)
    dataOffset = try cursor.integer(UInt64.self, field, of: file)
  }

  func type() throws(ModelError) -> StorageType {
    guard let type = StorageType(code: typeCode) else {
      throw .tensor(name, .unknownType(typeCode))
    }
    return type
  }

  @export(interface)
  func byteCount(_ type: StorageType) throws(ModelError) -> Int {
    let blockElementCount = type.blockElementCount
    if shape.columnCount % blockElementCount != 0 {
      throw .tensor(name, .partialBlock(type, columnCount: shape.columnCount))
    }
    var byteCount = shape.columnCount / blockElementCount
    var isTooLarge = false
    for index in 1..<TensorShape.dimensionCountMax {
      (byteCount, isTooLarge) = byteCount.multipliedReportingOverflow(by: shape[index])
      if isTooLarge { throw .tensor(name, .tooLarge) }
    }
    (byteCount, isTooLarge) = byteCount.multipliedReportingOverflow(by: type.blockByteCount)
    if isTooLarge { throw .tensor(name, .tooLarge) }
    return byteCount
  }
}
