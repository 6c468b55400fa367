import Platform

/// The rows of a matrix that stays in its file: each is read when it is needed.
public struct FileRows: Sendable, BitwiseCopyable {
  private let file: OpenRows
  public let type: TensorType
  /// Bytes of a row in the file.
  public let rowByteCount: Int

  /// Reads a row as it stands in the file. Safe to call from several threads at once.
  /// - Parameter target: `rowByteCount` bytes.
  /// - Returns: false if the file cannot be read.
  @export(interface)
  public func read(_ row: Int, into target: UnsafeMutableRawBufferPointer) -> Bool {
    unsafe file.read(into: target, at: row * rowByteCount)
  }

  public func close() { file.close() }

  fileprivate init(file: OpenRows, type: TensorType, rowByteCount: Int) {
    self.file = file
    self.type = type
    self.rowByteCount = rowByteCount
  }
}

extension ModelFile {
  /// The rows that layers take their inputs from, with a descriptor of their own.
  /// - Parameter tensor: their place; nil for a packed model, which has them behind its weights.
  @export(interface)
  public func layerInputRows(_ tensor: TensorLocation?) throws(ModelError) -> FileRows {
    if let tensor {
      let part = Int(tensor.part)
      return FileRows(
        file: part == 0
          ? try file.openTensor(at: tensor.fileOffset)
          : try furtherParts.openRows(at: tensor.fileOffset, part: part), type: tensor.type,
        rowByteCount: tensor.rowByteCount)
    }
    guard let rows = packed?.layerInputs else { throw .packed(.description) }
    return FileRows(
      file: try file.openTensor(at: rows.offset), type: rows.type,
      rowByteCount: rows.byteCount / shape.vocabularyCount)
  }
}
