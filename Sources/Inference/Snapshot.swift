import KVCache
import Kernels
import Model
import Platform
import Profile

/// Why a saved cache could not be taken.
public enum SnapshotError: LineError {
  case file(SystemFailure)
  case notSnapshot
  case version(UInt64)
  case byteCount(Int, expected: Int)
  case checksum
  case model
  /// A setting of the run that made it.
  case setting(StaticString, found: Int, expected: Int)
  case policy(Policy?, expected: Policy)
  /// Counts or positions that no run leaves.
  case malformed(StaticString)

  public var exitCode: ExitCode {
    switch self {
    case .file(let failure): failure.exitCode
    default: .malformedData
    }
  }
}

extension SnapshotError {
  /// What the file is not.
  public func write(to out: inout TextOutput) {
    switch self {
    case .file(let failure): failure.write(to: &out)
    case .notSnapshot: out.write("not a saved cache: it does not start with 'EDGESNAP'")
    case .version(let version):
      out.write("a saved cache of version ")
      out.write(version)
      out.write(", expected ")
      out.write(SnapshotHeader.version)
    case .byteCount(let found, let expected):
      out.write("truncated or too long: ")
      out.write(found)
      out.write(" bytes, expected ")
      out.write(expected)
    case .checksum: out.write("damaged: its checksum is not that of its bytes")
    case .model: out.write("was saved with another model")
    case .setting(let name, let found, let expected):
      out.write("was saved with ")
      out.write(name)
      out.write(" ")
      out.write(found)
      out.write(", expected this run's ")
      out.write(expected)
    case .policy(let found, let expected):
      out.write("was saved with policy ")
      out.write(found?.name ?? "unknown")
      out.write(", expected this run's ")
      out.write(expected.name)
    case .malformed(let what):
      out.write("not a cache that a run leaves: ")
      out.write(what)
    }
  }
}

/// The first bytes of a saved cache: words of eight bytes, little-endian. Behind it lie the last
/// token's residual row (Float32, `embeddingLength`), the count of each head's filled slots (UInt32),
/// the filled part of the cache and what the policy keeps, as they lie in memory; they are alike on all
/// processors.
struct SnapshotHeader: BitwiseCopyable {
  static let magic: UInt64 = 0x5041_4E53_4547_4445  // "EDGESNAP"
  static let version: UInt64 = 2

  var magic = Self.magic
  var version = Self.version
  var modelHash: UInt64 = 0
  var policy: UInt64 = 0
  var cacheBudget: UInt64 = 0
  var blockSize: UInt64 = 0
  var sinkCount: UInt64 = 0
  var recentCount: UInt64 = 0
  var usesFloat16: UInt64 = 0
  var renumbers: UInt64 = 0
  /// Tokens of the text so far.
  var tokenCount: UInt64 = 0
  /// The next token's position; less than `tokenCount` after renumbering.
  var position: UInt64 = 0
  /// Tokens that cannot be taken back.
  var fixedCount: UInt64 = 0
  /// Filled slots of the head that has most.
  var slotCount: UInt64 = 0
  var payloadByteCount: UInt64 = 0
  /// XXH64 of the words before and of all that follows.
  var checksum: UInt64 = 0

  static let byteCount = MemoryLayout<SnapshotHeader>.size

  /// The hash of the words before the checksum, to be continued.
  func startHash() -> XXHash64 {
    var hash = XXHash64()
    var copy = self
    withUnsafeBytes(of: &copy) {
      hash.update(UnsafeRawBufferPointer(rebasing: $0[..<(Self.byteCount - 8)]))
    }
    return hash
  }
}

extension Engine {
  /// Writes the cache, all that belongs to it, and what the next token is made from. All tokens must be
  /// committed, and the last block must be this text's.
  public func save(to out: inout TextOutput) {
    precondition(sequence.appendedCount == 0, "tokens are not committed")
    var header = makeHeader()
    var counter = SnapshotCounter()
    forEachPart(row: lastRow, &counter)
    header.payloadByteCount = UInt64(counter.byteCount)
    var hasher = SnapshotHasher(hash: header.startHash())
    forEachPart(row: lastRow, &hasher)
    header.checksum = hasher.hash.finish()
    withUnsafeBytes(of: &header) { out.write(raw: UnsafeRawBufferPointer($0)) }
    writeParts(to: &out)
  }

