import Generation
import Inference
import KVCache
import Memory
import Model
import Platform
import Profile

/// The mapped arena with the weights in it, sealed, and the board's sensors.
public struct BenchMachine: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var engine: Engine
  var layout: BenchLayout
  let arena: Arena
  public let loadNanoseconds: Int64
  public let memoryLock: MemoryLock
  public var health: HealthMonitor

  /// Maps the arena, starts the threads, reads the weights or makes them up, and seals.
  @export(interface)
  public init(
    _ plan: borrowing BenchPlan, _ health: consuming HealthMonitor
  ) throws(MeasurementError) {
    let start = Instant.now()
    try plan.checkCap()
    let arena = try mapArena(plan.memory, usesHugePages: plan.settings.usesHugePages)
    var carver = arena.carver()
    let layout = BenchLayout(carver: &carver, plan.model.shape, plan.runSettings, plan.request)
    carver.seal()
    let engine: Engine
    do throws(SystemFailure) {
      engine = try Engine(layout: layout.engine, cores: plan.settings.profile.cores)
    } catch {
      throw .refused(error)
    }
    do throws(ModelError) {
      try plan.model.load(engine, into: arena)
    } catch {
      throw .model(error)
    }
    do throws(HeadSharesError) {
      try engine.checkHeadShares()
    } catch {
      throw .headShares(error)
    }
    engine.touchPages(of: arena, hasMappedWeights: plan.model.isPacked)
    memoryLock = MemoryLock(arena, isWanted: plan.settings.locksMemory)
    self.engine = engine
    self.layout = layout
    self.arena = arena
    self.health = health
    loadNanoseconds = Instant.now().nanoseconds(since: start)
  }

  /// Ends the threads and gives the memory back; the sensors stay open.
  consuming func endKeepingHealth() -> HealthMonitor {
    _ = consume engine
    arena.unmap()
    return health
  }

  /// Ends the threads and gives the memory back.
  public consuming func end() { _ = endKeepingHealth() }
}

extension BenchMachine {
  /// For a made-up prompt and a greedy answer, in which no token is the last one.
  mutating func begin(answerTokenCount: Int) {
    var request = AnswerRequest(maxTokens: answerTokenCount)
    request.hasEnds = false
    layout.generator.begin(request)
  }

  /// Reads a block of the prompt, or chooses a token of the answer.
  mutating func step(_ prompt: inout MadeUpPrompt) throws(MeasurementError) -> GeneratorStep {
    var text = NoText()
    do throws(GenerationFailure<Never>) {
      return try layout.generator.step(&engine, from: &prompt, to: &text)
    } catch {
      switch error {
      case .pass(let failure): throw .pass(failure)
      case .emptyPrompt: preconditionFailure("a made-up prompt has tokens")
      }
    }
  }

  /// Adds what the threads saw of the latest block.
  func addMemberTimes(to times: UnsafeMutablePointer<BlockTimes>) {
    for index in 0..<engine.team.latestMemberCount {
      unsafe times[index] = unsafe times[index] + engine.times(ofMember: index)
    }
  }

  /// Waits if the processor is too hot.
  mutating func coolDown<Observer: MeasurementObserver & ~Copyable>(
    _ observer: inout Observer
  ) {
    guard let pause = health.pause else { return }
    observer.observe(.pause(pause))
    health.waitUntilCool()
  }
}

func mapArena(
  _ plan: MemoryPlan, usesHugePages: Bool
) throws(MeasurementError) -> Arena {
  do throws(SystemFailure) {
    return try Arena(plan: plan, usesHugePages: usesHugePages)
  } catch {
    throw .refused(error)
  }
}
