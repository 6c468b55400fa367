import Board
import Platform
import Profile

/// What `probe --tune` timed, and what it chose.
public enum TuneTable {
  private static let width = 10
  /// Rows name so many runs of cores at most.
  private static let coreRunCountMax = 3

  @export(interface)
  public static func write(
    _ run: TuneRun, best: Int, _ base: DeviceProfile, to out: inout TextOutput
  ) {
    out.write("   tuning: tokens a second with a cache filled to ")
    out.write(base.cacheBudget)
    out.write(" slots, policy ")
    out.write(base.policy.name)
    out.write("; medians of up to ")
    out.write(turnCount(run))
    out.write(" turns\n   threads   block    prompt    answer  plan MiB  turns  cores\n")
    for index in 0..<run.table.count { writeRow(run, index, isBest: index == best, &out) }
    out.write("   (* taken: the fastest prompt whose answer is at most ")
    out.write(TuningTable.answerLossMax * 100, decimals: 0)
    out.write(" % slower than the fastest; ")
    out.write(run.elapsedSeconds, decimals: 0)
    out.write(" s")
    if run.isCutShort { out.write("; the time ended before all was measured") }
    out.write("; peak resident ")
    out.write(Double(peakResidentByteCount()) / 1_048_576, decimals: 1)
    out.write(" MiB of ")
    out.write(base.ramCapMiB)
    out.write(")\n")
    out.flush()
  }

  private static func turnCount(_ run: TuneRun) -> Int {
    var count = 0
    for index in 0..<run.table.count { count = max(count, run.samples[index].count) }
    return count
  }

  private static func writeRow(
    _ run: TuneRun, _ index: Int, isBest: Bool, _ out: inout TextOutput
  ) {
    let one = run.table[index]
    out.write(isBest ? " * " : "   ")
    out.write(one.threadCount, width: 7)
    out.write(one.blockSize, width: 8)
    if let rates = one.rates {
      out.write(rates.prompt, decimals: 1, width: width)
      out.write(rates.answer, decimals: 1, width: width)
    } else {
      out.write(right: one.isOverCap ? "over cap" : "no time", width: width)
      out.write(right: "-", width: width)
    }
    out.write(Double(one.processByteCount) / 1_048_576, decimals: 1, width: width)
    out.write(run.samples[index].count, width: 7)
    out.write("  ")
    writeCores(run.profile(one), &out)
    out.write("\n")
  }

  /// `4-7,0-3`, in the order of the threads.
  private static func writeCores(_ profile: DeviceProfile, _ out: inout TextOutput) {
    if profile.coreCount == 0 { out.write("any") }
    var (start, runCount) = (0, 0)
    while start < profile.coreCount {
      if runCount == coreRunCountMax {
        out.write(",…")
        return
      }
      var end = start
      while end + 1 < profile.coreCount && profile.cores[end + 1] == profile.cores[end] + 1 {
        end += 1
      }
      if start > 0 { out.write(",") }
      out.write(Int(profile.cores[start]))
      if end > start {
        out.write("-")
        out.write(Int(profile.cores[end]))
      }
      start = end + 1
      runCount += 1
    }
  }
}
