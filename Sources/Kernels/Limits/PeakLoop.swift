import CInstructions

/// int8 multiply-adds in registers alone, as many as the processor can: the upper limit that
/// matrix products are compared with.
public enum PeakLoop {
  /// Independent sums: they hide a latency of up to eight cycles at two multiply-adds a cycle.
  private static var sumCount: Int { 16 }
  /// Sums where the widening steps need registers beside them.
  private static var widenedSumCount: Int { 8 }

  /// The instructions' names, zero-terminated.
  public static var instructionName: UnsafePointer<CChar> { unsafe edge_peak_name() }

  /// Multiply-adds of a round.
  public static var macsPerRound: Int {
    Int(edge_peak_macs()) * (edge_peak_is_fused() ? sumCount : 2 * widenedSumCount)
  }

  /// Reads and writes no memory between the first round and the last.
  @export(interface)
  @inline(never)
  public static func run(roundCount: Int) {
    let sum = edge_peak_is_fused() ? runFused(roundCount) : runWidening(roundCount)
    edge_keep(UInt64(UInt32(bitPattern: sum)))
  }

  private static func runFused(_ roundCount: Int) -> Int32 {
    // The same value for all, but one that the compiler does not know.
    let start = edge_peak_vector(repeating: Int32(truncatingIfNeeded: roundCount))
    var sums = InlineArray<16, edge_peak_vector>(repeating: start)
    let a = start | 0x0305_0709
    let b = start | 0x0103_0507
    for _ in 0..<roundCount {
      for index in 0..<16 {
        unsafe sums[unchecked: index] = edge_peak_fused(sums[unchecked: index], a, b)
      }
    }
    var all = start
    for index in 0..<16 { unsafe all ^= sums[unchecked: index] }
    return all.wrappedSum()
  }

  /// Steps of a kind stand together: processors that run instructions in order then do not wait for
  /// the result of the step before.
  private static func runWidening(_ roundCount: Int) -> Int32 {
    let start = edge_peak_vector(repeating: Int32(truncatingIfNeeded: roundCount))
    var sums = InlineArray<8, edge_peak_vector>(repeating: start)
    let a = start | 0x0305_0709
    // 16-bit ones for the step that adds pairs on x86-64.
    let b = (start & 0) | 0x0001_0001
    for _ in 0..<roundCount {
      for half in 0..<4 {
        var products = InlineArray<4, edge_peak_vector>(repeating: start)
        for index in 0..<4 { unsafe products[unchecked: index] = edge_peak_low(a, b) }
        for index in 0..<4 {
          unsafe products[unchecked: index] = edge_peak_high(products[unchecked: index], a, b)
        }
        for index in 0..<4 {
          let place = (half & 1) &* 4 &+ index
          unsafe sums[unchecked: place] = edge_peak_widen(
            sums[unchecked: place], products[unchecked: index])
        }
      }
    }
    var all = start
    for index in 0..<8 { unsafe all ^= sums[unchecked: index] }
    return all.wrappedSum()
  }
}
