/// Looks for the beginning of calls in a text whose bytes come one after the other.
struct ToolTrigger: Sendable {
  private let mark: StaticString
  private let markCount: Int
  private let isAtStart: Bool
  /// Bytes of the mark that the text ends with.
  private(set) var matchedCount = 0
  private var hasText = false

  /// What a byte means.
  enum Step {
    /// It belongs to the mark, or may.
    case matched
    /// The mark is whole.
    case whole
    /// So many bytes at the mark's start, which had been matched, are text; then it is the byte's turn
    /// again if some had been, and it is text itself if not.
    case text(releasedCount: Int)
  }

  init(_ family: ToolFamily) {
    let form = family.form
    mark = form.begin
    markCount = form.triggerCount
    isAtStart = form.isAtStart
  }

  mutating func take(_ byte: UInt8) -> Step {
    if unsafe (!isAtStart || !hasText) && mark.utf8Start[matchedCount] == byte {
      matchedCount += 1
      return matchedCount == markCount ? .whole : .matched
    }
    hasText = true
    let kept = isAtStart ? 0 : mark.borderCount(of: matchedCount)
    let released = matchedCount - kept
    matchedCount = kept
    return .text(releasedCount: released)
  }

  /// Whether a whole token's bytes go on with the mark.
  func goesOn(_ bytes: Span<UInt8>) -> Bool {
    if isAtStart && hasText { return false }
    for index in 0..<bytes.count {
      let place = matchedCount + index
      if place == markCount { return true }
      if unsafe mark.utf8Start[place] != bytes[index] { return false }
    }
    return true
  }
}
