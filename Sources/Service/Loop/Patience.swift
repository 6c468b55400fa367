/// How long the service waits for one client while others wait for their turn: for so long in all,
/// beyond the time that what moves meanwhile may take.
struct Patience {
  /// Bytes that a client must send, or take, in each second that is waited for it.
  static let bytesPerSecondMin: Int64 = 1024
  /// Nanoseconds in all.
  private let limit: Int64
  /// Nanoseconds that have been waited too long.
  private var spent: Int64 = 0
  /// Since when the client is waited for; nil if it is not.
  private var since: Int64?
  /// Bytes that had been moved then.
  private var movedBefore = 0

  init(limit: Int64) { self.limit = limit }

  /// The client is waited for from here on.
  /// - Parameter moved: bytes of its connection that have been moved so far.
  mutating func wait(from now: Int64, moved: Int) {
    update(now, moved: moved)
    (since, movedBefore) = (now, moved)
  }

  /// It is not waited for any more.
  mutating func end(at now: Int64, moved: Int) {
    update(now, moved: moved)
    since = nil
  }

  private mutating func update(_ now: Int64, moved: Int) {
    guard let since else { return }
    let allowed = Int64(moved - movedBefore) * ServiceTimes.second / Self.bytesPerSecondMin
    spent = max(spent + now - since - allowed, 0)
  }

  var isAtEnd: Bool { spent >= limit }

  /// Nanoseconds that have been waited too long if nothing has moved.
  func spent(at now: Int64) -> Int64 { spent + (since.map { now - $0 } ?? 0) }

  /// When it ends if nothing moves.
  var deadline: Int64 { since.map { $0 + limit - spent } ?? .max }
}