  private func writeParts(to out: inout TextOutput) {
    withUnsafeMutablePointer(to: &out) {
      var writer = SnapshotWriter(out: $0)
      forEachPart(row: lastRow, &writer)
    }
  }

  /// Takes the state that `save` wrote. Where it throws, the engine is as it was, or else at the start
  /// of a text.
  public mutating func restore(from file: borrowing InputFile) throws(SnapshotError) {
    var header = SnapshotHeader()
    let read = try withUnsafeMutableBytes(of: &header) { (bytes) throws(SnapshotError) in
      try Self.read(file, into: bytes, at: 0)
    }
    if read < SnapshotHeader.byteCount || header.magic != SnapshotHeader.magic {
      throw .notSnapshot
    }
    try check(header)
    try checkPayload(header, file)
    do throws(SnapshotError) {
      try take(header, file)
    } catch {
      reset()
      throw error
    }
  }

  private mutating func take(
    _ header: SnapshotHeader, _ file: borrowing InputFile
  ) throws(SnapshotError) {
    sequence.setPlace(
      tokenCount: Int(header.tokenCount), position: Int(header.position),
      fixedCount: Int(header.fixedCount))
    try withUnsafePointer(to: file) { (file) throws(SnapshotError) in
      var reader = SnapshotReader(file: file)
      try forEachPart(row: 0, &reader)
    }
    try checkPositions()
    // No more tokens can be taken back than the heads have, whatever the header says.
    let takenCountMax = sequence.state.pointee.cache.leastCount
    sequence.setPlace(
      tokenCount: tokenCount, position: position,
      fixedCount: max(sequence.fixedCount, tokenCount - takenCountMax))
  }

  private func makeHeader() -> SnapshotHeader {
    var header = SnapshotHeader()
    header.modelHash = layout.weights.fingerprint(machine.workspace.rotary)
    header.policy = UInt64(settings.policy.rawValue)
    header.cacheBudget = UInt64(settings.cacheBudget)
    header.blockSize = UInt64(settings.blockSize)
    header.sinkCount = UInt64(settings.retained.sinkCount)
    header.recentCount = UInt64(settings.retained.recentCount)
    header.usesFloat16 = settings.usesFloat16 ? 1 : 0
    header.renumbers = settings.renumbers ? 1 : 0
    header.tokenCount = UInt64(tokenCount)
    header.position = UInt64(position)
    header.fixedCount = UInt64(sequence.fixedCount)
    header.slotCount = UInt64(slotsFilled)
    return header
  }

  /// The run that made it must be this one's like.
  private func check(_ header: SnapshotHeader) throws(SnapshotError) {
    let own = makeHeader()
    if header.version != own.version { throw .version(header.version) }
    if header.modelHash != own.modelHash { throw .model }
    if header.policy != own.policy {
      let policy = Int(exactly: header.policy).flatMap { Policy(rawValue: $0) }
      throw .policy(policy, expected: settings.policy)
    }
    try check("--budget", header.cacheBudget, own.cacheBudget)
    try check("--block", header.blockSize, own.blockSize)
    try check("--sinks", header.sinkCount, own.sinkCount)
    try check("--recent", header.recentCount, own.recentCount)
    try check("fp16", header.usesFloat16, own.usesFloat16)
    try check("--positions compact", header.renumbers, own.renumbers)
    let limit = UInt64(Int32.max)
    if header.tokenCount > limit || header.position > header.tokenCount
      || header.fixedCount > header.tokenCount
      || header.slotCount > header.position || header.slotCount == 0
      || header.slotCount > UInt64(settings.slotCount)
    {
      throw .malformed("its counts of tokens, positions and slots")
    }
  }

