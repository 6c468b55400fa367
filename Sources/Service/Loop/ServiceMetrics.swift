import Platform

/// Durations counted in fixed classes.
struct LatencyCounts: Sendable {
  /// 1, 2.5 and 5 ms, and so on up to 100 s.
  static let boundCount = 16
  private var counts = InlineArray<17, Int>(repeating: 0)
  private(set) var count = 0
  /// Nanoseconds.
  private(set) var sum: Int64 = 0

  /// Microseconds.
  static func bound(_ index: Int) -> Int {
    var bound = index % 3 == 0 ? 1000 : index % 3 == 1 ? 2500 : 5000
    for _ in 0..<index / 3 { bound *= 10 }
    return bound
  }

  mutating func append(_ nanoseconds: Int64) {
    var index = 0
    while index < Self.boundCount && nanoseconds > Int64(Self.bound(index)) * 1000 { index += 1 }
    counts[index] += 1
    count += 1
    sum += nanoseconds
  }

  /// A histogram of Prometheus.
  func write<Sink: ByteSink & ~Copyable>(
    _ name: StaticString, help: StaticString, to out: inout Sink
  ) {
    Prometheus.write(head: name, help, "histogram", to: &out)
    var sum = 0
    for index in 0..<Self.boundCount {
      sum += counts[index]
      out.write(name)
      out.write("_bucket{le=\"")
      out.write(millionths: Self.bound(index))
      out.write("\"} ")
      out.write(sum)
      out.write("\n")
    }
    out.write(name)
    out.write("_bucket{le=\"+Inf\"} ")
    out.write(count)
    out.write("\n")
    out.write(name)
    out.write("_sum ")
    out.write(millionths: Int(self.sum / 1000))
    out.write("\n")
    out.write(name)
    out.write("_count ")
    out.write(count)
    out.write("\n")
  }
}

/// Counters of a service since its start, as Prometheus reads them (text exposition format 0.0.4).
struct ServiceMetrics: Sendable {
  /// Of each status; see `HTTPStatus`.
  private var requests = InlineArray<600, UInt32>(repeating: 0)
  /// Requests whose client went away before the answer was whole.
  private var cancelledCount = 0
  private var promptCount = 0
  private var cachedCount = 0
  private var generatedCount = 0
  private var proposedCount = 0
  private var acceptedCount = 0
  private var firstToken = LatencyCounts()
  private(set) var served = LatencyCounts()
  var perToken = LatencyCounts()

  @export(interface)
  mutating func count(_ status: HTTPStatus?, _ figures: RequestFigures) {
    if let status { requests[status.rawValue] += 1 } else { cancelledCount += 1 }
    promptCount += figures.promptCount
    cachedCount += figures.cachedCount
    generatedCount += figures.generatedCount
    proposedCount += figures.proposedCount
    acceptedCount += figures.acceptedCount
    if figures.firstTokenNanoseconds > 0 { firstToken.append(figures.firstTokenNanoseconds) }
    if figures.servedNanoseconds > 0 { served.append(figures.servedNanoseconds) }
  }

  /// - Parameter connectionCount: connections taken since the start.
  func write<Sink: ByteSink & ~Copyable>(connectionCount: Int, to out: inout Sink) {
    Prometheus.write(
      head: "edge_infer_requests_total", "Requests answered, by status.", "counter", to: &out)
    for status in 0..<600 where requests[status] > 0 {
      out.write("edge_infer_requests_total{code=\"")
      out.write(status)
      out.write("\"} ")
      out.write(Int(requests[status]))
      out.write("\n")
    }
    Prometheus.write(
      counter: "edge_infer_requests_cancelled_total", "Requests whose client went away.",
      cancelledCount, to: &out)
    Prometheus.write(
      counter: "edge_infer_connections_total", "Connections taken.", connectionCount, to: &out)
    Prometheus.write(
      counter: "edge_infer_prompt_tokens_total", "Tokens of prompts.", promptCount, to: &out)
    Prometheus.write(
      counter: "edge_infer_cached_tokens_total", "Of these, tokens that were kept.", cachedCount,
      to: &out)
    Prometheus.write(
      counter: "edge_infer_generated_tokens_total", "Tokens generated.", generatedCount, to: &out)
    Prometheus.write(
      counter: "edge_infer_proposed_tokens_total", "Tokens that were proposed as the next ones.",
      proposedCount, to: &out)
    Prometheus.write(
      counter: "edge_infer_accepted_tokens_total", "Of these, tokens that were generated.",
      acceptedCount, to: &out)
    firstToken.write(
      "edge_infer_time_to_first_token_seconds", help: "From a request's head to its first token.",
      to: &out)
    perToken.write(
      "edge_infer_token_seconds", help: "From one token to the next.", to: &out)
    served.write(
      "edge_infer_request_seconds", help: "From a request's turn to its end.", to: &out)
  }
}
