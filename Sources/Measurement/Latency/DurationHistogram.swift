import Memory

/// Durations in bounded memory: 128 steps to an octave, so that a quantile is within 0.4 %.
@safe public struct DurationHistogram: ~Copyable {
  private static let stepsLog2 = 7
  private static let octaveCount = 40
  private static var bucketCount: Int { octaveCount << stepsLog2 }
  private let buckets: UnsafeMutablePointer<UInt32>
  public private(set) var count = 0
  public private(set) var sumNanoseconds: Int64 = 0
  public private(set) var maximumNanoseconds: Int64 = 0

  public init(carver: inout Carver) {
    unsafe buckets = unsafe carver.take(.latency, UInt32.self, count: Self.bucketCount)
  }

  @export(interface)
  public mutating func append(nanoseconds: Int64) {
    unsafe buckets[Self.bucket(nanoseconds)] += 1
    count += 1
    sumNanoseconds += nanoseconds
    maximumNanoseconds = max(maximumNanoseconds, nanoseconds)
  }

  /// The duration that a fraction of all are not above; 0 where there are none.
  @export(interface)
  public func quantile(_ fraction: Double) -> Int64 {
    let rank = Int((Double(count) * fraction).rounded(.up))
    var seen = 0
    for bucket in 0..<Self.bucketCount {
      unsafe seen += Int(buckets[bucket])
      if seen >= rank && seen > 0 { return min(Self.middle(bucket), maximumNanoseconds) }
    }
    return maximumNanoseconds
  }

  private static func bucket(_ nanoseconds: Int64) -> Int {
    let value = max(nanoseconds, 1)
    let octave = max(63 - value.leadingZeroBitCount - stepsLog2, 0)
    return min((octave << stepsLog2) + Int(value >> Int64(octave)), bucketCount - 1)
  }

  private static func middle(_ bucket: Int) -> Int64 {
    let steps = 1 << stepsLog2
    // The first two octaves of buckets are single values.
    if bucket < 2 * steps { return Int64(bucket) }
    let octave = bucket / steps - 1
    let low = Int64(bucket - octave * steps) << Int64(octave)
    return low + (Int64(1) << Int64(octave)) / 2
  }
}
