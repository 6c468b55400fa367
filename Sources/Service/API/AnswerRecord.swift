/// The items of a streamed response and their texts: what marks them is no byte of UTF-8.
@safe public struct AnswerRecord {
  /// Bytes of a piece of an answer that is recorded at once, with the marks around it.
  static let pieceByteCountMax = 4096
  private static let thoughts: UInt8 = 0xf8
  private static let content: UInt8 = 0xf9
  private static let call: UInt8 = 0xfa
  private static let endOfName: UInt8 = 0xfb

  private let bytes: UnsafeMutableRawPointer
  private let capacity: Int
  private(set) var count = 0

  /// - Parameter bytes: room for `capacity` bytes.
  init(_ bytes: UnsafeMutableRawPointer, capacity: Int) {
    unsafe self.bytes = unsafe bytes
    self.capacity = capacity
  }

  /// Whether another piece may not fit.
  var isFull: Bool { capacity - count < Self.pieceByteCountMax }

  mutating func removeAll() { count = 0 }

  private mutating func append(byte: UInt8) {
    precondition(count < capacity)
    unsafe bytes.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  mutating func append(_ text: Span<UInt8>) {
    for index in 0..<text.count { append(byte: text[index]) }
  }

  /// An item begins.
  mutating func append(_ member: CompletionAnswer.Member) {
    append(byte: member == .thoughts ? Self.thoughts : member == .calls ? Self.call : Self.content)
  }

  /// The arguments of a call follow.
  mutating func endName() { append(byte: Self.endOfName) }

  func member(at place: Int) -> CompletionAnswer.Member {
    switch byte(place) {
    case Self.thoughts: .thoughts
    case Self.call: .calls
    default: .content
    }
  }

  private func byte(_ place: Int) -> UInt8 {
    precondition(place < count)
    return unsafe bytes.load(fromByteOffset: place, as: UInt8.self)
  }

  /// The text from a place on, up to a mark, whole characters of it.
  func piece(at start: Int) -> UnsafeBufferPointer<UInt8> {
    var end = start
    while end < count && byte(end) < Self.thoughts {
      if end - start >= AnswerBuffer.pieceByteCountMax && byte(end) & 0xc0 != 0x80 { break }
      end += 1
    }
    return unsafe UnsafeBufferPointer(
      start: (bytes + start).assumingMemoryBound(to: UInt8.self), count: end - start)
  }
}
