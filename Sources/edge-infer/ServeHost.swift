import Board
import Generation
import Inference
import Measurement
import Model
import Platform
import Service

/// What `serve` does for its service: a line for each request, and the board's sensors.
struct ServeHost: ServiceHost, ~Copyable {
  private var console = Console()
  private var health: HealthMonitor
  /// Whether each request has a line.
  private let logs: Bool

  init(_ health: consuming HealthMonitor, logs: Bool) {
    self.health = health
    self.logs = logs
  }

  mutating func note(_ event: ServiceEvent) {
    switch event {
    case .request(let record):
      if !logs { return }
      record.write(to: &console.error)
      console.error.flush()
    case .numbers(let fault): console.report(CommandFailure(.numbers(fault)))
    case .trainedLengthPassed(let tokenCount): console.warn(pastTrainedLength: tokenCount)
    }
  }

  mutating func beginPrompt() { health.begin(.prefill) }
  mutating func endBlock(tokenCount: Int) { _ = health.endBlock(tokenCount: tokenCount) }
  mutating func beginAnswer() { health.enterDecode() }
  mutating func endToken(_ now: Instant) { _ = health.endToken(now) }
  mutating func endAnswer() { health.end() }
  var isTooHot: Bool { health.isTooHot }
  var isCool: Bool { health.isCool }
  mutating func endPause(since start: Instant) { health.endPause(since: start) }

  func writeMetrics<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    if let millidegrees = health.sensors.readMillidegrees() {
      Prometheus.write(
        gauge: "edge_infer_temperature_celsius", thousandths: millidegrees, to: &out)
    }
    if health.sensors.hasThrottling {
      Prometheus.write(
        counter: "edge_infer_throttled_blocks_total", "Blocks of prompts read while throttled.",
        health.log.throttledBlockCount, to: &out)
    }
    if health.limit != nil {
      Prometheus.write(
        counter: "edge_infer_pauses_total", "Pauses above --max-temperature.", health.pauseCount,
        to: &out)
    }
  }
}

extension Program {
  /// The service in its part of the arena.
  mutating func makeService(
    _ arguments: Arguments, _ facts: ServiceFacts, _ model: borrowing ModelFile,
    _ listener: Listener, wakingDescriptor: Int32, host: consuming ServeHost
  ) -> ServiceLoop<ServeHost> {
    guard let layout = layout.service else { preconditionFailure("serving was asked for") }
    let defaults = AnswerDefaults(
      maxTokens: arguments.maxTokens ?? Arguments.chatMaxTokensDefault, stops: arguments.stops,
      sampling: arguments.sampling.settings, isSeedGiven: arguments.sampling.isSeedGiven)
    return ServiceLoop(
      layout, arguments.service.settings, facts, defaults, &self.model.text!, model,
      listener: listener, wakingDescriptor: wakingDescriptor, host: host)
  }
}
