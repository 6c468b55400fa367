import Inference

/// What a generator's step did.
public enum GeneratorStep {
  /// The prompt source had nothing.
  case pending
  /// A block of the prompt was read. Until the next step the engine can make logits of its rows.
  case block(BlockRecord)
  /// A token was chosen, and its text written. The engine still has the logits that it was chosen by.
  case token(Int32, nanoseconds: Int64)
  /// The answer is over; all of its text has been written.
  case end(StopReason)
}
