import Inference
import Memory
import Model
import Platform
import Profile

/// All of the arena that a measurement of policies' cost uses. Making it on a measuring carver gives
/// the plan.
@safe struct PolicyCostArena: ~Copyable {
  let cost: PolicyCostLayout
  /// `[policies + 1][counts][repeats]`, one layer's; the last row is that of reading.
  let samples: UnsafeMutablePointer<PolicyTimes>

  init(carver: inout Carver, _ settings: PolicyCostSettings, _ request: PolicyCostRequest) {
    cost = PolicyCostLayout(carver: &carver, settings, request.policies.span)
    unsafe samples = unsafe carver.take(
      .latency, PolicyTimes.self,
      count: (request.policies.count + 1) * request.counts.count * request.repeatCount)
  }
}

/// The shape to measure, and the memory plan for it.
public struct PolicyCostPlan: ~Copyable {
  /// Of keys and queries: every measurement has the same numbers.
  private static let seed: UInt64 = 0x6B65_7973
  public let settings: MeasurementSettings
  public private(set) var request: PolicyCostRequest
  public let model: BenchModel
  private(set) var cost: PolicyCostSettings
  public private(set) var memory: MemoryPlan

  @export(interface)
  public init(
    _ settings: MeasurementSettings, _ model: consuming BenchModel, _ request: PolicyCostRequest
  ) {
    let cost = Self.cost(settings, model.shape, slotCountMax: request.counts.greatest)
    memory = Self.memory(cost, request)
    self.settings = settings
    self.request = request
    self.model = model
    self.cost = cost
  }

  /// Takes away the largest caches until what is left is below the cap, or but one is left.
  @export(interface)
  public mutating func fit() {
    while isOverCap, let smaller = request.withoutLargestCache() {
      request = smaller
      cost = Self.cost(settings, model.shape, slotCountMax: request.counts.greatest)
      memory = Self.memory(cost, request)
    }
  }

  private static func cost(
    _ settings: MeasurementSettings, _ shape: ModelShape, slotCountMax: Int
  ) -> PolicyCostSettings {
    PolicyCostSettings(
      shape: shape, run: settings.run(logitRowCount: 0), slotCountMax: slotCountMax,
      cacheByteCount: settings.profile.l2CacheKiB * 1024, seed: seed)
  }

  private static func memory(
    _ cost: PolicyCostSettings, _ request: PolicyCostRequest
  ) -> MemoryPlan {
    var carver = Carver.measuring
    _ = PolicyCostArena(carver: &carver, cost, request)
    return carver.measured()
  }

  public var capByteCount: Int { settings.profile.ramCapByteCount }
  public var isOverCap: Bool { PlanTable.processByteCount(memory) > capByteCount }

  @export(interface)
  public func checkCap() throws(MeasurementError) {
    if !isOverCap { return }
    let kept = FitAdvice.largest(request.counts.greatest - cost.blockSize) {
      let smaller = Self.cost(settings, model.shape, slotCountMax: $0 + cost.blockSize)
      return PlanTable.processByteCount(Self.memory(smaller, request)) <= capByteCount
    }
    throw .costOverCap(
      PolicyCostAdvice(
        processByteCount: PlanTable.processByteCount(memory), capByteCount: capByteCount,
        slotCountMax: kept.map { $0 + cost.blockSize }))
  }
}

/// What would fit below the cap if the plan does not.
public struct PolicyCostAdvice: Sendable {
  let processByteCount: Int
  let capByteCount: Int
  /// nil if no cache fits.
  let slotCountMax: Int?

  /// Goes on a line: by how much the plan is over, and what would fit.
  func write(to out: inout TextOutput) {
    FitAdvice.writeExcess(
      processByteCount: processByteCount, capByteCount: capByteCount, to: &out)
    out.write("; what would fit: ")
    if let slotCountMax {
      out.write("--kv of at most ")
      out.write(slotCountMax)
      out.write(", ")
    }
    out.write("fewer --policies, or ")
    FitAdvice.writeCap(processByteCount: processByteCount, to: &out)
  }
}
