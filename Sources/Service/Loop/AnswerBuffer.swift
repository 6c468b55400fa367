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

  /// The most that the generator writes at once: a token, what a stop text held back, and what the
  /// decoder held back.
  static func byteCountMax(longestTokenByteCount: Int) -> Int {
    replacementByteCount * (longestTokenByteCount + characterByteCountMax) + StopTexts.byteCountMax
  }

  init(_ bytes: UnsafeMutablePointer<UInt8>, capacity: Int) {
    unsafe self.bytes = unsafe bytes
    self.capacity = capacity
  }

  var isEmpty: Bool { start == end }

  mutating func removeAll() { (start, end) = (0, 0) }

  mutating func write(byte: UInt8) {
    precondition(end < capacity)
    unsafe bytes[end] = byte
    end += 1
  }

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
  private func pieceByteCount(_ limit: Int) -> Int {
    var count = min(end - start, limit - Self.characterByteCountMax)
    while count < end - start, unsafe bytes[start + count] & 0xc0 == 0x80 { count += 1 }
    return count
  }
}
