import Platform
import Tokenizer

/// The bytes of a prompt, from memory or from a stream, counted as they are read.
@safe public struct PromptBytes: ByteSource, ~Copyable {
  private var memory: MemoryInput?
  private var stream: InputStream?
  private let readCount: UnsafeMutablePointer<Int>
  /// Of the whole prompt; nil for a stream without an end of its own.
  public let byteCount: Int?

  /// - Parameters:
  ///   - text: zero-terminated; it must stay where it is.
  ///   - readCount: where the count of bytes read so far is kept.
  @export(interface)
  public init(text: UnsafePointer<CChar>, readCount: UnsafeMutablePointer<Int>) {
    memory = unsafe MemoryInput(cString: text)
    stream = nil
    unsafe self.readCount = unsafe readCount
    var count = 0
    while unsafe text[count] != 0 { count += 1 }
    byteCount = count
  }

  @export(interface)
  public init(stream: consuming InputStream, readCount: UnsafeMutablePointer<Int>) {
    byteCount = stream.byteCount
    memory = nil
    self.stream = consume stream
    unsafe self.readCount = unsafe readCount
  }

  @export(interface)
  public mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(SystemFailure) -> Int {
    let count = unsafe try readPart(into: target)
    unsafe readCount.pointee += count
    return count
  }

  private mutating func readPart(
    into target: UnsafeMutableRawBufferPointer
  ) throws(SystemFailure) -> Int {
    if memory != nil { return unsafe memory!.read(into: target) }
    return stream == nil ? 0 : unsafe try stream!.read(into: target)
  }
}
