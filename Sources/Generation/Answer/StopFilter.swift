import Platform

/// Passes text on to an output up to the first stop text. What may be the beginning of one is held
/// back until it is known.
///
/// For each stop text it follows how much of its beginning the latest bytes are (Knuth, Morris and
/// Pratt, "Fast pattern matching in strings", 1977).
/// - Complexity: O(bytes) for each stop text.
public struct StopFilter: ~Copyable {
  /// Whether a stop text has come; nothing is passed on any more.
  public var isStopped: Bool { stoppingText != nil }
  /// The stop text that has come; of several, the longest.
  public private(set) var stoppingText: Int?
  private let stops: StopTexts
  /// Bytes of each stop text's beginning that the latest bytes are.
  private var matched = StopTexts.PerText<Int>(repeating: 0)
  /// `[text][n]`: the longest beginning of the text, shorter than n + 1, that its first n + 1 bytes
  /// end with.
  private var borders = StopTexts.PerText<StopTexts.PerByte<UInt16>>(
    repeating: StopTexts.PerByte<UInt16>(repeating: 0))
  private var held = StopTexts.PerByte<UInt8>(repeating: 0)
  private var heldCount = 0

  public init(_ stops: StopTexts) {
    self.stops = stops
    for text in 0..<stops.count { prepare(text) }
  }

  private mutating func prepare(_ text: Int) {
    for index in 1..<stops.byteCount(text) {
      let border = extended(text, border: border(text, index), by: stops.byte(text, index))
      borders[text][index] = UInt16(border)
    }
  }

  /// Of the text's first `count` bytes.
  private func border(_ text: Int, _ count: Int) -> Int {
    count == 0 ? 0 : Int(borders[text][count - 1])
  }

  /// The longest beginning of the text that `border` bytes of it and `next` end with.
  private func extended(_ text: Int, border start: Int, by next: UInt8) -> Int {
    var count = start
    while count > 0 && (count == stops.byteCount(text) || stops.byte(text, count) != next) {
      count = border(text, count)
    }
    return stops.byte(text, count) == next ? count + 1 : 0
  }

  public mutating func write<Sink: ByteSink & ~Copyable>(byte next: UInt8, to sink: inout Sink) {
    if isStopped { return }
    if stops.count == 0 {
      sink.write(byte: next)
      return
    }
    var longest = 0
    var complete = 0
    var completeText: Int?
    for text in 0..<stops.count {
      matched[text] = extended(text, border: matched[text], by: next)
      longest = max(longest, matched[text])
      if matched[text] == stops.byteCount(text) && matched[text] > complete {
        (complete, completeText) = (matched[text], text)
      }
    }
    if complete > 0 {
      // The last byte has not been held.
      release(heldCount + 1 - complete, to: &sink)
      stoppingText = completeText
      return
    }
    // All but the last byte of `longest`, which is not yet held.
    let keep = max(longest - 1, 0)
    release(heldCount - keep, to: &sink)
    if longest > 0 {
      held[heldCount] = next
      heldCount += 1
    } else {
      sink.write(byte: next)
    }
  }

  /// Passes on the first bytes that are held.
  private mutating func release<Sink: ByteSink & ~Copyable>(_ count: Int, to sink: inout Sink) {
    if count <= 0 { return }
    for index in 0..<count { sink.write(byte: held[index]) }
    for index in count..<heldCount { held[index - count] = held[index] }
    heldCount -= count
  }

  /// Ends the text: what is held begins no stop text.
  public mutating func finish<Sink: ByteSink & ~Copyable>(to sink: inout Sink) {
    if !isStopped { release(heldCount, to: &sink) }
  }
}
