import Inference
import Platform

/// Texts whose caches are kept: the one that the engine holds, and copies of earlier ones. A prompt
/// that begins as one of them does is read from the first token on that differs.
///
/// What a cache holds does not depend on how its tokens came, in blocks or one by one, so that the
/// answer is the same, bit for bit, as without a kept text, as long as nothing has been evicted. A
/// cache that has evicted tokens can only be gone on with from its end. So that a prompt may begin
/// differently, a copy is kept of such a text as it was just before its first eviction.
@safe struct KeptTexts: ~Copyable {
  /// A text that is kept.
  struct Entry {
    fileprivate var state: KeptState?
    fileprivate var tokenCount = 0
    /// See `TokenSequence.fixedCount`.
    fileprivate var fixedCount = 0
    /// The larger, the later.
    fileprivate var lastUse = 0
  }

  private let entries: UnsafeMutablePointer<Entry>
  let count: Int
  /// The tokens of each entry, and behind them those of the engine's text.
  private let tokens: UnsafeMutablePointer<Int32>
  private let tokenCapacity: Int
  private let memory: UnsafeMutableRawPointer
  private let stateByteCount: Int
  /// Tokens of the engine's text; more than `tokenCapacity` if not all of them are known.
  private var liveCount = 0
  /// The engine's text is worth nothing, because a computation failed.
  private var isSpoilt = false
  private var useCount = 0

  init(_ layout: ServiceLayout) {
    unsafe entries = unsafe layout.keptEntries
    count = layout.keptCount
    unsafe tokens = unsafe layout.keptTokens
    tokenCapacity = layout.keptTokenCapacity
    unsafe memory = unsafe layout.keptMemory
    stateByteCount = layout.keptStateByteCount
    for index in 0..<count { unsafe (entries + index).initialize(to: Entry()) }
  }

  /// Texts that are kept beside the engine's.
  var filledCount: Int {
    var sum = 0
    for index in 0..<count where unsafe entries[index].state != nil { sum += 1 }
    return sum
  }

  private func text(_ index: Int) -> UnsafeMutablePointer<Int32> {
    unsafe tokens + index * tokenCapacity
  }

  private func memory(_ index: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(
      start: memory + index * stateByteCount, count: stateByteCount)
  }
}

// The engine's text.
extension KeptTexts {
  /// A token that the engine has been given, or will be given next.
  mutating func note(_ token: Int32) {
    if liveCount < tokenCapacity { unsafe text(count)[liveCount] = token }
    liveCount = min(liveCount + 1, tokenCapacity + 1)
  }

  /// What the engine holds is not to be gone on with.
  mutating func spoil() { isSpoilt = true }

  /// Tokens of the engine's text that are known and read.
  private func liveTokenCount(_ engine: borrowing Engine) -> Int {
    if isSpoilt || liveCount > tokenCapacity || engine.tokenCount > liveCount { return 0 }
    return engine.tokenCount
  }

  /// Keeps a copy of the engine's text if its next tokens would make it lose its first ones.
  /// - Parameter nextCount: tokens that are to be read next, at most.
  mutating func keepBeforeEviction(_ engine: borrowing Engine, nextCount: Int) {
    if count == 0 || !engine.settings.evicts || engine.sequence.fixedCount > 0 { return }
    // Tokens that are open have passed the model already.
    if engine.openCount > 0 { return }
    if engine.tokenCount + nextCount <= engine.settings.cacheBudget { return }
    keep(engine)
  }

  /// Copies the engine's text to the place that can be missed most.
  /// - Parameter spared: an entry that stays.
  private mutating func keep(_ engine: borrowing Engine, sparing spared: Int? = nil) {
    let length = liveTokenCount(engine)
    if length == 0 || count == 0 { return }
    let fixedCount = engine.sequence.fixedCount
    for index in 0..<count where covers(index, length, fixedCount) {
      touch(index)
      return
    }
    guard let place = victim(length, fixedCount, sparing: spared) else { return }
    unsafe text(place).update(from: text(count), count: length)
    unsafe entries[place] = Entry(
      state: engine.keep(in: memory(place)), tokenCount: length, fixedCount: fixedCount)
    touch(place)
  }

  /// Whether an entry serves for all that the engine's text would.
  private func covers(_ index: Int, _ length: Int, _ fixedCount: Int) -> Bool {
    let entry = unsafe entries[index]
    if entry.state == nil || entry.tokenCount < length { return false }
    if entry.tokenCount > length && entry.fixedCount > length { return false }
    return unsafe entry.fixedCount <= fixedCount
      && commonCount(index, text(count), length) == length
  }

  /// An empty place; or one whose text is a beginning of the engine's and serves for no more; or the
  /// one that was not used for the longest time.
  private func victim(_ length: Int, _ fixedCount: Int, sparing spared: Int?) -> Int? {
    var oldest: Int?
    for index in 0..<count where index != spared {
      let entry = unsafe entries[index]
      if entry.state == nil { return index }
      let common = unsafe commonCount(index, text(count), length)
      if common == entry.tokenCount && entry.fixedCount >= fixedCount { return index }
      if unsafe oldest == nil || entry.lastUse < entries[oldest!].lastUse { oldest = index }
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
  mutating func begin(
    _ prompt: UnsafeBufferPointer<Int32>, _ engine: inout Engine, reuses: Bool
  ) -> Int {
    guard let start = prompt.baseAddress, prompt.count > 0 else { return 0 }
    engine.drop()
    let length = liveTokenCount(engine)
    // A token must follow, for logits.
    let most = prompt.count - 1
    let liveCommon = unsafe Self.commonCount(text(count), length, start, most)
    var best = reuses && liveCommon >= engine.sequence.fixedCount ? liveCommon : 0
    var entry: Int?
    if reuses {
      for index in 0..<count {
        let common = unsafe commonCount(index, start, most)
        if unsafe common > best && common >= entries[index].fixedCount {
          (best, entry) = (common, index)
        }
      }
    }
    if let entry {
      takeUp(entry, best, &engine)
    } else {
      if best < length { keepBranch(engine, from: best) }
      if best == 0 {
        engine.reset()
      } else if best < engine.tokenCount {
        engine.truncate(to: best)
      }
    }
    isSpoilt = false
    unsafe text(count).update(from: start, count: min(best, tokenCapacity))
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

  private mutating func takeUp(_ index: Int, _ length: Int, _ engine: inout Engine) {
    touch(index)
    keepBranch(engine, from: 0, sparing: index)
    guard let state = unsafe entries[index].state else { preconditionFailure() }
    unsafe engine.takeUp(state, from: memory(index))
    if length < engine.tokenCount { engine.truncate(to: length) }
  }
}
