import Memory

/// One prompt block of a run, or several consecutive ones taken together.
public struct BlockRecord: BitwiseCopyable, Sendable {
  /// The first block's number, from 0.
  public var index: Int
  public var blockCount: Int
  public var tokenCount: Int
  /// Slots filled before the first block.
  public var slotsBefore: Int
  public var times: BlockTimes
  /// Nothing is known before the caller has asked the sensors.
  public var health = BlockHealth()

  public init(
    index: Int, blockCount: Int, tokenCount: Int, slotsBefore: Int, times: BlockTimes
  ) {
    self.index = index
    self.blockCount = blockCount
    self.tokenCount = tokenCount
    self.slotsBefore = slotsBefore
    self.times = times
  }

  /// The same block with its number in the run.
  public func numbered(_ index: Int) -> BlockRecord {
    var record = self
    record.index = index
    return record
  }
}

/// The latency of each prompt block in bounded memory: when the records are full, neighbours are
/// taken together in pairs, and from then on each record covers twice as many blocks.
public struct BlockRecords: ~Copyable {
  public static let capacityMax = 4096
  private let capacity: Int
  private let records: UnsafeMutablePointer<BlockRecord>
  public private(set) var count = 0
  public private(set) var blocksPerRecord = 1
  /// All blocks together.
  public private(set) var sum = BlockRecord(
    index: 0, blockCount: 0, tokenCount: 0, slotsBefore: 0, times: BlockTimes())

  /// - Parameter capacity: records, an even number.
  public init(carver: inout Carver, capacity: Int = capacityMax) {
    precondition(capacity > 0 && capacity % 2 == 0)
    self.capacity = capacity
    records = carver.take(.latency, BlockRecord.self, count: capacity)
  }

  /// Forgets all records.
  public mutating func removeAll() {
    count = 0
    blocksPerRecord = 1
    sum = BlockRecord(index: 0, blockCount: 0, tokenCount: 0, slotsBefore: 0, times: BlockTimes())
  }

  public subscript(index: Int) -> BlockRecord { records[index] }

  public mutating func append(_ record: BlockRecord) {
    sum = Self.merged(sum, record)
    if count > 0 && records[count - 1].blockCount < blocksPerRecord {
      records[count - 1] = Self.merged(records[count - 1], record)
      return
    }
    if count == capacity { halve() }
    records[count] = record
    count += 1
  }

  private mutating func halve() {
    for index in 0..<capacity / 2 {
      records[index] = Self.merged(records[2 * index], records[2 * index + 1])
    }
    count = capacity / 2
    blocksPerRecord *= 2
  }

  private static func merged(_ a: BlockRecord, _ b: BlockRecord) -> BlockRecord {
    var both = BlockRecord(
      index: a.index, blockCount: a.blockCount + b.blockCount,
      tokenCount: a.tokenCount + b.tokenCount, slotsBefore: a.slotsBefore, times: a.times + b.times)
    both.health = BlockHealth.merged(a.health, b.health)
    return both
  }
}

/// Durations in bounded memory: 128 steps to an octave, so that a quantile is within 0.4 %.
public struct DurationHistogram: ~Copyable {
  private static let stepsLog2 = 7
  private static let octaveCount = 40
  private static var bucketCount: Int { octaveCount << stepsLog2 }
  private let buckets: UnsafeMutablePointer<UInt32>
  public private(set) var count = 0
  public private(set) var sumNanoseconds: Int64 = 0
  public private(set) var maximumNanoseconds: Int64 = 0

  public init(carver: inout Carver) {
    buckets = carver.take(.latency, UInt32.self, count: Self.bucketCount)
  }

  public mutating func append(nanoseconds: Int64) {
    buckets[Self.bucket(nanoseconds)] += 1
    count += 1
    sumNanoseconds += nanoseconds
    maximumNanoseconds = max(maximumNanoseconds, nanoseconds)
  }

  /// The duration that a fraction of all are not above; 0 where there are none.
  public func quantile(_ fraction: Double) -> Int64 {
    let rank = Int((Double(count) * fraction).rounded(.up))
    var seen = 0
    for bucket in 0..<Self.bucketCount {
      seen += Int(buckets[bucket])
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
