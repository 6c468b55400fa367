import Profile

/// The cores that threads can be bound to, in the order in which a tuned profile takes them: the fast
/// ones, then the slower ones, then the further hardware threads of both, each by number. The first
/// so many of them are a core set.
public struct CoreOrder: Sendable {
  /// The cores that a profile takes where nothing is timed.
  public private(set) var fastCount = 0
  /// One hardware thread of each core.
  public private(set) var coreCount = 0
  /// At most `ProfileLimits.threadCountMax`, and no more than a quota of processor time gives.
  public private(set) var count = 0
  private let countMax: Int
  private var numbers = InlineArray<64, Int32>(repeating: 0)
  /// 0 where the kernel does not say.
  private var l2Sizes = InlineArray<64, Int>(repeating: 0)

  @export(interface)
  public init(_ list: borrowing CoreList) {
    countMax = min(list.threadCountMax, ProfileLimits.threadCountMax)
    for index in 0..<list.count where list.chosen.contains(list[index].number) {
      append(list[index])
    }
    fastCount = count
    for index in 0..<list.count
    where !list.chosen.contains(list[index].number)
      && list[index].firstSibling == list[index].number
    {
      append(list[index])
    }
    coreCount = count
    for index in 0..<list.count where list[index].firstSibling != list[index].number {
      append(list[index])
    }
  }

  private mutating func append(_ core: Core) {
    if count == countMax { return }
    numbers[count] = Int32(core.number)
    l2Sizes[count] = core.l2KiB
    count += 1
  }

  public subscript(index: Int) -> Int {
    precondition(index >= 0 && index < count)
    return Int(numbers[index])
  }

  /// The smallest second-level cache of the first `threadCount` cores; nil where one is not known.
  func l2KiB(threadCount: Int) -> Int? {
    var smallest: Int?
    for index in 0..<min(threadCount, count) {
      if l2Sizes[index] == 0 { return nil }
      smallest = min(smallest ?? Int.max, l2Sizes[index])
    }
    return smallest
  }
}

extension DeviceProfile {
  /// Binds `threadCount` threads to the first cores of `order`, and to none where it has fewer.
  @export(interface)
  public mutating func setThreads(_ threadCount: Int, in order: CoreOrder) {
    unbindThreads(threadCount)
    if threadCount > order.count { return }
    for index in 0..<threadCount { bindThread(toCore: order[index]) }
    setSizes(
      blockSize: blockSize,
      l2CacheKiB: order.l2KiB(threadCount: threadCount) ?? BoardFacts.l2KiBDefault)
  }
}
