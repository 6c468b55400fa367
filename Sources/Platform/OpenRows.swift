import CPlatform

/// A part of an open file that is read at given offsets for as long as a program runs, from any thread:
/// a descriptor of its own, which whoever holds it closes.
public struct OpenRows: Sendable, BitwiseCopyable {
  private let descriptor: Int32
  /// Where the part begins.
  private let start: Int

  fileprivate init(descriptor: Int32, start: Int) {
    self.descriptor = descriptor
    self.start = start
  }

  /// Fills `target` from the part.
  /// - Returns: false if the file ends before, or cannot be read.
  @export(interface)
  public func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) -> Bool {
    var done = 0
    while done < target.count {
      let got = unsafe edge_pread(
        descriptor, target.baseAddress! + done, target.count - done, Int64(start + offset + done))
      if got == Int64(-EINTR) { continue }
      if got <= 0 { return false }
      done += Int(got)
    }
    return true
  }

  public func close() { _ = edge_close(descriptor) }
}

extension InputFile {
  /// - Parameter offset: where the part begins.
  @export(interface)
  public func openRows(at offset: Int) throws(SystemFailure) -> OpenRows {
    let opened = edge_duplicate(descriptor)
    if opened < 0 { throw SystemFailure("open", code: -opened) }
    return OpenRows(descriptor: opened, start: start + offset)
  }
}
