/// Bounds of a request's parts. All of them are held in place: nothing grows with the request.
public enum HTTPLimits {
  /// Bytes of the request line, or of a header line, without its end: RFC 9112, section 3, wants
  /// 8000 at least.
  public static let lineByteCountMax = 8192
  /// Bytes of the request line and all header lines, with their ends.
  public static let headByteCountMax = 32 * 1024
  public static let headerCountMax = 100
  /// Empty lines before a request line (RFC 9112, section 2.2).
  public static let leadingEmptyLineCountMax = 1
  /// Bytes of a Host field: a name has 253, a port and its colon 6.
  public static let hostByteCountMax = 259
  /// Bytes of a bearer token that can be right.
  public static let bearerByteCountMax = 256
  /// Bytes of the line with a chunk's size and its extensions.
  public static let chunkLineByteCountMax = 256
  /// Bytes of the extensions of all chunks of a body.
  public static let chunkExtensionByteCountMax = 4096
  public static let trailerCountMax = 16
  /// Bytes of all trailer lines, with their ends.
  public static let trailerByteCountMax = 4096
}
