import CPlatform
import Inference
import Measurement
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
  /// - Parameter fallback: where the command line names neither and the profile's file is missing.
  init(
    _ arguments: Arguments, _ settings: Settings, _ buffer: inout HeaderBuffer,
    fallback: PublishedShape? = nil, _ console: inout Console
  ) throws(Exit) {
    if let name = unsafe arguments.shape {
      unsafe try self.init(shape: name, &console)
      return
    }
    let path = ModelPath(arguments, settings)
    if let fallback, unsafe arguments.model == nil && !path.exists {
      self.init(fallback)
      return
    }
    self.init(try buffer.open(path, &console), path)
  }

  /// Of the catalogue.
  init(shape name: UnsafePointer<CChar>, _ console: inout Console) throws(Exit) {
    guard let published = unsafe PublishedShape(name: cStringSpan(name)) else {
      throw unsafe Self.refuse(shape: name, &console)
    }
    self.init(published)
  }

  /// Made-up weights in the shape of a file, of which the header alone is read.
  init(shapeOf path: ModelPath, _ console: inout Console) throws(Exit) {
    var buffer = HeaderBuffer()
    shape = try buffer.open(path, &console).shape
    file = nil
    self.path = nil
    published = nil
  }

  private init(_ file: consuming ModelFile, _ path: ModelPath) {
    shape = file.shape
    self.file = consume file
    self.path = path
    published = nil
  }

  private init(_ published: PublishedShape) {
    shape = published.shape
    self.published = published
    file = nil
    path = nil
  }

  /// Reads the weights, or makes them up.
  func load(
    _ engine: borrowing Engine, into arena: borrowing Arena, _ buffer: inout HeaderBuffer,
    _ console: inout Console
  ) throws(Exit) {
    switch file {
    case .some(let file):
      try buffer.load(file, engine, into: arena, path!, &console)
      file.releaseCachedPages()
    case .none: engine.fillSynthetic(seed: BenchRun.seed)
    }
  }

  var isPacked: Bool {
    switch file {
    case .some(let file): file.packed != nil
    case .none: false
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
  let runBlocks: UnsafeMutablePointer<LatencyRecord>
  /// `[prompts][recordsPerRun]`: the blocks of each prompt's median run.
  let medianBlocks: UnsafeMutablePointer<LatencyRecord>
  let recordsPerRun: Int

  init(
    carver: inout Carver, _ shape: ModelShape, _ settings: RunSettings, _ request: BenchRequest
  ) {
    engine = EngineLayout(carver: &carver, shape: shape, settings: settings)
    let blockCount = (request.prompts.greatest + settings.blockSize - 1) / settings.blockSize
    recordsPerRun = min((blockCount + 1) & ~1, BlockRecords.capacityMax)
    unsafe samples = carver.take(
      .latency, BenchSample.self, count: request.prompts.count * request.repeatCount)
    blocks = BlockRecords(carver: &carver, capacity: recordsPerRun)
    unsafe runBlocks = carver.take(
      .latency, LatencyRecord.self, count: request.repeatCount * recordsPerRun)
    unsafe medianBlocks = carver.take(
      .latency, LatencyRecord.self, count: request.prompts.count * recordsPerRun)
  }
}

/// A model, or the shape of one, and the memory plan for measuring it.
@safe struct BenchPreparation: ~Copyable {
  private(set) var settings: Settings
  let model: BenchModel
  private(set) var runSettings: RunSettings
  private(set) var request: BenchRequest
  private(set) var plan: MemoryPlan
  private var buffer: HeaderBuffer

  init(
    _ arguments: Arguments, _ settings: Settings, _ request: BenchRequest,
    _ console: inout Console
  ) throws(Exit) {
    var buffer = HeaderBuffer()
    let model = try BenchModel(arguments, settings, &buffer, &console)
    let runSettings = Self.fit(settings.run(logitRowCount: 1), request)
    plan = Self.plan(model.shape, runSettings, request)
    self.settings = settings
    self.runSettings = runSettings
    self.request = request
    self.model = model
    self.buffer = buffer
  }

  /// For a profile's blocks and tokens at a filled cache.
  init(_ settings: Settings, _ model: consuming BenchModel) {
    let request = BenchRequest(prompt: settings.profile.blockSize, repeatCount: 1)
    runSettings = settings.run(logitRowCount: 1)
    plan = Self.plan(model.shape, runSettings, request)
    self.settings = settings
    self.request = request
    self.model = model
    buffer = HeaderBuffer()
  }

  /// Plans anew, for another profile's blocks and tokens at a filled cache.
  mutating func plan(_ settings: Settings) {
    self.settings = settings
    request = BenchRequest(prompt: settings.profile.blockSize, repeatCount: 1)
    runSettings = settings.run(logitRowCount: 1)
    plan = Self.plan(model.shape, runSettings, request)
  }

  /// Plans anew.
  mutating func plan(_ request: BenchRequest, policy: Policy, blockSize: Int) {
    self.request = request
    runSettings = Self.fit(
      settings.run(logitRowCount: 1).with(policy: policy, blockSize: blockSize), request)
    plan = Self.plan(model.shape, runSettings, request)
  }

  private static func plan(
    _ shape: ModelShape, _ settings: RunSettings, _ request: BenchRequest
  ) -> MemoryPlan {
    var carver = Carver.measuring
    _ = BenchLayout(carver: &carver, shape, settings, request)
    return carver.measured()
  }

  /// Under policy `full` with as many slots as the longest prompt and its answer need.
  private static func fit(_ settings: RunSettings, _ request: BenchRequest) -> RunSettings {
    if settings.policy != .full { return settings }
    let slotCount = request.prompts.greatest + request.generateCount
    return settings.with(
      blockSize: settings.blockSize, cacheBudget: max(1, slotCount - settings.blockSize))
  }

  var isOverCap: Bool {
    PlanTable.processByteCount(plan) > settings.profile.ramCapByteCount
  }

  func checkCap(_ console: inout Console) throws(Exit) {
    if !isOverCap { return }
    let cap = settings.profile.ramCapByteCount
    console.beginError()
    FitAdvice(
      plan, shape: model.shape, settings: runSettings, capByteCount: cap,
      isCacheFree: runSettings.policy != .full
    ).write(to: &console.error)
    throw console.end(.configuration)
  }

  /// Reads the weights, or makes them up.
  mutating func load(
    _ engine: borrowing Engine, into arena: borrowing Arena, _ console: inout Console
  ) throws(Exit) {
    try model.load(engine, into: arena, &buffer, &console)
  }
}

/// The mapped arena with the weights in it, sealed.
@safe struct BenchProgram: ~Copyable {
  /// Declared before the arena, so that its threads end before their stacks go.
  var engine: Engine
  var layout: BenchLayout
  let arena: Arena
  let loadNanoseconds: Int64
  let memoryLock: MemoryLock
  var lockdown = Lockdown.declined
  var health = HealthMonitor()

  init(_ preparation: inout BenchPreparation, _ console: inout Console) throws(Exit) {
    let start = Instant.now()
    try preparation.checkCap(&console)
    let arena = try Program.map(
      preparation.plan, usesHugePages: preparation.settings.usesHugePages, &console)
    var carver = arena.carver()
    let layout = BenchLayout(
      carver: &carver, preparation.model.shape, preparation.runSettings, preparation.request)
    carver.seal()
    let engine = try Program.start(layout.engine, preparation.settings.profile, &console)
    try preparation.load(engine, into: arena, &console)
    engine.touchPages(of: arena, hasMappedWeights: preparation.model.isPacked)
    memoryLock = MemoryLock(arena, preparation.settings)
    self.engine = engine
    self.layout = layout
    self.arena = arena
    loadNanoseconds = Instant.now().nanoseconds(since: start)
  }

  /// Ends the threads and gives the memory back.
  consuming func end() {
    _ = consume engine
    arena.unmap()
  }
}
