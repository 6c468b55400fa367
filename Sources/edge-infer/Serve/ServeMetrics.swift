import Measurement
import Memory
import Platform
import Service

/// What a request for a text took.
struct RequestFigures {
  var promptCount = 0
  var cachedCount = 0
  var generatedCount = 0
  /// From the request's head to the first token; 0 where there was none.
  var firstTokenNanoseconds: Int64 = 0
  /// From its turn to its end; 0 where it never came to its turn.
  var servedNanoseconds: Int64 = 0

  /// One line: method, target, status, counts of tokens and milliseconds from the head to the end.
  func write(
    _ head: RequestHead, _ status: HTTPStatus?, nanoseconds: Int64, to out: inout TextOutput
  ) {
    switch head.method {
    case .get: out.write("GET ")
    case .head: out.write("HEAD ")
    case .post: out.write("POST ")
    case .other: out.write("- ")
    }
    if head.target.count == 0 {
      out.write("-")
    } else {
      for index in 0..<head.target.count { out.write(byte: head.target[index]) }
      if head.target.isCut { out.write("…") }
    }
    out.write(" ")
    if let status { out.write(status.rawValue) } else { out.write("gone") }
    if promptCount > 0 {
      out.write(", prompt ")
      out.write(promptCount)
      out.write(" cached ")
      out.write(cachedCount)
      out.write(" generated ")
      out.write(generatedCount)
    }
    out.write(", ")
    out.write(Double(nanoseconds) / 1e6, decimals: 1)
    out.write(" ms\n")
  }
}

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
    ServeMetrics.write(head: name, help, "histogram", to: &out)
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

extension ByteSink where Self: ~Copyable {
  /// A number with as many of six decimals as count.
  fileprivate mutating func write(millionths: Int) {
    write(millionths / 1_000_000)
    var rest = millionths % 1_000_000
    if rest == 0 { return }
    write(".")
    var place = 100_000
    while rest > 0 {
      write(rest / place)
      rest %= place
      place /= 10
    }
  }
}

/// Counters of a service since its start, as Prometheus reads them (text exposition format 0.0.4).
struct ServeMetrics: Sendable {
  /// Of each status; see `HTTPStatus`.
  private var requests = InlineArray<600, UInt32>(repeating: 0)
  /// Requests whose client went away before the answer was whole.
  private var cancelledCount = 0
  private var promptCount = 0
  private var cachedCount = 0
  private var generatedCount = 0
  var connectionCount = 0
  private var firstToken = LatencyCounts()
  private(set) var served = LatencyCounts()
  var perToken = LatencyCounts()

  mutating func count(_ status: HTTPStatus?, _ figures: RequestFigures) {
    if let status { requests[status.rawValue] += 1 } else { cancelledCount += 1 }
    promptCount += figures.promptCount
    cachedCount += figures.cachedCount
    generatedCount += figures.generatedCount
    if figures.firstTokenNanoseconds > 0 { firstToken.append(figures.firstTokenNanoseconds) }
    if figures.servedNanoseconds > 0 { served.append(figures.servedNanoseconds) }
  }

  func write<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    Self.write(
      head: "edge_infer_requests_total", "Requests answered, by status.", "counter", to: &out)
    for status in 0..<600 where requests[status] > 0 {
      out.write("edge_infer_requests_total{code=\"")
      out.write(status)
      out.write("\"} ")
      out.write(Int(requests[status]))
      out.write("\n")
    }
    Self.write(
      counter: "edge_infer_requests_cancelled_total", "Requests whose client went away.",
      cancelledCount, to: &out)
    Self.write(
      counter: "edge_infer_connections_total", "Connections taken.", connectionCount, to: &out)
    Self.write(
      counter: "edge_infer_prompt_tokens_total", "Tokens of prompts.", promptCount, to: &out)
    Self.write(
      counter: "edge_infer_cached_tokens_total", "Of these, tokens that were kept.", cachedCount,
      to: &out)
    Self.write(
      counter: "edge_infer_generated_tokens_total", "Tokens generated.", generatedCount, to: &out)
    firstToken.write(
      "edge_infer_time_to_first_token_seconds", help: "From a request's head to its first token.",
      to: &out)
    perToken.write(
      "edge_infer_token_seconds", help: "From one token to the next.", to: &out)
    served.write(
      "edge_infer_request_seconds", help: "From a request's turn to its end.", to: &out)
  }

  static func write<Sink: ByteSink & ~Copyable>(
    head name: StaticString, _ help: StaticString, _ type: StaticString, to out: inout Sink
  ) {
    out.write("# HELP ")
    out.write(name)
    out.write(" ")
    out.write(help)
    out.write("\n# TYPE ")
    out.write(name)
    out.write(" ")
    out.write(type)
    out.write("\n")
  }

  static func write<Sink: ByteSink & ~Copyable>(
    counter name: StaticString, _ help: StaticString, _ value: Int, to out: inout Sink
  ) {
    write(head: name, help, "counter", to: &out)
    write(name, value, &out)
  }

  static func write<Sink: ByteSink & ~Copyable>(
    gauge name: StaticString, _ value: Int, to out: inout Sink
  ) {
    write(gaugeHead: name, &out)
    write(name, value, &out)
  }

  static func write<Sink: ByteSink & ~Copyable>(
    gauge name: StaticString, thousandths value: Int, to out: inout Sink
  ) {
    write(gaugeHead: name, &out)
    out.write(name)
    out.write(value < 0 ? " -" : " ")
    out.write(millionths: abs(value) * 1000)
    out.write("\n")
  }

  private static func write<Sink: ByteSink & ~Copyable>(
    gaugeHead name: StaticString, _ out: inout Sink
  ) {
    out.write("# TYPE ")
    out.write(name)
    out.write(" gauge\n")
  }

  private static func write<Sink: ByteSink & ~Copyable>(
    _ name: StaticString, _ value: Int, _ out: inout Sink
  ) {
    out.write(name)
    out.write(" ")
    out.write(value)
    out.write("\n")
  }
}
