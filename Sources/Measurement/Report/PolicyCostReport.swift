import Inference
import Memory
import Platform
import Profile

/// The report of `bench scoring`. Times are in microseconds, for all layers; sizes in bytes.
public enum PolicyCostReport {
  /// - Parameter isLockedDown: whether the kernel ends the process for other system calls.
  @export(interface)
  public static func write(
    _ run: PolicyCostRun, _ plan: borrowing PolicyCostPlan,
    _ machine: borrowing PolicyCostMachine, isLockedDown: Bool, _ out: inout TextOutput
  ) {
    out.write("{\"profile\": ")
    plan.settings.profile.writeJSON(to: &out)
    out.write(",\n\"model\": ")
    BenchReport.writeModel(plan.model, &out)
    out.write(",\n\"plan\": ")
    ReportText.writePlan(plan.memory, plan.settings.profile, &out)
    ReportText.writeMember(",\n\"bench\": {\"blockSize\": ", plan.cost.blockSize, &out)
    ReportText.writeMember(", \"threads\": ", plan.cost.threadCount, &out)
    ReportText.writeMember(", \"measuredLayers\": 1, \"layers\": ", run.layerCount, &out)
    ReportText.writeMember(", \"repeat\": ", run.request.repeatCount, &out)
    out.write(", \"build\": ")
    out.write(jsonString: BuildFeatures.name)
    out.write("},\n\"results\": [")
    for policy in 0..<run.request.policies.count {
      for count in 0..<run.countCount {
        out.write(policy + count == 0 ? "\n" : ",\n")
        writeResult(policy, count, run, machine, &out)
      }
    }
    out.write("],\n\"keyReads\": [")
    for count in 0..<run.countCount {
      if count > 0 { out.write(", ") }
      ReportText.writeMember("{\"slots\": ", run.request.counts[count], &out)
      out.write(", ")
      ReportText.writeSpread(run.reading(count, machine), &out)
      out.write("}")
    }
    out.write("],\n\"health\": ")
    HealthReport.writeJSON(machine.health, to: &out)
    out.write(",\n\"memory\": ")
    ReportText.writeMemory(machine.arena.plan, &out)
    BenchReport.writeEnd(isLockedDown: isLockedDown, isInterrupted: run.isInterrupted, &out)
  }

  private static func writeResult(
    _ policy: Int, _ count: Int, _ run: PolicyCostRun, _ machine: borrowing PolicyCostMachine,
    _ out: inout TextOutput
  ) {
    let measured = run.request.policies[policy]
    out.write("{\"policy\": ")
    out.write(jsonString: measured.name)
    ReportText.writeMember(", \"slots\": ", run.request.counts[count], &out)
    ReportText.writeMember(", \"repeat\": ", run.request.repeatCount(policy), &out)
    writePart(",\n \"score\": ", run.spread(policy, count, .score, machine), &out)
    writePart(",\n \"evict\": ", run.spread(policy, count, .evict, machine), &out)
    writePart(",\n \"total\": ", run.spread(policy, count, .total, machine), &out)
    if let figure = PaperPolicyCost.figure(measured.policy, slots: run.request.counts[count]) {
      out.write(", \"paperRelative\": ")
      out.write(figure, decimals: 2)
    }
    out.write("}")
  }

  private static func writePart(
    _ name: StaticString, _ times: Spread, _ out: inout TextOutput
  ) {
    out.write(name)
    out.write("{")
    ReportText.writeSpread(times, &out)
    out.write("}")
  }
}
