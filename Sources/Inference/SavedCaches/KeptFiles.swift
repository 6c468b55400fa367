import Kernels
import Model
import Platform

// Kept texts in a file, as saved caches of which the last token's row is not known.
extension Engine {
  /// By which a file's texts are known again as some that this run could have saved.
  public var savedMark: UInt64 {
    @export(interface) get {
      var header = emptyHeader
      var hash = XXHash64()
      (header.tokenCount, header.position, header.fixedCount, header.slotCount) = (0, 0, 0, 0)
      return unsafe withUnsafeBytes(of: &header) {
        unsafe hash.update(UnsafeRawBufferPointer($0))
        return hash.finish()
      }
    }
  }

  private var emptyHeader: SnapshotHeader {
    let workspace = machine.workspace
    return SnapshotHeader(
      sequence, modelHash: weights.fingerprint(workspace.rotary, workspace.experts.pages))
  }

  /// Writes a kept text so that `restore` takes it; a block must follow before logits are made.
  /// - Returns: the count of bytes, at most `EngineLayout.savedByteCount`.
  @export(interface)
  public func write(
    _ kept: KeptState, from memory: UnsafeMutableRawBufferPointer, to file: borrowing FixedFile,
    at offset: Int
  ) throws(SystemFailure) -> Int {
    let rowByteCount = shape.embeddingLength * MemoryLayout<Float>.stride
    let row = unsafe UnsafeMutableRawBufferPointer(
      rebasing: layout.loading.buffer[..<rowByteCount])
    _ = unsafe row.initializeMemory(as: UInt8.self, repeating: 0)
    let parts = unsafe UnsafeRawBufferPointer(rebasing: memory[..<kept.byteCount])
    var header = emptyHeader
    header.tokenCount = UInt64(kept.tokenCount)
    header.position = UInt64(kept.position)
    header.fixedCount = UInt64(kept.fixedCount)
    header.slotCount = UInt64(kept.slotCount)
    header.payloadByteCount = UInt64(row.count + parts.count)
    var hash = header.startHash()
    unsafe hash.update(UnsafeRawBufferPointer(row))
    unsafe hash.update(parts)
    header.checksum = hash.finish()
    try unsafe withUnsafeBytes(of: &header) { (bytes) throws(SystemFailure) in
      try unsafe file.write(UnsafeRawBufferPointer(bytes), at: offset)
    }
    let rowOffset = offset + SnapshotHeader.byteCount
    try unsafe file.write(UnsafeRawBufferPointer(row), at: rowOffset)
    try unsafe file.write(parts, at: rowOffset + row.count)
    return SnapshotHeader.byteCount + row.count + parts.count
  }
}

extension EngineLayout {
  /// Bytes that a kept text takes at most if it is written to a file.
  /// - Parameter keptByteCount: what it takes in memory.
  public static func savedByteCount(_ shape: ModelShape, keptByteCount: Int) -> Int {
    SnapshotHeader.byteCount + shape.embeddingLength * MemoryLayout<Float>.stride + keptByteCount
  }
}
