import CPlatform

/// Nanoseconds of the monotonic clock.
public struct Instant: Sendable, BitwiseCopyable {
  public let nanoseconds: Int64

  public static func now() -> Instant { Instant(nanoseconds: edge_now_ns()) }

  /// Nanoseconds from `earlier` to this instant; 0 where the clock went back.
  public func nanoseconds(since earlier: Instant) -> Int64 {
    max(0, nanoseconds - earlier.nanoseconds)
  }
}
