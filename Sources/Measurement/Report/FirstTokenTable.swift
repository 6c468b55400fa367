import Inference
import KVCache
import Model
import Platform
import Profile

/// Times to the first token, as text and as comma-separated values.
public enum FirstTokenTable {
  private static let width = 12

  @export(interface)
  public static func write(
    _ run: FirstTokenRun, _ plan: borrowing BenchPlan, to out: inout TextOutput
  ) {
    let request = run.request
    writeTitle(plan, &out)
    out.write("   policy               block")
    for prompt in 0..<request.prompts.count { out.write(request.prompts[prompt], width: width) }
    out.write("\n")
    for policy in 0..<request.policies.count {
      for block in 0..<request.blocks.count {
        out.write(spaces: 3)
        out.write(request.policies[policy].name, width: 20)
        out.write(request.blocks[block], width: 6)
        for prompt in 0..<request.prompts.count {
          writeCell(run[request.index(policy: policy, block: block, prompt: prompt)], &out)
        }
        out.write("\n")
      }
    }
  }

  private static func writeTitle(
    _ plan: borrowing BenchPlan, _ out: inout TextOutput
  ) {
    out.write("   milliseconds to the first token, by tokens of the prompt: ")
    if plan.model.hasName { plan.model.writeName(to: &out) }
    out.write(", budget ")
    out.write(plan.settings.profile.cacheBudget)
    out.write(", ")
    out.write(plan.runSettings.threadCount)
    out.write(" threads, ")
    out.write(BuildFeatures.name)
    out.write("\n")
  }

  private static func writeCell(_ result: FirstTokenResult, _ out: inout TextOutput) {
    if let times = result.times {
      out.write(Double(times.median) / 1e6, decimals: 1, width: width)
    } else {
      out.write(right: result.isLeftOut ? "over cap" : "-", width: width)
    }
  }

  /// A line for each case that was measured.
  @export(interface)
  public static func writeCSV(_ run: FirstTokenRun, to out: inout TextOutput) {
    out.write("policy,block,budget,prompt,median_us,min_us,max_us,tokens_per_second\n")
    for index in 0..<run.request.caseCount {
      guard let times = run[index].times else { continue }
      let one = run.request[index]
      out.write(one.policy.name)
      writeValue(one.blockSize, &out)
      writeValue(run[index].cacheBudget, &out)
      writeValue(one.promptLength, &out)
      writeTime(times.median, &out)
      writeTime(times.minimum, &out)
      writeTime(times.maximum, &out)
      out.write(",")
      out.write(rate(one.promptLength, nanoseconds: times.median), decimals: 2)
      out.write("\n")
    }
  }

  private static func writeValue(_ value: Int, _ out: inout TextOutput) {
    out.write(",")
    out.write(value)
  }

  private static func writeTime(_ nanoseconds: Int64, _ out: inout TextOutput) {
    out.write(",")
    ReportText.writeMicroseconds(nanoseconds, &out)
  }
}
