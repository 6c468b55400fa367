import Inference
import Platform

/// Texts whose caches are kept: the one that the engine holds, copies of earlier ones in memory, and
/// those that memory has no place for in a file, if there is one. A prompt that begins as one of them does
/// is read from the first token on that differs.
///
/// What a cache holds does not depend on how its tokens came, in blocks or one by one, so that the
/// answer is the same, bit for bit, as without a kept text, as long as nothing has been evicted. A
/// cache that has evicted tokens can only be gone on with from its end. So that a prompt may begin
/// differently, a copy is kept of such a text as it was just before its first eviction.
@safe struct KeptTexts: ~Copyable {
  /// A text that is kept.
  struct Entry {
    /// Nil if it is in the file.
    fileprivate var state: KeptState?
    /// 0: there is none.
    fileprivate var tokenCount = 0
    /// See `TokenSequence.fixedCount`.
    fileprivate var fixedCount = 0
    /// The larger, the later.
    fileprivate var lastUse = 0
  }

  /// Those in memory, and behind them a place for each slot of the file.
  private let entries: UnsafeMutablePointer<Entry>
  private let sizes: KeptTextSizes
  /// The tokens of each entry, and behind them those of the engine's text.
  private let tokens: UnsafeMutablePointer<Int32>
  private let memory: UnsafeMutableRawPointer
  private var file: KeptFile?
  /// Tokens of the engine's text; more than `tokenCapacity` if not all of them are known.
  private var liveCount = 0
  /// The engine's text is worth nothing, because a computation failed.
  private var isSpoilt = false
  private var useCount = 0

  init(_ layout: ServiceLayout) {
    unsafe entries = unsafe layout.keptEntries
    sizes = layout.kept
    unsafe tokens = unsafe layout.keptTokens
    unsafe memory = unsafe layout.keptMemory
    for index in 0..<sizes.count + sizes.slotCount {
      unsafe (entries + index).initialize(to: Entry())
    }
  }

  /// Takes the texts of a file that the layout was made for, and keeps more in it.
  @export(interface)
  mutating func use(_ file: consuming FixedFile, _ engine: borrowing Engine) {
    let file = KeptFile(file, sizes, engine)
    for slot in 0..<sizes.slotCount {
      let index = sizes.count + slot
      guard let head = unsafe file.find(slot, tokens: text(index)) else { continue }
      unsafe entries[index] = Entry(
        state: nil, tokenCount: Int(head.tokenCount), fixedCount: Int(clamping: head.fixedCount),
        lastUse: Int(head.lastUse & 0xFFFF_FFFF_FFFF))
      unsafe useCount = max(useCount, entries[index].lastUse)
    }
    self.file = consume file
  }

  private var inMemory: Range<Int> { 0..<sizes.count }
  private var inFile: Range<Int> { sizes.count..<sizes.count + sizes.slotCount }

  /// Texts that are kept in memory beside the engine's.
  var filledCount: Int { filledCount(inMemory) }

  /// Nothing if there is no file.
  func writeFileMetrics<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    if file == nil { return }
    Prometheus.write(gauge: "edge_infer_kept_file_texts", filledCount(inFile), to: &out)
    file!.writeMetrics(to: &out)
  }

  private func filledCount(_ range: Range<Int>) -> Int {
    var sum = 0
    for index in range where unsafe entries[index].tokenCount > 0 { sum += 1 }
    return sum
  }

  private func text(_ index: Int) -> UnsafeMutablePointer<Int32> {
    unsafe tokens + index * sizes.tokenCapacity
  }

  private var liveText: UnsafeMutablePointer<Int32> { unsafe text(inFile.upperBound) }

  private func memory(_ index: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(
      start: memory + index * sizes.stateByteCount, count: sizes.stateByteCount)
  }
}

// The engine's text.
extension KeptTexts {
  /// A token that the engine has been given, or will be given next.
  mutating func note(_ token: Int32) {
    if liveCount < sizes.tokenCapacity { unsafe liveText[liveCount] = token }
    liveCount = min(liveCount + 1, sizes.tokenCapacity + 1)
  }

  /// What the engine holds is not to be gone on with.
  mutating func spoil() { isSpoilt = true }

