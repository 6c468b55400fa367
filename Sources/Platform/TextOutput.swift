import CPlatform
@_exported import Text

/// Buffered text to a file descriptor, without allocation. The first failed write is remembered in
/// `failure` (an errno) and later output is dropped, so that the owner decides once what it means.
public struct TextOutput: ~Copyable, ByteSink {
  public static let bufferByteCount = 4096
  private let descriptor: Int32
  private var buffer = InlineArray<4096, UInt8>(repeating: 0)
  private var used = 0
  public private(set) var failure: Int32 = 0

  public init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  public static var standardOutput: TextOutput { TextOutput(descriptor: 1) }
  public static var standardError: TextOutput { TextOutput(descriptor: 2) }

  @export(interface)
  public mutating func flush() {
    let count = used
    used = 0
    if failure != 0 { return }
    failure = unsafe withUnsafePointer(to: buffer) {
      unsafe Self.writeAll(UnsafeRawPointer($0), count: count, to: descriptor)
    }
  }

  private static func writeAll(
    _ bytes: UnsafeRawPointer, count: Int, to descriptor: Int32
  ) -> Int32 {
    var done = 0
    while done < count {
      let written = unsafe edge_write(descriptor, bytes + done, count - done)
      if written == Int64(-EINTR) { continue }
      if written <= 0 { return written == 0 ? EIO : Int32(-written) }
      done += Int(written)
    }
    return 0
  }

  /// Bytes that are no text, past the buffer.
  @export(interface)
  public mutating func write(raw bytes: UnsafeRawBufferPointer) {
    flush()
    if failure != 0 || bytes.count == 0 { return }
    failure = unsafe Self.writeAll(bytes.baseAddress!, count: bytes.count, to: descriptor)
  }

  @export(interface)
  public mutating func write(byte: UInt8) {
    if used == Self.bufferByteCount { flush() }
    buffer[used] = byte
    used += 1
  }
}
