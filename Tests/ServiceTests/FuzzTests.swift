import Foundation
import Platform
import TestSupport
import Testing

@testable import Service

/// Pieces of requests that reach deeper than random bytes.
private let requestFragments: [[UInt8]] =
  [
    "GET / HTTP/1.1\r\n", "POST /v1/completions HTTP/1.1\r\n", "HTTP/1.0", "Host: x\r\n", "\r\n",
    "\r\n\r\n", "\n", "\r", "\0", " ", "\t", ":", "Content-Length: 5\r\n", "content-length:0\r\n",
    "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n", "0\r\n",
    "5\r\nhello\r\n", "ffffffffffffffff", "18446744073709551616", ";a=b", "0\r\n\r\n", "é", "hello",
  ].map(bytes) + [[0x80], [0xff]]

private let requests = [
  "GET /health HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer abc\r\n\r\n",
  "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /v1/models HTTP/1.0"
    + "\r\nConnection: keep-alive\r\n\r\n",
  "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    + "Expect: 100-continue\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\n",
].map(bytes)

private let bodyFragments: [[UInt8]] =
  [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "\\n", "null", "true",
    "false", "0", "-1", "1e9", "0.5", "\"messages\":", "\"role\":\"user\"", "\"content\":",
    "\"stop\":",
    "{\"type\":\"text\",\"text\":\"t\"}", "\"stream_options\":{\"include_usage\":true}", "\"n\":1",
    "é",
    "\u{1f600}", "\0", " ", "99999999999999999999", "\"prompt\":\"p\"", "\"max_tokens\":5",
    "\"logit_bias\":{\"1\":2}",
  ].map(bytes) + [[0x80], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90], [0xff]]

private let bodies = [
  """
  {"model":"m","messages":[{"role":"system","content":"a\\u00e9\\ud83d\\ude00"},{"content":
  [{"type":"text","text":"é"},{"text":"日","type":"text"}],"role":"user"}],"stream":true,"metadata":[{}],"logit_bias":{"5":-1}}
  """,
  """
  {"prompt":["text"],"temperature":0.5,"top_p":1,"max_tokens":7,"stop":["a","b"],"seed":1,"n":1,
  "stream_options":{"include_usage":true},"presence_penalty":0,"user":{"z":[1,"2",null]}}
  """,
].map(bytes)

private func mutate(
  _ bytes: inout [UInt8], _ fragments: [[UInt8]], _ random: inout SeededGenerator
) {
  let place = Int.random(in: 0...bytes.count, using: &random)
  let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
  switch Int.random(in: 0..<6, using: &random) {
  case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
  case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
  case 2: bytes.removeSubrange(place..<end)
  case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
  case 4 where Bool.random(using: &random): bytes.removeLast(bytes.count - place)
  default: bytes.insert(contentsOf: fragments.randomElement(using: &random)!, at: place)
  }
}

/// Mutations of valid inputs, sequences of fragments, and random bytes.
private func input(
  _ sources: [[UInt8]], _ fragments: [[UInt8]], _ random: inout SeededGenerator
) -> [UInt8] {
  var bytes: [UInt8] = []
  switch Int.random(in: 0..<8, using: &random) {
  case 0:
    for _ in 0..<Int.random(in: 0...60, using: &random) {
      bytes.append(UInt8.random(in: 0...255, using: &random))
    }
  case 1:
    for _ in 0..<Int.random(in: 0...20, using: &random) {
      bytes += fragments.randomElement(using: &random)!
    }
  default:
    bytes = sources.randomElement(using: &random)!
    for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, fragments, &random) }
  }
  return bytes
}

@Suite struct FuzzTests {
  @Test(arguments: 1...8)
  func requestsHaveOneOutcome(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var wholeCount = 0
    for _ in 0..<3000 {
      let bytes = input(requests, requestFragments, &random)
      let whole = read([bytes[...]])
      wholeCount += whole.requests.count { $0.isWhole }
      for pieces in [randomParting(bytes, &random), bytes.indices.map { bytes[$0...$0] }]
      where read(pieces) != whole {
        Issue.record("parted as \(pieces.map(Array.init))")
      }
    }
    #expect(wholeCount > 100)
  }

  @Test(arguments: 1...8)
  func bodiesHaveOneOutcome(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed &+ 1000)
    var goodCount = 0
    for _ in 0..<3000 {
      let bytes = input(bodies, bodyFragments, &random)
      let kind: RequestKind = Bool.random(using: &random) ? .chat : .text
      let whole = readBody(kind, [bytes[...]])
      for pieces in [randomParting(bytes, &random), bytes.indices.map { bytes[$0...$0] }]
      where readBody(kind, pieces) != whole {
        Issue.record("parted as \(pieces.map(Array.init))")
      }
      if whole.error == nil {
        goodCount += 1
        checkJSON(bytes)
      }
    }
    #expect(goodCount > 5)
  }

  /// What is taken is JSON to another reader too.
  private func checkJSON(_ bytes: [UInt8]) {
    // Foundation refuses numbers that Double cannot hold, which are JSON all the same.
    let hasExponent =
      bytes.contains(UInt8(ascii: "e"))
      && String(decoding: bytes, as: UTF8.self)
        .contains(/[0-9][eE][+-]?[0-9]{2}/)
    if hasExponent { return }
    let value = try? JSONSerialization.jsonObject(with: Data(bytes))
    #expect(value is [String: Any], "\(String(decoding: bytes, as: UTF8.self))")
  }

  /// All that is refused as no JSON is no JSON to another reader either, but for what this one
  /// bounds or Foundation lets pass.
  @Test(arguments: 1...2)
  func whatIsNoJSONIsRefusedByFoundationToo(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed &+ 2000)
    for _ in 0..<3000 {
      let bytes = input(bodies, bodyFragments, &random)
      guard case .json(let fault) = readBody(.text, [bytes[...]]).error?.problem else { continue }
      if fault == .tooDeep || fault == .loneSurrogate || bytes.contains(0) { continue }
      let value = try? JSONSerialization.jsonObject(with: Data(bytes))
      #expect(value == nil, "\(fault): \(String(decoding: bytes, as: UTF8.self))")
    }
  }
}
