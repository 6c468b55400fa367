import CPlatform

/// A regular file that one process reads and writes at given offsets, and that does not grow while it
/// does: its space is taken before.
public struct FixedFile: ~Copyable {
  /// For reading; `byteCount` is the file's when it was opened.
  public var input: InputFile

  /// Opens a file, or makes an empty one.
  @export(interface)
  public init(path: UnsafePointer<CChar>) throws(SystemFailure) {
    let file = try InputFile(opened: unsafe edge_open_both(path))
    let locked = edge_lock_file(file.descriptor)
    if locked == -EWOULDBLOCK { throw SystemFailure("open", code: EBUSY) }
    if locked < 0 { throw SystemFailure("lock", code: -locked) }
    input = file
  }

  /// Takes the space for so many bytes. If there is too little, the file stays as long as it was.
  @export(interface)
  public func allocate(byteCount: Int) throws(SystemFailure) {
    // The system would fill the disk before it refuses.
    let hasRoom = byteCount - input.byteCount <= Int(edge_free_bytes(input.descriptor))
    let result = hasRoom ? edge_allocate(input.descriptor, Int64(byteCount)) : -ENOSPC
    if result == 0 { return }
    _ = edge_set_length(input.descriptor, Int64(input.byteCount))
    throw SystemFailure("take the space", code: -result)
  }

  /// Writes all of the bytes.
  @export(interface)
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemFailure) {
    var done = 0
    while done < bytes.count {
      let count = unsafe edge_pwrite(
        input.descriptor, bytes.baseAddress! + done, bytes.count - done, Int64(offset + done))
      if count == Int64(-EINTR) { continue }
      if count < 0 { throw SystemFailure("write", code: Int32(-count)) }
      done += Int(count)
    }
  }
}
