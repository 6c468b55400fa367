import Foundation
import TestSupport
import Testing

/// What a service does with a board's sensors.
@Suite(
  .serialized,
  .enabled(
    if: Files.program != nil && RunningService.anyModel != nil,
    "needs .build/release/edge-infer and a model"))
struct ServeHealthTests {
  private static let temperature = Sensors.zone + "0/temp"

  /// A request waits until the processor is cool; others are answered meanwhile.
  @Test func aRequestWaitsForCooling() throws {
    let tree = try KernelTree(Sensors.pi4)
    try tree.write(Self.temperature, "85250\n")
    let service = try RunningService(["--max-temperature", "80", "--sysroot", tree.path])
    let waiting = try service.connect()
    waiting.send(
      RunningService.post("/v1/completions", ["prompt": "Once upon a time", "max_tokens": 4]))
    #expect(service.program.wait { (try? service.get("/health").text.contains("true")) == true })
    for _ in 0..<3 {
      let metrics = try service.get("/metrics").text
      #expect(metrics.contains("edge_infer_temperature_celsius 85.25\n"), "\(metrics)")
      #expect(metrics.contains("edge_infer_generated_tokens_total 0\n"))
      Thread.sleep(forTimeInterval: 0.3)
    }
    // Below the limit, and not yet three degrees.
    try tree.write(Self.temperature, "78000\n")
    Thread.sleep(forTimeInterval: 0.5)
    #expect(try service.get("/health").text.contains("\"busy\":true"))
    try tree.write(Self.temperature, "76500\n")
    #expect(try waiting.answer().usage("completion_tokens") == 4)
    let metrics = try service.get("/metrics").text
    #expect(metrics.contains("edge_infer_pauses_total 1\n"))
    #expect(metrics.contains("edge_infer_throttled_blocks_total 0\n"))
    #expect(metrics.contains("edge_infer_temperature_celsius 76.5\n"))
  }

  /// A client that leaves in a pause, and a service that is to end in one, wait for nothing.
  @Test func aPauseEndsWithItsRequest() throws {
    let tree = try KernelTree(Sensors.pi4)
    try tree.write(Self.temperature, "85000\n")
    let service = try RunningService(
      ["--max-temperature", "80", "--sysroot", tree.path, "--grace", "1"])
    let request = RunningService.post(
      "/v1/completions", ["prompt": "Once upon a time", "max_tokens": 4])
    let leaving = try service.connect()
    leaving.send(request)
    #expect(service.program.wait { (try? service.get("/health").text.contains("true")) == true })
    leaving.close()
    #expect(
      service.program.wait {
        (try? service.metric("edge_infer_requests_cancelled_total")) == 1
      })
    let waiting = try service.connect()
    waiting.send(request)
    #expect(service.program.wait { (try? service.get("/health").text.contains("true")) == true })
    service.program.end(SIGTERM)
    #expect(try waiting.answer().status == 503)
    #expect(service.program.finish() == 0)
  }

  /// Without sensors nothing is told of them.
  @Test func withoutSensors() throws {
    let service = try RunningService(["--sysroot", try KernelTree([:]).path])
    let metrics = try service.get("/metrics").text
    #expect(!metrics.contains("temperature") && !metrics.contains("throttled"))
  }
}
