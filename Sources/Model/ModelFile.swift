import Platform

/// An open model whose header was read and checked. The weights stay in the file.
///
/// No memory is held but this value: every call that walks the header reads through a buffer of the
/// caller, of at least `GGUF.bufferByteCountMin` bytes.
public struct ModelFile: ~Copyable {
  public let file: InputFile
  private let header: ModelHeader

  /// Reads the header. Every key that is used, every tensor's name, type, shape and place in the
  /// file have been checked when this returns.
  public init(
    path: UnsafePointer<CChar>, buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    precondition(buffer.count >= GGUF.bufferByteCountMin)
    let file = unsafe try Self.open(path)
    header = unsafe try ModelHeader(file, buffer)
    self.file = file
  }

  private static func open(_ path: UnsafePointer<CChar>) throws(ModelError) -> InputFile {
    do {
      return unsafe try InputFile(path: path)
    } catch {
      throw .file(error)
    }
  }

  /// GGUF's version.
  public var version: UInt32 { header.version }

  /// general.name; empty where absent.
  public var name: Excerpt { header.name }

  public var shape: ModelShape { header.shape }

  public var tokenizer: TokenizerFacts { header.tokenizer }

  public var tensorCount: Int { header.directory.tensorCount }

  /// Walks the directory of tensors, needed or not.
  public func forEachTensor<Visitor: TensorVisitor & ~Copyable>(
    buffer: UnsafeMutableRawBufferPointer, _ visitor: inout Visitor
  ) throws(ModelError) {
    precondition(buffer.count >= GGUF.bufferByteCountMin)
    unsafe try header.directory.forEach(file, buffer, &visitor)
  }

  /// Fills `target` from the file. Safe to call from several threads at once.
  /// - Parameter offset: in bytes from the start of the file.
  public func read(
    into target: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(ModelError) {
    let count: Int
    do {
      count = unsafe try file.read(into: target, at: offset)
    } catch {
      throw .file(error)
    }
    if count < target.count {
      throw .truncated(
        field: "the data of a tensor", offset: offset, fileByteCount: file.byteCount)
    }
  }

  /// Copies tokenizer.chat_template and returns its byte count; 0 where there is none.
  /// - Parameter target: at least `tokenizer.chatTemplate.byteCount` bytes.
  public func readChatTemplate(
    into target: UnsafeMutableRawBufferPointer
  ) throws(ModelError) -> Int {
    guard let range = tokenizer.chatTemplate else { return 0 }
    precondition(target.count >= range.byteCount)
    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: target[..<range.byteCount])
    unsafe try read(into: part, at: range.offset)
    return range.byteCount
  }
}
