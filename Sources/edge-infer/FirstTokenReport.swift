import Inference
import Measurement
import Platform
import Profile

/// The report of `bench ttft`. Times are in microseconds, sizes in bytes.
enum FirstTokenReport {
  static func write(
    _ run: FirstTokenRun, _ preparation: borrowing BenchPreparation,
    _ health: borrowing HealthMonitor, _ out: inout TextOutput
  ) {
    let profile = preparation.settings.profile
    out.write("{\"profile\": ")
    profile.writeJSON(to: &out)
    out.write(",\n\"model\": ")
    BenchReport.writeModel(preparation.model, &out)
    Report.writeMember(",\n\"bench\": {\"repeat\": ", run.request.repeatCount, &out)
    Report.writeMember(", \"threads\": ", preparation.runSettings.threadCount, &out)
    out.write(", \"build\": ")
    out.write(jsonString: Processor.buildName)
    out.write("},\n\"results\": [")
    var isFirst = true
    for index in 0..<run.request.caseCount where run[index].times != nil || run[index].isLeftOut {
      out.write(isFirst ? "\n" : ",\n")
      isFirst = false
      writeResult(run.request[index], run[index], run.request.repeatCount, &out)
    }
    out.write("],\n\"health\": ")
    HealthReport.writeJSON(health, to: &out)
    Report.writeMember(",\n\"ramCapBytes\": ", profile.ramCapByteCount, &out)
    out.write(", \"peakResidentBytes\": ")
    out.write(peakResidentByteCount())
    BenchReport.writeEnd(.impossible, isInterrupted: run.isInterrupted, &out)
  }

  private static func writeResult(
    _ one: FirstTokenCase, _ result: FirstTokenResult, _ repeatCount: Int,
    _ out: inout TextOutput
  ) {
    out.write("{\"policy\": ")
    out.write(jsonString: one.policy.name)
    Report.writeMember(", \"blockSize\": ", one.blockSize, &out)
    Report.writeMember(", \"cacheBudget\": ", result.cacheBudget, &out)
    Report.writeMember(", \"promptTokens\": ", one.promptLength, &out)
    Report.writeMember(", \"plannedBytes\": ", result.plannedByteCount, &out)
    if let times = result.times {
      out.write(", \"leftOut\": false, \"timeToFirstToken\": {")
      Report.writeSpread(times, &out)
      out.write("}, \"tokensPerSecond\": ")
      out.write(BenchFigures.rate(one.promptLength, times.median), decimals: 3)
    } else {
      out.write(", \"leftOut\": true")
    }
    out.write("}")
  }
}
