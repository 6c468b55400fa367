import Generation
import Platform

/// The text of an answer between the generator, which writes what one token gives, and the connection,
/// which takes it as there is room.
@safe struct AnswerBuffer: ByteSink {
  /// Bytes of a piece.
  static let pieceByteCountMax = 1024
  private static let characterByteCountMax = 4
  /// A byte of a token may become U+FFFD, which has three.
  private static let replacementByteCount = 3

  private let bytes: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private var start = 0
  private var end = 0
  /// Bytes before it are thoughts.
  private var thoughtEnd = 0
  private var filter = ThoughtFilter(nil, isInThoughts: false)

  /// The most that the generator writes at once: a token, what a stop text held back, and what the
  /// decoder and the filter of thoughts held back.
  static func byteCountMax(longestTokenByteCount: Int) -> Int {
    replacementByteCount * (longestTokenByteCount + characterByteCountMax) + StopTexts.byteCountMax
      + ThoughtFilter.byteCountMax
  }

  init(_ bytes: UnsafeMutablePointer<UInt8>, capacity: Int) {
    unsafe self.bytes = unsafe bytes
    self.capacity = capacity
  }

  var isEmpty: Bool { start == end }

  mutating func removeAll() { (start, end, thoughtEnd) = (0, 0, 0) }

  /// Another text comes.
  mutating func begin(_ filter: ThoughtFilter) { self.filter = filter }

  mutating func write(byte: UInt8) {
    filter.accept(byte)
    takeFiltered()
  }

  /// The text is whole.
  mutating func finish() {
    filter.finish()
    takeFiltered()
  }

  private mutating func takeFiltered() {
    while let (byte, isThought) = filter.next() {
      precondition(end < capacity)
      unsafe bytes[end] = byte
      end += 1
      if isThought { thoughtEnd = end }
    }
  }

  /// Whether the next piece is of the model's thoughts.
  var isThought: Bool { start < thoughtEnd }

  /// The next piece: whole characters, and at least one of them.
  @_lifetime(borrow self)
  borrowing func piece(atMost limit: Int = AnswerBuffer.pieceByteCountMax) -> Span<UInt8> {
    let piece = unsafe Span(
      _unsafeStart: UnsafePointer(bytes) + start, count: pieceByteCount(limit))
    return unsafe _overrideLifetime(piece, borrowing: self)
  }

  /// The piece has been passed on.
  mutating func removePiece(atMost limit: Int = AnswerBuffer.pieceByteCountMax) {
    start += pieceByteCount(limit)
    if isEmpty { removeAll() }
  }

  /// A piece has room for one more character where it ends.
  private func pieceByteCount(_ most: Int) -> Int {
    let limit = isThought ? thoughtEnd : end
    var count = min(limit - start, most - Self.characterByteCountMax)
    while count < limit - start, unsafe bytes[start + count] & 0xc0 == 0x80 { count += 1 }
    return count
  }
}
