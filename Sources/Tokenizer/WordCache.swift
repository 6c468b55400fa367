import Memory

/// Remembers the tokens of short words by their exact bytes, one word for each slot.
@safe struct WordCache: ~Copyable {
  /// A slot is one cache line: text [30], count of bytes, count of tokens, tokens [8].
  private static let slotByteCount = 64
  private static let slotCount = 4096
  private static let wordByteCountMax = 30
  private static let tokenCountMax = 8
  private static let tokenOffset = 32

  private let slots: UnsafeMutablePointer<UInt8>

  init(carver: inout Carver) {
    unsafe slots = unsafe carver.take(
      .text, UInt8.self, count: Self.slotCount * Self.slotByteCount)
  }

  /// The slot of a word, or -1 for words that are too long.
  @inline(__always)
  func slot(of word: TextSlice) -> Int {
    if word.count > Self.wordByteCountMax { return -1 }
    let hash = unsafe Bytes.hash(word.base, count: word.count)
    return Int(truncatingIfNeeded: hash) & (Self.slotCount - 1)
  }

  /// The count of tokens of `word` if its slot has it, else -1.
  @inline(__always)
  func tokenCount(of word: TextSlice, inSlot slot: Int) -> Int {
    let text = unsafe slots + slot * Self.slotByteCount
    let isHeld =
      unsafe Int(text[Self.wordByteCountMax]) == word.count
      && Bytes.areEqual(UnsafePointer(text), word.base, count: word.count)
    return isHeld ? unsafe Int(text[Self.wordByteCountMax + 1]) : -1
  }

  @inline(__always)
  func token(_ index: Int, inSlot slot: Int) -> Int32 { unsafe tokens(slot)[index] }

  /// Keeps the tokens of `word`, if they are few enough.
  func keep(
    _ word: TextSlice, _ made: UnsafePointer<Int32>, count: Int, inSlot slot: Int
  ) {
    if count > Self.tokenCountMax { return }
    let text = unsafe slots + slot * Self.slotByteCount
    for index in 0..<word.count { unsafe text[index] = word[index] }
    unsafe text[Self.wordByteCountMax] = UInt8(word.count)
    unsafe text[Self.wordByteCountMax + 1] = UInt8(count)
    for index in 0..<count { unsafe tokens(slot)[index] = made[index] }
  }

  @inline(__always)
  private func tokens(_ slot: Int) -> UnsafeMutablePointer<Int32> {
    unsafe UnsafeMutableRawPointer(slots + slot * Self.slotByteCount + Self.tokenOffset)
      .assumingMemoryBound(to: Int32.self)
  }
}
