import Generation
import Inference
import Memory
import Model

/// One run of a prompt, in nanoseconds.
struct BenchSample: BitwiseCopyable {
  var prefillNanoseconds: Int64
  var decodeNanoseconds: Int64
  /// All prompt blocks together.
  var prefill: BlockTimes
  /// All generated tokens together.
  var decode: BlockTimes
}

/// All of the arena that a measurement of speed uses. Making it on a measuring carver gives the plan.
@safe struct BenchLayout: ~Copyable {
  let engine: EngineLayout
  var generator: Generator
  /// `[prompts][repeats]`
  let samples: UnsafeMutablePointer<BenchSample>
  /// The prompt blocks of the run at work.
  var blocks: BlockRecords
  /// `[repeats][recordsPerRun]`: the blocks of each run of one prompt.
  let runBlocks: UnsafeMutablePointer<LatencyRecord>
  /// `[prompts][recordsPerRun]`: the blocks of each prompt's median run.
  let medianBlocks: UnsafeMutablePointer<LatencyRecord>
  let recordsPerRun: Int
  /// `[prompts][phases][threads]`: what each thread saw, all runs of a prompt together.
  private let memberTimes: UnsafeMutablePointer<BlockTimes>
  let threadCount: Int

  init(
    carver: inout Carver, _ shape: ModelShape, _ settings: RunSettings, _ request: BenchRequest
  ) {
    engine = EngineLayout(carver: &carver, shape: shape, settings: settings)
    generator = unsafe Generator(
      carver: &carver, GeneratorNeeds(), .none, vocabularyCount: shape.vocabularyCount, nil)
    let blockCount = (request.prompts.greatest + settings.blockSize - 1) / settings.blockSize
    recordsPerRun = min((blockCount + 1) & ~1, BlockRecords.capacityMax)
    unsafe samples = unsafe carver.take(
      .latency, BenchSample.self, count: request.prompts.count * request.repeatCount)
    blocks = BlockRecords(carver: &carver, capacity: recordsPerRun)
    unsafe runBlocks = unsafe carver.take(
      .latency, LatencyRecord.self, count: request.repeatCount * recordsPerRun)
    unsafe medianBlocks = unsafe carver.take(
      .latency, LatencyRecord.self, count: request.prompts.count * recordsPerRun)
    threadCount = settings.threadCount
    unsafe memberTimes = unsafe carver.take(
      .latency, BlockTimes.self, count: request.prompts.count * BenchPhase.count * threadCount)
  }

  /// A row with a place for each thread.
  func memberTimes(_ prompt: Int, _ phase: BenchPhase) -> UnsafeMutablePointer<BlockTimes> {
    unsafe memberTimes + (prompt * BenchPhase.count + phase.rawValue) * threadCount
  }
}

/// A part of a run.
enum BenchPhase: Int {
  case prefill, decode

  static var count: Int { 2 }
}
