import Foundation
import Glibc
import TestSupport
import Testing

/// How a service ends, and what it takes of the system while it runs.
@Suite(
  .serialized,
  .enabled(
    if: Files.program != nil && RunningService.anyModel != nil,
    "needs .build/release/edge-infer and a model"))
struct ServeEndTests {
  private static var story: [String: Any] {
    ["prompt": "Once upon a time", "max_tokens": 6]
  }
  private static var endless: [String: Any] {
    [
      "prompt": "Once upon a time", "max_tokens": 2_000_000_000, "temperature": 1.5, "stream": true,
      "ignore_eos": true, "stop": "no such text",
    ]
  }

  @Test(arguments: [SIGTERM, SIGINT]) func anIdleServiceEndsAtOnce(signal: Int32) throws {
    let service = try RunningService()
    let connection = try service.connect()
    connection.send(RunningService.get("/health"))
    #expect(try connection.answer().status == 200)
    service.program.end(signal)
    #expect(service.program.finish(seconds: 5) == 0)
  }

  /// Wherever the signal comes in the loop's first turn.
  @Test(arguments: [SIGTERM, SIGINT]) func aSignalAtTheStartIsSeen(signal: Int32) throws {
    for _ in 0..<12 {
      let service = try RunningService()
      service.program.end(signal)
      #expect(service.program.finish(seconds: 5) == 0)
    }
  }

  /// The running request is answered in full, those that wait and come get 503.
  @Test func theRunningRequestEnds() throws {
    let service = try RunningService()
    let running = try service.connect()
    let count = 20_000
    running.send(
      RunningService.post("/v1/completions", Self.endless.merging(["max_tokens": count]) { $1 }))
    #expect(running.wait(for: "data: "))
    let waiting = try service.connect()
    waiting.send(RunningService.post("/v1/completions", Self.story))
    let head = try service.connect()
    head.send("GET /health HTTP/1.1\r\nHost: localhost\r\n")
    #expect(service.program.wait { (try? service.metric("edge_infer_queue_length")) == 1 })
    service.program.end(SIGTERM)
    let refused = try waiting.answer()
    #expect(refused.status == 503 && refused.headers["connection"] == "close")
    head.send("\r\n")
    #expect(try head.answer().text.contains("stopping"))
    #expect(throws: ServiceFailure.self) { _ = try service.connect() }
    let answer = try running.answer()
    #expect(answer.text.hasSuffix("data: [DONE]\n\n"))
    #expect(answer.events.count > 100)
    #expect(service.program.finish() == 0, "\(service.program.error)")
  }

  @Test func graceIsBounded() throws {
    let service = try RunningService(["--grace", "1"])
    let running = try service.connect()
    running.send(RunningService.post("/v1/completions", Self.endless))
    #expect(running.wait(for: "data: "))
    let start = Date()
    service.program.end(SIGTERM)
    let answer = running.rest()
    // The stream says that it was cut, and has no end.
    #expect(answer.contains("the service is stopping") && !answer.contains("[DONE]"))
    #expect(service.program.finish() == 0)
    #expect(Date().timeIntervalSince(start) < 6)
  }

  @Test(arguments: [SIGTERM, SIGINT]) func aSecondSignalEndsAtOnce(signal: Int32) throws {
    let service = try RunningService()
    let running = try service.connect()
    running.send(RunningService.post("/v1/completions", Self.endless))
    #expect(running.wait(for: "data: "))
    service.program.end(signal)
    usleep(300_000)
    #expect(service.program.isRunning)
    service.program.end(signal)
    #expect(service.program.finish(seconds: 5) == 128 + signal)
  }

  /// Several clients at the same time, good and hostile: nothing is lost, and memory stays as it is but
  /// for pages of the program's own file that are read in for the first time.
  @Test func underLoad() throws {
    let service = try RunningService(["--timeout", "10"])
    try load(service, count: 40, seed: 1)
    let before = service.memoryKiB
    try load(service, count: Files.stories != nil ? 200 : 30, seed: 2)
    #expect(abs(service.memoryKiB - before) <= 64, "\(before) KiB, then \(service.memoryKiB)")
    service.program.end(SIGTERM)
    #expect(service.program.finish() == 0)
  }

  private func load(_ service: RunningService, count: Int, seed: Int) throws {
    let script = Files.repository.appendingPathComponent("Tests/ProgramTests/serve_load.py").path
    let outcome = try run([
      "/usr/bin/env", "python3", script, "\(service.port)", "\(count)", "\(seed)",
    ])
    #expect(outcome.code == 0, "\(outcome.output)\(outcome.error)")
  }

  /// A long prompt takes no more memory than a short one, and the others are answered meanwhile.
  @Test func aLongBody() throws {
    let service = try RunningService()
    _ = try service.post("/v1/completions", Self.story)
    let before = service.memoryKiB
    let connection = try service.connect()
    let text = String(repeating: "Once upon a time. ", count: Files.stories != nil ? 5_000 : 100)
    let sender = Thread {
      connection.send(
        RunningService.post("/v1/completions", ["max_tokens": 2, "prompt": text]))
    }
    sender.start()
    #expect(service.program.wait { (try? service.get("/health").text.contains("true")) == true })
    let answer = try connection.answer()
    #expect(answer.status == 200 && (answer.usage("prompt_tokens") ?? 0) > text.utf8.count / 6)
    #expect(abs(service.memoryKiB - before) <= 64, "\(before) KiB, then \(service.memoryKiB)")
  }

  /// After the filter is installed there are no calls but those that it allows.
  @Test(.enabled(if: Files.tool("strace") != nil, "needs strace")) func systemCalls() throws {
    let folder = try Folder()
    let trace = folder.path("trace")
    do {
      let service = try RunningService(
        wrapper: [Files.tool("strace")!, "-f", "-o", trace])
      #expect(try service.post("/v1/completions", Self.story).status == 200)
      let stream = try service.post(
        "/v1/completions", Self.story.merging(["stream": true]) { $1 })
      #expect(stream.text.hasSuffix("data: [DONE]\n\n"))
      _ = try service.get("/metrics")
      let child = try run(["/usr/bin/pgrep", "-P", "\(service.program.identifier)"])
      let identifier = try #require(pid_t(child.output.split(separator: "\n").first ?? ""))
      kill(identifier, SIGTERM)
      #expect(service.program.finish() == 0)
    }
    let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
    let start = try #require(lines.firstIndex { $0.contains("seccomp(") })
    let calls = Set(
      lines[(start + 1)...].compactMap { line -> Substring? in
        let call = line.drop { $0.isNumber }.drop { $0 == " " }.prefix { $0 != "(" }
        return call.allSatisfy { $0.isLowercase || $0 == "_" || $0.isNumber } ? call : nil
      })
    let allowed: Set<Substring> = [
      "accept4", "close", "exit", "exit_group", "futex", "ppoll", "pread64", "read", "write",
      "rt_sigprocmask", "rt_sigreturn", "shutdown", "clock_gettime", "restart_syscall",
    ]
    #expect(calls.contains("accept4") && calls.contains("ppoll"))
    #expect(calls.isSubset(of: allowed), "\(calls.subtracting(allowed))")
  }
}
