import Platform

/// The stored body of the request that is being served, which is read piece by piece into tokens.
///
/// It was read once before, when it came, and is known to be a good one.
struct RequestBody: ~Copyable {
  private var reader: CompletionReader
  private var place = StoredPlace()

  /// - Parameter prompt: of several ones, the one that is read.
  init(_ kind: RequestKind, prompt: Int) { reader = CompletionReader(kind, prompt: prompt) }

  /// Reads the next piece; at the end of the body, the prompt is whole.
  mutating func read(
    _ body: StoredBody, from store: borrowing BodyStore, into queue: inout PromptQueue
  ) throws(ServiceFailure) {
    let piece = unsafe store.piece(of: body, at: &place)
    do throws(RequestError) {
      if piece.count == 0 {
        try reader.finish()
        queue.endPrompt()
      } else {
        try unsafe reader.feed(piece.span, to: &queue)
      }
    } catch {
      throw .request(error)
    }
  }
}
