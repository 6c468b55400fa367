import Foundation
import Glibc
import TestSupport
import Testing

/// What a service does with requests and clients of all kinds.
@Suite(
  .serialized,
  .enabled(
    if: Files.program != nil && RunningService.anyModel != nil,
    "needs .build/release/edge-infer and a model"))
struct ServeProtocolTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static var story: [String: Any] {
    ["prompt": "Once upon a time", "max_tokens": 6]
  }

  /// A stream that takes long enough for what a test does meanwhile.
  private static var longStory: [String: Any] {
    [
      "prompt": "Once upon a time", "max_tokens": 2_000_000, "stream": true, "temperature": 1.5,
      "ignore_eos": true, "stop": "no such text",
    ]
  }

  @Test func whatNeedsNoModel() throws {
    let service = try RunningService()
    let health = try service.get("/health")
    #expect(health.text == "{\"status\":\"ok\",\"busy\":false,\"waiting\":0}")
    #expect(health.headers["connection"] == "keep-alive" && health.headers["date"] != nil)
    let models = try service.get("/v1/models")
    let model = (models.json["data"] as? [[String: Any]])?.first?["id"] as? String
    let name = URL(fileURLWithPath: RunningService.anyModel!).deletingPathExtension()
    #expect(model == name.lastPathComponent)
    #expect(try service.get("/nothing").status == 404)
    let wrongMethod = try service.ask(
      "DELETE /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(wrongMethod.status == 405 && wrongMethod.headers["allow"] == "GET, HEAD, OPTIONS")
    #expect(health.headers["x-request-id"]?.count == 16)
    let head = try service.connect()
    head.send("HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    #expect(head.rest().hasSuffix("\r\n\r\n"))
    let old = try service.connect()
    old.send("GET /health HTTP/1.0\r\n\r\n")
    #expect(old.rest().hasSuffix("\"waiting\":0}"))
  }

  @Test func answersByManyWays() throws {
    let service = try RunningService()
    let expected = try #require(try service.post("/v1/completions", Self.story).content)
    #expect(!expected.isEmpty)
    let body =
      "{\"prompt\":[\"Once upon a time\"],\"max_completion_tokens\":6,\"user\":{\"y\":[]}}"
    let connection = try service.connect()
    // In pieces, in chunks, after `100 Continue`, and pipelined.
    for byte in RunningService.post("/v1/completions", body).utf8 {
      connection.send(bytes: [byte])
    }
    #expect(try connection.answer().content == expected)
    let head =
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n"
      + "Content-Type: application/json; charset=utf-8\r\n"
    connection.send(head + "Transfer-Encoding: chunked\r\n\r\n")
    for part in [body.prefix(5), body.dropFirst(5)] {
      connection.send(String(part.utf8.count, radix: 16) + ";x=y\r\n\(part)\r\n")
    }
    connection.send("0\r\nTrailer: x\r\n\r\n")
    #expect(try connection.answer().content == expected)
    connection.send(head + "Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
    #expect(try connection.answer().status == 100)
    connection.send(body)
    #expect(try connection.answer().content == expected)
    let one = RunningService.post("/v1/completions", body)
    connection.send(one + RunningService.get("/health") + one)
    #expect(try connection.answer().content == expected)
    #expect(try connection.answer().text.contains("\"status\":\"ok\""))
    #expect(try connection.answer().content == expected)
  }

  @Test(arguments: [
    ("GET /health HTTP/1.1\r\n\r\n", 400),
    ("GET  /health HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    ("GET /health HTTP/2.0\r\nHost: localhost\r\n\r\n", 505), ("BREW / HTTP/1.1\r\n\r\n", 501),
    ("GET /health HTTP/1.1\nHost: localhost\n\n", 400),
    ("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n\r\n", 411),
    (RunningService.post("/v1/completions", "[1]"), 400),
    (RunningService.post("/v1/completions", "{}"), 400),
    (RunningService.post("/v1/completions", "{\"prompt\":\"\u{0}\"}"), 400),
    (RunningService.post("/v1/completions", "{\"prompt\":\"a\",\"what\":2}"), 400),
    (RunningService.post("/v1/completions", "{\"prompt\":\"a\",\"temperature\":9}"), 400),
    (RunningService.post("/v1/completions", "{\"prompt\":\"a\",\"tools\":[]}"), 400),
    (RunningService.post("/v1/completions", "{\"prompt\":\"a\"}", ["Content-Length: 9"]), 400),
    (RunningService.post("/v1/completions", String(repeating: "[", count: 9999)), 400),
    (RunningService.get("/health", ["Host: localhost"]), 400),
    (RunningService.get("/health", ["X: " + String(repeating: "a", count: 9000)]), 431),
  ])
  func wrongRequests(request: String, status: Int) throws {
    let service = try RunningService()
    let answer = try service.ask(request)
    #expect(answer.status == status, "\(answer.text)")
    #expect(answer.error["message"] is String, "\(answer.text)")
    #expect(try service.post("/v1/completions", Self.story).status == 200)
  }

  @Test func bytesThatAreNoText() throws {
    let service = try RunningService()
    for bytes: [UInt8] in [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf0, 0x9f]] {
      let body = Array("{\"prompt\":\"".utf8) + bytes + Array("\"}".utf8)
      let connection = try service.connect()
      connection.send(
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Content-Length: \(body.count)\r\n\r\n")
      connection.send(bytes: body)
      let answer = try connection.answer()
      #expect(answer.status == 400 && answer.text.contains("UTF-8"), "\(answer.text)")
    }
  }

  /// Web pages, and programs that were led here by a name.
  @Test func requestsFromElsewhere() throws {
    let service = try RunningService()
    let page = try service.get("/health", ["Origin: https://example.org"])
    #expect(page.status == 403 && page.headers["access-control-allow-origin"] == nil)
    let own = try service.get("/health", ["Origin: http://localhost"])
    #expect(own.status == 200 && own.headers["access-control-allow-origin"] == "http://localhost")
    for (host, status) in [
      ("evil.example", 403), ("localhost.evil.example", 403), ("127.0.0.1:80", 200), ("[::1]", 200),
      ("LOCALHOST:8080", 200),
    ] {
      #expect(try service.ask("GET /health HTTP/1.1\r\nHost: \(host)\r\n\r\n").status == status)
    }
    let form = try service.ask(
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
        + "Content-Length: 14\r\n\r\n{\"prompt\":\"a\"}")
    #expect(form.status == 415)
  }

  /// Pages of an origin that the owner names may ask, and are told so before they do.
  @Test(arguments: ["https://example.org", "*"]) func pagesOfAnotherOrigin(allowed: String) throws {
    let service = try RunningService(["--allow-origin", allowed])
    let origin = "Origin: https://example.org"
    let page = try service.get("/health", [origin])
    #expect(page.status == 200)
    #expect(page.headers["access-control-allow-origin"] == "https://example.org")
    #expect(
      try service.get("/health", ["Origin: https://a.org"]).status == (allowed == "*" ? 200 : 403))
    let preflight = try service.ask(
      "OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\(origin)\r\n"
        + "Access-Control-Request-Method: POST\r\n"
        + "Access-Control-Request-Headers: authorization,content-type\r\nConnection: close\r\n\r\n")
    #expect(preflight.status == 204)
    #expect(preflight.headers["access-control-allow-headers"] == "authorization,content-type")
    #expect(preflight.headers["access-control-allow-methods"]?.contains("POST") == true)
  }

  /// A request for any model is answered by the one there is, unless the owner says otherwise.
  @Test func otherModels() throws {
    let service = try RunningService()
    let answer = try service.post(
      "/v1/completions", Self.story.merging(["model": "gpt-4"]) { $1 })
    #expect(answer.status == 200 && answer.json["model"] as? String != "gpt-4")
    #expect(try service.get("/v1/models/gpt-4").status == 200)
    let strict = try RunningService(["--any-model", "off"])
    let refused = try strict.post(
      "/v1/completions", Self.story.merging(["model": "gpt-4"]) { $1 })
    #expect(refused.status == 404 && refused.error["code"] as? String == "model_not_found")
    #expect(try strict.get("/v1/models/gpt-4").status == 404)
  }

  @Test func aToken() throws {
    let token = try folder.write("token", Data("  s3cret \n".utf8))
    let service = try RunningService(["--token-file", token])
    #expect(try service.get("/health").status == 200)
    for headers in [[], ["Authorization: Bearer s3cre"], ["Authorization: Basic s3cret"]] {
      let answer = try service.get("/metrics", headers)
      #expect(answer.status == 401 && answer.headers["www-authenticate"] == "Bearer")
      #expect(answer.error["code"] as? String == "invalid_api_key")
    }
    #expect(try service.get("/metrics", ["Authorization: Bearer s3cret"]).status == 200)
    #expect(try service.get("/metrics", ["X-Api-Key: s3cret"]).status == 200)
    #expect(try service.get("/").status == 200)
    for (name, text) in [
      ("empty", " \n"), ("long", String(repeating: "x", count: 300)), ("two", "a b"),
    ] {
      let outcome = try run([
        Files.program!, "serve", "--profile", Files.hostProfile, "--token-file",
        folder.write(name, Data(text.utf8)),
      ])
      #expect(outcome.code == 65 && outcome.error.contains("a token is"), "\(outcome.error)")
    }
  }

  /// Clients that stop in the middle are given up, and hold up the others for no longer.
  @Test func slowClients() throws {
    let service = try RunningService(["--timeout", "1"])
    let start = Date()
    let head = try service.connect()
    head.send("GET /health HTTP/1.1\r\nHos")
    let body = try service.connect()
    body.send(String(RunningService.post("/v1/completions", Self.story).dropLast(4)))
    usleep(200_000)
    let next = try service.connect()
    next.send(RunningService.post("/v1/completions", Self.story))
    #expect(try next.answer().status == 200)
    #expect(Date().timeIntervalSince(start) < 1)
    #expect(try head.answer().status == 408)
    #expect(try body.answer().status == 408)
    let silent = try service.connect()
    #expect(silent.rest() == "")
    #expect(Date().timeIntervalSince(start) < 8)
  }

  /// One who sends a byte now and then is too slow as well.
  @Test func aTricklingBody() throws {
    let service = try RunningService(["--timeout", "1"])
    let connection = try service.connect()
    connection.send(
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + "Content-Length: 1000\r\n\r\n{\"prompt\":\"")
    let start = Date()
    for _ in 0..<30 {
      usleep(100_000)
      connection.send("a")
    }
    #expect(try connection.answer().status == 408)
    #expect(try service.post("/v1/completions", Self.story).status == 200)
    #expect(Date().timeIntervalSince(start) < 10)
  }

  /// A client that takes nothing of a long answer is dropped. With log-probabilities the answer soon has
  /// more bytes than the system holds for the client.
  @Test func aClientThatTakesNothing() throws {
    let service = try RunningService(["--timeout", "1"])
    let connection = try ClientConnection(port: service.port, receiveByteCount: 4096)
    connection.send(
      RunningService.post("/v1/completions", Self.longStory.merging(["logprobs": 5]) { $1 }))
    #expect(service.program.wait(for: "POST /v1/completions gone"), "\(service.program.error)")
    #expect(try service.post("/v1/completions", Self.story).status == 200)
    connection.close()
  }

  @Test func aClientThatLeaves() throws {
    let service = try RunningService()
    for request in [Self.longStory, Self.longStory.merging(["stream": false]) { $1 }] {
      let connection = try service.connect()
      connection.send(RunningService.post("/v1/completions", request))
      #expect(
        service.program.wait { (try? service.get("/health").text.contains("true")) == true })
      connection.close()
      #expect(
        service.program.wait { (try? service.get("/health").text.contains("false")) == true })
    }
    #expect(try service.metric("edge_infer_requests_cancelled_total") == 2)
    #expect(try service.post("/v1/completions", Self.story).status == 200)
  }

  @Test func theQueueIsBounded() throws {
    let service = try RunningService(["--queue", "1"])
    let first = try service.connect()
    first.send(RunningService.post("/v1/completions", Self.longStory))
    #expect(first.wait(for: "data: "))
    let second = try service.connect()
    second.send(RunningService.post("/v1/completions", Self.story))
    #expect(service.program.wait { (try? service.metric("edge_infer_queue_length")) == 1 })
    let third = try service.post("/v1/completions", Self.story)
    #expect(third.status == 503 && Int(third.headers["retry-after"] ?? "")! >= 1)
    #expect(try service.get("/health").text.contains("\"busy\":true,\"waiting\":1"))
    first.close()
    #expect(try second.answer().status == 200)
    let metrics = try service.get("/metrics").text
    #expect(metrics.contains("edge_infer_requests_total{code=\"503\"} 1\n"))
    #expect(metrics.contains("edge_infer_time_to_first_token_seconds_bucket{le=\"+Inf\"} 2\n"))
  }

  /// More clients than there are places: silent ones make room.
  @Test func moreConnectionsThanPlaces() throws {
    let service = try RunningService(["--connections", "2"])
    let idle = try [service.connect(), service.connect()]
    for connection in idle {
      connection.send(RunningService.get("/health"))
      #expect(try connection.answer().status == 200)
    }
    #expect(try service.get("/health").status == 200)
    #expect(try service.post("/v1/completions", Self.story).status == 200)
  }

  @Test func aSocketInTheFileSystem() throws {
    let path = folder.path("socket")
    let command = [
      Files.program!, "serve", "--profile", Files.hostProfile, "--model", RunningService.anyModel!,
      "--budget", "256", "--block", "32", "--listen", "unix:" + path,
    ]
    for _ in 0..<2 {
      let program = try RunningProgram(command)
      #expect(program.wait(for: "waiting requests\n"), "\(program.error)")
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
      if let curl = Files.tool("curl") {
        let outcome = try run([curl, "-s", "--unix-socket", path, "http://any.name/health"])
        #expect(outcome.output.contains("\"ok\""), "\(outcome.error)")
      }
      let second = try run(command)
      #expect(second.code == 74 && second.error.contains("in use"), "\(second.error)")
      program.end(SIGTERM)
      #expect(program.finish() == 0)
    }
    try FileManager.default.removeItem(atPath: path)
    _ = try folder.write("socket", Data("precious".utf8))
    #expect(try run(command).code == 74)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
  }

  /// `plan --of serve` says what the service then takes, option by option.
  @Test func thePlanIsKnownBefore() throws {
    let model = RunningService.anyModel!
    func process(_ text: String) throws -> Int {
      let line = try #require(text.split(separator: "\n").first { $0.contains("process") })
      return try #require(Int(line.split(separator: " ")[1]))
    }
    func planned(_ options: [String]) throws -> Int {
      let outcome = try run(
        [
          Files.program!, "plan", "--profile", Files.hostProfile, "--model", model,
          "--budget", "256", "--block", "32",
        ] + options)
      #expect(outcome.code == 0, "\(outcome.error)")
      return try process(outcome.output)
    }
    let options = ["--connections", "40", "--queue", "20", "--raw"]
    let service = try RunningService(options)
    #expect(try planned(["--of", "serve"] + options) == process(service.program.error))
    let few = ["--of", "serve", "--raw", "--connections", "4"]
    #expect(try planned(few) < planned(["--of", "serve"] + options))
    #expect(try planned(few + ["--kept", "0"]) < planned(few + ["--kept", "1"]))
    let plain = try planned(["--raw"])
    #expect(try planned(["--of", "run", "--raw"]) == plain)
    #expect(try planned(["--of", "serve", "--raw"]) > plain)
  }

  @Test(arguments: [
    ["plan", "--of", "bench"], ["plan", "--of", ""], ["--prompt", "x", "--of", "run"],
    ["plan", "--of", "run", "--connections", "3"], ["plan", "--of", "chat", "--logprobs"],
    ["plan", "--of", "serve", "--connections", "0"], ["plan", "--of", "serve", "--system", "x"],
    ["plan", "--of", "serve", "--of", "serve"],
  ])
  func plansThatAreNone(_ options: [String]) throws {
    let outcome = try run(
      [Files.program!] + options + [
        "--profile", Files.hostProfile, "--model", RunningService.anyModel!,
      ])
    #expect(outcome.code == 64 && outcome.errorLines.count == 1, "\(outcome.error)")
  }

  @Test func optionsOutOfRange() throws {
    let serve = [Files.program!, "serve", "--profile", Files.hostProfile]
    for options in [
      ["--listen", "8080"], ["--listen", "localhost"], ["--connections", "0"], ["--queue", "257"],
      ["--timeout", "0"], ["--alias", ""], ["--any-model", "yes"],
      ["--allow-origin", "example.org"], ["--prompt", "x"], ["--queue", "1", "--queue", "2"],
      ["--kept-file", "x"], ["--kept-file-mib", "9"], ["--kept-file-mib", "0"],
      ["--kept", "0", "--kept-file", "x", "--kept-file-mib", "9"],
    ] {
      let outcome = try run(serve + options)
      #expect(outcome.code == 64 && outcome.errorLines.count == 1, "\(options) \(outcome.error)")
    }
    let elsewhere = try run([Files.program!, "--profile", Files.hostProfile, "--queue", "1"])
    #expect(elsewhere.code == 64 && elsewhere.error.contains("serve alone"))
    let missing = try run(serve + ["--token-file", folder.path("none")])
    #expect(missing.code == 66)
  }
}
