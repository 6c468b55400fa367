import Foundation
import Testing

@testable import Service

/// The service's loop, turn by turn, without a program and without a network.
@Suite(.serialized) struct LoopTests {
  private static let tokenCount = 5

  static func post(_ path: String, _ body: String, chunks: Int? = nil) -> [UInt8] {
    let head =
      "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    guard let chunks else {
      return bytes("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
    var out = head + "Transfer-Encoding: chunked\r\n\r\n"
    var rest = Array(body.utf8)[...]
    while !rest.isEmpty {
      let chunk = rest.prefix(chunks)
      out += String(chunk.count, radix: 16) + "\r\n" + String(decoding: chunk, as: UTF8.self)
      out += "\r\n"
      rest = rest.dropFirst(chunks)
    }
    return bytes(out + "0\r\n\r\n")
  }

  /// The token of a byte in the tiny model, whose letters have the order of GPT-2's alphabet.
  static func token(of byte: UInt8) -> Int { Int(byte) }

  private static func chat(
    _ user: String, system: String = "Be brief.", stream: Bool = false, count: Int = tokenCount
  ) -> [UInt8] {
    post(
      "/v1/chat/completions",
      """
      {"messages":[{"role":"system","content":"\(system)"},{"role":"user","content":"\(user)"}],\
      "max_tokens":\(count),"stream":\(stream),"logit_bias":{}}
      """)
  }

  static let text = post(
    "/v1/completions", "{\"prompt\":\"Once upon a time\",\"max_tokens\":\(tokenCount)}", chunks: 9)
  private static let health = bytes("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")

  static func answer(_ rig: ServiceRig, _ request: [UInt8]) throws -> RigAnswer {
    let client = try rig.connect()
    client.send(request)
    return try nextAnswer(rig, client)
  }

  static func nextAnswer(_ rig: ServiceRig, _ client: RigClient) throws -> RigAnswer {
    var answer: RigAnswer?
    rig.turn {
      answer = client.nextAnswer()
      return answer != nil
    }
    return try #require(answer, "\(String(decoding: client.received, as: UTF8.self))")
  }

  private func answer(_ rig: ServiceRig, _ request: [UInt8]) throws -> RigAnswer {
    try Self.answer(rig, request)
  }

  private func nextAnswer(_ rig: ServiceRig, _ client: RigClient) throws -> RigAnswer {
    try Self.nextAnswer(rig, client)
  }

  /// The same settings behind the messages and before them, in one piece and in two that part the
  /// request anywhere; another connection is answered between the two.
  @Test(arguments: [chat("Hi é"), text])
  func requestsCutAnywhere(_ request: [UInt8]) throws {
    let rig = try ServiceRig()
    let expected = try answer(rig, request)
    #expect(expected.status == 200 && expected.usage("completion_tokens") == Self.tokenCount)
    let (client, other) = (try rig.connect(), try rig.connect())
    for cut in request.indices {
      client.send(request[..<cut])
      rig.turn(4)
      other.send(Self.health)
      #expect(try nextAnswer(rig, other).status == 200)
      client.send(request[cut...])
      let parted = try nextAnswer(rig, client)
      #expect(parted.content == expected.content, "cut at \(cut): \(parted.body)")
    }
  }

  /// A body that comes byte by byte, each after the loop has done all that it could.
  @Test func aBodyByteByByte() throws {
    let rig = try ServiceRig()
    let request = Self.chat(String(repeating: "slow and long ", count: 12))
    let expected = try answer(rig, request)
    let client = try rig.connect()
    for byte in request {
      client.send([byte])
      rig.turn(3)
    }
    let slow = try nextAnswer(rig, client)
    #expect(slow.content == expected.content && slow.status == 200)
    #expect((slow.usage("cached_tokens") ?? 0) > 0 && expected.usage("cached_tokens") == 0)
    #expect(slow.usage("prompt_tokens") == expected.usage("prompt_tokens"))
  }

  /// A turn begins when the body is whole; until then others are served.
  @Test func aBodyHoldsNoTurn() throws {
    let rig = try ServiceRig()
    let client = try rig.connect()
    let request = Self.post(
      "/v1/completions",
      "{\"prompt\":\"" + String(repeating: "a b ", count: 9_000) + "\",\"max_tokens\":1}")
    client.send(request.dropLast(40))
    rig.turn(100)
    #expect(!rig.isBusy && rig.record.promptBlockCount == 0)
    #expect(try answer(rig, Self.text).status == 200)
    client.send(request.suffix(40))
    #expect(try nextAnswer(rig, client).usage("prompt_tokens") == 36_000)
  }

  @Test func requestsInARow() throws {
    let rig = try ServiceRig()
    let expected = try answer(rig, Self.text)
    let client = try rig.connect()
    client.send(Self.text + Self.health + Self.text + bytes("BREW / HTTP/1.1\r\n\r\n"))
    #expect(try nextAnswer(rig, client).content == expected.content)
    #expect(try nextAnswer(rig, client).body.contains("\"ok\""))
    #expect(try nextAnswer(rig, client).content == expected.content)
    #expect(try nextAnswer(rig, client).status == 501)
    #expect(rig.record.statuses == [200, 200, 200, 200, 501])
  }

  /// Requests of others wait for their turn, and are answered in the order of their heads.
  @Test func oneAfterTheOther() throws {
    let rig = try ServiceRig(queueCount: 1)
    let clients = [try rig.connect(), try rig.connect(), try rig.connect()]
    for client in clients { client.send(Self.text) }
    rig.turn(2)
    #expect(clients[2].nextAnswer()?.status == 503)
    for client in clients.prefix(2) { #expect(try nextAnswer(rig, client).status == 200) }
  }

  private static let requests: [[UInt8]] = [
    chat(String(repeating: "many words ", count: 4)), chat("x", stream: true),
  ]

  /// Turns that a request takes from its first byte to its last one.
  private func turnCount(_ rig: ServiceRig, _ request: [UInt8]) throws -> Int {
    let client = try rig.connect()
    client.send(request)
    var count = 0
    rig.turn {
      count += 1
      return client.nextAnswer() != nil
    }
    return count
  }

  /// Whatever is being done for a client when it goes, the next one is served as if it had never been.
  @Test(arguments: requests) func theClientGoesAtAnyTime(_ request: [UInt8]) throws {
    let rig = try ServiceRig()
    let expected = try answer(rig, request)
    let count = try turnCount(rig, request)
    #expect(count > 10)
    var goneCount = 0
    for cut in stride(from: 0, to: request.count, by: 7) {
      let client = try rig.connect()
      client.send(request[..<cut])
      rig.turn(3)
      client.close()
      rig.turn(3)
      #expect(!rig.isBusy)
    }
    for turns in 0..<count {
      let client = try rig.connect()
      client.send(request)
      rig.turn(turns)
      let wasBusy = rig.isBusy
      client.close()
      rig.turn(2)
      #expect(!rig.isBusy, "after \(turns) turns")
      if wasBusy, rig.record.requests.last?.status == nil { goneCount += 1 }
      let next = try answer(rig, request)
      #expect(next.status == 200)
      #expect(next.content == expected.content, "after \(turns) turns")
    }
    #expect(goneCount > count / 2)
  }

  /// Whatever is being done when the service is to end, the client is answered, and the service ends.
  @Test(arguments: requests) func theServiceEndsAtAnyTime(_ request: [UInt8]) throws {
    let count = try turnCount(ServiceRig(), request)
    for turns in stride(from: 0, through: count, by: 2) {
      let rig = try ServiceRig(graceSeconds: 0)
      let (client, waiting) = (try rig.connect(), try rig.connect())
      client.send(request)
      rig.turn()
      waiting.send(Self.text)
      rig.turn(turns)
      rig.stop()
      rig.turn {
        client.receive()
        waiting.receive()
        return client.isEnded && !rig.isBusy
      }
      #expect(client.isEnded && !rig.isBusy, "after \(turns) turns")
      let received = String(decoding: client.received, as: UTF8.self)
      let isRefused = received.hasPrefix("HTTP/1.1 503") && received.contains("stopping")
      let isWhole = received.hasPrefix("HTTP/1.1 200")
      #expect(isRefused || isWhole, "after \(turns) turns: \(received)")
      if received.contains("the service is stopping") {
        #expect(!received.contains("[DONE]"))
      } else {
        #expect(received.contains("[DONE]") || received.contains("completion_tokens"))
      }
      waiting.close()
      client.close()
      #expect(rig.turn { rig.isOver })
    }
  }

  /// A connection that has just been answered, and stays open, does not hold the end up.
  @Test func anAnsweredConnectionHoldsNothingUp() throws {
    let rig = try ServiceRig()
    for request in [Self.health, Self.text] {
      #expect(try answer(rig, request).status == 200)
    }
    let client = try rig.connect()
    client.send(Self.health)
    rig.turn {
      client.receive()
      return !client.received.isEmpty
    }
    rig.stop()
    #expect(rig.isOver)
    client.receive()
    #expect(client.isEnded)
  }

  /// Within its grace the running request is answered in full, and those that wait are refused.
  @Test func graceIsGiven() throws {
    let rig = try ServiceRig()
    let expected = try answer(rig, Self.text)
    let (client, waiting) = (try rig.connect(), try rig.connect())
    client.send(Self.text)
    rig.turn(2)
    waiting.send(Self.text)
    rig.turn(1)
    rig.stop()
    #expect(try nextAnswer(rig, waiting).status == 503)
    #expect(try nextAnswer(rig, client).content == expected.content)
  }

  /// While it is too hot nothing is computed, others are answered, and the answer is the same.
  @Test(arguments: requests) func aPauseAtAnyTime(_ request: [UInt8]) throws {
    let rig = try ServiceRig()
    func received(hotAfter turns: Int?) throws -> String {
      let client = try rig.connect()
      defer { client.close() }
      client.send(request)
      if let turns {
        rig.turn(turns)
        rig.record.isHot = true
        rig.turn(2)
        let (isBusy, blocks) = (rig.isBusy, rig.record.promptBlockCount)
        client.receive()
        let before = client.received
        rig.turn(20)
        client.receive()
        #expect(rig.isBusy == isBusy && rig.record.promptBlockCount == blocks)
        #expect(client.received == before)
        #expect(try answer(rig, Self.health).body.contains("\"busy\":\(isBusy)"))
        rig.record.isHot = false
      }
      let answer = try nextAnswer(rig, client)
      #expect(answer.status == 200)
      return try answer.content
        ?? answer.body.replacing(Regex("\"(id|created)\":[^,]*|\"timings\":[^}]*}"), with: "")
    }
    let expected = try received(hotAfter: nil)
    let count = try turnCount(rig, request)
    for turns in 0..<count { #expect(try received(hotAfter: turns) == expected) }
    #expect(rig.record.pauseCount > count / 2)
  }

  /// A client that leaves in a pause, and a service that ends in one, wait for nothing.
  @Test func aPauseEndsWithItsRequest() throws {
    let rig = try ServiceRig(graceSeconds: 0)
    rig.record.isHot = true
    let client = try rig.connect()
    client.send(Self.text)
    rig.turn(3)
    #expect(rig.isBusy)
    client.close()
    rig.turn(2)
    #expect(!rig.isBusy && rig.record.statuses == [nil])
    let other = try rig.connect()
    other.send(Self.text)
    rig.turn(3)
    rig.stop()
    #expect(try nextAnswer(rig, other).status == 503)
  }

  /// A client that takes nothing of a long stream is given up; others are answered meanwhile.
  @Test func aClientThatTakesNothing() throws {
    let rig = try ServiceRig(timeoutSeconds: 1)
    let client = try rig.connect(sendByteCount: 4096)
    client.send(Self.chat("go on", stream: true, count: 100_000))
    let start = Date()
    while Date().timeIntervalSince(start) < 8, !rig.record.statuses.contains(nil) {
      rig.turn(10)
    }
    #expect(rig.record.statuses == [nil] && !rig.isBusy)
    #expect(Date().timeIntervalSince(start) >= 1)
    #expect(try answer(rig, Self.text).status == 200)
  }

  @Test(arguments: [
    ("/v1/completions", "{\"prompt\":\"\"}", 400), ("/v1/completions", "{\"prompt\":7}", 400),
    ("/v1/completions", "{\"prompt\":\"a\"", 400),
    ("/v1/completions", "{\"prompt\":\"a\",\"model\":\"other\"}", 404),
    (
      "/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"refuse\"}]}", 400
    ),
  ])
  func requestsThatAreRefused(path: String, body: String, status: Int) throws {
    let rig = try ServiceRig()
    #expect(try answer(rig, Self.post(path, body)).status == status)
    #expect(!rig.isBusy)
    #expect(try answer(rig, Self.text).status == 200)
  }
}
