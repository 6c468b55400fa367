import Inference
import Platform

/// Texts with their caches in a file, in slots of one size. What a slot holds counts only if all of its
/// checksums are right and it was written by a run like this one.
struct KeptFile: ~Copyable {
  /// The first page of a slot: words of eight bytes, little-endian.
  struct Head: BitwiseCopyable {
    fileprivate static let magic: UInt64 = 0x5450_454B_4547_4445  // "EDGEKEPT"

    fileprivate var magic = Self.magic
    fileprivate var version: UInt64 = 1
    /// See `Engine.savedMark`.
    fileprivate var mark: UInt64 = 0
    /// 0: the slot is empty.
    var tokenCount: UInt64 = 0
    var fixedCount: UInt64 = 0
    var lastUse: UInt64 = 0
    /// Of the saved cache.
    fileprivate var byteCount: UInt64 = 0
    /// XXH64 of the tokens and of the saved cache's first page, which has the checksum of the rest.
    fileprivate var textHash: UInt64 = 0
    /// Of the words before.
    fileprivate var hash: UInt64 = 0

    fileprivate var rightHash: UInt64 {
      var copy = self
      copy.hash = 0
      return unsafe withUnsafeBytes(of: &copy) {
        var hash = XXHash64()
        unsafe hash.update(UnsafeRawBufferPointer($0))
        return hash.finish()
      }
    }
  }

  private var file: FixedFile
  private let sizes: KeptTextSizes
  private let mark: UInt64
  /// Texts that were taken up, and reads and writes that failed or found damage.
  private(set) var hitCount = 0
  private(set) var failureCount = 0

  init(_ file: consuming FixedFile, _ sizes: KeptTextSizes, _ engine: borrowing Engine) {
    self.file = file
    self.sizes = sizes
    mark = engine.savedMark
  }

  func writeMetrics<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    Prometheus.write(
      counter: "edge_infer_kept_file_hits_total", "Texts taken up from the file.", hitCount,
      to: &out)
    Prometheus.write(
      counter: "edge_infer_kept_file_failures_total",
      "Reads and writes of the file that failed or found damage.", failureCount, to: &out)
    Prometheus.write(gauge: "edge_infer_limit_kept_file_texts", sizes.slotCount, to: &out)
  }

  private func offset(_ slot: Int) -> Int { slot * sizes.slotByteCount }
  private func cacheOffset(_ slot: Int) -> Int { offset(slot) + sizes.cacheOffset }
}

extension FixedFile {
  /// Whether it is new or has kept texts, so that it may be written.
  @export(interface)
  public func mayKeepTexts() throws(SystemFailure) -> Bool {
    var word: UInt64 = 0
    let count = unsafe try withUnsafeMutableBytes(of: &word) { (bytes) throws(SystemFailure) in
      unsafe try input.read(into: bytes, at: 0)
    }
    return count == 0 || word == KeptFile.Head.magic
  }

  /// Takes the space of the file.
  @export(interface)
  public func prepareKeptTexts(_ sizes: KeptTextSizes) throws(SystemFailure) {
    if input.byteCount == 0 { try write(KeptFile.Head(), at: 0) }
    try allocate(byteCount: sizes.fileByteCount)
  }

  fileprivate func write(_ head: KeptFile.Head, at offset: Int) throws(SystemFailure) {
    var head = head
    head.hash = head.rightHash
    unsafe try withUnsafeBytes(of: &head) { (bytes) throws(SystemFailure) in
      unsafe try write(UnsafeRawBufferPointer(bytes), at: offset)
    }
  }
}

extension KeptFile {
  /// What a slot says that it holds; nil if that is nothing, or not of a run like this one.
  private func head(_ slot: Int) -> Head? {
    var head = Head()
    let count = unsafe withUnsafeMutableBytes(of: &head) {
      unsafe try? file.input.read(into: $0, at: offset(slot))
    }
    if count != MemoryLayout<Head>.size || head.magic != Head.magic || head.version != 1
      || head.mark != mark || head.hash != head.rightHash
    {
      return nil
    }
    let room = sizes.slotByteCount - sizes.cacheOffset
    let isPossible =
      head.tokenCount > 0 && head.tokenCount <= UInt64(sizes.tokenCapacity)
      && head.byteCount <= UInt64(room)
    return isPossible ? head : nil
  }

