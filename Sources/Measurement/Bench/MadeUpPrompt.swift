import Generation
import Platform

/// A prompt of made-up tokens; the same seed gives the same ones.
struct MadeUpPrompt: TokenSource {
  private var random: SplitMix64
  private let vocabularyCount: UInt64
  private var countLeft: Int

  /// - Parameter count: of tokens.
  init(seed: UInt64, count: Int, vocabularyCount: Int) {
    random = SplitMix64(seed: seed)
    self.vocabularyCount = UInt64(vocabularyCount)
    countLeft = count
  }

  mutating func next() throws(Never) -> PromptItem {
    if countLeft == 0 { return .end }
    countLeft -= 1
    return .token(Int32(random.next() % vocabularyCount))
  }

  /// Goes on with as many tokens more.
  mutating func extend(by count: Int) { countLeft += count }
}

/// Where the text of a measured answer goes: nowhere.
struct NoText: ByteSink {
  mutating func write(byte: UInt8) {}
}
