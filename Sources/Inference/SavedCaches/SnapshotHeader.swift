import KVCache
import Platform
import Profile

/// The first bytes of a saved cache: words of eight bytes, little-endian. Behind it lie the last
/// token's residual row (Float32, `embeddingLength`), the count of each head's filled slots (UInt32),
/// the filled part of the cache and what the policy keeps, as they lie in memory; they are alike on all
/// processors.
struct SnapshotHeader: BitwiseCopyable {
  static let magic: UInt64 = 0x5041_4E53_4547_4445  // "EDGESNAP"
  static let version: UInt64 = 3

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
  /// A hash of the shares by which the heads' budgets differ; 0 for equal budgets.
  var headShares: UInt64 = 0
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
    unsafe withUnsafeBytes(of: &copy) {
      unsafe hash.update(UnsafeRawBufferPointer(rebasing: $0[..<(Self.byteCount - 8)]))
    }
    return hash
  }
}

extension SnapshotHeader {
  /// What a text and its run say of themselves.
  init(_ sequence: borrowing TokenSequence, modelHash: UInt64) {
    let settings = sequence.settings
    self.modelHash = modelHash
    policy = UInt64(settings.policy.rawValue)
    cacheBudget = UInt64(settings.cacheBudget)
    blockSize = UInt64(settings.blockSize)
    sinkCount = UInt64(settings.retained.sinkCount)
    recentCount = UInt64(settings.retained.recentCount)
    usesFloat16 = settings.usesFloat16 ? 1 : 0
    renumbers = settings.renumbers ? 1 : 0
    headShares = settings.headShares?.shares.hash ?? 0
    tokenCount = UInt64(sequence.tokenCount)
    position = UInt64(sequence.position)
    fixedCount = UInt64(sequence.fixedCount)
    slotCount = UInt64(sequence.slotsFilled)
  }

  /// The run that made it must be like this one.
  /// - Parameter own: what this run would write.
  func check(like own: SnapshotHeader, slotCountMax: Int) throws(SnapshotError) {
    if version != own.version { throw .version(version) }
    if modelHash != own.modelHash { throw .model }
    if policy != own.policy {
      throw .policy(
        Int(exactly: policy).flatMap { Policy(rawValue: $0) },
        expected: Policy(rawValue: Int(own.policy))!)
    }
    try check("--budget", cacheBudget, own.cacheBudget)
    try check("--block", blockSize, own.blockSize)
    try check("--sinks", sinkCount, own.sinkCount)
    try check("--recent", recentCount, own.recentCount)
    try check("fp16", usesFloat16, own.usesFloat16)
    try check("--positions compact", renumbers, own.renumbers)
    if headShares != own.headShares { throw .headBudgets }
    let limit = UInt64(Int32.max)
    if tokenCount > limit || position > tokenCount || fixedCount > tokenCount
      || slotCount > position || slotCount == 0 || slotCount > UInt64(slotCountMax)
    {
      throw .malformed("its counts of tokens, positions and slots")
    }
  }

  private func check(_ name: StaticString, _ found: UInt64, _ own: UInt64) throws(SnapshotError) {
    if found != own {
      throw .setting(name, found: Int(clamping: found), expected: Int(clamping: own))
    }
  }
}
