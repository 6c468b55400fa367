import Platform

/// All that is known of a model before its weights are read.
struct ModelHeader: Sendable {
  let version: UInt32
  let name: Excerpt
  let shape: ModelShape
  let tokenizer: TokenizerFacts
  let directory: TensorDirectory

  /// Reads and checks the whole header. The buffer is not used after the call.
  init(
    _ file: borrowing InputFile, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    var cursor = unsafe FileCursor(buffer, at: 0, fileByteCount: file.byteCount)
    let preamble = try Preamble(&cursor, of: file)
    let metadata = try Metadata(&cursor, of: file, keyCount: preamble.keyCount)
    try metadata.checkIsSupported()
    var shape = try metadata.shape(&cursor, of: file)
    tokenizer = try TokenizerFacts(
      metadata, vocabularyCount: shape.vocabularyCount, &cursor, of: file)
    name = try metadata.text(.name, &cursor, of: file) ?? Excerpt()
    directory = try TensorDirectory(
      &cursor, of: file, tensorCount: preamble.tensorCount, alignment: metadata.alignment())
    var checker = TensorChecker(shape: shape)
    unsafe try directory.forEach(file, buffer, &checker)
    try checker.checkIsComplete()
    shape.isOutputTied = !checker.isSeen(.output)
    shape.hasBias = checker.isSeen(.layer(0, .queryBias))
    shape.hasRopeFactors = checker.isSeen(.ropeFactors)
    self.shape = shape
    version = preamble.version
  }
}
