import Inference
import Measurement
import Platform

/// A part of what a policy costs.
enum ScoringPart {
  case score
  case evict
  case total
}

/// Measures every policy at every cache size, and keeps the times in the layout.
struct ScoringRun {
  let request: ScoringRequest
  let layerCount: Int
  private let isQuiet: Bool
  private var line: StatusLine
  /// Of `ScoringRequest.work`.
  private var workDone = 0.0
  /// Cache sizes that were measured; less than asked for after an interrupt.
  private(set) var countCount = 0
  private(set) var isInterrupted = false

  init(
    _ request: ScoringRequest, layerCount: Int, work: WorkShare, isQuiet: Bool,
    _ console: borrowing Console
  ) {
    self.request = request
    self.layerCount = layerCount
    self.isQuiet = isQuiet
    line = StatusLine(
      intervalNanoseconds: 500_000_000, isQuiet: isQuiet, work: work, console)
  }

  mutating func measure(_ program: inout ScoringProgram, _ console: inout Console) {
    program.health.begin(.prefill)
    for count in 0..<request.counts.count {
      for policy in 0..<request.policies.count where !Interrupt.isRaised {
        program.health.coolDown(isQuiet: isQuiet, &console)
        measure(policy, count, &program, &console.error)
        _ = program.health.endBlock(tokenCount: 0)
      }
      isInterrupted = Interrupt.isRaised
      if isInterrupted { break }
      countCount = count + 1
      for run in 0..<request.repeatCount {
        unsafe samples(request.policies.count, count, program)[run] = program.cost.measureReading()
      }
    }
    line.finish(&console.error)
  }

  /// A run that does not count, so that code and data have been touched, and those that do.
  private mutating func measure(
    _ policy: Int, _ count: Int, _ program: inout ScoringProgram, _ out: inout TextOutput
  ) {
    program.cost.begin(policy, slotCount: request.counts[count])
    _ = program.cost.measure(policy)
    for run in 0..<request.repeatCount(policy) where !Interrupt.isRaised {
      unsafe samples(policy, count, program)[run] = program.cost.measure(policy)
      if line.begin(&out) { writeProgress(policy, count, run, &out) }
    }
    workDone += request.work(policy, count)
  }

  private func writeProgress(
    _ policy: Int, _ count: Int, _ run: Int, _ out: inout TextOutput
  ) {
    out.write(request.counts[count])
    out.write(" slots, ")
    out.write(request.policies[policy].name)
    out.write(": run ")
    out.write(run + 1)
    out.write(" of ")
    out.write(request.repeatCount(policy))
    let own = Double(run + 2) / Double(request.repeatCount(policy) + 1)
    line.end((workDone + own * request.work(policy, count)) / request.work, &out)
  }

  private func samples(
    _ row: Int, _ count: Int, _ program: borrowing ScoringProgram
  ) -> UnsafeMutablePointer<PolicyTimes> {
    unsafe program.layout.samples + (row * request.counts.count + count) * request.repeatCount
  }

  /// Of all layers.
  func spread(
    _ policy: Int, _ count: Int, _ part: ScoringPart, _ program: borrowing ScoringProgram
  ) -> Spread {
    spread(
      row: policy, count, part, repeatCount: request.repeatCount(policy), program)
  }

  /// Reading all keys once.
  func reading(_ count: Int, _ program: borrowing ScoringProgram) -> Spread {
    spread(
      row: request.policies.count, count, .total, repeatCount: request.repeatCount, program)
  }

  private func spread(
    row: Int, _ count: Int, _ part: ScoringPart, repeatCount: Int,
    _ program: borrowing ScoringProgram
  ) -> Spread {
    var times = InlineArray<100, Int64>(repeating: 0)
    for run in 0..<repeatCount {
      let sample = unsafe samples(row, count, program)[run]
      let one =
        switch part {
        case .score: sample.score
        case .evict: sample.evict
        case .total: sample.total
        }
      times[run] = one * Int64(layerCount)
    }
    return Spread(times, count: repeatCount)
  }
}
