import CPlatform

/// A small file whose text the kernel makes anew each time that it is read: it stays open, so that
/// it can be read where nothing can be opened. Whoever opened it closes it.
public struct SensorFile: BitwiseCopyable, Sendable {
  /// Bytes that are read of it: more than any single number that the kernel writes.
  public static let byteCountMax = 64
  private let descriptor: Int32

  /// Fills a list's unused places.
  public static var none: SensorFile { SensorFile(descriptor: -1) }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  /// nil where there is no file that can be read.
  @export(interface)
  public init?(path: UnsafePointer<CChar>) {
    let opened = unsafe edge_open_file(path)
    if opened < 0 { return nil }
    if edge_regular_file_size(opened) < 0 {
      _ = edge_close(opened)
      return nil
    }
    descriptor = opened
  }

  /// Reads from the start in a single call: a second one would have the kernel ask the sensor again.
  /// - Returns: the count of bytes; nil where there are none.
  @export(interface)
  public func read(into text: inout InlineArray<64, UInt8>) -> Int? {
    if descriptor < 0 { return nil }
    while true {
      let count = unsafe withUnsafeMutableBytes(of: &text) {
        unsafe edge_pread(descriptor, $0.baseAddress, $0.count, 0)
      }
      if count != Int64(-EINTR) { return count > 0 ? Int(count) : nil }
    }
  }

  public func close() {
    if descriptor >= 0 { _ = edge_close(descriptor) }
  }
}