  /// Tokens of the engine's text that are known and read.
  private func liveTokenCount(_ engine: borrowing Engine) -> Int {
    if isSpoilt || liveCount > sizes.tokenCapacity || engine.tokenCount > liveCount { return 0 }
    return engine.tokenCount
  }

  /// Keeps a copy of the engine's text if its next tokens would make it lose its first ones.
  /// - Parameter nextCount: tokens that are to be read next, at most.
  @export(interface)
  mutating func keepBeforeEviction(_ engine: borrowing Engine, nextCount: Int) {
    if sizes.count == 0 || !engine.settings.evicts || engine.sequence.fixedCount > 0 { return }
    // Tokens that are open have passed the model already.
    if engine.openCount > 0 { return }
    if engine.tokenCount + nextCount <= engine.settings.cacheBudget { return }
    keep(engine)
  }

  /// Copies the engine's text to the place that can be missed most.
  /// - Parameter spared: an entry that stays.
  private mutating func keep(_ engine: borrowing Engine, sparing spared: Int? = nil) {
    let live = unsafe Text(
      tokens: liveText, count: liveTokenCount(engine), fixedCount: engine.sequence.fixedCount)
    if live.count == 0 { return }
    for index in inMemory where covers(index, live) {
      touch(index)
      return
    }
    guard let place = victim(inMemory, live, sparing: spared) else { return }
    if !isPart(place, of: live) { store(place, engine, sparing: spared) }
    unsafe text(place).update(from: live.tokens, count: live.count)
    unsafe entries[place] = Entry(
      state: engine.keep(in: memory(place)), tokenCount: live.count, fixedCount: live.fixedCount)
    touch(place)
  }

  /// Writes a text that is to leave memory to the file, unless all of the file's were used later.
  private mutating func store(
    _ index: Int, _ engine: borrowing Engine, sparing spared: Int? = nil
  ) {
    let entry = unsafe entries[index]
    guard file != nil, let state = entry.state else { return }
    let left = unsafe Text(
      tokens: text(index), count: entry.tokenCount, fixedCount: entry.fixedCount)
    for slot in inFile where covers(slot, left) {
      unsafe entries[slot].lastUse = max(entries[slot].lastUse, entry.lastUse)
      return
    }
    guard let slot = victim(inFile, left, sparing: spared) else { return }
    if unsafe !isPart(slot, of: left) && entries[slot].lastUse > entry.lastUse { return }
    var head = KeptFile.Head()
    head.tokenCount = UInt64(entry.tokenCount)
    head.fixedCount = UInt64(entry.fixedCount)
    head.lastUse = UInt64(entry.lastUse)
    unsafe entries[slot] = Entry()
    let isStored = unsafe file!.store(
      state, memory(index), engine, tokens: left.tokens, like: head, in: slot - sizes.count)
    if !isStored { return }
    unsafe text(slot).update(from: left.tokens, count: left.count)
    unsafe entries[slot] = entry
    unsafe entries[slot].state = nil
  }

  /// Writes all texts to the file, so that the next start finds them.
  @export(interface)
  mutating func storeAll(_ engine: inout Engine) {
    if file == nil { return }
    engine.drop()
    keep(engine)
    var latest = 0
    for _ in inMemory {
      var next: Int?
      for index in inMemory where unsafe entries[index].lastUse > latest {
        if unsafe next == nil || entries[index].lastUse < entries[next!].lastUse { next = index }
      }
      guard let next else { return }
      unsafe latest = entries[next].lastUse
      store(next, engine)
    }
  }

  /// A text to be kept.
  @safe private struct Text {
    let tokens: UnsafePointer<Int32>
    let count: Int
    let fixedCount: Int
  }

  /// Whether an entry serves for all that a text would.
  private func covers(_ index: Int, _ text: Text) -> Bool {
    let entry = unsafe entries[index]
    if entry.tokenCount < text.count { return false }
    if entry.tokenCount > text.count && entry.fixedCount > text.count { return false }
    return unsafe entry.fixedCount <= text.fixedCount
      && commonCount(index, text.tokens, text.count) == text.count
  }

