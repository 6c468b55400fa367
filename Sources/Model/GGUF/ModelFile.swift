import Memory
import Platform

/// An open model whose headers were read and checked: one file, the parts of a split model as
/// llama.cpp's gguf-split writes them, or a packed model. The weights stay in the files.
///
/// No memory is held but this value: every call that walks a header reads through a buffer of the
/// caller, of at least `GGUF.bufferByteCountMin` bytes.
public struct ModelFile: ~Copyable {
  /// The only file, or the first part: the one that has the metadata.
  let file: InputFile
  private var header: ModelHeader
  let furtherParts: FurtherParts
  public let shape: ModelShape
  /// Nil for a GGUF file. The tensors of a packed model are listed, but cannot be read.
  public let packed: PackedModel?
  private let inPlace = InPlace()

  /// Reads the header, and those of further parts, which must lie beside the first. Every key that
  /// is used, every tensor's name, type, shape and place in its file have been checked when this
  /// returns.
  /// - Parameter needsWeights: false if only the vocabulary is used: a file without any tensor then
  ///   will do.
  @export(interface)
  public init(
    path: UnsafePointer<CChar>, buffer: UnsafeMutableRawBufferPointer, needsWeights: Bool = true
  ) throws(ModelError) {
    precondition(buffer.count >= GGUF.bufferByteCountMin)
    var file = unsafe try InputFile(model: path)
    let path = unsafe PartPath(path)
    let packed = unsafe try PackedModel(file, buffer)
    if let packed {
      file.selectPart(from: PackedHeader.byteCount, byteCount: packed.firstByteCount)
    }
    let header = unsafe try ModelHeader(file, path: packed == nil ? path : nil, buffer)
    let partCount = packed == nil ? header.split.count : 1
    let furtherParts = unsafe try FurtherParts(partCount, of: header, path, buffer)
    if let packed {
      shape = try packed.complete(header.shape)
    } else if !needsWeights && header.directory.tensorCount == 0 && partCount == 1 {
      shape = header.shape
    } else {
      var checker = TensorChecker(shape: header.shape)
      unsafe try header.directory.forEach(file, part: 0, buffer, &checker)
      unsafe try furtherParts.forEachTensor(buffer, &checker)
      shape = try checker.complete()
    }
    self.packed = packed
    self.header = header
    self.file = file
    self.furtherParts = furtherParts
  }

  /// GGUF's version.
  public var version: UInt32 { header.version }

  /// general.name; empty if absent.
  public var name: Excerpt { header.name }

  public var tokenizer: TokenizerFacts { header.tokenizer }

  /// From here on `tokenizer.preTokenizer` is that one, whatever the file says.
  public mutating func setPreTokenizer(_ name: Excerpt) { header.tokenizer.preTokenizer = name }

  /// Files: 1 for a model that is not split.
  public var partCount: Int { furtherParts.count }

  func byteCount(ofPart index: Int) -> Int {
    index == 0 ? file.byteCount : furtherParts.byteCount(ofPart: index)
  }

  /// Bytes of the first file before its tensors' data.
  var metadataByteCount: Int { min(header.directory.dataOffset, file.byteCount) }

  /// Bytes of all files.
  public var byteCount: Int { file.byteCount + furtherParts.byteCount }

  /// Tensors of all files.
  public var tensorCount: Int { header.directory.tensorCount + furtherParts.tensorCount }

  /// Walks the directories of tensors, needed or not, part by part.
  public func forEachTensor<Visitor: TensorVisitor & ~Copyable>(
    buffer: UnsafeMutableRawBufferPointer, _ visitor: inout Visitor
  ) throws(ModelError) {
    precondition(buffer.count >= GGUF.bufferByteCountMin)
    unsafe try header.directory.forEach(file, part: 0, buffer, &visitor)
    unsafe try furtherParts.forEachTensor(buffer, &visitor)
  }

  /// Fills `target` from a file. Safe to call from several threads at once.
  /// - Parameters:
  ///   - offset: in bytes from the start of the file.
  ///   - part: 0 for the only file or the first part.
  @export(interface)
  public func read(
    into target: UnsafeMutableRawBufferPointer, at offset: Int, part: Int = 0
  ) throws(ModelError) {
    if part == 0 {
      unsafe try file.fill(target, at: offset)
    } else {
      unsafe try furtherParts.read(into: target, at: offset, part: part)
    }
  }

  /// Puts pages of a packed model in place of mapped memory; see `InputFile.map`.
  public func map(_ image: PackedImage, over target: UnsafeMutableRawBufferPointer) -> Bool {
    unsafe file.map(over: target, at: image.offset)
  }

  /// Lets the system take back the memory in which it keeps what was read of the files, unless it is
  /// what the weights lie in.
  @export(interface)
  public func releaseCachedPages() {
    if packed != nil { return }
    file.releaseCachedPages()
    furtherParts.releaseCachedPages()
  }

  /// Copies a text of the metadata.
  /// - Parameter target: as many bytes.
  public func read(
    _ text: FileRange, into target: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    precondition(target.count == text.byteCount)
    unsafe try read(into: target, at: text.offset)
  }

  /// Copies tokenizer.chat_template and returns its byte count; 0 if there is none.
  /// - Parameter target: at least `tokenizer.chatTemplate.byteCount` bytes.
  @export(interface)
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
