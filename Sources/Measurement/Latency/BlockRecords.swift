import Inference
import Memory

/// One prompt block of a run, or several consecutive ones taken together.
public struct LatencyRecord: BitwiseCopyable, Sendable {
  /// The first block's number, from 0.
  public var index: Int
  public var blockCount: Int
  public var tokenCount: Int
  /// Slots filled before the first block: of the KV head that has most, and of the one that has least.
  public var slotsBefore: Int
  public var slotsBeforeLeast: Int
  public var times: BlockTimes
  public var health: BlockHealth

  /// - Parameter index: the block's number in the run.
  @export(interface)
  public init(_ block: BlockRecord, index: Int, health: BlockHealth) {
    self.index = index
    blockCount = 1
    tokenCount = block.tokenCount
    slotsBefore = block.slotsBefore
    slotsBeforeLeast = block.slotsBeforeLeast
    times = block.times
    self.health = health
  }

  /// No block.
  fileprivate init() {
    (index, blockCount, tokenCount) = (0, 0, 0)
    (slotsBefore, slotsBeforeLeast) = (0, 0)
    times = BlockTimes()
    health = BlockHealth()
  }

  /// Takes the blocks that follow into this record.
  fileprivate mutating func append(_ next: LatencyRecord) {
    blockCount += next.blockCount
    tokenCount += next.tokenCount
    times = times + next.times
    health = BlockHealth.merged(health, next.health)
  }
}

/// The latency of each prompt block in bounded memory: when the records are full, neighbours are
/// taken together in pairs, and from then on each record covers twice as many blocks.
@safe public struct BlockRecords: ~Copyable {
  public static let capacityMax = 4096
  private let capacity: Int
  private let records: UnsafeMutablePointer<LatencyRecord>
  public private(set) var count = 0
  public private(set) var blocksPerRecord = 1
  /// All blocks together.
  public private(set) var sum = LatencyRecord()

  /// - Parameter capacity: records, an even number.
  @export(interface)
  public init(carver: inout Carver, capacity: Int = capacityMax) {
    precondition(capacity > 0 && capacity % 2 == 0)
    self.capacity = capacity
    unsafe records = unsafe carver.take(.latency, LatencyRecord.self, count: capacity)
  }

  /// Forgets all records.
  @export(interface)
  public mutating func removeAll() {
    count = 0
    blocksPerRecord = 1
    sum = LatencyRecord()
  }

  public subscript(index: Int) -> LatencyRecord {
    precondition(index >= 0 && index < count)
    return unsafe records[index]
  }

  /// Adds the run's next block.
  @export(interface)
  public mutating func append(_ block: BlockRecord, health: BlockHealth) {
    let record = LatencyRecord(block, index: sum.blockCount, health: health)
    sum.append(record)
    if unsafe count > 0 && records[count - 1].blockCount < blocksPerRecord {
      unsafe records[count - 1].append(record)
      return
    }
    if count == capacity { halve() }
    unsafe records[count] = record
    count += 1
  }

  private mutating func halve() {
    for index in 0..<capacity / 2 {
      unsafe records[index] = unsafe records[2 * index]
      unsafe records[index].append(records[2 * index + 1])
    }
    count = capacity / 2
    blocksPerRecord *= 2
  }
}
