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

/// Seconds since 1970, as the machine's clock has them.
public func unixSeconds() -> Int { Int(edge_unix_seconds()) }

/// A number that differs from one start of the program to the next.
public func randomWordOfProcess() -> UInt64 { edge_random_word() }
