import CPlatform

/// Nanoseconds of the monotonic clock.
public struct Instant: Sendable, BitwiseCopyable {
  public let nanoseconds: Int64

  public static func now() -> Instant { Instant(nanoseconds: edge_now_ns()) }

  /// Nanoseconds from `earlier` to this instant.
  public func nanoseconds(since earlier: Instant) -> Int64 { nanoseconds - earlier.nanoseconds }
}

/// The largest resident size this process has had, in bytes, as the kernel counts it.
public func peakResidentByteCount() -> Int { Int(edge_peak_resident_bytes()) }
