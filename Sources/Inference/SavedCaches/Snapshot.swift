import KVCache
import Kernels
import Memory
import Model
import Platform
import Profile

/// A text's cache in a file: writes it, and takes one that `write` wrote. All tokens must be committed,
/// and the last block that the machine took must be this text's.
@safe struct Snapshot: ~Copyable {
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
    unsafe state = unsafe sequence.state
    settings = sequence.settings
    header = SnapshotHeader(
      sequence, modelHash: weights.fingerprint(workspace.rotary, workspace.experts.pages))
    unsafe self.row = unsafe workspace.residual[row]
    rowLength = sequence.shape.embeddingLength
  }

  private func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try unsafe visitor.visit(row, count: rowLength)
    try unsafe state.pointee.forEachPart(&visitor)
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
    unsafe withUnsafeBytes(of: &header) { unsafe out.write(raw: UnsafeRawBufferPointer($0)) }
    unsafe withUnsafeMutablePointer(to: &out) {
      var writer = unsafe SnapshotWriter(out: $0)
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
    let read = try unsafe withUnsafeMutableBytes(of: &found) { (bytes) throws(SnapshotError) in
      try unsafe Self.read(file, into: bytes, at: 0)
    }
    if read < SnapshotHeader.byteCount || found.magic != SnapshotHeader.magic {
      throw .notSnapshot
    }
    try unsafe found.check(like: header, slotCountMax: state.pointee.cache.shape.capacityMax)
    try unsafe checkPayload(found, file, buffer)
    try unsafe checkCounts(found, file, buffer)
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
      let part = unsafe UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(buffer.count, file.byteCount - offset)])
      let count = try unsafe Self.read(file, into: part, at: offset)
      if count < part.count { throw .byteCount(offset + count, expected: expected) }
      unsafe hash.update(UnsafeRawBufferPointer(part))
      offset += count
    }
    if hash.finish() != header.checksum { throw .checksum }
  }

  /// The counts of the heads' slots must be possible, and the parts then as long as the file's.
  private func checkCounts(
    _ header: SnapshotHeader, _ file: borrowing InputFile, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SnapshotError) {
    let headCount = unsafe state.pointee.cache.shape.headCount
    let bytes = unsafe UnsafeMutableRawBufferPointer(
      rebasing: buffer[..<(headCount * MemoryLayout<UInt32>.stride)])
    let rowByteCount = rowLength * MemoryLayout<Float>.stride
    let read = try unsafe Self.read(file, into: bytes, at: SnapshotHeader.byteCount + rowByteCount)
    if read < bytes.count { throw .malformed("its length for so many slots") }
    let counts = unsafe bytes.baseAddress!.assumingMemoryBound(to: UInt32.self)
    unsafe state.pointee.cache.exchangeCounts(counts)
    defer { unsafe state.pointee.cache.exchangeCounts(counts) }
    let cacheCount = unsafe UInt64(state.pointee.cache.count)
    if unsafe !state.pointee.cache.hasPossibleCounts || cacheCount != header.slotCount {
      throw .malformed("its counts of tokens, positions and slots")
    }
    if payloadByteCount != header.payloadByteCount {
      throw .malformed("its length for so many slots")
    }
  }

  /// Fills the cache from a file that was checked.
  func take(_ file: borrowing InputFile) throws(SnapshotError) {
    try unsafe withUnsafePointer(to: file) { (file) throws(SnapshotError) in
      var reader = unsafe SnapshotReader(file: file)
      try forEachPart(&reader)
    }
  }

  static func read(
    _ file: borrowing InputFile, into target: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SnapshotError) -> Int {
    do throws(SystemFailure) {
      return try unsafe file.read(into: target, at: offset)
    } catch {
      throw .file(error)
    }
  }
}
