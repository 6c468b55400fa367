import CPlatform

/// Descriptors that are waited for together, in memory of a fixed size.
@safe public struct PollList {
  private let entries: UnsafeMutablePointer<pollfd>
  private let capacity: Int
  public private(set) var count = 0

  /// POLLRDHUP of Linux: the other side will send nothing more.
  private static let otherSideEnded: Int16 = 0x2000
  public static let entryByteCount = MemoryLayout<pollfd>.stride

  /// - Parameter memory: `capacity` times `entryByteCount` bytes.
  public init(memory: UnsafeMutableRawPointer, capacity: Int) {
    unsafe entries = unsafe memory.bindMemory(to: pollfd.self, capacity: capacity)
    self.capacity = capacity
  }

  public mutating func removeAll() { count = 0 }

  /// - Returns: the entry's index.
  @discardableResult
  @export(interface)
  public mutating func append(
    _ descriptor: Int32, reads: Bool = false, writes: Bool = false, watchesEnd: Bool = false
  ) -> Int {
    precondition(count < capacity)
    var events: Int16 = 0
    if reads { events |= Int16(POLLIN) }
    if writes { events |= Int16(POLLOUT) }
    if watchesEnd { events |= Self.otherSideEnded }
    unsafe entries[count] = pollfd(fd: descriptor, events: events, revents: 0)
    count += 1
    return count - 1
  }

  /// Waits until one is ready, or a signal comes.
  /// - Parameter nanoseconds: at most so long; nil waits without end.
  @export(interface)
  public func wait(nanoseconds: Int64?) {
    let result = unsafe edge_poll(entries, UInt32(count), nanoseconds.map { max($0, 0) } ?? -1)
    if result >= 0 { return }
    // The entries are as they were made.
    for index in 0..<count { unsafe entries[index].revents = 0 }
  }

  public func isReadable(_ index: Int) -> Bool { has(index, Int16(POLLIN)) }
  public func isWritable(_ index: Int) -> Bool { has(index, Int16(POLLOUT)) }
  /// The other side sends nothing more, or is gone.
  public func isEnded(_ index: Int) -> Bool {
    has(index, Self.otherSideEnded | Int16(POLLHUP) | Int16(POLLERR) | Int16(POLLNVAL))
  }
  /// The other side takes nothing more either.
  public func isGone(_ index: Int) -> Bool {
    has(index, Int16(POLLHUP) | Int16(POLLERR) | Int16(POLLNVAL))
  }

  private func has(_ index: Int, _ events: Int16) -> Bool {
    precondition(index < count)
    return unsafe entries[index].revents & events != 0
  }
}
