import Platform

/// What `bench` measures: the word after it.
enum Benchmark {
  /// Prompt and decode speed; also without a word.
  case speed
  /// What each policy adds to a block.
  case scoring
  /// Time to first token.
  case ttft

  static let names: StaticString = "speed, scoring and ttft"

  init?(_ name: UnsafePointer<CChar>) {
    if unsafe isEqual(name, "speed") {
      self = .speed
    } else if unsafe isEqual(name, "scoring") {
      self = .scoring
    } else if unsafe isEqual(name, "ttft") {
      self = .ttft
    } else {
      return nil
    }
  }
}
