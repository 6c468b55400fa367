import Memory

/// Threads or frames one after the other, in memory of a fixed size.
@safe struct ThreadList {
  private let base: UnsafeMutablePointer<Thread>
  let capacity: Int
  private(set) var count = 0

  /// - Parameter reserved: places that are no one's, from the first one on.
  init(carver: inout Carver, capacity: Int, reserved: Int = 0) {
    self.capacity = capacity
    unsafe base = unsafe carver.take(.grammar, Thread.self, count: capacity)
    count = reserved
  }

  subscript(index: Int) -> Thread {
    get {
      precondition(index >= 0 && index < count)
      return unsafe base[index]
    }
    nonmutating set {
      precondition(index >= 0 && index < count)
      unsafe base[index] = newValue
    }
  }

  var isFull: Bool { count == capacity }

  mutating func append(_ thread: Thread) {
    precondition(count < capacity)
    unsafe base[count] = thread
    count += 1
  }

  mutating func shrink(to count: Int) {
    precondition(count <= self.count)
    self.count = count
  }

  /// The index of an equal one from `start` on; nil if there is none.
  func index(of thread: Thread, from start: Int) -> Int? {
    unsafe withUnsafeBytes(of: thread) { bytes in
      var index = start
      while index < count {
        if unsafe isEqual(index, bytes) { return index }
        index += 1
      }
      return nil
    }
  }

  private func isEqual(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let other = unsafe UnsafeRawPointer(base + index)
    for offset in stride(from: 0, to: MemoryLayout<Thread>.size, by: 8) {
      let (first, second) = unsafe (
        other.load(fromByteOffset: offset, as: UInt64.self),
        bytes.load(fromByteOffset: offset, as: UInt64.self)
      )
      if first != second { return false }
    }
    return true
  }
}
