import Inference
import Measurement
import Memory
import Platform
import Profile

/// The report of `bench scoring`. Times are in microseconds, for all layers; sizes in bytes.
enum ScoringReport {
  static func write(
    _ run: ScoringRun, _ preparation: borrowing ScoringPreparation,
    _ program: borrowing ScoringProgram, _ out: inout TextOutput
  ) {
    out.write("{\"profile\": ")
    preparation.settings.profile.writeJSON(to: &out)
    out.write(",\n\"model\": ")
    BenchReport.writeModel(preparation.model, &out)
    out.write(",\n\"plan\": ")
    Report.writePlan(preparation.plan, preparation.settings.profile, &out)
    Report.writeMember(",\n\"bench\": {\"blockSize\": ", preparation.cost.blockSize, &out)
    Report.writeMember(", \"threads\": ", preparation.cost.threadCount, &out)
    Report.writeMember(", \"measuredLayers\": 1, \"layers\": ", run.layerCount, &out)
    Report.writeMember(", \"repeat\": ", run.request.repeatCount, &out)
    out.write(", \"build\": ")
    out.write(jsonString: Processor.buildName)
    out.write("},\n\"results\": [")
    for policy in 0..<run.request.policies.count {
      for count in 0..<run.countCount {
        out.write(policy + count == 0 ? "\n" : ",\n")
        writeResult(policy, count, run, program, &out)
      }
    }
    out.write("],\n\"keyReads\": [")
    for count in 0..<run.countCount {
      if count > 0 { out.write(", ") }
      Report.writeMember("{\"slots\": ", run.request.counts[count], &out)
      out.write(", ")
      Report.writeSpread(run.reading(count, program), &out)
      out.write("}")
    }
    out.write("],\n\"health\": ")
    HealthReport.writeJSON(program.health, to: &out)
    out.write(",\n\"memory\": ")
    Report.writeMemory(program.arena.plan, &out)
    BenchReport.writeEnd(program.lockdown, isInterrupted: run.isInterrupted, &out)
  }

  private static func writeResult(
    _ policy: Int, _ count: Int, _ run: ScoringRun, _ program: borrowing ScoringProgram,
    _ out: inout TextOutput
  ) {
    let measured = run.request.policies[policy]
    out.write("{\"policy\": ")
    out.write(jsonString: measured.name)
    Report.writeMember(", \"slots\": ", run.request.counts[count], &out)
    Report.writeMember(", \"repeat\": ", run.request.repeatCount(policy), &out)
    writePart(",\n \"score\": ", run.spread(policy, count, .score, program), &out)
    writePart(",\n \"evict\": ", run.spread(policy, count, .evict, program), &out)
    writePart(",\n \"total\": ", run.spread(policy, count, .total, program), &out)
    if let figure = PaperScoring.figure(measured.policy, slots: run.request.counts[count]) {
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
    Report.writeSpread(times, &out)
    out.write("}")
  }
}
