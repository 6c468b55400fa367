import Platform

/// What a measurement says while it is at work. A fraction is the part of the measurement's work that
/// is done, from 0 to 1.
public enum MeasurementEvent {
  /// Tokens of a prompt have been read.
  /// - Parameters:
  ///   - run: from 1, of `runCount`.
  ///   - tokens: of `tokenCount`.
  case prompt(run: Int, runCount: Int, tokens: Int, tokenCount: Int, fraction: Double)
  /// Tokens have been generated.
  case answer(run: Int, runCount: Int, tokens: Int, tokenCount: Int, fraction: Double)
  /// A policy was run once more at a cache size.
  case policyCost(slots: Int, policy: StaticString, run: Int, runCount: Int, fraction: Double)
  /// A case of `TuneRun` begins.
  case tuning(threadCount: Int, blockSize: Int, elapsedSeconds: Double, leftSeconds: Double)
  /// The processor is too hot: the work waits until it is cooler.
  case pause(HealthPause)
  /// Nothing more follows.
  case end
}

/// Sees what a measurement does. It is called between two blocks or tokens, in time that is measured:
/// it must be quick.
public protocol MeasurementObserver: ~Copyable {
  mutating func observe(_ event: MeasurementEvent)
}
