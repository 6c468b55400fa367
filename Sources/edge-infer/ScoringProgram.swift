import Inference
import Measurement
import Memory
import Model
import Platform
import Profile

/// All of the arena that `bench scoring` uses. Making it on a measuring carver gives the plan.
@safe struct ScoringLayout: ~Copyable {
  let cost: PolicyCostLayout
  /// `[policies + 1][counts][repeats]`, one layer's; the last row is that of reading.
  let samples: UnsafeMutablePointer<PolicyTimes>

  init(carver: inout Carver, _ settings: PolicyCostSettings, _ request: ScoringRequest) {
    cost = PolicyCostLayout(carver: &carver, settings, request.policies.span)
    unsafe samples = carver.take(
      .latency, PolicyTimes.self,
      count: (request.policies.count + 1) * request.counts.count * request.repeatCount)
  }
}

/// The shape to measure, and the memory plan for it.
@safe struct ScoringPreparation: ~Copyable {
  /// Of keys and queries: every measurement has the same numbers.
  private static let seed: UInt64 = 0x6B65_7973
  let settings: Settings
  let request: ScoringRequest
  let model: BenchModel
  let cost: PolicyCostSettings
  let plan: MemoryPlan

  init(
    _ arguments: Arguments, _ settings: Settings, _ request: ScoringRequest,
    _ console: inout Console
  ) throws(Exit) {
    var buffer = HeaderBuffer()
    let model = try BenchModel(
      arguments, settings, &buffer, fallback: .smolLM2At135M, &console)
    let cost = Self.cost(settings, model.shape, slotCountMax: request.counts.greatest)
    plan = Self.plan(cost, request)
    self.settings = settings
    self.request = request
    self.model = model
    self.cost = cost
  }

  private static func cost(
    _ settings: Settings, _ shape: ModelShape, slotCountMax: Int
  ) -> PolicyCostSettings {
    PolicyCostSettings(
      shape: shape, run: settings.run(logitRowCount: 0), slotCountMax: slotCountMax,
      cacheByteCount: settings.profile.l2CacheKiB * 1024, seed: seed)
  }

  private static func plan(
    _ cost: PolicyCostSettings, _ request: ScoringRequest
  ) -> MemoryPlan {
    var carver = Carver.measuring
    _ = ScoringLayout(carver: &carver, cost, request)
    return carver.measured()
  }

  var isOverCap: Bool {
    PlanTable.processByteCount(plan) > settings.profile.ramCapByteCount
  }

  func checkCap(_ console: inout Console) throws(Exit) {
    if !isOverCap { return }
    let cap = settings.profile.ramCapByteCount
    console.beginError()
    FitAdvice.writeExcess(of: plan, capByteCount: cap, to: &console.error)
    console.error.write("; what would fit: ")
    let kept = FitAdvice.largest(request.counts.greatest - cost.blockSize) {
      let smaller = Self.cost(settings, model.shape, slotCountMax: $0 + cost.blockSize)
      return PlanTable.processByteCount(Self.plan(smaller, request)) <= cap
    }
    if let kept {
      console.error.write("--kv of at most ")
      console.error.write(kept + cost.blockSize)
      console.error.write(", ")
    }
    console.error.write("fewer --policies, or ")
    FitAdvice.writeCap(for: plan, to: &console.error)
    throw console.end(.configuration)
  }
}

/// The mapped arena, sealed.
@safe struct ScoringProgram: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var cost: PolicyCost
  let layout: ScoringLayout
  let arena: Arena
  var lockdown = Lockdown.declined
  var health = HealthMonitor()

  init(_ preparation: borrowing ScoringPreparation, _ console: inout Console) throws(Exit) {
    try preparation.checkCap(&console)
    let arena = try Program.map(
      preparation.plan, usesHugePages: preparation.settings.usesHugePages, &console)
    var carver = arena.carver()
    let layout = ScoringLayout(carver: &carver, preparation.cost, preparation.request)
    carver.seal()
    do throws(SystemFailure) {
      cost = try PolicyCost(
        layout: layout.cost, cores: preparation.settings.profile.cores)
    } catch {
      throw console.refuse(error)
    }
    self.layout = layout
    self.arena = arena
  }

  /// Ends the threads and gives the memory back.
  consuming func end() {
    _ = consume cost
    arena.unmap()
  }
}
