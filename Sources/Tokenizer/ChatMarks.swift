/// The tokens that begin and end a text, as templates name them; nil where the vocabulary has none.
public struct ChatMarks: Sendable {
  public let bos: Int32?
  public let eos: Int32?

  public init(bos: Int?, eos: Int?) {
    self.bos = bos.map { Int32(truncatingIfNeeded: $0) }
    self.eos = eos.map { Int32(truncatingIfNeeded: $0) }
  }
}
