import CPlatform
import Generation
import Inference
import Measurement
import Memory
import Model
import Platform
import Profile
import Service
import Tokenizer

/// What a command asks of the arena beside the engine.
struct ProgramNeeds {
  let logitRowCount: Int
  /// Generated tokens that are kept for the report.
  let generatedCount: Int
  /// Whether text is read or written; ids alone need no tokenizer.
  let usesText: Bool
  let usesTemplate: Bool
  /// Whether a model with an unknown tokenizer will do.
  var mayLackText = false
  /// Whether a model without a chat template will do.
  var mayLackTemplate = false
  /// How tokens are chosen; nil where none are.
  var sampling: SamplingSettings?
  /// Whether the log-probabilities of generated tokens are kept too.
  var keepsLogProbabilities = false
  /// Whether messages are read from standard input.
  var usesChat = false
  /// Nil where no requests are served.
  var service: ServiceSettings?

  var generator: GeneratorNeeds {
    var needs = GeneratorNeeds()
    needs.keptTokenCount = generatedCount
    needs.keepsLogProbabilities = keepsLogProbabilities
    if let sampling { needs.sampling = sampling }
    return needs
  }
}

/// All of the arena. Making it on a measuring carver gives the plan.
@safe struct ProgramLayout: ~Copyable {
  let engine: EngineLayout
  var text: TextLayout?
  /// `TokenFile.bufferByteCount` bytes for reading token ids.
  let input: UnsafeMutableRawPointer
  /// Bytes of the prompt that have been read.
  let readCount: UnsafeMutablePointer<Int>
  var generator: Generator
  let chat: ChatLayout?
  let service: ServiceLayout?
  var blocks: BlockRecords
  var decodes: DurationHistogram

  init(
    carver: inout Carver, _ shape: ModelShape, _ settings: RunSettings, _ needs: ProgramNeeds,
    _ ends: AnswerEnds, _ text: TextNeeds?
  ) {
    engine = EngineLayout(carver: &carver, shape: shape, settings: settings)
    if let text { self.text = TextLayout(carver: &carver, text) } else { self.text = nil }
    unsafe input = carver.takeBytes(.text, count: TokenFile.bufferByteCount)
    unsafe readCount = carver.take(.text, Int.self, count: 1)
    let vocabulary: UnsafeMutablePointer<Vocabulary>? =
      switch self.text {
      case .some(let text): unsafe text.vocabulary
      case .none: nil
      }
    generator = unsafe Generator(
      carver: &carver, needs.generator, ends, vocabularyCount: shape.vocabularyCount, vocabulary)
    chat = needs.usesChat ? ChatLayout(carver: &carver) : nil
    service =
      if let service = needs.service {
        ServiceLayout(
          carver: &carver, service, shape, settings,
          longestTokenByteCount: text?.longestTokenByteCount ?? 0)
      } else {
        nil
      }
    blocks = BlockRecords(carver: &carver)
    decodes = DurationHistogram(carver: &carver)
  }
}

/// A model that was opened, and the memory plan for it.
@safe struct Preparation: ~Copyable {
  let settings: Settings
  let runSettings: RunSettings
  let needs: ProgramNeeds
  let path: ModelPath
  let model: ModelFile
  let text: TextNeeds?
  let plan: MemoryPlan
  /// For reading the header.
  private var buffer: HeaderBuffer

  init(
    _ arguments: Arguments, _ settings: Settings, _ needs: ProgramNeeds, _ console: inout Console
  ) throws(Exit) {
    let path = ModelPath(arguments, settings)
    var buffer = HeaderBuffer()
    let model = try buffer.open(path, &console)
    try settings.checkPositions(contextLength: model.shape.contextLength, &console)
    let usesText = needs.usesText && (!needs.mayLackText || model.tokenizer.isKnown)
    let text = usesText ? try buffer.textNeeds(of: model, path, needs, &console) : nil
    let runSettings = settings.run(logitRowCount: needs.logitRowCount)
    var carver = Carver.measuring
    _ = ProgramLayout(
      carver: &carver, model.shape, runSettings, needs, AnswerEnds(model.tokenizer), text)
    plan = carver.measured()
    self.settings = settings
    self.needs = needs
    self.runSettings = runSettings
    self.path = path
    self.text = text
    self.model = model
    self.buffer = buffer
  }

