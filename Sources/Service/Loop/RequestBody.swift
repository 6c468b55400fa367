import Platform

/// The stored body of the request that is being served, which is read piece by piece into tokens.
///
/// It was read once before, when it came, and is known to be a good one. One with a system message that
/// is a member of its own is read several times: see `BodyPart`.
struct RequestBody: ~Copyable {
  private let kind: RequestKind
  private var reader: CompletionReader
  private var place = StoredPlace()
  private var part: BodyPart

  /// - Parameters:
  ///   - prompt: of several ones, the one that is read.
  ///   - hasSystem: whether a member of the request is the system message.
  @export(interface)
  init(_ kind: RequestKind, prompt: Int, hasSystem: Bool) {
    self.kind = kind
    part = hasSystem ? .rest : .all
    reader = CompletionReader(kind, prompt: prompt, part: part)
  }

  /// Reads the next piece; at the end of the body, the prompt is whole.
  mutating func read(
    _ body: StoredBody, from store: borrowing BodyStore, into queue: inout PromptQueue
  ) throws(ServiceFailure) {
    let piece = unsafe store.blocks.piece(of: body, at: &place)
    do throws(RequestError) {
      if piece.count > 0 {
        try unsafe reader.feed(piece.span, to: &queue)
      } else if part == .rest || part == .system {
        part = part == .rest ? .system : .conversation
        reader = CompletionReader(kind, part: part)
        place = StoredPlace()
        queue.mute(true)
      } else {
        try reader.finish()
        queue.endPrompt()
      }
    } catch {
      throw .request(error)
    }
  }
}