  /// Whether a text serves for all that an entry would; an empty one serves for nothing.
  private func isPart(_ index: Int, of text: Text) -> Bool {
    let entry = unsafe entries[index]
    if entry.tokenCount == 0 { return true }
    return unsafe entry.fixedCount >= text.fixedCount
      && commonCount(index, text.tokens, text.count) == entry.tokenCount
  }

  /// An empty place; or one whose text is a part of the new one; or the one that was not used for the
  /// longest time.
  private func victim(_ range: Range<Int>, _ text: Text, sparing spared: Int?) -> Int? {
    var oldest: Int?
    for index in range where index != spared {
      if isPart(index, of: text) { return index }
      if unsafe oldest == nil || entries[index].lastUse < entries[oldest!].lastUse {
        oldest = index
      }
    }
    return oldest
  }

  private mutating func touch(_ index: Int) {
    useCount += 1
    unsafe entries[index].lastUse = useCount
  }

  /// Tokens at the beginning of an entry that are the same in another text.
  private func commonCount(
    _ index: Int, _ other: UnsafePointer<Int32>, _ otherCount: Int
  ) -> Int {
    unsafe Self.commonCount(text(index), entries[index].tokenCount, other, otherCount)
  }

  private static func commonCount(
    _ first: UnsafePointer<Int32>, _ firstCount: Int, _ second: UnsafePointer<Int32>,
    _ secondCount: Int
  ) -> Int {
    let limit = min(firstCount, secondCount)
    var count = 0
    while unsafe count < limit && first[count] == second[count] { count += 1 }
    return count
  }
}

// A prompt comes.
extension KeptTexts {
  /// Puts the engine behind as much of a prompt as is kept, and behind nothing if that is nothing.
  /// - Parameters:
  ///   - reuses: whether kept texts may be used.
  /// - Returns: tokens of the prompt that the engine holds; fewer than it has.
  @export(interface)
  mutating func begin(
    _ prompt: UnsafeBufferPointer<Int32>, _ engine: inout Engine, reuses: Bool
  ) -> Int {
    guard let start = prompt.baseAddress, prompt.count > 0 else { return 0 }
    engine.drop()
    let length = liveTokenCount(engine)
    // A token must follow, for logits.
    let most = prompt.count - 1
    let liveCommon = unsafe Self.commonCount(liveText, length, start, most)
    var best = reuses && liveCommon >= engine.sequence.fixedCount ? liveCommon : 0
    var entry: Int?
    if reuses {
      for index in 0..<inFile.upperBound {
        let common = unsafe commonCount(index, start, most)
        // A block is read sooner than a file.
        let least = inFile.contains(index) ? best + engine.settings.blockSize : best
        if unsafe common > least && common >= entries[index].fixedCount {
          (best, entry) = (common, index)
        }
      }
    }
    if let entry {
      if !takeUp(entry, best, &engine) {
        unsafe entries[entry] = Entry()
        isSpoilt = true
        return unsafe begin(prompt, &engine, reuses: reuses)
      }
    } else {
      if best < length { keepBranch(engine, from: best) }
      if best == 0 {
        engine.reset()
      } else if best < engine.tokenCount {
        engine.truncate(to: best)
      }
    }
    isSpoilt = false
    unsafe liveText.update(from: start, count: min(best, sizes.tokenCapacity))
    liveCount = best
    return best
  }

  /// The engine's text goes on otherwise, or another one follows: a copy is kept if that may save
  /// reading.
  private mutating func keepBranch(
    _ engine: borrowing Engine, from start: Int, sparing spared: Int? = nil
  ) {
    if liveTokenCount(engine) - start > engine.settings.blockSize {
      keep(engine, sparing: spared)
    }
  }

  /// - Returns: false if the file does not hold what it should.
  private mutating func takeUp(_ index: Int, _ length: Int, _ engine: inout Engine) -> Bool {
    touch(index)
    keepBranch(engine, from: 0, sparing: index)
    let entry = unsafe entries[index]
    if let state = entry.state {
      unsafe engine.takeUp(state, from: memory(index))
    } else {
      let isTaken = unsafe file!.takeUp(
        index - sizes.count, tokens: text(index), count: entry.tokenCount, lastUse: entry.lastUse,
        &engine)
      if !isTaken { return false }
    }
    if length < engine.tokenCount { engine.truncate(to: length) }
    return true
  }
}
