/// The text that a template makes, as a row of parts. The template's own text and short ones of the
/// conversation are copied; longer ones of the conversation stay where they are. Adjacent parts of the
/// same kind are one, so that a special token is found although several expressions have written it.
///
/// Of a text that has more parts or bytes of its own than there is memory for, a piece is kept: it
/// begins at `start`, and ends at `end`. Places count bytes, and one for a text that is read later.
struct Output {
  /// Texts of the conversation that are longer are not copied.
  static let copiedByteCountMax = 64

  private let memory: TemplateMemory
  private let range: Range<Int>
  let start: Int
  private(set) var end: Int
  /// What has been written so far.
  private(set) var position = 0
  /// The text goes on behind `end`.
  private(set) var isFull = false
  /// A part is read later.
  private(set) var hasStreamed = false
  private var captureDepth = 0
  /// Bytes from the start, parts from the end of the memory.
  private(set) var bytesEnd: Int
  private(set) var count = 0
  /// Parts before it are of what was written before the capture that is going on.
  private(set) var base = 0

  init(_ memory: TemplateMemory, _ range: Range<Int>, from start: Int) {
    self.memory = memory
    self.range = range
    self.start = start
    end = start
    bytesEnd = range.lowerBound
  }

  func part(_ index: Int) -> Value {
    memory.load(range.upperBound - (index + 1) * Heap.cellByteCount, as: Value.self)
  }

  private func setPart(_ index: Int, _ value: Value) {
    memory.store(value, at: range.upperBound - (index + 1) * Heap.cellByteCount)
  }

  private var partsStart: Int { range.upperBound - count * Heap.cellByteCount }

  /// Whether the memory that begins here is the output's.
  func holds(_ offset: Int) -> Bool { range.contains(offset) }

  /// Bytes of a part, or one for a text that is read later.
  static func size(_ part: Value) -> Int { part.flags.contains(.streamed) ? 1 : part.length }

  /// - Parameters:
  ///   - text: of one part.
  ///   - stays: whether its bytes stay until the output is read.
  /// - Returns: false if there is no room, or a piece behind the first one is whole.
  mutating func append(_ text: Value, stays: Bool) -> Bool {
    if captureDepth > 0 { return put(text, stays: stays) }
    if isFull && start > 0 { return false }
    let size = Self.size(text)
    let skipped = start - position
    position += size
    if text.flags.contains(.streamed) { hasStreamed = true }
    if isFull || size == 0 || skipped >= size { return true }
    var text = text
    if skipped > 0 {
      text.bits += UInt64(skipped)
      text.count -= UInt32(skipped)
    }
    // What is captured later has the other half of the memory.
    let room = partsStart - Heap.cellByteCount - bytesEnd - range.count / 2
    if text.length > room && !stands(text, stays: stays) || room < 0 {
      if count == 0 && room > 0 {
        text.count = UInt32(room)
        if !put(text, stays: stays) { return false }
        end += room
      }
      endPiece(before: text)
      return true
    }
    end += Self.size(text)
    return put(text, stays: stays)
  }

  /// The piece ends before a text, or before its own last bytes if they may be the beginning of a special
  /// token that the text goes on with.
  private mutating func endPiece(before text: Value) {
    isFull = true
    let last = part(count - 1)
    if last.flags.union(text.flags).contains(.foreign) { return }
    if count > 1 {
      end -= last.length
      count -= 1
      return
    }
    var kept = last.length
    while kept > 0 && memory.byte(last.offset + kept - 1) != UInt8(ascii: "\n") { kept -= 1 }
    if kept == 0 { return }
    end -= last.length - kept
    setPart(0, .text(at: last.offset, count: kept, flags: last.flags))
  }

  /// Whether a text is not copied.
  private func stands(_ text: Value, stays: Bool) -> Bool {
    if text.flags.contains(.streamed) { return true }
    return stays && text.length > Self.copiedByteCountMax && text.flags.contains(.foreign)
  }

  private mutating func put(_ text: Value, stays: Bool) -> Bool {
    if text.flags.contains(.streamed) { return add(text) }
    let count = text.length
    if count == 0 { return true }
    let flags = text.flags.intersection(.foreign)
    if stands(text, stays: stays) {
      return add(.text(at: text.offset, count: count, flags: flags))
    }
    if bytesEnd + count > partsStart { return false }
    memory.copy(from: text.offset, to: bytesEnd, count: count)
    bytesEnd += count
    return add(.text(at: bytesEnd - count, count: count, flags: flags))
  }

  private mutating func add(_ text: Value) -> Bool {
    if count > base && !text.flags.contains(.streamed) {
      var last = part(count - 1)
      if last.flags == text.flags && last.offset + last.length == text.offset {
        last.count += text.count
        setPart(count - 1, last)
        return true
      }
    }
    if partsStart - Heap.cellByteCount < bytesEnd { return false }
    setPart(count, text)
    count += 1
    return true
  }

  /// What is written from here on belongs to a value.
  struct Capture {
    var base: Int
    var count: Int
    var bytesEnd: Int
  }

  mutating func beginCapture() -> Capture {
    let capture = Capture(base: base, count: count, bytesEnd: bytesEnd)
    base = count
    captureDepth += 1
    return capture
  }

  /// The parts since then have been taken.
  mutating func endCapture(_ capture: Capture) {
    captureDepth -= 1
    base = capture.base
    count = capture.count
    bytesEnd = capture.bytesEnd
  }
}
