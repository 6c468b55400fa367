import CPlatform

/// Nanoseconds of the monotonic clock.
public struct Instant: Sendable, BitwiseCopyable {
  public let nanoseconds: Int64

  public static func now() -> Instant { Instant(nanoseconds: edge_now_ns()) }

  /// Nanoseconds from `earlier` to this instant.
  public func nanoseconds(since earlier: Instant) -> Int64 { nanoseconds - earlier.nanoseconds }
}
