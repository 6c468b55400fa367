import Platform

/// The texts of `--stop`: where one of them comes in the answer, the answer ends before it.
@safe struct StopTexts {
  static let countMax = 8
  /// Bytes of one text, which may have to be held back until it is known whether it comes.
  static let byteCountMax = 256
  private(set) var count = 0
  private var texts: InlineArray<8, UnsafePointer<CChar>?>

  init() { unsafe texts = InlineArray(repeating: nil) }

  /// The bytes of text `index`.
  subscript(index: Int) -> UnsafePointer<CChar> { unsafe texts[index]! }

  /// Takes an argument's value, which must stay where it is.
  mutating func append(
    _ text: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) {
    if count == Self.countMax {
      throw console.fail(.usage, "--stop may be given 8 times at most")
    }
    let byteCount = unsafe cStringSpan(text).count
    if byteCount == 0 { throw console.fail(.usage, "--stop: a text must not be empty") }
    if byteCount > Self.byteCountMax {
      throw console.fail(.usage, "--stop: a text has 256 bytes at most")
    }
    unsafe append(checked: text)
  }

  /// Takes a text that is neither empty nor too long, for which there is room; it must stay where it
  /// is.
  mutating func append(checked text: UnsafePointer<CChar>) {
    unsafe texts[count] = unsafe text
    count += 1
  }
}

/// Passes text on to an output up to the first stop text. What may be the beginning of one is held
/// back until it is known.
///
/// For each stop text it follows how much of its beginning the latest bytes are (Knuth, Morris and
/// Pratt, "Fast pattern matching in strings", 1977).
/// - Complexity: O(bytes) for each stop text.
@safe struct StopFilter<Output: ByteSink & ~Copyable>: ~Copyable, ByteSink {
  var output: Output
  /// Whether a stop text has come; nothing is passed on any more.
  private(set) var isStopped = false
  private let stops: StopTexts
  private var counts = InlineArray<8, Int>(repeating: 0)
  /// Bytes of each stop text's beginning that the latest bytes are.
  private var matched = InlineArray<8, Int>(repeating: 0)
  /// `[text][n]`: the longest beginning of the text, shorter than n + 1, that its first n + 1 bytes
  /// end with.
  private var borders = InlineArray<2048, UInt16>(repeating: 0)
  private var held = InlineArray<256, UInt8>(repeating: 0)
  private var heldCount = 0

  init(_ output: consuming Output, _ stops: StopTexts) {
    self.output = output
    self.stops = stops
    for text in 0..<stops.count { prepare(text) }
  }

  private mutating func prepare(_ text: Int) {
    counts[text] = unsafe cStringSpan(stops[text]).count
    for index in 1..<max(counts[text], 1) {
      let border = extended(text, border: border(text, index), by: byte(text, index))
      borders[text * StopTexts.byteCountMax + index] = UInt16(border)
    }
  }

  private func byte(_ text: Int, _ index: Int) -> UInt8 {
    unsafe UInt8(bitPattern: stops[text][index])
  }

  /// Of the text's first `count` bytes.
  private func border(_ text: Int, _ count: Int) -> Int {
    count == 0 ? 0 : Int(borders[text * StopTexts.byteCountMax + count - 1])
  }

  /// The longest beginning of the text that `border` bytes of it and `next` end with.
  private func extended(_ text: Int, border start: Int, by next: UInt8) -> Int {
    var count = start
    while count > 0 && byte(text, count) != next { count = border(text, count) }
    return byte(text, count) == next ? count + 1 : 0
  }

  mutating func write(byte next: UInt8) {
    if isStopped { return }
    if stops.count == 0 {
      output.write(byte: next)
      return
    }
    var longest = 0
    var complete = 0
    for text in 0..<stops.count {
      matched[text] = extended(text, border: matched[text], by: next)
      longest = max(longest, matched[text])
      if matched[text] == counts[text] { complete = max(complete, counts[text]) }
    }
    if complete > 0 {
      // The last byte has not been held.
      release(heldCount + 1 - complete)
      isStopped = true
      return
    }
    // All but the last byte of `longest`, which is not yet held.
    let keep = max(longest - 1, 0)
    release(heldCount - keep)
    if longest > 0 {
      held[heldCount] = next
      heldCount += 1
    } else {
      output.write(byte: next)
    }
  }

  /// Passes on the first bytes that are held.
  private mutating func release(_ count: Int) {
    if count <= 0 { return }
    for index in 0..<count { output.write(byte: held[index]) }
    for index in count..<heldCount { held[index - count] = held[index] }
    heldCount -= count
  }

  /// Ends the text: what is held begins no stop text.
  mutating func finish() {
    if !isStopped { release(heldCount) }
  }
}
