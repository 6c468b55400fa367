import Inference
import KVCache
import Memory
import Platform
import Profile

/// What a case came to.
public struct FirstTokenResult: Sendable {
  /// nil if the case was left out, or an interrupt came before its end.
  public fileprivate(set) var times: Spread?
  /// Whether its memory is over the cap.
  public fileprivate(set) var isLeftOut = false
  public fileprivate(set) var cacheBudget = 0
  /// Of the process.
  public fileprivate(set) var plannedByteCount = 0
}

/// Measures one case after the other, each in an arena of its own.
public struct FirstTokenRun {
  public let request: FirstTokenRequest
  public private(set) var isInterrupted = false
  private var results = InlineArray<256, FirstTokenResult>(repeating: FirstTokenResult())

  /// Plans every case: what does not fit is known before the first one is measured. A full cache is
  /// left out if it is too large for the cap: to show that is what it is measured for. For other
  /// policies it is an error.
  @export(interface)
  public init(
    _ request: FirstTokenRequest, _ plan: inout BenchPlan
  ) throws(MeasurementError) {
    self.request = request
    for index in 0..<request.caseCount {
      set(&plan, index)
      results[index].cacheBudget = plan.runSettings.cacheBudget
      results[index].plannedByteCount = PlanTable.processByteCount(plan.memory)
      results[index].isLeftOut = plan.isOverCap
      if request[index].policy != .full { try plan.checkCap() }
    }
  }

  public subscript(index: Int) -> FirstTokenResult { results[index] }

  /// - Returns: the sensors, which stay open.
  public mutating func measure<Observer: MeasurementObserver & ~Copyable>(
    _ plan: inout BenchPlan, _ health: consuming HealthMonitor, _ observer: inout Observer
  ) throws(MeasurementError) -> HealthMonitor {
    for index in 0..<request.caseCount where !isInterrupted && !results[index].isLeftOut {
      set(&plan, index)
      health = try measure(index, &plan, health, &observer)
    }
    return health
  }

  /// Plans a case.
  private func set(_ plan: inout BenchPlan, _ index: Int) {
    let one = request[index]
    plan.plan(
      BenchRequest(prompt: one.promptLength, repeatCount: request.repeatCount),
      policy: one.policy, blockSize: one.blockSize)
  }

  private mutating func measure<Observer: MeasurementObserver & ~Copyable>(
    _ index: Int, _ plan: inout BenchPlan, _ health: consuming HealthMonitor,
    _ observer: inout Observer
  ) throws(MeasurementError) -> HealthMonitor {
    var machine = try BenchMachine(plan, health)
    var run = BenchRun(
      BenchWork(
        plan.request, runsBefore: index * request.repeatCount,
        runCount: request.caseCount * request.repeatCount,
        tokensBefore: request.tokenCount(index),
        tokenCount: request.tokenCount(request.caseCount)))
    results[index].times = try run.measureFirstToken(&machine, &observer)
    isInterrupted = run.isInterrupted
    return machine.endKeepingHealth()
  }

  /// A line for each case that is left out.
  @export(interface)
  public func writeLeftOut(capByteCount: Int, to out: inout TextOutput) {
    for index in 0..<request.caseCount where results[index].isLeftOut {
      out.write("   left out: policy full, prompt ")
      out.write(request[index].promptLength)
      out.write(", block ")
      out.write(request[index].blockSize)
      out.write(": ")
      FitAdvice.writeExcess(
        processByteCount: results[index].plannedByteCount, capByteCount: capByteCount, to: &out)
      out.write("\n")
      out.flush()
    }
  }
}
