import Inference
import Measurement
import Memory
import Model
import Platform
import Profile

/// What a case came to.
struct FirstTokenResult {
  /// nil where the case was left out, or an interrupt came before its end.
  fileprivate(set) var times: Spread?
  /// Whether its memory is over the cap.
  fileprivate(set) var isLeftOut = false
  fileprivate(set) var cacheBudget = 0
  /// Of the process.
  fileprivate(set) var plannedByteCount = 0
}

/// Measures one case after the other, each in an arena of its own.
struct FirstTokenRun {
  let request: FirstTokenRequest
  private let work: WorkShare
  private let isQuiet: Bool
  private(set) var isInterrupted = false
  private var results = InlineArray<256, FirstTokenResult>(repeating: FirstTokenResult())

  init(_ request: FirstTokenRequest, work: WorkShare, isQuiet: Bool) {
    self.request = request
    self.work = work
    self.isQuiet = isQuiet
  }

  subscript(index: Int) -> FirstTokenResult { results[index] }

  mutating func measure(
    _ preparation: inout BenchPreparation, _ health: inout HealthMonitor,
    _ console: inout Console
  ) throws(Exit) {
    try plan(&preparation, &console)
    for index in 0..<request.caseCount where !isInterrupted {
      set(&preparation, index)
      if !preparation.isOverCap { try measure(index, &preparation, &health, &console) }
    }
  }

  /// What does not fit is known before the first case is measured. A full cache is left out where it
  /// is too large for the cap: to show that is what it is measured for. For other policies it is an
  /// error.
  private mutating func plan(
    _ preparation: inout BenchPreparation, _ console: inout Console
  ) throws(Exit) {
    for index in 0..<request.caseCount {
      set(&preparation, index)
      results[index].cacheBudget = preparation.runSettings.cacheBudget
      results[index].plannedByteCount = PlanTable.processByteCount(preparation.plan)
      results[index].isLeftOut = preparation.isOverCap
      if request[index].policy != .full { try preparation.checkCap(&console) }
    }
    if isQuiet { return }
    Lockdown.impossible.write(to: &console.error)
    for index in 0..<request.caseCount {
      set(&preparation, index)
      if preparation.isOverCap { writeLeftOut(index, preparation, &console.error) }
    }
  }

  private func set(_ preparation: inout BenchPreparation, _ index: Int) {
    let one = request[index]
    preparation.plan(
      BenchRequest(prompt: one.promptLength, repeatCount: request.repeatCount),
      policy: one.policy, blockSize: one.blockSize)
  }

  private func writeLeftOut(
    _ index: Int, _ preparation: borrowing BenchPreparation, _ out: inout TextOutput
  ) {
    out.write("   left out: policy full, prompt ")
    out.write(request[index].promptLength)
    out.write(", block ")
    out.write(request[index].blockSize)
    out.write(": ")
    FitAdvice.writeExcess(
      of: preparation.plan, capByteCount: preparation.settings.profile.ramCapByteCount, to: &out)
    out.write("\n")
    out.flush()
  }

  private mutating func measure(
    _ index: Int, _ preparation: inout BenchPreparation, _ health: inout HealthMonitor,
    _ console: inout Console
  ) throws(Exit) {
    var program = try BenchProgram(&preparation, &console)
    swap(&program.health, &health)
    var run = BenchRun(
      BenchProgress(
        preparation.request, runsBefore: index * request.repeatCount,
        runCount: request.caseCount * request.repeatCount,
        tokensBefore: request.tokenCount(index), tokenCount: request.tokenCount(request.caseCount),
        work: work, isQuiet: isQuiet, console))
    results[index].times = try run.measureFirstToken(&program, &console)
    isInterrupted = run.isInterrupted
    swap(&program.health, &health)
    program.end()
  }
}
