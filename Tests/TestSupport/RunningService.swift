import Foundation
import Glibc

/// `edge-infer serve` at work on a free port, and what a client needs to speak with it.
public final class RunningService {
  public let program: RunningProgram
  public let port: UInt16

  /// The model of stories where there is one: protocols need no good answers.
  public static var anyModel: String? { Files.stories ?? Files.model }

  /// Starts a service; `model` nil is the default one.
  public init(
    _ options: [String] = [], model: String? = anyModel, budget: Int = 256, wrapper: [String] = []
  ) throws {
    program = try RunningProgram(
      wrapper + [
        Files.program!, "serve", "--profile", Files.hostProfile, "--listen", "127.0.0.1:0",
        "--budget", "\(budget)", "--block", "32",
      ] + (model.map { ["--model", $0] } ?? []) + options)
    guard program.wait(for: "waiting requests\n") || !program.isRunning,
      let line = program.error.split(separator: "\n").first(where: { $0.contains("listening") }),
      let address = line.split(separator: " ").first(where: { $0.hasPrefix("http://") }),
      let port = address.split(separator: ":").last.flatMap({ UInt16($0.filter(\.isNumber)) })
    else { throw ServiceFailure.notStarted(program.error) }
    self.port = port
  }

  public func connect() throws -> ClientConnection { try ClientConnection(port: port) }

  /// One request on a connection of its own.
  public func ask(_ request: String) throws -> ServiceAnswer {
    let connection = try connect()
    connection.send(request)
    return try connection.answer()
  }

  public func get(_ path: String, _ headers: [String] = []) throws -> ServiceAnswer {
    try ask(Self.get(path, headers))
  }

  public func post(_ path: String, _ body: [String: Any]) throws -> ServiceAnswer {
    try ask(Self.post(path, body))
  }

  public func chat(_ messages: [(String, String)], _ more: [String: Any] = [:]) throws
    -> ServiceAnswer
  {
    try post("/v1/chat/completions", Self.chatBody(messages, more))
  }

  public static func chatBody(_ messages: [(String, String)], _ more: [String: Any]) -> [String:
    Any]
  {
    var body = more
    body["messages"] = messages.map { ["role": $0.0, "content": $0.1] }
    return body
  }

  public static func get(_ path: String, _ headers: [String] = []) -> String {
    "GET \(path) HTTP/1.1\r\nHost: localhost\r\n"
      + headers.map { $0 + "\r\n" }.joined() + "\r\n"
  }

  public static func post(
    _ path: String, _ body: [String: Any], _ headers: [String] = []
  ) -> String {
    let data = try! JSONSerialization.data(withJSONObject: body)
    return post(path, String(decoding: data, as: UTF8.self), headers)
  }

  public static func post(_ path: String, _ body: String, _ headers: [String] = []) -> String {
    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      + headers.map { $0 + "\r\n" }.joined() + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
  }

  /// A counter of `/metrics`.
  public func metric(_ name: String) throws -> Int? {
    try get("/metrics").text.split(separator: "\n").first { $0.hasPrefix(name + " ") }?
      .split(separator: " ").last.flatMap { Int($0) }
  }

  /// The largest resident size so far.
  public var memoryKiB: Int {
    program.status("VmHWM").first.flatMap { Int($0.filter(\.isNumber)) } ?? -1
  }
}

public enum ServiceFailure: Error {
  case notStarted(String)
  case notConnected(Int32)
  /// What came in place of an answer.
  case noAnswer(String)
}

/// What a service answers.
public struct ServiceAnswer {
  public let status: Int
  public let headers: [String: String]
  public let body: [UInt8]

