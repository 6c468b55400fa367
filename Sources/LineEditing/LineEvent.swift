/// What reading a message comes to.
public enum LineEvent: Sendable {
  /// So many bytes, without the newline at their end.
  case line(Int)
  /// The input has ended.
  case end
  /// More bytes than a message may have.
  case tooLong
}
