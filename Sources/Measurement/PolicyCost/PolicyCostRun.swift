import Inference
import Model
import Platform

/// A part of what a policy costs.
enum PolicyCostPart {
  case score
  case evict
  case total
}

/// Measures every policy at every cache size, and keeps the times in the arena.
public struct PolicyCostRun {
  public let request: PolicyCostRequest
  public let layerCount: Int
  /// Of `PolicyCostRequest.work`.
  private var workDone = 0.0
  /// Cache sizes that were measured; less than asked for after an interrupt.
  public private(set) var countCount = 0
  public private(set) var isInterrupted = false

  public init(_ plan: borrowing PolicyCostPlan) {
    request = plan.request
    layerCount = plan.model.shape.layerCount
  }

  public mutating func measure<Observer: MeasurementObserver & ~Copyable>(
    _ machine: inout PolicyCostMachine, _ observer: inout Observer
  ) {
    machine.health.begin(.prefill)
    for count in 0..<request.counts.count {
      for policy in 0..<request.policies.count where !Interrupt.isRaised {
        if let pause = machine.health.pause {
          observer.observe(.pause(pause))
          machine.health.waitUntilCool()
        }
        measure(policy, count, &machine, &observer)
        _ = machine.health.endBlock(tokenCount: 0)
      }
      isInterrupted = Interrupt.isRaised
      if isInterrupted { break }
      countCount = count + 1
      for run in 0..<request.repeatCount {
        unsafe samples(request.policies.count, count, machine)[run] = machine.cost.measureReading()
      }
    }
    observer.observe(.end)
  }

  /// A run that does not count, so that code and data have been touched, and those that do.
  private mutating func measure<Observer: MeasurementObserver & ~Copyable>(
    _ policy: Int, _ count: Int, _ machine: inout PolicyCostMachine, _ observer: inout Observer
  ) {
    machine.cost.begin(policy, slotCount: request.counts[count])
    _ = machine.cost.measure(policy)
    for run in 0..<request.repeatCount(policy) where !Interrupt.isRaised {
      unsafe samples(policy, count, machine)[run] = machine.cost.measure(policy)
      observer.observe(event(policy, count, run))
    }
    workDone += request.work(policy, count)
  }

  private func event(_ policy: Int, _ count: Int, _ run: Int) -> MeasurementEvent {
    let runCount = request.repeatCount(policy)
    let own = Double(run + 2) / Double(runCount + 1)
    return .policyCost(
      slots: request.counts[count], policy: request.policies[policy].name, run: run + 1,
      runCount: runCount,
      fraction: (workDone + own * request.work(policy, count)) / request.work)
  }

  private func samples(
    _ row: Int, _ count: Int, _ machine: borrowing PolicyCostMachine
  ) -> UnsafeMutablePointer<PolicyTimes> {
    unsafe machine.layout.samples + (row * request.counts.count + count) * request.repeatCount
  }

  /// Of all layers.
  func spread(
    _ policy: Int, _ count: Int, _ part: PolicyCostPart, _ machine: borrowing PolicyCostMachine
  ) -> Spread {
    spread(
      row: policy, count, part, repeatCount: request.repeatCount(policy), machine)
  }

  /// Reading all keys once.
  func reading(_ count: Int, _ machine: borrowing PolicyCostMachine) -> Spread {
    spread(
      row: request.policies.count, count, .total, repeatCount: request.repeatCount, machine)
  }

  private func spread(
    row: Int, _ count: Int, _ part: PolicyCostPart, repeatCount: Int,
    _ machine: borrowing PolicyCostMachine
  ) -> Spread {
    var times = InlineArray<100, Int64>(repeating: 0)
    for run in 0..<repeatCount {
      let sample = unsafe samples(row, count, machine)[run]
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
