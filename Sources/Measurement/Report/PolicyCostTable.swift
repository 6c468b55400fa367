import Inference
import Model
import Platform
import Profile

/// What policies cost a block, as text: in microseconds, and relative to KeyDiff beside the figures
/// of the paper's table 19.
public struct PolicyCostTable: ~Copyable {
  private static let nameWidth = 22
  private static let width = 11
  private static let paperWidth = 7
  private let run: PolicyCostRun

  public init(_ run: PolicyCostRun) { self.run = run }

  private var counts: NumberList { run.request.counts }
  private var policies: PolicyList { run.request.policies }

  @export(interface)
  public func write(
    _ plan: borrowing PolicyCostPlan, _ machine: borrowing PolicyCostMachine,
    to out: inout TextOutput
  ) {
    writeTitle(plan, &out)
    writeRows(.total, machine, &out)
    out.write("\n   of these, for scoring: without the choice of slots and the moving of rows\n")
    writeRows(.score, machine, &out)
    writeName("one read of all keys", &out)
    for count in 0..<run.countCount { writeMicroseconds(run.reading(count, machine), &out) }
    out.write("\n")
    writeRelative(machine, &out)
  }

  private func writeRows(
    _ part: PolicyCostPart, _ machine: borrowing PolicyCostMachine, _ out: inout TextOutput
  ) {
    writeHeading(&out)
    out.write("\n")
    for policy in 0..<policies.count {
      writeName(policies[policy].name, &out)
      for count in 0..<run.countCount {
        writeMicroseconds(run.spread(policy, count, part, machine), &out)
      }
      out.write("\n")
    }
  }

  private func writeTitle(
    _ plan: borrowing PolicyCostPlan, _ out: inout TextOutput
  ) {
    let shape = plan.model.shape
    out.write("   microseconds that a policy adds to a block: ")
    if plan.model.hasName { plan.model.writeName(to: &out) }
    out.write(", ")
    out.write(shape.layerCount)
    out.write(" layers of ")
    out.write(shape.attentionLayer.kvHeadCount)
    out.write(" KV heads of ")
    out.write(shape.attentionLayer.headDim)
    out.write(", block ")
    out.write(plan.cost.blockSize)
    out.write(", ")
    out.write(plan.cost.threadCount)
    out.write(" threads, ")
    out.write(BuildFeatures.name)
    out.write("\n")
  }

  private func writeName(_ name: StaticString, _ out: inout TextOutput) {
    out.write(spaces: 3)
    out.write(name, width: Self.nameWidth)
  }

  private func writeHeading(_ out: inout TextOutput) {
    writeName("slots with the block", &out)
    for count in 0..<run.countCount { out.write(counts[count], width: Self.width) }
  }

  private func writeMicroseconds(_ times: Spread, _ out: inout TextOutput) {
    out.write(Double(times.median) / 1000, decimals: 1, width: Self.width)
  }

  /// Against the fused KeyDiff at the smallest count, or the first policy where it was not measured.
  private func writeRelative(
    _ machine: borrowing PolicyCostMachine, _ out: inout TextOutput
  ) {
    let base = basePolicy
    let unit = run.spread(base, smallestCount, .total, machine).median
    out.write("\n   relative to ")
    out.write(policies[base].name)
    out.write(" at ")
    out.write(counts[smallestCount])
    let hasPaper = hasPaperFigures
    if hasPaper { out.write("; on the right the paper's table 19, an Android phone") }
    out.write("\n")
    writeHeading(&out)
    if hasPaper { writePaperHeading(&out) }
    out.write("\n")
    for policy in 0..<policies.count {
      writeName(policies[policy].name, &out)
      for count in 0..<run.countCount {
        let time = run.spread(policy, count, .total, machine).median
        out.write(Double(time) / Double(max(1, unit)), decimals: 2, width: Self.width)
      }
      writePaper(policies[policy].policy, &out)
      out.write("\n")
    }
  }

  private var basePolicy: Int {
    for policy in 0..<policies.count
    where policies[policy].isFusedKeyDiff { return policy }
    return 0
  }

  private var smallestCount: Int {
    var smallest = 0
    for count in 0..<run.countCount where counts[count] < counts[smallest] { smallest = count }
    return smallest
  }

  private var hasPaperFigures: Bool {
    for policy in 0..<policies.count {
      for count in 0..<run.countCount
      where PaperPolicyCost.figure(policies[policy].policy, slots: counts[count]) != nil {
        return true
      }
    }
    return false
  }

  private func writePaperHeading(_ out: inout TextOutput) {
    out.write("  |")
    for count in 0..<run.countCount where PaperPolicyCost.column(slots: counts[count]) != nil {
      out.write(counts[count], width: Self.paperWidth)
    }
  }

  private func writePaper(_ policy: Policy, _ out: inout TextOutput) {
    var isFirst = true
    for count in 0..<run.countCount {
      guard let figure = PaperPolicyCost.figure(policy, slots: counts[count]) else { continue }
      if isFirst { out.write("  |") }
      isFirst = false
      out.write(figure, decimals: 2, width: Self.paperWidth)
    }
  }
}
