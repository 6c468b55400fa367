import Inference
import Platform
import Profile

/// The report of `bench ttft`. Times are in microseconds, sizes in bytes.
public enum FirstTokenReport {
  @export(interface)
  public static func write(
    _ run: FirstTokenRun, _ plan: borrowing BenchPlan,
    _ health: borrowing HealthMonitor, _ out: inout TextOutput
  ) {
    let profile = plan.settings.profile
    out.write("{\"profile\": ")
    profile.writeJSON(to: &out)
    out.write(",\n\"model\": ")
    BenchReport.writeModel(plan.model, &out)
    ReportText.writeMember(",\n\"bench\": {\"repeat\": ", run.request.repeatCount, &out)
    ReportText.writeMember(", \"threads\": ", plan.runSettings.threadCount, &out)
    out.write(", \"build\": ")
    out.write(jsonString: BuildFeatures.name)
    out.write("},\n\"results\": [")
    var isFirst = true
    for index in 0..<run.request.caseCount where run[index].times != nil || run[index].isLeftOut {
      out.write(isFirst ? "\n" : ",\n")
      isFirst = false
      writeResult(run.request[index], run[index], run.request.repeatCount, &out)
    }
    out.write("],\n\"health\": ")
    HealthReport.writeJSON(health, to: &out)
    ReportText.writeMember(",\n\"ramCapBytes\": ", profile.ramCapByteCount, &out)
    out.write(", \"peakResidentBytes\": ")
    out.write(peakResidentByteCount())
    BenchReport.writeEnd(isLockedDown: false, isInterrupted: run.isInterrupted, &out)
  }

  private static func writeResult(
    _ one: FirstTokenCase, _ result: FirstTokenResult, _ repeatCount: Int,
    _ out: inout TextOutput
  ) {
    out.write("{\"policy\": ")
    out.write(jsonString: one.policy.name)
    ReportText.writeMember(", \"blockSize\": ", one.blockSize, &out)
    ReportText.writeMember(", \"cacheBudget\": ", result.cacheBudget, &out)
    ReportText.writeMember(", \"promptTokens\": ", one.promptLength, &out)
    ReportText.writeMember(", \"plannedBytes\": ", result.plannedByteCount, &out)
    if let times = result.times {
      out.write(", \"leftOut\": false, \"timeToFirstToken\": {")
      ReportText.writeSpread(times, &out)
      out.write("}, \"tokensPerSecond\": ")
      out.write(rate(one.promptLength, nanoseconds: times.median), decimals: 3)
    } else {
      out.write(", \"leftOut\": true")
    }
    out.write("}")
  }
}
