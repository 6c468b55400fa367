/// What the board's sensors said at the end of a block, or of several blocks together.
public struct BlockHealth: BitwiseCopyable, Sendable {
  private static let unknown = Int32.min
  private var highestMillidegrees = unknown
  private var lowestKilohertz = unknown
  private var throttledCount = unknown
  private var energy: Int64 = -1

  /// Nothing is known.
  public init() {}

  /// - Parameters:
  ///   - millidegrees: thousandths of a degree Celsius.
  ///   - isThrottled: nil where the board does not tell.
  ///   - microjoules: since the sample before.
  @export(interface)
  public init(millidegrees: Int?, kilohertz: Int?, isThrottled: Bool?, microjoules: Int?) {
    if let millidegrees { highestMillidegrees = Int32(clamping: millidegrees) }
    if let kilohertz { lowestKilohertz = Int32(clamping: kilohertz) }
    if let isThrottled { throttledCount = isThrottled ? 1 : 0 }
    if let microjoules { energy = Int64(microjoules) }
  }

  /// The highest.
  public var millidegrees: Int? { Self.value(highestMillidegrees) }
  /// The lowest.
  public var kilohertz: Int? { Self.value(lowestKilohertz) }
  public var throttledBlockCount: Int? { Self.value(throttledCount) }
  /// The sum of those that are known.
  public var microjoules: Int64? { energy < 0 ? nil : energy }

  private static func value(_ stored: Int32) -> Int? { stored == unknown ? nil : Int(stored) }

  static func merged(_ a: BlockHealth, _ b: BlockHealth) -> BlockHealth {
    var both = BlockHealth()
    both.highestMillidegrees = max(a.highestMillidegrees, b.highestMillidegrees)
    let (low, high) = (
      min(a.lowestKilohertz, b.lowestKilohertz), max(a.lowestKilohertz, b.lowestKilohertz)
    )
    both.lowestKilohertz = low == unknown ? high : low
    if let first = a.throttledBlockCount, let second = b.throttledBlockCount {
      both.throttledCount = Int32(clamping: first + second)
    } else {
      both.throttledCount = max(a.throttledCount, b.throttledCount)
    }
    if let first = a.microjoules, let second = b.microjoules {
      both.energy = first + second
    } else {
      both.energy = max(a.energy, b.energy)
    }
    return both
  }
}
