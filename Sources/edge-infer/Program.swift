import Generation
import Inference
import LineEditing
import Measurement
import Memory
import Model
import Platform
import Profile
import Service

/// What a command takes of the arena beside the model.
@safe struct ProgramLayout: ~Copyable {
  /// `TokenFile.bufferByteCount` bytes for reading token ids.
  let input: UnsafeMutableRawPointer
  /// Bytes of the prompt that have been read.
  let readCount: UnsafeMutablePointer<Int>
  let chat: LineLayout?
  let service: ServiceLayout?
  var blocks: BlockRecords
  var decodes: DurationHistogram

  init(
    carver: inout Carver, _ opened: borrowing ModelPreparation, _ needs: ProgramNeeds
  ) {
    unsafe input = carver.takeBytes(.text, count: TokenFile.bufferByteCount)
    unsafe readCount = carver.take(.text, Int.self, count: 1)
    chat = needs.usesChat ? LineLayout(carver: &carver) : nil
    service =
      if let service = needs.service {
        ServiceLayout(
          carver: &carver, service, opened.model.shape, opened.settings,
          longestTokenByteCount: opened.longestTokenByteCount)
      } else {
        nil
      }
    blocks = BlockRecords(carver: &carver)
    decodes = DurationHistogram(carver: &carver)
  }
}

/// A model that was opened for a command, and the memory plan for both.
struct Preparation: ~Copyable {
  let settings: Settings
  let needs: ProgramNeeds
  let path: ModelPath
  let headBudgets: HeadBudgets?
  var opened: ModelPreparation
  let plan: MemoryPlan

  init(
    _ arguments: Arguments, _ settings: Settings, _ needs: ProgramNeeds
  ) throws(CommandFailure) {
    let path = ModelPath(arguments, settings)
    let headBudgets = try HeadBudgets.find(arguments, settings, modelPath: path)
    var run = settings.run(logitRowCount: needs.logitRowCount)
    run.headShares = headBudgets?.kept
    var modelNeeds = needs.model
    if needs.proposes && settings.profile.proposals == .lookup {
      modelNeeds.proposalCountMax = SpeculationGate.rowCountMax - 1
    }
    modelNeeds.preTokenizer = try arguments.knownPreTokenizer()
    let opened = try Self.open(path, run, modelNeeds)
    try checkSplits(opened.model.tokenizer, modelNeeds.preTokenizer)
    try headBudgets?.check(opened.model.shape, run)
    try settings.checkPositions(
      largestBudget: run.slotCountMax(of: opened.model.shape) - run.blockSize,
      contextLength: opened.model.shape.contextLength)
    if let service = needs.service, service.keptFileByteCount > 0 {
      let sizes = KeptTextSizes(service, opened.model.shape, opened.settings)
      if sizes.slotCount == 0 {
        throw CommandFailure(.keptFile(slotByteCount: sizes.slotByteCount))
      }
    }
    if needs.usesText { writeWarnings(opened.model.tokenizer) }
    self.settings = settings
    self.needs = needs
    self.path = path
    self.headBudgets = headBudgets
    var carver = Carver.measuring
    _ = opened.layout(carver: &carver)
    _ = ProgramLayout(carver: &carver, opened, needs)
    plan = carver.measured()
    self.opened = opened
  }

  private static func open(
    _ path: ModelPath, _ settings: RunSettings, _ needs: ModelNeeds
  ) throws(CommandFailure) -> ModelPreparation {
    do throws(TextFailure) {
      return unsafe try path.withPointer { (name) throws(TextFailure) in
        unsafe try ModelPreparation(path: name, settings, needs)
      }
    } catch {
      throw CommandFailure(.textLayer(error), path)
    }
  }

  /// Of a service that has a file for them.
  var keptTextSizes: KeptTextSizes? {
    guard let service = needs.service, service.keptFileByteCount > 0 else { return nil }
    return KeptTextSizes(service, opened.model.shape, opened.settings)
  }

  var runSettings: RunSettings { opened.settings }

  /// The plan must be below the cap.
  func checkCap() throws(CommandFailure) {
    let cap = settings.profile.ramCapByteCount
    if PlanTable.processByteCount(plan) <= cap { return }
    throw CommandFailure(
      .overCap(
        FitAdvice(plan, shape: opened.model.shape, settings: opened.settings, capByteCount: cap)))
  }

  /// Writes the model that has been loaded as a packed one.
  mutating func writePacked(
    _ program: borrowing Program, to out: inout TextOutput
  ) throws(CommandFailure) {
    do throws(ModelError) {
      unsafe try opened.writePacked(
        program.model, in: program.arena, headBudgets: HeadBudgets.text(of: headBudgets), to: &out)
    } catch {
      throw CommandFailure(.model(error), path)
    }
  }
}

/// The mapped arena with the model in it, sealed.
struct Program: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var model: LoadedModel
  var layout: ProgramLayout
  fileprivate let arena: Arena
  let loadNanoseconds: Int64
  let memoryLock: MemoryLock
  var lockdown = Lockdown.declined
  var health = HealthMonitor()

  /// Maps the arena, starts the threads, loads the model and seals.
  init(_ preparation: inout Preparation) throws(CommandFailure) {
    let start = Instant.now()
    try preparation.checkCap()
    let arena = try mapArena(
      preparation.plan, usesHugePages: preparation.settings.usesHugePages)
    var carver = arena.carver()
    let modelLayout = preparation.opened.layout(carver: &carver)
    let layout = ProgramLayout(carver: &carver, preparation.opened, preparation.needs)
    carver.seal()
    model = try Self.load(&preparation, modelLayout, in: arena)
    self.layout = layout
    memoryLock = MemoryLock(arena, isWanted: preparation.settings.locksMemory)
    self.arena = arena
    loadNanoseconds = Instant.now().nanoseconds(since: start)
  }

  private static func load(
    _ preparation: inout Preparation, _ layout: consuming ModelLayout, in arena: borrowing Arena
  ) throws(CommandFailure) -> LoadedModel {
    let loaded: LoadedModel
    do throws(LoadFailure) {
      loaded = try LoadedModel(
        &preparation.opened, layout, in: arena, cores: preparation.settings.profile.cores)
    } catch {
      throw CommandFailure(error, preparation.path)
    }
    try preparation.headBudgets?.check(loaded.engine)
    return loaded
  }

  var arenaByteCount: Int { arena.plan.residentByteCount }
  var plan: MemoryPlan { arena.plan }
}

func mapArena(_ plan: MemoryPlan, usesHugePages: Bool = true) throws(CommandFailure) -> Arena {
  do throws(SystemFailure) {
    return try Arena(plan: plan, usesHugePages: usesHugePages)
  } catch {
    throw CommandFailure(.refused(error))
  }
}
