import Inference
import Platform

/// What happens in a service that its owner may want to say.
public enum ServiceEvent {
  /// A request has been answered, or its client has gone.
  case request(RequestRecord)
  /// An answer was not made, because the model gave numbers that are none.
  case numbers(NumberFault)
  /// A text has passed the model's trained length of so many tokens. This is said once.
  case trainedLengthPassed(Int)
}

/// What a service asks of the program that it is part of: to say what happens, and how warm the board
/// is. All calls come from `ServiceLoop.turn`.
public protocol ServiceHost: ~Copyable {
  mutating func note(_ event: ServiceEvent)

  /// A prompt is read from here on.
  mutating func beginPrompt()
  /// A block of a prompt has been read.
  mutating func endBlock(tokenCount: Int)
  /// The answer follows.
  mutating func beginAnswer()
  /// A token has been generated.
  mutating func endToken(_ now: Instant)
  /// The answer is made.
  mutating func endAnswer()
  /// Whether the board was too hot when it was last looked at: nothing is computed until it is cool.
  var isTooHot: Bool { get }
  /// Whether the board is cool now.
  var isCool: Bool { get }
  /// A pause is over.
  mutating func endPause(since start: Instant)
  /// What is known of the board, as Prometheus reads it.
  func writeMetrics<Sink: ByteSink & ~Copyable>(to out: inout Sink)
}
