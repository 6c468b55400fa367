import Inference
import Kernels
import Memory
import Platform

/// The speeds of a measurement, and how near they are to the machine's limits, as text.
public enum BenchTable {
  @export(interface)
  public static func write(
    _ run: BenchRun, _ plan: borrowing BenchPlan, _ machine: borrowing BenchMachine,
    to out: inout TextOutput
  ) {
    out.write("\n   test       prompt  tokens    runs     median        min        max    spread\n")
    for index in 0..<run.promptCount {
      let result = run[index]
      writeRow("prompt", result, tokens: result.promptLength, result.prefill, run, &out)
      writeRow("decode", result, tokens: run.request.generateCount, result.decode, run, &out)
    }
    out.write("   (tokens/s)\n")
    for index in 0..<run.promptCount { writeShares(run[index], &out) }
    if run.request.showsWaits {
      for index in 0..<run.promptCount { BenchWaits.writeTable(run, index, machine, &out) }
    }
    if run.request.measuresPasses {
      for index in 0..<run.promptCount { BenchPassesText.writeTable(run[index], &out) }
    }
    for index in 0..<run.promptCount {
      let figures = BenchFigures(
        run[index], generateCount: run.request.generateCount, run.limits, machine.engine.shape,
        plan.runSettings, plan.memory)
      writeMultiply(run[index], figures, &out)
      writeAttention(run[index], figures, &out)
      writeRead(run[index], figures, &out)
    }
    writeLimits(run.limits, &out)
    HealthReport.writeSummary(machine.health, to: &out)
    out.write("   peak resident ")
    out.write(Double(peakResidentByteCount()) / 1_048_576, decimals: 1)
    out.write(" MiB, plan ")
    out.write(Double(PlanTable.processByteCount(plan.memory)) / 1_048_576, decimals: 1)
    out.write(" MiB\n")
    out.flush()
  }

  private static func writeRow(
    _ name: StaticString, _ result: BenchResult, tokens: Int, _ times: Spread, _ run: BenchRun,
    _ out: inout TextOutput
  ) {
    let median = rate(tokens, nanoseconds: times.median)
    let least = rate(tokens, nanoseconds: times.maximum)
    let greatest = rate(tokens, nanoseconds: times.minimum)
    out.write(spaces: 3)
    out.write(name, width: 8)
    out.write(result.promptLength, width: 9)
    out.write(tokens, width: 8)
    out.write(result.runCount, width: 8)
    out.write(median, decimals: 1, width: 11)
    out.write(least, decimals: 1, width: 11)
    out.write(greatest, decimals: 1, width: 11)
    out.write(median > 0 ? 100 * (greatest - least) / median : 0, decimals: 1, width: 8)
    out.write(" %\n")
  }

  private static func writeShares(_ result: BenchResult, _ out: inout TextOutput) {
    writeName("block time", result, &out)
    let times = result.prefillTimes
    writeShare("linear ", times.linear, times, &out)
    writeShare(", attention ", times.attention, times, &out)
    writeShare(", score ", times.score, times, &out)
    writeShare(", evict ", times.evict, times, &out)
    writeShare(", other ", times.other, times, &out)
    out.write("\n")
  }

  private static func writeShare(
    _ name: StaticString, _ part: Int64, _ times: BlockTimes, _ out: inout TextOutput
  ) {
    out.write(name)
    out.write(times.total > 0 ? 100 * Double(part) / Double(times.total) : 0, decimals: 1)
    out.write(" %")
  }

  private static func writeMultiply(
    _ result: BenchResult, _ figures: BenchFigures, _ out: inout TextOutput
  ) {
    writeName("int8 multiply", result, &out)
    out.write(figures.linearMacsPerSecond / 1e9, decimals: 1)
    out.write(" GMAC/s in products, ")
    out.write(100 * figures.linearOfPeak, decimals: 1)
    out.write(" % of peak; over the whole prompt ")
    out.write(figures.macsPerSecond / 1e9, decimals: 1)
    out.write(", ")
    out.write(100 * figures.ofPeak, decimals: 1)
    out.write(" %\n")
  }

  private static func writeAttention(
    _ result: BenchResult, _ figures: BenchFigures, _ out: inout TextOutput
  ) {
    writeName("multiply-add", result, &out)
    out.write(figures.attentionMacsPerSecond / 1e9, decimals: 1)
    out.write(" GMAC/s in attention, ")
    out.write(100 * figures.attentionOfPeak, decimals: 1)
    out.write(" % of peak\n")
  }

  private static func writeRead(
    _ result: BenchResult, _ figures: BenchFigures, _ out: inout TextOutput
  ) {
    writeName("memory read", result, &out)
    out.write(figures.bytesPerSecond / 1e9, decimals: 2)
    out.write(" GB/s in decode (")
    out.write(Double(figures.bytesPerToken) / 1e6, decimals: 1)
    out.write(" MB a token), ")
    out.write(100 * figures.ofReading, decimals: 1)
    out.write(" % of streaming read\n")
  }

  private static func writeName(
    _ name: StaticString, _ result: BenchResult, _ out: inout TextOutput
  ) {
    out.write(spaces: 3)
    out.write(name, width: 14)
    out.write(result.promptLength, width: 6)
    out.write("   ")
  }

  private static func writeLimits(_ limits: MachineLimits, _ out: inout TextOutput) {
    out.write("   limits: int8 peak ")
    out.write(limits.macsPerSecond / 1e9, decimals: 1)
    out.write(" GMAC/s (")
    unsafe out.write(cString: PeakLoop.instructionName)
    out.write("), attention's multiply-add ")
    out.write(limits.multiplyAddsPerSecond / 1e9, decimals: 1)
    out.write(" GMAC/s, streaming read ")
    out.write(limits.readBytesPerSecond / 1e9, decimals: 2)
    out.write(" GB/s (")
    out.write(Double(limits.readByteCount) / 1_048_576, decimals: 0)
    out.write(" MiB)\n")
  }
}
