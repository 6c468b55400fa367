import Platform

/// All that is known of a model from the header of its file, or of its first part.
struct ModelHeader: Sendable {
  let version: UInt32
  let name: Excerpt
  /// Whether the output head is tied, and what else tensors tell, is known from the tensors of all parts.
  let shape: ModelShape
  var tokenizer: TokenizerFacts
  let split: SplitFacts
  let directory: TensorDirectory

  /// Reads and checks all but the entries of the directory. The buffer is not used after the call.
  /// - Parameter path: of this file; nil for one that need not be the first of several.
  init(
    _ file: borrowing InputFile, path: PartPath?,
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    var cursor = unsafe FileCursor(buffer, at: 0, fileByteCount: file.byteCount)
    let preamble = try Preamble(&cursor, of: file)
    let metadata = try Metadata(&cursor, of: file, keyCount: preamble.keyCount)
    split = try SplitFacts(metadata)
    // Before other keys: a further part has none of them.
    if let path { try path.checkIsFirst(split) }
    try metadata.checkIsSupported(&cursor, of: file)
    shape = try metadata.shape(&cursor, of: file)
    tokenizer = try TokenizerFacts(
      metadata, vocabularyCount: shape.vocabularyCount, &cursor, of: file)
    name = try metadata.text(.name, &cursor, of: file) ?? Excerpt()
    directory = try TensorDirectory(
      &cursor, of: file, tensorCount: preamble.tensorCount, alignment: metadata.alignment())
    version = preamble.version
  }
}
