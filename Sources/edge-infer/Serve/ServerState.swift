import Measurement
import Memory
import Platform
import Service

/// What changes while a service runs, beside its connections.
@safe struct ServerState: ~Copyable {
  /// Nil when the service is to end.
  var listener: Listener?
  var polls: PollList
  var metrics = ServeMetrics()
  var health: HealthMonitor
  /// A line for each request; nil where none is wanted.
  var log: TextOutput?
  /// Connections that wait for their turn, in a ring.
  private let queue: UnsafeMutablePointer<Int>
  private let queueCapacity: Int
  private var queueStart = 0
  private(set) var queueCount = 0
  /// The connection whose request is being served; -1 where none is.
  var active = -1
  /// When the service must have ended; nil where it is not to end.
  var stopDeadline: Int64?
  /// After the system refused a connection.
  var acceptsFrom: Int64 = 0

  init(
    _ layout: ServeLayout, _ listener: Listener, _ health: consuming HealthMonitor, logs: Bool
  ) {
    self.listener = listener
    self.health = health
    polls = unsafe PollList(memory: layout.polls, capacity: layout.pollCount)
    unsafe queue = unsafe layout.queue
    queueCapacity = layout.queueCapacity
    if logs { log = TextOutput.standardError } else { log = nil }
  }

  var isStopping: Bool { stopDeadline != nil }

  /// - Returns: false where too many wait.
  mutating func enqueue(_ connection: Int) -> Bool {
    // While none is being served, the first one waits for no other.
    if queueCount == queueCapacity - (active < 0 ? 0 : 1) { return false }
    unsafe queue[(queueStart + queueCount) % queueCapacity] = connection
    queueCount += 1
    return true
  }

  mutating func dequeue() -> Int? {
    if queueCount == 0 { return nil }
    let first = unsafe queue[queueStart]
    queueStart = (queueStart + 1) % queueCapacity
    queueCount -= 1
    return first
  }

  /// Takes a connection out of those that wait.
  mutating func remove(_ connection: Int) {
    var kept = 0
    for place in 0..<queueCount {
      let index = unsafe queue[(queueStart + place) % queueCapacity]
      if index == connection { continue }
      unsafe queue[(queueStart + kept) % queueCapacity] = index
      kept += 1
    }
    queueCount = kept
  }
}
