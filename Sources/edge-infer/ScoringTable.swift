import Inference
import Measurement
import Model
import Platform
import Profile

/// What policies cost a block, as text: in microseconds, and relative to KeyDiff beside the figures
/// of the paper's table 19.
struct ScoringTable: ~Copyable {
  private static let nameWidth = 22
  private static let width = 11
  private static let paperWidth = 7
  private let run: ScoringRun

  init(_ run: ScoringRun) { self.run = run }

  private var counts: NumberList { run.request.counts }
  private var policies: PolicyList { run.request.policies }

  func write(
    _ preparation: borrowing ScoringPreparation, _ program: borrowing ScoringProgram,
    to out: inout TextOutput
  ) {
    writeTitle(preparation, &out)
    writeRows(.total, program, &out)
    out.write("\n   of these, for scoring: without the choice of slots and the moving of rows\n")
    writeRows(.score, program, &out)
    writeName("one read of all keys", &out)
    for count in 0..<run.countCount { writeMicroseconds(run.reading(count, program), &out) }
    out.write("\n")
    writeRelative(program, &out)
  }

  private func writeRows(
    _ part: ScoringPart, _ program: borrowing ScoringProgram, _ out: inout TextOutput
  ) {
    writeHeading(&out)
    out.write("\n")
    for policy in 0..<policies.count {
      writeName(policies[policy].name, &out)
      for count in 0..<run.countCount {
        writeMicroseconds(run.spread(policy, count, part, program), &out)
      }
      out.write("\n")
    }
  }

  private func writeTitle(
    _ preparation: borrowing ScoringPreparation, _ out: inout TextOutput
  ) {
    let shape = preparation.model.shape
    out.write("   microseconds that a policy adds to a block: ")
    if preparation.model.hasName { preparation.model.writeName(to: &out) }
    out.write(", ")
    out.write(shape.layerCount)
    out.write(" layers of ")
    out.write(shape.kvHeadCount)
    out.write(" KV heads of ")
    out.write(shape.headDim)
    out.write(", block ")
    out.write(preparation.cost.blockSize)
    out.write(", ")
    out.write(preparation.cost.threadCount)
    out.write(" threads, ")
    out.write(Processor.buildName)
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
    _ program: borrowing ScoringProgram, _ out: inout TextOutput
  ) {
    let base = basePolicy
    let unit = run.spread(base, smallestCount, .total, program).median
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
        let time = run.spread(policy, count, .total, program).median
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
      where PaperScoring.figure(policies[policy].policy, slots: counts[count]) != nil {
        return true
      }
    }
    return false
  }

  private func writePaperHeading(_ out: inout TextOutput) {
    out.write("  |")
    for count in 0..<run.countCount where PaperScoring.column(slots: counts[count]) != nil {
      out.write(counts[count], width: Self.paperWidth)
    }
  }

  private func writePaper(_ policy: Policy, _ out: inout TextOutput) {
    var isFirst = true
    for count in 0..<run.countCount {
      guard let figure = PaperScoring.figure(policy, slots: counts[count]) else { continue }
      if isFirst { out.write("  |") }
      isFirst = false
      out.write(figure, decimals: 2, width: Self.paperWidth)
    }
  }
}

/// KeyDiff, table 19: latency of key scoring on an Android phone, relative to KeyDiff at 512.
enum PaperScoring {
  static func figure(_ policy: Policy, slots: Int) -> Double? {
    guard let column = column(slots: slots) else { return nil }
    let row: InlineArray<5, Double>
    switch policy {
    case .snapkv: row = [1.92, 2.46, 4.50, 8.94, 11.42]
    case .tova: row = [1.02, 0.94, 1.25, 1.95, 3.06]
    case .keydiff: row = [1.00, 1.03, 1.01, 1.07, 1.37]
    case .h2o: row = [1.10, 0.99, 1.52, 2.32, 4.23]
    default: return nil
    }
    return row[column]
  }

  static func column(slots: Int) -> Int? {
    switch slots {
    case 512: 0
    case 1024: 1
    case 2048: 2
    case 4096: 3
    case 8192: 4
    default: nil
    }
  }
}
