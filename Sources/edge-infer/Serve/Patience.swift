import Platform

/// How long the service waits for one client while others wait for their turn: for so long in all,
/// beyond the time that what moves meanwhile may take.
struct Patience {
  /// Bytes that a client must send, or take, in each second that is waited for it.
  static let bytesPerSecondMin: Int64 = 1024
  /// Nanoseconds that have been waited too long.
  private var spent: Int64 = 0

  /// Attends to all connections until something happens or the patience is at its end.
  /// - Parameter index: the connection that is waited for.
  /// - Returns: false at the end.
  mutating func wait(for index: Int, _ server: Server) -> Bool {
    let limit = server.timeoutNanoseconds - spent
    if limit <= 0 || server.isStopDue { return false }
    let start = Instant.now()
    let before = unsafe server[index].pointee.movedByteCount
    server.turn(waiting: limit)
    let moved = unsafe server[index].pointee.movedByteCount - before
    let allowed = Int64(moved) * Server.second / Self.bytesPerSecondMin
    spent = max(spent + Instant.now().nanoseconds(since: start) - allowed, 0)
    return true
  }
}
