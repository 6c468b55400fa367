import Memory
import Platform

/// A tensor that the computation needs: `rowCount` outputs of `columnCount` elements each.
public struct TensorLocation: Sendable, BitwiseCopyable {
  /// Bytes from the start of the file.
  public let fileOffset: Int
  public let type: TensorType
  /// The file that has it; see `ModelFile.read`.
  public let part: UInt8
  public let rowCount: Int
  /// K, the length of the sums. A norm is one row.
  public let columnCount: Int

  /// Bytes of a row in the file.
  public var rowByteCount: Int {
    columnCount / type.blockElementCount * type.blockByteCount
  }

  /// The place of a row in the file.
  public func fileOffset(row: Int) -> Int { fileOffset + row * rowByteCount }
}

/// Where every needed tensor lies. Its storage is part of the arena.
@safe public struct TensorTable {
  private let locations: UnsafeMutablePointer<TensorLocation>
  public let shape: ModelShape

  /// Takes the storage. With a measuring carver the table can only be measured, not filled.
  @export(interface)
  public init(shape: ModelShape, carver: inout Carver) {
    self.shape = shape
    unsafe locations = unsafe carver.take(
      .tables, TensorLocation.self, count: TensorSlot.count(layerCount: shape.layerCount))
  }

  /// Reads the directory once and checks it as `ModelFile.init` did.
  /// - Parameters:
  ///   - model: the file that `shape` came from.
  ///   - buffer: at least `GGUF.bufferByteCountMin` bytes.
  @export(interface)
  public mutating func fill(
    from model: borrowing ModelFile, buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    var filler = unsafe TableFiller(locations: locations, shape: shape)
    unsafe try model.forEachTensor(buffer: buffer, &filler)
    try filler.checker.checkIsComplete()
    if filler.checker.isSeen(.output) == shape.isOutputTied {
      throw .tensor(TensorSlot.output.name, shape.isOutputTied ? .repeated : .missing)
    }
  }

  /// Not to be called before `fill`, nor for a tensor that the model lacks.
  public subscript(slot: TensorSlot) -> TensorLocation {
    if case .layer(let layer, _) = slot { precondition(layer >= 0 && layer < shape.layerCount) }
    if case .output = slot { precondition(!shape.isOutputTied) }
    return unsafe locations[slot.index]
  }

  /// The rows that give the logits: the token embedding if the output head is tied.
  public var outputHead: TensorLocation { self[shape.isOutputTied ? .tokenEmbedding : .output] }
}

@safe private struct TableFiller: TensorVisitor {
  private let locations: UnsafeMutablePointer<TensorLocation>
  var checker: TensorChecker

  init(locations: UnsafeMutablePointer<TensorLocation>, shape: ModelShape) {
    unsafe self.locations = unsafe locations
    checker = TensorChecker(shape: shape)
  }

  mutating func visit(_ tensor: TensorEntry) throws(ModelError) {
    guard let (slot, type) = try checker.check(tensor) else { return }
    unsafe locations[slot.index] = TensorLocation(
      fileOffset: tensor.fileOffset, type: type, part: UInt8(tensor.part),
      rowCount: tensor.shape.rowCount,
      columnCount: tensor.shape.columnCount)
  }
}
