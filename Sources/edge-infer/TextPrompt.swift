import Inference
import Platform
import Tokenizer

/// The bytes of a prompt, from the command line or from a stream, counted as they are read.
@safe struct PromptBytes: ByteSource, ~Copyable {
  private var memory: MemoryInput?
  private var stream: InputStream?
  private let readCount: UnsafeMutablePointer<Int>
  /// Of the whole prompt; nil for a stream without an end of its own.
  let byteCount: Int?

  /// - Parameter readCount: where the count of bytes read so far is kept.
  init(argument: UnsafePointer<CChar>, readCount: UnsafeMutablePointer<Int>) {
    memory = unsafe MemoryInput(cString: argument)
    stream = nil
    unsafe self.readCount = unsafe readCount
    byteCount = unsafe cStringSpan(argument).count
  }

  init(stream: consuming InputStream, readCount: UnsafeMutablePointer<Int>) {
    byteCount = stream.byteCount
    memory = nil
    self.stream = consume stream
    unsafe self.readCount = unsafe readCount
  }

  mutating func read(
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

/// A text prompt as tokens.
@safe struct TextPrompt<Source: TextSource & ~Copyable>: PromptSource, ~Copyable {
  private var encoder: Encoder
  private var source: Source
  private var marks: SequenceMarks
  private let vocabulary: UnsafeMutablePointer<Vocabulary>
  private let readCount: UnsafeMutablePointer<Int>
  private let byteCount: Int?
  /// Given before the text's own tokens.
  private var leading: Int32?

  init(
    _ source: consuming Source, _ marks: SequenceMarks, _ encoder: consuming Encoder,
    _ vocabulary: UnsafeMutablePointer<Vocabulary>, readCount: UnsafeMutablePointer<Int>,
    byteCount: Int?, leading: Int32? = nil
  ) {
    self.marks = marks
    self.leading = leading
    self.source = source
    self.encoder = encoder
    unsafe self.vocabulary = unsafe vocabulary
    unsafe self.readCount = unsafe readCount
    self.byteCount = byteCount
  }

  mutating func next() throws(TokenizerError) -> Int32? {
    if let token = leading {
      leading = nil
      return token
    }
    return unsafe try marks.next(&encoder, from: &source, vocabulary.pointee).ofWholeText
  }

  var fraction: Double? {
    guard let byteCount else { return nil }
    let encoded = unsafe readCount.pointee - encoder.pendingByteCount
    return min(max(Double(encoded) / Double(max(byteCount, 1)), 0), 1)
  }

  /// Gives the encoder back, for another text.
  consuming func finish() -> Encoder {
    encoder.reset()
    return encoder
  }
}

extension TokenizerError: PromptFailure {
  var reason: FailureReason { .tokenizer(self) }
}

/// Writes generated tokens to standard output as they come, up to a stop text; their ids where there
/// is no vocabulary.
@safe struct AnswerWriter: ~Copyable {
  private var filter: StopFilter<TextOutput>
  private var decoder: StreamingDecoder
  private let vocabulary: UnsafeMutablePointer<Vocabulary>?
  private var count = 0

  /// - Parameter continuesText: whether the answer goes on with the prompt's own text.
  init(
    _ vocabulary: UnsafeMutablePointer<Vocabulary>?, _ stops: StopTexts, continuesText: Bool
  ) {
    filter = StopFilter(TextOutput.standardOutput, stops)
    decoder = StreamingDecoder(continuesText: continuesText)
    unsafe self.vocabulary = unsafe vocabulary
  }

  /// - Returns: false where a stop text has come.
  mutating func write(_ token: Int32, _ console: inout Console) throws(Exit) -> Bool {
    if let vocabulary = unsafe vocabulary {
      unsafe decoder.write(token, vocabulary.pointee, to: &filter)
    } else {
      if count > 0 { filter.output.write(" ") }
      filter.output.write(Int(token))
    }
    count += 1
    try edge_infer.finish(&filter.output, &console)
    return !filter.isStopped
  }

  mutating func finish(_ console: inout Console) throws(Exit) {
    decoder.finish(to: &filter)
    filter.finish()
    filter.output.write("\n")
    try edge_infer.finish(&filter.output, &console)
  }
}
