import Board
import Measurement
import Platform
import Service

extension HealthMonitor {
  /// What the sensors say and have said, as Prometheus reads it; nothing of sensors that are not there.
  func writeMetrics<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    if let millidegrees = sensors.readMillidegrees() {
      ServeMetrics.write(
        gauge: "edge_infer_temperature_celsius", thousandths: millidegrees, to: &out)
    }
    if sensors.hasThrottling {
      ServeMetrics.write(
        counter: "edge_infer_throttled_blocks_total", "Blocks of prompts read while throttled.",
        log.throttledBlockCount, to: &out)
    }
    if limit != nil {
      ServeMetrics.write(
        counter: "edge_infer_pauses_total", "Pauses above --max-temperature.", pauseCount, to: &out)
    }
  }
}