  public var text: String { String(decoding: body, as: UTF8.self) }
  public var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) ?? [:]
  }

  public var error: [String: Any] { json["error"] as? [String: Any] ?? [:] }
  private var choice: [String: Any] { (json["choices"] as? [[String: Any]])?.first ?? [:] }
  /// The text of an answer that is no stream.
  public var content: String? {
    choice["text"] as? String ?? (choice["message"] as? [String: Any])?["content"] as? String
  }
  public var finishReason: String? { choice["finish_reason"] as? String }

  public func usage(_ name: String) -> Int? {
    let usage = json["usage"] as? [String: Any]
    return usage?[name] as? Int
      ?? (usage?["prompt_tokens_details"] as? [String: Any])?[name] as? Int
  }

  /// The objects of a stream.
  public var events: [[String: Any]] {
    text.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: {") }.compactMap {
      try? JSONSerialization.jsonObject(with: Data($0.dropFirst(6).utf8)) as? [String: Any]
    }
  }

  /// The text of a stream.
  public var streamed: String {
    events.compactMap { event in
      let choice = (event["choices"] as? [[String: Any]])?.first
      return choice?["text"] as? String
        ?? (choice?["delta"] as? [String: Any])?["content"] as? String
    }.joined()
  }
}

/// A client's side of a connection, used by one thread at a time.
public final class ClientConnection: @unchecked Sendable {
  private var descriptor: Int32
  private var received: [UInt8] = []

  /// - Parameter receiveByteCount: room for what is not read; nil: as much as the system gives.
  public init(port: UInt16, receiveByteCount: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var count = receiveByteCount {
      setsockopt(
        descriptor, SOL_SOCKET, SO_RCVBUF, &count, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if connected != 0 { throw ServiceFailure.notConnected(errno) }
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close() }

  public func send(_ text: String) { send(bytes: Array(text.utf8)) }

  public func send(bytes: [UInt8]) {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      done += count
    }
  }

  public func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Bytes that have come, at least one; none at the end of the connection.
  public func receive() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    return Array(bytes.prefix(max(count, 0)))
  }

  /// Reads until `text` has come, which stays to be read.
  public func wait(for text: String) -> Bool {
    while !String(decoding: received, as: UTF8.self).contains(text) {
      let more = receive()
      if more.isEmpty { return false }
      received += more
    }
    return true
  }

  /// All that comes until the connection ends.
  public func rest() -> String {
    while true {
      let more = receive()
      if more.isEmpty { break }
      received += more
    }
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  /// The next answer.
  public func answer() throws -> ServiceAnswer {
    let head = try line(until: "\r\n\r\n").components(separatedBy: "\r\n")
    let words = head[0].split(separator: " ")
    guard words.count > 1, let status = Int(words[1]) else {
      throw ServiceFailure.noAnswer(head[0])
    }
    var headers: [String: String] = [:]
    for line in head.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 {
        headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
    if status == 100 { return ServiceAnswer(status: status, headers: headers, body: []) }
    return ServiceAnswer(status: status, headers: headers, body: try body(headers))
  }

  private func body(_ headers: [String: String]) throws -> [UInt8] {
    if let length = headers["content-length"].flatMap({ Int($0) }) { return try take(length) }
    if headers["transfer-encoding"] == "chunked" {
      var body: [UInt8] = []
      while true {
        guard let count = Int(try line(until: "\r\n"), radix: 16) else {
          throw ServiceFailure.noAnswer("a chunk")
        }
        body += try take(count)
        _ = try take(2)
        if count == 0 { return body }
      }
    }
    return Array(rest().utf8)
  }

  private func take(_ count: Int) throws -> [UInt8] {
    while received.count < count { try fill() }
    defer { received.removeFirst(count) }
    return Array(received[..<count])
  }

  private func line(until end: String) throws -> String {
    let mark = Array(end.utf8)
    while true {
      if received.count >= mark.count {
        for start in 0...(received.count - mark.count)
        where Array(received[start..<start + mark.count]) == mark {
          defer { received.removeFirst(start + mark.count) }
          return String(decoding: received[..<start], as: UTF8.self)
        }
      }
      try fill()
    }
  }

  private func fill() throws {
    let more = receive()
    if more.isEmpty {
      throw ServiceFailure.noAnswer(String(decoding: received.prefix(200), as: UTF8.self))
    }
    received += more
  }
}
