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
  ///   - type: one of `TokenType`'s values where the file is in order.
  mutating func visit(index: Int, text: Span<UInt8>, type: Int32) -> VisitResult
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
    let middle = buffer.count / 2
    var texts = unsafe FileCursor(
      UnsafeMutableRawBufferPointer(rebasing: buffer[..<middle]), at: tokens.offset,
      fileByteCount: file.byteCount)
    var types = unsafe FileCursor(
      UnsafeMutableRawBufferPointer(rebasing: buffer[middle...]),
      at: tokenizer.tokenTypes?.offset ?? tokens.offset, fileByteCount: file.byteCount)
    for index in 0..<tokens.count {
      var type = TokenType.normal
      if tokenizer.tokenTypes != nil {
        type = try types.integer(Int32.self, "the type of a token", of: file)
      }
      let text = unsafe try texts.text(
        .tokens, byteCountMax: GGUF.tokenByteCountMax, of: file)
      let span = unsafe text.span
      if visitor.visit(index: index, text: span, type: type) == .stop { return }
    }
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
