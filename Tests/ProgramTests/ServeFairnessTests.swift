import Foundation
import TestSupport
import Testing

/// Clients that hold a service up, and those that must not notice.
@Suite(
  .serialized,
  .enabled(
    if: Files.program != nil && RunningService.anyModel != nil,
    "needs .build/release/edge-infer and a model"))
struct ServeFairnessTests {
  private static var story: [String: Any] {
    ["prompt": "Once upon a time", "max_tokens": 6]
  }

  /// Half heads in all places that there are, and more of them: a good request is answered within a
  /// second.
  @Test(arguments: [16, 64]) func halfHeads(places: Int) throws {
    let service = try RunningService(["--connections", "\(places)"])
    let heads = try (0..<40).map { _ in try service.connect() }
    for head in heads { head.send("GET /health HTTP/1.1\r\nHos") }
    let start = Date()
    #expect(try service.post("/v1/completions", Self.story).status == 200)
    #expect(Date().timeIntervalSince(start) < 1)
  }

  /// A body that trickles in holds no turn.
  @Test func aSlowBody() throws {
    let service = try RunningService()
    let slow = try service.connect()
    slow.send(
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + "Content-Length: 100000\r\n\r\n{\"prompt\":\"")
    for _ in 0..<5 {
      let start = Date()
      slow.send("a")
      #expect(try service.post("/v1/completions", Self.story).status == 200)
      #expect(Date().timeIntervalSince(start) < 1)
    }
  }

  /// 50 clients at once, which ask again when they are told to come later: all are served.
  @Test func manyClients() throws {
    let service = try RunningService()
    let (failures, port) = (LockedCount(), service.port)
    let request = RunningService.post("/v1/completions", Self.story)
    let threads = DispatchGroup()
    for _ in 0..<50 {
      threads.enter()
      Thread.detachNewThread {
        if !Self.isServed(request, port) { failures.add() }
        threads.leave()
      }
    }
    threads.wait()
    #expect(failures.count == 0)
  }

  /// Asks again as the clients of OpenAI do.
  private static func isServed(_ request: String, _ port: UInt16) -> Bool {
    for _ in 0..<3 {
      guard let connection = try? ClientConnection(port: port) else { return false }
      connection.send(request)
      guard let answer = try? connection.answer() else { return false }
      if answer.status != 503 { return answer.status == 200 }
      sleep(UInt32(answer.headers["retry-after"] ?? "") ?? 1)
    }
    return false
  }

  /// A client leaves while its prompt of 2 MB is read, or before it has been sent whole.
  @Test(arguments: [2_000_000, 1_000_000]) func aLargePromptThatIsLeft(sent: Int) throws {
    let service = try RunningService()
    _ = try service.post("/v1/completions", Self.story)
    let before = service.memoryKiB
    let text = String(repeating: "Once upon a time. ", count: 2_000_000 / 18)
    let request = RunningService.post("/v1/completions", ["prompt": text, "max_tokens": 9])
    let connection = try service.connect()
    connection.send(String(request.prefix(sent >= 2_000_000 ? request.count : sent)))
    if sent >= 2_000_000 {
      #expect(
        service.program.wait { (try? service.get("/health").text.contains("true")) == true })
      usleep(300_000)
    }
    connection.close()
    let start = Date()
    #expect(try service.post("/v1/completions", Self.story).status == 200)
    #expect(Date().timeIntervalSince(start) < 1)
    #expect(
      service.program.wait {
        (try? service.metric("edge_infer_requests_cancelled_total")) == 1
      })
    #expect(abs(service.memoryKiB - before) <= 64, "\(before) KiB, then \(service.memoryKiB)")
  }

  /// The head of a stream comes at once, whatever its prompt.
  @Test func aStreamBeginsAtOnce() throws {
    let service = try RunningService()
    let text = String(repeating: "Once upon a time. ", count: 30_000)
    let connection = try service.connect()
    connection.send(
      RunningService.post(
        "/v1/completions",
        ["prompt": text, "max_tokens": 1, "stream": true, "return_progress": true]))
    #expect(connection.wait(for: "prompt_progress"))
    #expect(try service.get("/health").text.contains("\"busy\":true"))
    connection.close()
    let metrics = try service.get("/metrics").text
    #expect(metrics.contains("edge_infer_limit_waiting 32\n"))
    #expect(metrics.contains("edge_infer_limit_body_bytes 4194304\n"))
  }
}

private final class LockedCount: @unchecked Sendable {
  private let lock = NSLock()
  private var value = 0

  func add() { lock.withLock { value += 1 } }
  var count: Int { lock.withLock { value } }
}
