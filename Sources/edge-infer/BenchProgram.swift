import CPlatform
import Inference
import Memory
import Model
import Platform
import Profile

/// Where the weights of a measurement come from: a file, or nowhere.
struct BenchModel: ~Copyable {
  let shape: ModelShape
  /// nil where the weights are made up.
  let file: ModelFile?
  private let path: ModelPath?
  /// The catalogue's entry where there is no file.
  let published: PublishedShape?

  /// Opens the model, or looks the shape up.
  init(
    _ arguments: Arguments, _ settings: Settings, _ buffer: inout HeaderBuffer,
    _ console: inout Console
  ) throws(Exit) {
    if let name = unsafe arguments.shape {
      guard let published = unsafe PublishedShape(name: cStringSpan(name)) else {
        throw unsafe Self.refuse(shape: name, &console)
      }
      shape = published.shape
      self.published = published
      file = nil
      path = nil
      return
    }
    let path = ModelPath(arguments, settings)
    let file = try buffer.open(path, &console)
    shape = file.shape
    self.file = consume file
    self.path = path
    published = nil
  }

  /// Reads the weights, or makes them up.
  func load(
    _ engine: borrowing Engine, _ buffer: inout HeaderBuffer, _ console: inout Console
  ) throws(Exit) {
    switch file {
    case .some(let file): try buffer.load(file, engine, path!, &console)
    case .none: engine.fillSynthetic(seed: BenchRun.seed)
    }
  }

  /// A file may have no name.
  var hasName: Bool {
    switch file {
    case .some(let file): file.name.count > 0
    case .none: true
    }
  }

  /// The name, in the bytes of a JSON string.
  func writeName(to out: inout TextOutput) {
    if let published { out.write(published.name) }
    switch file {
    case .some(let file):
      for index in 0..<file.name.count { out.write(jsonByte: file.name[index]) }
    case .none: break
    }
  }

  private static func refuse(
    shape name: UnsafePointer<CChar>, _ console: inout Console
  ) -> Exit {
    console.beginError()
    console.error.write("--shape: ")
    unsafe console.error.write(quoted: Excerpt(cString: name))
    console.error.write(" is not in the catalogue; there are ")
    for index in 0..<PublishedShape.count {
      if index > 0 { console.error.write(index == PublishedShape.count - 1 ? " and " : ", ") }
      console.error.write(PublishedShape(rawValue: index)!.name)
    }
    return console.end(.usage)
  }
}

/// One run of a prompt, in nanoseconds.
struct BenchSample: BitwiseCopyable {
  var prefillNanoseconds: Int64
  var decodeNanoseconds: Int64
  /// All prompt blocks together.
  var prefill: BlockTimes
  /// All generated tokens together.
  var decode: BlockTimes
}

/// All of the arena that a measurement uses. Making it on a measuring carver gives the plan.
@safe struct BenchLayout: ~Copyable {
  let engine: EngineLayout
  /// `[prompts][repeats]`
  let samples: UnsafeMutablePointer<BenchSample>
  /// The prompt blocks of the run at work.
  var blocks: BlockRecords
  /// `[repeats][recordsPerRun]`: the blocks of each run of one prompt.
  let runBlocks: UnsafeMutablePointer<BlockRecord>
  /// `[prompts][recordsPerRun]`: the blocks of each prompt's median run.
  let medianBlocks: UnsafeMutablePointer<BlockRecord>
  let recordsPerRun: Int

  init(
    carver: inout Carver, _ shape: ModelShape, _ settings: RunSettings, _ request: BenchRequest
  ) {
    engine = EngineLayout(carver: &carver, shape: shape, settings: settings)
    let blockCount = (request.longestPrompt + settings.blockSize - 1) / settings.blockSize
    recordsPerRun = min((blockCount + 1) & ~1, BlockRecords.capacityMax)
    unsafe samples = carver.take(
      .latency, BenchSample.self, count: request.promptCount * request.repeatCount)
    blocks = BlockRecords(carver: &carver, capacity: recordsPerRun)
    unsafe runBlocks = carver.take(
      .latency, BlockRecord.self, count: request.repeatCount * recordsPerRun)
    unsafe medianBlocks = carver.take(
      .latency, BlockRecord.self, count: request.promptCount * recordsPerRun)
  }
}

/// A model, or the shape of one, and the memory plan for measuring it.
@safe struct BenchPreparation: ~Copyable {
  let settings: Settings
  let runSettings: RunSettings
  let request: BenchRequest
  let model: BenchModel
  let plan: MemoryPlan
  private var buffer: HeaderBuffer

  init(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
    let request = try BenchRequest(arguments, &console)
    let settings = try Settings(arguments, &console)
    var buffer = HeaderBuffer()
    let model = try BenchModel(arguments, settings, &buffer, &console)
    let runSettings = Self.runSettings(settings, request)
    var carver = Carver.measuring
    _ = BenchLayout(carver: &carver, model.shape, runSettings, request)
    plan = carver.measured()
    self.settings = settings
    self.runSettings = runSettings
    self.request = request
    self.model = model
    self.buffer = buffer
  }

  /// As of `run`; under policy `full` with as many slots as the longest prompt and its answer need.
  private static func runSettings(_ settings: Settings, _ request: BenchRequest) -> RunSettings {
    let asRun = settings.run(logitRowCount: 1)
    if asRun.policy != .full { return asRun }
    let slotCount = request.longestPrompt + request.generateCount
    return asRun.with(
      blockSize: asRun.blockSize, cacheBudget: max(1, slotCount - asRun.blockSize))
  }

  func checkCap(_ console: inout Console) throws(Exit) {
    let cap = settings.profile.ramCapByteCount
    if PlanTable.processByteCount(plan) <= cap { return }
    console.beginError()
    FitAdvice(
      plan, shape: model.shape, settings: runSettings, capByteCount: cap,
      isCacheFree: runSettings.policy != .full
    ).write(to: &console.error)
    throw console.end(.configuration)
  }

  /// Reads the weights, or makes them up.
  mutating func load(_ engine: borrowing Engine, _ console: inout Console) throws(Exit) {
    try model.load(engine, &buffer, &console)
  }
}

/// The mapped arena with the weights in it, sealed.
@safe struct BenchProgram: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var engine: Engine
  var layout: BenchLayout
  let arena: Arena
  let loadNanoseconds: Int64

  init(_ preparation: inout BenchPreparation, _ console: inout Console) throws(Exit) {
    let start = Instant.now()
    try preparation.checkCap(&console)
    let arena = try Program.map(preparation.plan, &console)
    var carver = arena.carver()
    let layout = BenchLayout(
      carver: &carver, preparation.model.shape, preparation.runSettings, preparation.request)
    carver.seal()
    let engine = try Program.start(layout.engine, preparation.settings.profile, &console)
    try preparation.load(engine, &console)
    engine.touchPages(of: arena)
    self.engine = engine
    self.layout = layout
    self.arena = arena
    loadNanoseconds = Instant.now().nanoseconds(since: start)
  }
}
