/// Half a unit in the last place of 1 in Float32: the relative error of one rounding.
let roundoff = 0x1p-24

/// What a check works with: memory, random numbers, and the record of its comparisons.
public struct CheckContext: ~Copyable {
  /// Bytes that `memory` must have for the checks of this module.
  public static let memoryByteCount = 32 << 20

  public private(set) var failure: CheckFailure?
  public private(set) var comparisonCount = 0
  /// The largest error so far as a share of its tolerance; 0 where only equality was asked for.
  public private(set) var worstShare = 0.0
  /// A hash (FNV-1a) of the numbers that `expectClose` was given, bit for bit: builds for different
  /// instruction sets that agree on it gave the same bits.
  public private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
  public var random = RandomSource(seed: 1)
  private var memory: GuardedMemory
  private var labels = InlineArray<4, CaseLabel>(repeating: CaseLabel(name: "", value: 0))
  private var labelCount = 0

  /// - Parameter memory: `memoryByteCount` bytes, aligned to 64.
  public init(memory: UnsafeMutableRawPointer) {
    self.memory = GuardedMemory(base: memory, byteCount: Self.memoryByteCount)
  }

  /// Starts a case: what the last one took is given back, and failures carry these numbers.
  mutating func begin(
    _ first: StaticString, _ firstValue: Int, _ second: StaticString = "", _ secondValue: Int = 0,
    _ third: StaticString = "", _ thirdValue: Int = 0, _ fourth: StaticString = "",
    _ fourthValue: Int = 0
  ) {
    releaseMemory()
    labels[0] = CaseLabel(name: first, value: firstValue)
    labels[1] = CaseLabel(name: second, value: secondValue)
    labels[2] = CaseLabel(name: third, value: thirdValue)
    labels[3] = CaseLabel(name: fourth, value: fourthValue)
    labelCount = 0
    while labelCount < 4 && labels[labelCount].name.utf8CodeUnitCount > 0 { labelCount += 1 }
  }

  /// Called after a check's last case.
  public mutating func finish() {
    releaseMemory()
    expect(comparisonCount > 1, "the check compares something")
  }

  private mutating func releaseMemory() {
    expect(memory.isIntact(), "no write outside of a buffer")
    memory.release()
  }

  /// Memory until the next case, all bytes 0xFF.
  /// - Parameter offset: bytes by which it misses an alignment of 64.
  mutating func take<Element: BitwiseCopyable>(
    _ type: Element.Type, _ count: Int, offset: Int = 0
  ) -> UnsafeMutablePointer<Element> {
    memory.take(byteCount: count * MemoryLayout<Element>.stride, offset: offset)
      .bindMemory(to: type, capacity: count)
  }
}

// MARK: - Comparisons

extension CheckContext {
  mutating func expect(_ condition: Bool, _ reason: StaticString, at index: Int = 0) {
    expectEqual(condition ? 1 : 0, 1, reason, at: index)
  }

  mutating func expectEqual(
    _ found: Int, _ expected: Int, _ reason: StaticString, at index: Int = 0
  ) {
    comparisonCount += 1
    if found != expected { fail(reason, index, Double(found), Double(expected), 0) }
  }

  /// Holds where |found - expected| is at most `tolerance`; never with a NaN.
  mutating func expectClose(
    _ found: Double, _ expected: Double, within tolerance: Double, _ reason: StaticString,
    at index: Int = 0
  ) {
    comparisonCount += 1
    digest = (digest ^ found.bitPattern) &* 0x100_0000_01B3
    let difference = (found - expected).magnitude
    if !(difference <= tolerance) { fail(reason, index, found, expected, tolerance) }
    if tolerance > 0 { worstShare = max(worstShare, difference / tolerance) }
  }

  private mutating func fail(
    _ reason: StaticString, _ index: Int, _ found: Double, _ expected: Double, _ tolerance: Double
  ) {
    if failure != nil { return }
    failure = CheckFailure(
      reason: reason, index: index, found: found, expected: expected, tolerance: tolerance,
      labels: labels, labelCount: labelCount)
  }
}
