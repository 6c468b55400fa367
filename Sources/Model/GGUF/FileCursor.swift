import Platform

/// A place in a file that moves forward, reading through a small buffer of the caller. Everything
/// it gives out lies within the file: a length is compared with what is left before it is used.
///
/// The file is passed to each call because a cursor cannot own it: several cursors may share one.
@safe struct FileCursor {
  private let buffer: UnsafeMutableRawBufferPointer
  let fileByteCount: Int
  /// Bytes from the start of the file.
  private(set) var position: Int
  /// The part of the file that the buffer holds.
  private var loadedStart = 0
  private var loadedEnd = 0

  /// - Parameter position: at most `fileByteCount`.
  init(_ buffer: UnsafeMutableRawBufferPointer, at position: Int, fileByteCount: Int) {
    unsafe self.buffer = unsafe buffer
    self.position = position
    self.fileByteCount = fileByteCount
  }

  var remainingByteCount: Int { fileByteCount - position }

  /// - Parameter position: a place that an earlier check found within the file.
  mutating func move(to position: Int) {
    precondition(position >= 0 && position <= fileByteCount)
    self.position = position
  }

  /// Moves over `count` bytes.
  mutating func skip(_ count: UInt64, _ field: StaticString) throws(ModelError) {
    if count > UInt64(remainingByteCount) { throw truncated(field) }
    position += Int(count)
  }

  /// The next `count` bytes, which stay in place until the next call.
  /// - Parameter count: at most the size of the buffer.
  @export(interface)
  mutating func bytes(
    _ count: Int, _ field: StaticString, of file: borrowing InputFile
  ) throws(ModelError) -> UnsafeRawBufferPointer {
    if count > remainingByteCount { throw truncated(field) }
    if position < loadedStart || position + count > loadedEnd {
      try load(of: file)
      if position + count > loadedEnd { throw truncated(field) }
    }
    let start = position - loadedStart
    position += count
    return unsafe UnsafeRawBufferPointer(rebasing: buffer[start..<start + count])
  }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ field: StaticString, of file: borrowing InputFile
  ) throws(ModelError) -> Value {
    let bytes = unsafe try bytes(MemoryLayout<Value>.size, field, of: file)
    return unsafe Value(littleEndian: bytes.loadUnaligned(as: Value.self))
  }

  /// A length as GGUF writes it before a string.
  mutating func length(
    _ field: StaticString, of file: borrowing InputFile
  ) throws(ModelError) -> Int {
    let count = try integer(UInt64.self, field, of: file)
    if count > UInt64(remainingByteCount) { throw truncated(field) }
    return Int(count)
  }

  /// A count or length that has a limit of its own.
  mutating func count(
    _ field: StaticString, minimum: Int, maximum: Int, of file: borrowing InputFile
  ) throws(ModelError) -> Int {
    let value = try integer(UInt64.self, field, of: file)
    if value < UInt64(minimum) || value > UInt64(maximum) {
      throw .limit(
        field: field, value: value, minimum: minimum, maximum: maximum, offset: position)
    }
    return Int(value)
  }

  private mutating func load(of file: borrowing InputFile) throws(ModelError) {
    loadedStart = position
    loadedEnd = position
    do {
      loadedEnd += unsafe try file.read(into: buffer, at: position)
    } catch {
      throw .file(error)
    }
  }

  private func truncated(_ field: StaticString) -> ModelError {
    .truncated(field: field, offset: position, fileByteCount: fileByteCount)
  }
}