  var isOverCap: Bool { PlanTable.processByteCount(plan) > settings.profile.ramCapByteCount }

  /// The plan must be below the cap.
  func checkCap(_ console: inout Console) throws(Exit) {
    if !isOverCap { return }
    console.beginError()
    FitAdvice(
      plan, shape: model.shape, settings: runSettings,
      capByteCount: settings.profile.ramCapByteCount
    ).write(to: &console.error)
    throw console.end(.configuration)
  }

  /// Reads weights and vocabulary into the arena.
  mutating func load(
    _ engine: borrowing Engine, _ layout: borrowing ProgramLayout, into arena: borrowing Arena,
    _ console: inout Console
  ) throws(Exit) {
    try buffer.load(model, engine, into: arena, path, &console)
    switch layout.text {
    case .some(let text): try buffer.load(text, of: model, into: arena, path, &console)
    case .none: return
    }
  }

  /// Writes the model that has been loaded as a packed one.
  mutating func writePacked(
    _ program: borrowing Program, to out: inout TextOutput, _ console: inout Console
  ) throws(Exit) {
    try buffer.writePacked(model, program.packedContents, to: &out, path, &console)
  }
}

/// The fixed buffer through which a model's header is read.
struct HeaderBuffer {
  private var bytes = InlineArray<65_536, UInt8>(repeating: 0)

  mutating func open(_ path: ModelPath, _ console: inout Console) throws(Exit) -> ModelFile {
    do throws(ModelError) {
      return unsafe try withUnsafeMutableBytes(of: &bytes) { (bytes) throws(ModelError) in
        unsafe try path.withPointer { (name) throws(ModelError) in
          unsafe try ModelFile(path: name, buffer: bytes)
        }
      }
    } catch {
      throw unsafe path.withPointer { unsafe console.fail(error, path: $0) }
    }
  }

  mutating func visitTensors<Visitor: TensorVisitor>(
    of model: borrowing ModelFile, _ path: ModelPath, _ visitor: inout Visitor,
    _ console: inout Console
  ) throws(Exit) {
    do throws(ModelError) {
      unsafe try withUnsafeMutableBytes(of: &bytes) { (bytes) throws(ModelError) in
        unsafe try model.forEachTensor(buffer: bytes, &visitor)
      }
    } catch {
      throw unsafe path.withPointer { unsafe console.fail(error, path: $0) }
    }
  }

  mutating func textNeeds(
    of model: borrowing ModelFile, _ path: ModelPath, _ needs: ProgramNeeds,
    _ console: inout Console
  ) throws(Exit) -> TextNeeds {
    do throws(TextFailure) {
      return unsafe try withUnsafeMutableBytes(of: &bytes) { (bytes) throws(TextFailure) in
        unsafe try TextNeeds(
          model, buffer: bytes,
          usesTemplate: needs.usesTemplate
            && (!needs.mayLackTemplate || model.tokenizer.chatTemplate != nil))
      }
    } catch {
      throw unsafe path.withPointer { unsafe CommandFailure(.textLayer(error), path: $0) }
    }
  }

  /// The weights alone.
  mutating func load(
    _ model: borrowing ModelFile, _ engine: borrowing Engine, into arena: borrowing Arena,
    _ path: ModelPath, _ console: inout Console
  ) throws(Exit) {
    do throws(ModelError) {
      unsafe try withUnsafeMutableBytes(of: &bytes) { (bytes) throws(ModelError) in
        unsafe try engine.load(model, into: arena, buffer: bytes)
      }
    } catch {
      throw unsafe path.withPointer { unsafe console.fail(error, path: $0) }
    }
  }

  mutating func load(
    _ text: borrowing TextLayout, of model: borrowing ModelFile, into arena: borrowing Arena,
    _ path: ModelPath, _ console: inout Console
  ) throws(Exit) {
    do throws(TextFailure) {
      unsafe try withUnsafeMutableBytes(of: &bytes) { (bytes) throws(TextFailure) in
        unsafe try text.load(model, tables: arena.bytes(of: .tokenizer), buffer: bytes)
      }
    } catch {
      throw unsafe path.withPointer { unsafe CommandFailure(.textLayer(error), path: $0) }
    }
  }

