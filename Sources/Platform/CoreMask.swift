import CPlatform

/// The cores that a thread may run on.
public struct CoreMask: Sendable {
  /// One bit for each core.
  private var words = InlineArray<16, UInt64>(repeating: 0)

  /// That of the calling thread; nil if the kernel refuses.
  static func ofCaller() -> CoreMask? {
    var mask = CoreMask()
    let read = unsafe withUnsafeMutablePointer(to: &mask.words) {
      unsafe edge_thread_cores(0, UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt64.self))
    }
    return read < 0 ? nil : mask
  }

  /// Cores that the calling thread may run on; `Int.max` if the kernel does not say. A team's caller may
  /// be bound to one of its cores: ask before it starts.
  @export(interface)
  public static func coreCountOfCaller() -> Int {
    guard let mask = ofCaller() else { return .max }
    return max(mask.count, 1)
  }

  private var count: Int {
    var sum = 0
    for index in words.indices { sum += words[index].nonzeroBitCount }
    return sum
  }

  func bind(_ thread: Int32) {
    _ = unsafe withUnsafePointer(to: words) {
      unsafe edge_set_thread_cores(
        thread, UnsafeRawPointer($0).assumingMemoryBound(to: UInt64.self))
    }
  }
}
