import Measurement
import Memory
import Platform
import Service

/// Sends an answer's pieces to a connection.
@safe struct ConnectionSink: ResponseSink {
  private let server: Server
  private let index: Int
  /// Whether the other connections are attended to while the client takes its answer; else the answer
  /// must fit in the connection's buffer.
  private let waits: Bool
  private var patience = Patience()

  init(_ server: Server, _ index: Int, waits: Bool) {
    self.server = server
    self.index = index
    self.waits = waits
  }

  mutating func send(_ bytes: Span<UInt8>) -> Bool {
    var offset = 0
    while unsafe !server[index].pointee.isGone {
      offset += unsafe server[index].pointee.append(bytes, from: offset)
      _ = unsafe server[index].pointee.flush()
      if offset == bytes.count { return unsafe !server[index].pointee.isGone }
      if !waits || !patience.wait(for: index, server) { unsafe server[index].pointee.isGone = true }
    }
    return false
  }
}

extension ResponseHead {
  /// With the time of day.
  init(
    dated status: HTTPStatus, _ type: ResponseType, to request: RequestHead, keepsAlive: Bool
  ) {
    self.init(status, type, to: request, keepsAlive: keepsAlive)
    self.unixSeconds = Platform.unixSeconds()
  }
}

// Answers that need no model.
extension Server {
  /// Whether a body follows the head.
  func hasBody(_ head: RequestHead) -> Bool { head.body != .byteCount(0) }

  /// Answers with an error.
  /// - Parameter closes: whether it is not known where the next request begins, or none may follow.
  func refuse(
    _ index: Int, _ error: HTTPError, closes: Bool, _ figures: RequestFigures = RequestFigures()
  ) {
    let head = unsafe self[index].pointee.parser.head
    var answer = ResponseHead(error, to: head, keepsAlive: !closes)
    answer.unixSeconds = unixSeconds()
    if error == .queueFull || error == .stopping { answer.retryAfterSeconds = retrySeconds }
    var writer = ResponseWriter(ConnectionSink(self, index, waits: false))
    writer.begin(answer)
    error.writeBody(to: &writer)
    let canFollow = writer.finish()
    record(index, error.status, figures)
    finish(index, keepsAlive: canFollow)
  }

  /// Answers that the body is wrong.
  func refuse(_ index: Int, _ error: RequestError, closes: Bool, _ figures: RequestFigures) {
    let head = unsafe self[index].pointee.parser.head
    var writer = ResponseWriter(ConnectionSink(self, index, waits: false))
    writer.begin(ResponseHead(dated: .badRequest, .json, to: head, keepsAlive: !closes))
    error.writeBody(to: &writer)
    let canFollow = writer.finish()
    record(index, .badRequest, figures)
    finish(index, keepsAlive: canFollow)
  }

  /// About as long as those take that are before it.
  private var retrySeconds: Int {
    let metrics = unsafe state.pointee.metrics
    let mean =
      metrics.served.count == 0 ? 1e9 : Double(metrics.served.sum) / Double(metrics.served.count)
    let seconds = mean * Double(unsafe state.pointee.queueCount + 1) / 1e9
    return min(max(Int(min(seconds, 3600)) + 1, 1), 60)
  }

  func answerHealth(_ index: Int) {
    var writer = begin(index, .json)
    writer.write(
      unsafe state.pointee.isStopping ? "{\"status\":\"stopping\"" : "{\"status\":\"ok\"")
    writer.write(unsafe state.pointee.active >= 0 ? ",\"busy\":true" : ",\"busy\":false")
    writer.write(",\"waiting\":")
    writer.write(unsafe state.pointee.queueCount)
    writer.write("}")
    end(index, &writer)
  }

  func answerModels(_ index: Int) {
    var writer = begin(index, .json)
    writeModelList(model: facts.name.text, unixSeconds: facts.startSeconds, to: &writer)
    end(index, &writer)
  }

  func answerMetrics(_ index: Int) {
    var writer = begin(index, .metrics)
    let metrics = unsafe state.pointee.metrics
    metrics.write(to: &writer)
    ServeMetrics.write(
      gauge: "edge_infer_queue_length", unsafe state.pointee.queueCount, to: &writer)
    ServeMetrics.write(
      gauge: "edge_infer_busy", unsafe state.pointee.active >= 0 ? 1 : 0, to: &writer)
    ServeMetrics.write(gauge: "edge_infer_connections", connectionCount, to: &writer)
    ServeMetrics.write(
      gauge: "edge_infer_peak_resident_bytes", peakResidentByteCount(), to: &writer)
    ServeMetrics.write(gauge: "edge_infer_arena_bytes", facts.arenaByteCount, to: &writer)
    ServeMetrics.write(gauge: "edge_infer_start_time_seconds", facts.startSeconds, to: &writer)
    unsafe state.pointee.health.writeMetrics(to: &writer)
    end(index, &writer)
  }

  private func begin(_ index: Int, _ type: ResponseType) -> ResponseWriter<ConnectionSink> {
    let head = unsafe self[index].pointee.parser.head
    var writer = ResponseWriter(ConnectionSink(self, index, waits: false))
    writer.begin(ResponseHead(dated: .ok, type, to: head, keepsAlive: !hasBody(head)))
    return writer
  }

  private func end(_ index: Int, _ writer: inout ResponseWriter<ConnectionSink>) {
    let canFollow = writer.finish()
    record(index, .ok, RequestFigures())
    finish(index, keepsAlive: canFollow)
  }

  /// Counts a request that has been answered, and writes a line about it.
  /// - Parameter status: nil where the client had gone.
  func record(_ index: Int, _ status: HTTPStatus?, _ figures: RequestFigures) {
    unsafe state.pointee.metrics.count(status, figures)
    guard var log = unsafe state.pointee.log.take() else { return }
    let head = unsafe self[index].pointee.parser.head
    let start = unsafe self[index].pointee.requestStart
    figures.write(
      head, status, nanoseconds: start == 0 ? 0 : Instant.now().nanoseconds - start, to: &log)
    log.flush()
    unsafe state.pointee.log = consume log
  }
}