  private func check(_ name: StaticString, _ found: UInt64, _ own: UInt64) throws(SnapshotError) {
    if found != own {
      throw .setting(name, found: Int(clamping: found), expected: Int(clamping: own))
    }
  }

  /// Before anything is changed.
  private func checkPayload(
    _ header: SnapshotHeader, _ file: borrowing InputFile
  ) throws(SnapshotError) {
    // No file has half of the largest number, and the sum cannot overflow.
    let payloadByteCount = Int(min(header.payloadByteCount, UInt64(Int.max / 2)))
    let expected = SnapshotHeader.byteCount + payloadByteCount
    if file.byteCount != expected { throw .byteCount(file.byteCount, expected: expected) }
    var hash = header.startHash()
    let buffer = layout.loading.buffer
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
    try checkCounts(header, file)
  }

  /// The counts of the heads' slots must be possible, and the parts then as long as the file's.
  private func checkCounts(
    _ header: SnapshotHeader, _ file: borrowing InputFile
  ) throws(SnapshotError) {
    let cache = sequence.state
    let headCount = cache.pointee.cache.shape.headCount
    let bytes = UnsafeMutableRawBufferPointer(
      rebasing: layout.loading.buffer[..<(headCount * MemoryLayout<UInt32>.stride)])
    let rowByteCount = shape.embeddingLength * MemoryLayout<Float>.stride
    let read = try Self.read(file, into: bytes, at: SnapshotHeader.byteCount + rowByteCount)
    if read < bytes.count { throw .malformed("its length for so many slots") }
    let counts = bytes.baseAddress!.assumingMemoryBound(to: UInt32.self)
    cache.pointee.cache.exchangeCounts(counts)
    defer { cache.pointee.cache.exchangeCounts(counts) }
    if !cache.pointee.cache.hasPossibleCounts || UInt64(slotsFilled) != header.slotCount {
      throw .malformed("its counts of tokens, positions and slots")
    }
    var counter = SnapshotCounter()
    forEachPart(row: 0, &counter)
    if UInt64(counter.byteCount) != header.payloadByteCount {
      throw .malformed("its length for so many slots")
    }
  }

  private func checkPositions() throws(SnapshotError) {
    for layer in 0..<shape.layerCount {
      for kvHead in 0..<shape.kvHeadCount {
        let positions = keptPositions(layer: layer, kvHead: kvHead)
        for slot in positions.indices where positions[slot] >= UInt32(position) {
          throw .malformed("positions of its tokens")
        }
      }
    }
  }

  fileprivate static func read(
    _ file: borrowing InputFile, into target: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SnapshotError) -> Int {
    do throws(SystemFailure) {
      return try file.read(into: target, at: offset)
    } catch {
      throw .file(error)
    }
  }

  func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    row: Int, _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    let workspace = machine.workspace
    try visitor.visit(
      workspace.residual + row * workspace.residualStride, count: shape.embeddingLength)
    try sequence.state.pointee.forEachPart(&visitor)
  }
}

struct SnapshotCounter: CacheVisitor {
  var byteCount = 0
  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) { byteCount += bytes.count }
}

private struct SnapshotHasher: CacheVisitor {
  var hash: XXHash64
  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) {
    hash.update(UnsafeRawBufferPointer(bytes))
  }
}

private struct SnapshotWriter: CacheVisitor {
  let out: UnsafeMutablePointer<TextOutput>
  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) {
    out.pointee.write(raw: UnsafeRawBufferPointer(bytes))
  }
}

private struct SnapshotReader: CacheVisitor {
  let file: UnsafePointer<InputFile>
  private var offset = SnapshotHeader.byteCount

  init(file: UnsafePointer<InputFile>) { self.file = file }

  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) throws(SnapshotError) {
    let count = try Engine.read(file.pointee, into: bytes, at: offset)
    if count < bytes.count { throw .byteCount(offset + count, expected: offset + bytes.count) }
    offset += count
  }
}