  mutating func writePacked(
    _ model: borrowing ModelFile, _ contents: PackedContents, to out: inout TextOutput,
    _ path: ModelPath, _ console: inout Console
  ) throws(Exit) {
    do throws(ModelError) {
      unsafe try withUnsafeMutableBytes(of: &bytes) { (bytes) throws(ModelError) in
        unsafe try model.writePacked(contents, to: &out, buffer: bytes)
      }
    } catch {
      throw unsafe path.withPointer { unsafe console.fail(error, path: $0) }
    }
  }
}

/// The mapped arena with the model in it, sealed.
@safe struct Program: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var engine: Engine
  var layout: ProgramLayout
  private let arena: Arena
  let loadNanoseconds: Int64
  let memoryLock: MemoryLock
  var lockdown = Lockdown.declined
  var health = HealthMonitor()

  /// Maps the arena, starts the threads, loads the model and seals.
  init(_ preparation: inout Preparation, _ console: inout Console) throws(Exit) {
    let start = Instant.now()
    try preparation.checkCap(&console)
    let arena = try Self.map(
      preparation.plan, usesHugePages: preparation.settings.usesHugePages, &console)
    var carver = arena.carver()
    let layout = ProgramLayout(
      carver: &carver, preparation.model.shape, preparation.runSettings, preparation.needs,
      AnswerEnds(preparation.model.tokenizer), preparation.text)
    carver.seal()
    let engine = try Self.start(layout.engine, preparation.settings.profile, &console)
    try preparation.load(engine, layout, into: arena, &console)
    preparation.model.releaseCachedPages()
    engine.touchPages(of: arena, hasMappedWeights: preparation.model.packed != nil)
    memoryLock = MemoryLock(arena, isWanted: preparation.settings.locksMemory)
    self.engine = engine
    self.layout = layout
    self.arena = arena
    loadNanoseconds = Instant.now().nanoseconds(since: start)
  }

  static func map(
    _ plan: MemoryPlan, usesHugePages: Bool = true, _ console: inout Console
  ) throws(Exit) -> Arena {
    do throws(SystemFailure) {
      return try Arena(plan: plan, usesHugePages: usesHugePages)
    } catch {
      throw console.refuse(error)
    }
  }

  static func start(
    _ layout: EngineLayout, _ profile: DeviceProfile, _ console: inout Console
  ) throws(Exit) -> Engine {
    do throws(SystemFailure) {
      return try Engine(layout: layout, cores: profile.cores)
    } catch {
      throw console.refuse(error)
    }
  }

  var arenaByteCount: Int { arena.plan.totalByteCount }

  /// Of a model that was loaded from a GGUF file.
  var packedContents: PackedContents {
    let image = unsafe UnsafeRawBufferPointer(arena.modelImage)
    var numbers = PackedModel.Numbers(repeating: 0)
    switch layout.text {
    case .some(let text): unsafe numbers = text.vocabulary.pointee.numbers
    case .none: break
    }
    return unsafe PackedContents(
      weights: image, weightChecksum: engine.checksum(of: image),
      tokenizer: UnsafeRawBufferPointer(arena.bytes(of: .tokenizer)), vocabulary: numbers)
  }

  /// Of commands that use text.
  var vocabulary: UnsafeMutablePointer<Vocabulary> {
    guard let vocabulary = unsafe vocabularyIfAny else {
      preconditionFailure("no text was asked for")
    }
    return unsafe vocabulary
  }

  var vocabularyIfAny: UnsafeMutablePointer<Vocabulary>? {
    switch layout.text {
    case .some(let text): unsafe text.vocabulary
    case .none: nil
    }
  }

  /// Of commands that use text.
  var textMarks: TextMarks {
    switch layout.text {
    case .some(let text): text.marks
    case .none: preconditionFailure("no text was asked for")
    }
  }

  var chatTemplate: ChatTemplate? {
    switch layout.text {
    case .some(let text): text.template
    case .none: nil
    }
  }

  /// The encoder, which is to be taken once.
  mutating func takeEncoder() -> Encoder {
    layout.text!.takeEncoder()
  }
}
