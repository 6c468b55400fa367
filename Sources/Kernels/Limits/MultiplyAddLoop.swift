import CInstructions

/// Multiply-adds in a format of attention, in registers alone, as many as the processor can: the upper
/// limit that attention is compared with.
public enum MultiplyAddLoop {
  /// Independent sums: they hide a latency of up to eight cycles at two multiply-adds a cycle.
  private static var sumCount: Int { 16 }

  /// Multiply-adds of a round.
  public static func macsPerRound(usesFloat16: Bool) -> Int {
    sumCount * (usesFloat16 ? HalfPrecision.lanes : SinglePrecision.lanes)
  }

  /// Reads and writes no memory between the first round and the last.
  @export(interface)
  @inline(never)
  public static func run(roundCount: Int, usesFloat16: Bool) {
    let sum =
      usesFloat16
      ? run(HalfPrecision.self, roundCount) : run(SinglePrecision.self, roundCount)
    edge_keep(UInt64(sum.bitPattern))
  }

  @inline(__always)
  private static func run<Format: TileFormat>(_ format: Format.Type, _ roundCount: Int) -> Float {
    // Numbers that the compiler does not know; each sum follows from the one before.
    let start = Format.Lanes(repeating: Format.rounded(Float(roundCount & 3)))
    let factor = Format.Lanes(repeating: Format.rounded(Float(roundCount & 7) / 16))
    var sums = InlineArray<16, Format.Lanes>(repeating: start)
    for _ in 0..<roundCount {
      for index in 0..<16 {
        unsafe sums[unchecked: index] = Format.multiplyAdd(start, sums[unchecked: index], factor)
      }
    }
    var largest = sums[0]
    for index in 1..<16 { largest = unsafe Format.maximum(largest, sums[unchecked: index]) }
    return Format.largest(largest)
  }
}
