import Profile

/// A set of cores, by the kernel's numbers 0 to 1,023.
public struct CoreSet: Sendable, Equatable {
  /// One more than the highest number that a profile can name.
  public static let limit = ProfileLimits.coreMax + 1
  private var words = InlineArray<16, UInt64>(repeating: 0)

  public init() {}

  public static func == (left: CoreSet, right: CoreSet) -> Bool {
    for index in 0..<16 where left.words[index] != right.words[index] { return false }
    return true
  }

  public func contains(_ core: Int) -> Bool {
    core >= 0 && core < Self.limit && words[core / 64] >> UInt64(core % 64) & 1 != 0
  }

  /// Numbers past the limit are left out.
  public mutating func insert(_ core: Int) {
    if core >= 0 && core < Self.limit { words[core / 64] |= 1 << UInt64(core % 64) }
  }

  public var count: Int {
    var count = 0
    for index in 0..<16 { count += words[index].nonzeroBitCount }
    return count
  }

  /// The lowest core.
  public var first: Int? {
    for index in 0..<16 where words[index] != 0 {
      return index * 64 + words[index].trailingZeroBitCount
    }
    return nil
  }

  @export(interface)
  public func intersection(_ other: CoreSet) -> CoreSet {
    var result = CoreSet()
    for index in 0..<16 { result.words[index] = words[index] & other.words[index] }
    return result
  }
}

extension KernelFile {
  /// A list such as `0-3,7,9-11`, to the end of its line; it may be empty. nil for anything else.
  /// Format: Linux, Documentation/core-api/printk-formats.rst (`%*pbl`).
  mutating func readCores() -> CoreSet? {
    var set = CoreSet()
    skipBlanks()
    if isAtLineEnd() { return set }
    while true {
      guard let low = readNumber() else { return nil }
      var high = low
      if take(UInt8(ascii: "-")) {
        guard let last = readNumber(), last >= low else { return nil }
        high = last
      }
      // Numbers past the limit are not walked through.
      if low < CoreSet.limit {
        for core in low...min(high, CoreSet.limit - 1) { set.insert(core) }
      }
      if take(UInt8(ascii: ",")) { continue }
      skipBlanks()
      return isAtLineEnd() ? set : nil
    }
  }
}
