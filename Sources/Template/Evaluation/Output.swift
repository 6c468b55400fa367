/// The text that a template makes, as a row of parts. The template's own text and short ones of the
/// conversation are copied; longer ones of the conversation stay where they are. Adjacent parts of the
/// same kind are one, so that a special token is found although several expressions have written it.
struct Output {
  /// Texts of the conversation that are longer are not copied.
  static let copiedByteCountMax = 64

  private let memory: TemplateMemory
  private let range: Range<Int>
  /// Bytes from the start, parts from the end of the memory.
  private(set) var bytesEnd: Int
  private(set) var count = 0
  /// Parts before it are of what was written before the capture that is going on.
  private(set) var base = 0

  init(_ memory: TemplateMemory, _ range: Range<Int>) {
    self.memory = memory
    self.range = range
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

  /// - Parameters:
  ///   - text: of one part.
  ///   - stays: whether its bytes stay until the output is read.
  /// - Returns: false if there is no room.
  mutating func append(_ text: Value, stays: Bool) -> Bool {
    if text.flags.contains(.streamed) { return add(text) }
    let count = text.length
    if count == 0 { return true }
    let flags = text.flags.intersection(.foreign)
    if stays && count > Self.copiedByteCountMax && flags == .foreign {
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
    return capture
  }

  /// The parts since then have been taken.
  mutating func endCapture(_ capture: Capture) {
    base = capture.base
    count = capture.count
    bytesEnd = capture.bytesEnd
  }
}
