import Platform

/// Whether a visitor wants more. A visitor that stops keeps its own reason.
public enum VisitResult: Sendable {
  case next
  case stop
}

/// Receives the tokens in the order of their ids.
public protocol TokenVisitor: ~Copyable {
  /// - Parameters:
  ///   - text: the bytes as the file has them, at most `GGUF.tokenByteCountMax`; gone afterwards.
  ///   - type: one of `TokenType`'s values if the file is in order.
  ///   - score: 0 if the file has none.
  mutating func visit(index: Int, text: Span<UInt8>, type: Int32, score: Float) -> VisitResult
}

/// Receives the merges in the order of their ranks.
public protocol MergeVisitor: ~Copyable {
  /// - Parameter text: two tokens with a space between, at most `GGUF.mergeByteCountMax` bytes;
  ///   gone afterwards.
  mutating func visit(index: Int, text: Span<UInt8>) -> VisitResult
}

extension ModelFile {
  /// Walks tokenizer.ggml.tokens until the end or until the visitor stops. Without
  /// tokenizer.ggml.token_type every token is `TokenType.normal`.
  public func forEachToken<Visitor: TokenVisitor & ~Copyable>(
    buffer: UnsafeMutableRawBufferPointer, _ visitor: inout Visitor
  ) throws(ModelError) {
    precondition(buffer.count >= GGUF.bufferByteCountMin)
    guard let tokens = tokenizer.tokens else { return }
    // Half of the buffer for the texts, a quarter each for types and scores.
    let (middle, last) = (buffer.count / 2, buffer.count / 4 * 3)
    var texts = unsafe cursor(buffer[..<middle], at: tokens.offset)
    var types = unsafe cursor(
      buffer[middle..<last], at: tokenizer.tokenTypes?.offset ?? tokens.offset)
    var scores = unsafe cursor(buffer[last...], at: tokenizer.scores?.offset ?? tokens.offset)
    for index in 0..<tokens.count {
      var type = TokenType.normal
      if tokenizer.tokenTypes != nil {
        type = try types.integer(Int32.self, "the type of a token", of: file)
      }
      var score: Float = 0
      if tokenizer.scores != nil {
        score = Float(bitPattern: try scores.integer(UInt32.self, "the score of a token", of: file))
      }
      let text = unsafe try texts.text(
        .tokens, byteCountMax: GGUF.tokenByteCountMax, of: file)
      let span = unsafe text.span
      if visitor.visit(index: index, text: span, type: type, score: score) == .stop { return }
    }
  }

  private func cursor(_ part: Slice<UnsafeMutableRawBufferPointer>, at offset: Int) -> FileCursor {
    unsafe FileCursor(
      UnsafeMutableRawBufferPointer(rebasing: part), at: offset, fileByteCount: file.byteCount)
  }

  /// Walks tokenizer.ggml.merges until the end or until the visitor stops.
  public func forEachMerge<Visitor: MergeVisitor & ~Copyable>(
    buffer: UnsafeMutableRawBufferPointer, _ visitor: inout Visitor
  ) throws(ModelError) {
    precondition(buffer.count >= GGUF.bufferByteCountMin)
    guard let merges = tokenizer.merges else { return }
    var cursor = unsafe FileCursor(buffer, at: merges.offset, fileByteCount: file.byteCount)
    for index in 0..<merges.count {
      let text = unsafe try cursor.text(
        .merges, byteCountMax: GGUF.mergeByteCountMax, of: file)
      let span = unsafe text.span
      if visitor.visit(index: index, text: span) == .stop { return }
    }
  }
}

extension FileCursor {
  /// The next string with its length. The limits were checked when the file was opened; they are
  /// checked again because the file may have been written since.
  fileprivate mutating func text(
    _ key: MetadataKey, byteCountMax: Int, of file: borrowing InputFile
  ) throws(ModelError) -> UnsafeBufferPointer<UInt8> {
    let byteCount = try length("a text in the metadata", of: file)
    if byteCount > byteCountMax {
      throw .key(key, .textLength(byteCount, maximum: byteCountMax))
    }
    let bytes = unsafe try bytes(byteCount, "a text in the metadata", of: file)
    return unsafe bytes.bindMemory(to: UInt8.self)
  }
}
