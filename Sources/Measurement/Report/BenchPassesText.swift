import Inference
import Memory
import Platform

/// What passes of several tokens take, in the table and in the report.
enum BenchPassesText {
  static func writeTable(_ result: BenchResult, _ out: inout TextOutput) {
    if !result.passes.areMeasured {
      out.write(
        "   passes of several tokens: none can be proposed with this policy, model or block\n")
      return
    }
    for size in 0..<BenchPasses.tokenCounts.count {
      writeRow(BenchPasses.tokenCounts[size], result, size, &out)
    }
  }

  private static func writeRow(
    _ tokenCount: Int, _ result: BenchResult, _ size: Int, _ out: inout TextOutput
  ) {
    let pass = result.passes[size]
    out.write("   pass of ")
    out.write(tokenCount)
    out.write(result.promptLength, width: 14)
    out.write("   ")
    writeMilliseconds(pass.times.median, &out)
    out.write(" ms, ")
    out.write(result.passes.cost(size), decimals: 2)
    out.write(" of one token's; mean linear ")
    writeMilliseconds(pass.parts.linear, &out)
    out.write(", attention ")
    writeMilliseconds(pass.parts.attention, &out)
    out.write(", other ")
    writeMilliseconds(pass.parts.total - pass.parts.linear - pass.parts.attention, &out)
    out.write(", logits ")
    writeMilliseconds(pass.logitNanoseconds, &out)
    out.write(", undo ")
    writeMilliseconds(pass.undoNanoseconds, &out)
    out.write("\n")
  }

  private static func writeMilliseconds(_ nanoseconds: Int64, _ out: inout TextOutput) {
    out.write(Double(nanoseconds) / 1e6, decimals: 2)
  }

  /// A member of a result; an empty list if none can be measured.
  static func writeJSON(_ result: BenchResult, _ out: inout TextOutput) {
    out.write(" \"passes\": [")
    for size in 0..<BenchPasses.tokenCounts.count where result.passes.areMeasured {
      let pass = result.passes[size]
      out.write(size == 0 ? "\n  " : ",\n  ")
      ReportText.writeMember("{\"tokens\": ", BenchPasses.tokenCounts[size], &out)
      out.write(", ")
      ReportText.writeSpread(pass.times, &out)
      out.write(", \"ofOne\": ")
      out.write(result.passes.cost(size), decimals: 4)
      out.write(", ")
      ReportText.writeTimes(pass.parts, &out)
      out.write(", \"logitsUs\": ")
      ReportText.writeMicroseconds(pass.logitNanoseconds, &out)
      out.write(", \"undoUs\": ")
      ReportText.writeMicroseconds(pass.undoNanoseconds, &out)
      out.write("}")
    }
    out.write("],\n")
  }
}
