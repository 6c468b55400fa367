import Foundation
import TestSupport
import Testing

@testable import Service

/// Requests that are sent slowly, that are large, or that are left.
@Suite(.serialized) struct BodyStoreTests {
  private static func prompt(_ count: Int) -> [UInt8] {
    LoopTests.post(
      "/v1/completions",
      "{\"prompt\":\"" + String(repeating: "a b ", count: count / 4) + "\",\"max_tokens\":1}")
  }

  /// Sends as the service takes, and turns.
  private func send(_ rig: ServiceRig, _ clients: [(RigClient, [UInt8])]) {
    var rests = clients.map { $0.1[...] }
    for _ in 0..<4_000 where rests.contains(where: { !$0.isEmpty }) {
      for index in clients.indices where !rests[index].isEmpty {
        let sent = clients[index].0.sendSome(rests[index].prefix(9_000))
        rests[index] = rests[index].dropFirst(sent)
      }
      rig.turn()
    }
    let isSent = rests.allSatisfy { $0.isEmpty }
    #expect(isSent)
  }

  /// Two bodies of the largest size at once: one takes the reserve, and the other one waits for it.
  @Test func largeBodiesTakeTurns() throws {
    let rig = try ServiceRig(bodyByteCountMax: 60_000)
    let clients = try (0..<3).map { _ in (try rig.connect(), Self.prompt(30_000)) }
    send(rig, clients)
    for (client, _) in clients {
      #expect(try LoopTests.nextAnswer(rig, client).usage("prompt_tokens") == 30_000)
    }
    #expect(try LoopTests.answer(rig, LoopTests.text).status == 200)
  }

  /// A body that stops is given up when others wait for its memory.
  @Test func aBodyThatStopsHoldsNoMemory() throws {
    let rig = try ServiceRig(bodyByteCountMax: 200_000)
    let (slow, good) = (try rig.connect(), try rig.connect())
    send(rig, [(slow, Array(Self.prompt(190_000).dropLast(9)))])
    let start = Date()
    send(rig, [(good, Self.prompt(100_000))])
    while Date().timeIntervalSince(start) < 10, good.nextAnswer() == nil { rig.turn(100) }
    #expect(Date().timeIntervalSince(start) < 8)
    #expect(try LoopTests.nextAnswer(rig, slow).status == 408)
  }

  @Test func tooLarge() throws {
    let rig = try ServiceRig(bodyByteCountMax: 20_000, promptTokenCountMax: 1_000)
    let client = try rig.connect()
    client.send(Self.prompt(30_000).prefix(5_000))
    #expect(try LoopTests.nextAnswer(rig, client).status == 413)
    let long = try LoopTests.answer(rig, Self.prompt(2_000))
    #expect(long.status == 400 && long.body.contains("context_length_exceeded"))
    #expect(try LoopTests.answer(rig, Self.prompt(900)).status == 200)
  }

  /// Whatever a client has sent when it leaves, the next one is served at once.
  @Test func aLargeRequestThatIsLeft() throws {
    let rig = try ServiceRig()
    let client = try rig.connect()
    send(rig, [(client, Self.prompt(60_000))])
    rig.turn { rig.record.promptBlockCount > 3 }
    client.close()
    let blocks = rig.record.promptBlockCount
    rig.turn(2)
    #expect(!rig.isBusy && rig.record.promptBlockCount <= blocks + 2)
    #expect(rig.record.statuses == [nil])
    #expect(try LoopTests.answer(rig, LoopTests.text).status == 200)
  }

  /// Half heads and slow bodies make room; waiting requests and answers do not.
  @Test func slowRequestsMakeRoom() throws {
    let rig = try ServiceRig(connectionCount: 4)
    let heads = try (0..<2).map { _ in try rig.connect() }
    for client in heads { client.send(bytes("GET /health HTTP/1.1\r\nHo")) }
    let bodies = try (0..<2).map { _ in try rig.connect() }
    for client in bodies { client.send(Self.prompt(400).dropLast(9)) }
    rig.turn(3)
    usleep(300_000)
    let good = try rig.connect()
    good.send(LoopTests.text)
    #expect(try LoopTests.nextAnswer(rig, good).status == 200)
  }

  /// A stream's head comes before its prompt has been read, and comments while it waits.
  @Test func streamsSaySomethingAtOnce() throws {
    let rig = try ServiceRig()
    let request = LoopTests.post(
      "/v1/completions",
      """
      {"prompt":"\(String(repeating: "word ", count: 3_000))","max_tokens":2,"stream":true,\
      "return_progress":true}
      """)
    let (client, waiting) = (try rig.connect(), try rig.connect())
    send(rig, [(client, request)])
    rig.turn { rig.record.promptBlockCount > 2 }
    client.receive()
    let early = String(decoding: client.received, as: UTF8.self)
    #expect(early.hasPrefix("HTTP/1.1 200") && early.contains("event-stream"))
    #expect(early.contains("\"prompt_progress\":{\"total\":15000,\"cache\":0,\"processed\":8,"))
    #expect(!early.contains("\"text\""))
    send(rig, [(waiting, request)])
    rig.record.isHot = true
    let start = Date()
    while Date().timeIntervalSince(start) < 5.2 { rig.turn() }
    client.receive()
    waiting.receive()
    let comment = String(decoding: client.received, as: UTF8.self)
    #expect(comment.contains(": prefill 0 %\n\n"))
    let queued = String(decoding: waiting.received, as: UTF8.self)
    #expect(queued.hasPrefix("HTTP/1.1 200") && queued.contains(": waiting, 1 before\n\n"))
    rig.record.isHot = false
    let first = try LoopTests.nextAnswer(rig, client)
    let second = try LoopTests.nextAnswer(rig, waiting)
    for answer in [first, second] { #expect(answer.body.hasSuffix("data: [DONE]\n\n")) }
    #expect(second.body.components(separatedBy: "HTTP/1.1").count == 1)
    let cached = "\"prompt_progress\":{\"total\":15000,\"cache\":14999,\"processed\":14999,"
    #expect(!second.body.contains(cached))
  }

  /// A stream that waits and has been told so is told the end of the service as an event.
  @Test func aWaitingStreamIsRefused() throws {
    let rig = try ServiceRig()
    rig.record.isHot = true
    let (client, waiting) = (try rig.connect(), try rig.connect())
    client.send(LoopTests.text)
    rig.turn(3)
    waiting.send(
      LoopTests.post("/v1/completions", "{\"prompt\":\"a\",\"stream\":true}"))
    let start = Date()
    while Date().timeIntervalSince(start) < 5.2 { rig.turn() }
    rig.stop()
    rig.turn {
      waiting.receive()
      return waiting.isEnded
    }
    let received = String(decoding: waiting.received, as: UTF8.self)
    #expect(received.hasPrefix("HTTP/1.1 200") && received.contains("data: {\"error\""))
    #expect(received.components(separatedBy: "HTTP/1.1").count == 2)
  }
}