  private func textHash(
    _ slot: Int, _ tokens: UnsafePointer<Int32>, count: Int, byteCount: Int
  ) -> UInt64? {
    var page = InlineArray<4096, UInt8>(repeating: 0)
    var hash = XXHash64()
    unsafe hash.update(
      UnsafeRawBufferPointer(start: tokens, count: count * MemoryLayout<Int32>.stride))
    let wanted = min(byteCount, KeptTextSizes.pageByteCount)
    let offset = cacheOffset(slot)
    return unsafe withUnsafeMutableBytes(of: &page) { (bytes) -> UInt64? in
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted])
      guard unsafe (try? file.input.read(into: part, at: offset)) == wanted else { return nil }
      unsafe hash.update(UnsafeRawBufferPointer(part))
      return hash.finish()
    }
  }

  /// The text of a slot.
  /// - Parameter tokens: room for `tokenCapacity`, which gets the text.
  /// - Returns: nil if there is none.
  func find(_ slot: Int, tokens: UnsafeMutablePointer<Int32>) -> Head? {
    guard let head = head(slot) else { return nil }
    let count = Int(head.tokenCount)
    let target = unsafe UnsafeMutableRawBufferPointer(
      start: tokens, count: count * MemoryLayout<Int32>.stride)
    let start = offset(slot) + KeptTextSizes.pageByteCount
    guard unsafe (try? file.input.read(into: target, at: start)) == target.count else { return nil }
    let found = unsafe textHash(slot, tokens, count: count, byteCount: Int(head.byteCount))
    return found == head.textHash ? head : nil
  }

  /// Puts a text in a slot. What was there is void before the first byte is written.
  /// - Returns: false if the system refused.
  mutating func store(
    _ state: KeptState, _ memory: UnsafeMutableRawBufferPointer, _ engine: borrowing Engine,
    tokens: UnsafePointer<Int32>, like text: Head, in slot: Int
  ) -> Bool {
    do throws(SystemFailure) {
      try file.write(Head(), at: offset(slot))
      let count = Int(text.tokenCount)
      unsafe try file.write(
        UnsafeRawBufferPointer(start: tokens, count: count * MemoryLayout<Int32>.stride),
        at: offset(slot) + KeptTextSizes.pageByteCount)
      let byteCount = unsafe try engine.write(
        state, from: memory, to: file, at: cacheOffset(slot))
      guard
        let hash = unsafe textHash(slot, tokens, count: count, byteCount: byteCount)
      else { throw SystemFailure("read", code: 0) }
      var head = text
      (head.mark, head.byteCount, head.textHash) = (mark, UInt64(byteCount), hash)
      try file.write(head, at: offset(slot))
      return true
    } catch {
      failureCount += 1
      return false
    }
  }

  /// Puts the engine behind the text of a slot.
  /// - Parameter lastUse: of the slot from now on.
  /// - Returns: false, and the engine has no text, if the slot does not hold that text whole.
  mutating func takeUp(
    _ slot: Int, tokens: UnsafePointer<Int32>, count: Int, lastUse: Int, _ engine: inout Engine
  ) -> Bool {
    engine.reset()
    guard var head = head(slot), Int(head.tokenCount) == count,
      unsafe textHash(slot, tokens, count: count, byteCount: Int(head.byteCount)) == head.textHash
    else {
      failureCount += 1
      return false
    }
    file.input.selectPart(from: cacheOffset(slot), byteCount: Int(head.byteCount))
    defer { file.input.selectPart(from: 0, byteCount: sizes.fileByteCount) }
    do throws(SnapshotError) {
      try engine.restore(from: file.input)
    } catch {
      failureCount += 1
      return false
    }
    head.lastUse = UInt64(lastUse)
    // Without it the slot is forgotten sooner after a new start.
    try? file.write(head, at: offset(slot))
    if engine.tokenCount == count && engine.sequence.fixedCount <= Int(head.fixedCount) {
      hitCount += 1
      return true
    }
    engine.reset()
    failureCount += 1
    return false
  }
}
