import Platform

/// Cuts standard input, where it is no terminal, into lines.
@safe public struct LineReader: ~Copyable {
  private let layout: LineLayout
  private let stream = InputStream.standardInput
  private var filled = 0
  private var used = 0

  public init(_ layout: LineLayout) { self.layout = layout }

  /// Puts the next line into `layout.line`. The last one needs no newline.
  @export(interface)
  public mutating func next() throws(SystemFailure) -> LineEvent {
    var count = 0
    while let byte = try take() {
      if byte == UInt8(ascii: "\n") { return .line(withoutReturn(count)) }
      if count == LineLayout.lineByteCountMax { return .tooLong }
      unsafe layout.line[count] = byte
      count += 1
    }
    return count > 0 ? .line(withoutReturn(count)) : .end
  }

  /// A line may end with a carriage return too.
  private func withoutReturn(_ count: Int) -> Int {
    if count > 0, unsafe layout.line[count - 1] == UInt8(ascii: "\r") { return count - 1 }
    return count
  }

  private mutating func take() throws(SystemFailure) -> UInt8? {
    if used == filled {
      filled = unsafe try stream.read(into: layout.input)
      used = 0
      if filled == 0 { return nil }
    }
    used += 1
    return unsafe layout.input[used - 1]
  }
}
