import Foundation
import Platform
import TestSupport
import Testing
import Text

@testable import Service

/// The bytes in two pieces, for each place where they can be parted; whole; and one by one.
func partings(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
  (0...bytes.count).map { [bytes[..<$0], bytes[$0...]] } + [[bytes[...]]]
    + [bytes.indices.map { bytes[$0...$0] }]
}

func randomParting(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [ArraySlice<UInt8>] {
  var pieces: [ArraySlice<UInt8>] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = Int.random(in: 0...min(rest.count, 40), using: &random)
    pieces.append(rest.prefix(count))
    rest = rest.dropFirst(count)
  }
  return pieces
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func string<let capacity: Int>(_ text: FixedText<capacity>) -> String {
  String(decoding: (0..<text.count).map { text[$0] }, as: UTF8.self)
}

/// What came of a request.
struct SeenRequest: Equatable {
  var method: Service.Method
  var route: Route?
  var target: String
  var minorVersion: Int
  var framing: RequestHead.Body
  var contentType: RequestHead.ContentType
  var expectsContinue: Bool
  var keepsAlive: Bool
  var origin: String?
  var host: String
  var body: [UInt8] = []
  var isWhole = false

  init(_ head: RequestHead) {
    method = head.method
    route = head.route
    target = String(decoding: (0..<head.target.count).map { head.target[$0] }, as: UTF8.self)
    minorVersion = head.minorVersion
    framing = head.body
    contentType = head.contentType
    expectsContinue = head.expectsContinue
    keepsAlive = head.keepsAlive
    origin = head.origin.map { string($0) }
    host = string(head.host)
  }

  var text: String { String(decoding: body, as: UTF8.self) }
}

/// What came of the bytes of a connection.
struct SeenConnection: Equatable {
  var requests: [SeenRequest] = []
  var error: HTTPError?
  var isBetweenRequests = false
}

func read(
  _ pieces: [ArraySlice<UInt8>], bodyByteCountMax: Int = 1 << 20
) -> SeenConnection {
  var seen = SeenConnection()
  var parser = RequestParser(bodyByteCountMax: bodyByteCountMax)
  do throws(HTTPError) {
    for piece in pieces { try read(piece, &parser, &seen) }
  } catch {
    seen.error = error
    expectFailure(&parser, error)
  }
  seen.isBetweenRequests = parser.isBetweenRequests
  return seen
}

private func read(
  _ piece: ArraySlice<UInt8>, _ parser: inout RequestParser, _ seen: inout SeenConnection
) throws(HTTPError) {
  var offset = 0
  while true {
    switch try parser.next(piece.span, at: &offset) {
    case .needsMore:
      if offset != piece.count { Issue.record("bytes are left") }
      return
    case .head: seen.requests.append(SeenRequest(parser.head))
    case .body(let range):
      if range.isEmpty || range.upperBound != offset { Issue.record("\(range) is no piece") }
      seen.requests[seen.requests.count - 1].body += range.map { piece[piece.startIndex + $0] }
    case .end:
      seen.requests[seen.requests.count - 1].isWhole = true
      if offset == piece.count { return }
    }
  }
}

/// What has failed fails again.
private func expectFailure(_ parser: inout RequestParser, _ error: HTTPError) {
  let more = bytes("GET / HTTP/1.1\r\n\r\n")
  var offset = 0
  do throws(HTTPError) {
    _ = try parser.next(more.span, at: &offset)
    Issue.record("no error")
  } catch let again {
    if again != error { Issue.record("\(again), not \(error)") }
  }
}

func read(_ text: String, bodyByteCountMax: Int = 1 << 20) -> SeenConnection {
  read([bytes(text)[...]], bodyByteCountMax: bodyByteCountMax)
}

/// Reads the requests and checks that each parting of their bytes gives the same.
func readParted(_ text: String) -> SeenConnection {
  let whole = read(text)
  for pieces in partings(bytes(text)) where read(pieces) != whole {
    Issue.record("parted as \(pieces.map(Array.init))")
  }
  return whole
}
