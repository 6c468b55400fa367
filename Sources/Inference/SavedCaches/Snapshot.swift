import KVCache
import Kernels
import Memory
import Model
import Platform
import Profile

/// A text's cache in a file: writes it, and takes one that `write` wrote. All tokens must be committed,
/// and the last block that the machine took must be this text's.
struct Snapshot: ~Copyable {
  let state: UnsafeMutablePointer<CacheState>
  let settings: RunSettings
  /// What the text's own header would say.
  let header: SnapshotHeader
  /// The last token's residual row, from which the next token's logits are made.
  let row: UnsafeMutablePointer<Float>
  let rowLength: Int

  init(
    _ sequence: borrowing TokenSequence, on machine: borrowing Machine, _ weights: ModelWeights,
    row: Int
  ) {
    precondition(sequence.appendedCount == 0, "tokens are not committed")
    let workspace = machine.workspace
    state = sequence.state
    settings = sequence.settings
    header = SnapshotHeader(sequence, modelHash: weights.fingerprint(workspace.rotary))
    self.row = workspace.residual[row]
    rowLength = sequence.shape.embeddingLength
  }

  private func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit(row, count: rowLength)
    try state.pointee.forEachPart(&visitor)
  }

  private var payloadByteCount: UInt64 {
    var counter = SnapshotCounter()
    forEachPart(&counter)
    return UInt64(counter.byteCount)
  }

  func write(to out: inout TextOutput) {
    var header = header
    header.payloadByteCount = payloadByteCount
    var hasher = SnapshotHasher(hash: header.startHash())
    forEachPart(&hasher)
    header.checksum = hasher.hash.finish()
    withUnsafeBytes(of: &header) { out.write(raw: UnsafeRawBufferPointer($0)) }
    withUnsafeMutablePointer(to: &out) {
      var writer = SnapshotWriter(out: $0)
      forEachPart(&writer)
    }
  }
}

// Reading.
extension Snapshot {
  /// The header of a file that fits this run, before anything is changed.
  /// - Parameter buffer: for reading the rest of the file part by part; at least four bytes a KV head.
  func checkedHeader(
    of file: borrowing InputFile, buffer: UnsafeMutableRawBufferPointer
  ) throws(SnapshotError) -> SnapshotHeader {
    var found = SnapshotHeader()
    let read = try withUnsafeMutableBytes(of: &found) { (bytes) throws(SnapshotError) in
      try Self.read(file, into: bytes, at: 0)
    }
    if read < SnapshotHeader.byteCount || found.magic != SnapshotHeader.magic {
      throw .notSnapshot
    }
    try found.check(like: header, slotCountMax: state.pointee.cache.shape.capacityMax)
    try checkPayload(found, file, buffer)
    try checkCounts(found, file, buffer)
    return found
  }

  private func checkPayload(
    _ header: SnapshotHeader, _ file: borrowing InputFile, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SnapshotError) {
    // No file has half of the largest number, and the sum cannot overflow.
    let payloadByteCount = Int(min(header.payloadByteCount, UInt64(Int.max / 2)))
    let expected = SnapshotHeader.byteCount + payloadByteCount
    if file.byteCount != expected { throw .byteCount(file.byteCount, expected: expected) }
    var hash = header.startHash()
    var offset = SnapshotHeader.byteCount
    while offset < file.byteCount {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(buffer.count, file.byteCount - offset)])
      let count = try Self.read(file, into: part, at: offset)
      if count < part.count { throw .byteCount(offset + count, expected: expected) }
      hash.update(UnsafeRawBufferPointer(part))
      offset += count
    }
    if hash.finish() != header.checksum { throw .checksum }
  }

  /// The counts of the heads' slots must be possible, and the parts then as long as the file's.
  private func checkCounts(
    _ header: SnapshotHeader, _ file: borrowing InputFile, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SnapshotError) {
    let headCount = state.pointee.cache.shape.headCount
    let bytes = UnsafeMutableRawBufferPointer(
      rebasing: buffer[..<(headCount * MemoryLayout<UInt32>.stride)])
    let rowByteCount = rowLength * MemoryLayout<Float>.stride
    let read = try Self.read(file, into: bytes, at: SnapshotHeader.byteCount + rowByteCount)
    if read < bytes.count { throw .malformed("its length for so many slots") }
    let counts = bytes.baseAddress!.assumingMemoryBound(to: UInt32.self)
    state.pointee.cache.exchangeCounts(counts)
    defer { state.pointee.cache.exchangeCounts(counts) }
    let cacheCount = UInt64(state.pointee.cache.count)
    if !state.pointee.cache.hasPossibleCounts || cacheCount != header.slotCount {
      throw .malformed("its counts of tokens, positions and slots")
    }
    if payloadByteCount != header.payloadByteCount {
      throw .malformed("its length for so many slots")
    }
  }

  /// Fills the cache from a file that was checked.
  func take(_ file: borrowing InputFile) throws(SnapshotError) {
    try withUnsafePointer(to: file) { (file) throws(SnapshotError) in
      var reader = SnapshotReader(file: file)
      try forEachPart(&reader)
    }
  }

  static func read(
    _ file: borrowing InputFile, into target: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SnapshotError) -> Int {
    do throws(SystemFailure) {
      return try file.read(into: target, at: offset)
    } catch {
      throw .file(error)
    }
  }
}
