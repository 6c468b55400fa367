import Inference
import Memory
import Platform
import Profile

/// The mapped arena of a measurement of policies' cost, sealed, and the board's sensors.
public struct PolicyCostMachine: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var cost: PolicyCost
  let layout: PolicyCostArena
  let arena: Arena
  public var health: HealthMonitor

  @export(interface)
  public init(
    _ plan: borrowing PolicyCostPlan, _ health: consuming HealthMonitor
  ) throws(MeasurementError) {
    try plan.checkCap()
    let arena = try mapArena(plan.memory, usesHugePages: plan.settings.usesHugePages)
    var carver = arena.carver()
    let layout = PolicyCostArena(carver: &carver, plan.cost, plan.request)
    carver.seal()
    do throws(SystemFailure) {
      cost = try PolicyCost(layout: layout.cost, cores: plan.settings.profile.cores)
    } catch {
      throw .refused(error)
    }
    self.layout = layout
    self.arena = arena
    self.health = health
  }

  /// Ends the threads and gives the memory back.
  public consuming func end() {
    _ = consume cost
    arena.unmap()
  }
}
