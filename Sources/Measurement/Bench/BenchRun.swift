import Generation
import Inference
import Model
import Platform

/// What a prompt's runs came to.
public struct BenchResult: Sendable {
  var promptLength = 0
  /// Runs that were done; less than asked for after an interrupt.
  var runCount = 0
  var prefill = Spread()
  var decode = Spread()
  /// Of the run of median prefill time.
  var prefillTimes = BlockTimes()
  /// Of the run of median decode time.
  var decodeTimes = BlockTimes()
  /// Records of the median prefill run's blocks.
  var recordCount = 0
  /// Slots of each KV head that the generated tokens read, all tokens together.
  var slotSum = 0
  /// If the request asks for them.
  var passes = BenchPasses()
}

/// Runs every prompt as often as asked, and keeps the times in the layout.
public struct BenchRun {
  private static let warmUpTokenCount = 4

  public let request: BenchRequest
  public private(set) var limits = MachineLimits()
  private var results = InlineArray<16, BenchResult>(repeating: BenchResult())
  private var work: BenchWork
  /// Prompts with at least one run; less than asked for after an interrupt.
  public private(set) var promptCount = 0
  public private(set) var isInterrupted = false

  public init(_ request: BenchRequest) { self.init(BenchWork(request)) }

  init(_ work: BenchWork) {
    request = work.request
    self.work = work
  }

  subscript(prompt: Int) -> BenchResult { results[prompt] }

  public mutating func measure<Observer: MeasurementObserver & ~Copyable>(
    _ machine: inout BenchMachine, _ observer: inout Observer
  ) throws(MeasurementError) {
    limits.measure(machine.engine, machine.arena)
    try warmUp(&machine, &observer)
    machine.health.forget()
    for prompt in 0..<request.prompts.count where !isInterrupted {
      try measure(prompt, &machine, &observer)
    }
    if !isInterrupted { limits.measure(machine.engine, machine.arena) }
    observer.observe(.end)
  }

  /// A block and a few tokens, so that code and data have been touched.
  private mutating func warmUp<Observer: MeasurementObserver & ~Copyable>(
    _ machine: inout BenchMachine, _ observer: inout Observer
  ) throws(MeasurementError) {
    machine.engine.reset()
    let length = min(request.prompts.greatest, machine.engine.settings.blockSize)
    // A full cache has as many slots for the answer as were asked for.
    let count = min(Self.warmUpTokenCount, request.generateCount)
    _ = try unsafe prefill(&machine, length: length, answerTokenCount: count + 1, &observer)
    _ = try unsafe decode(&machine, count: count, &observer)
  }

  private mutating func measure<Observer: MeasurementObserver & ~Copyable>(
    _ prompt: Int, _ machine: inout BenchMachine, _ observer: inout Observer
  ) throws(MeasurementError) {
    let records = machine.layout.recordsPerRun
    var runCount = 0
    for run in 0..<request.repeatCount {
      work.start(prompt: prompt, run: run)
      machine.engine.reset()
      let prefillTime = try unsafe prefill(
        &machine, length: request.prompts[prompt], answerTokenCount: request.generateCount + 1,
        &observer, memberTimes: machine.layout.memberTimes(prompt, .prefill))
      let prefillTimes = machine.layout.blocks.sum.times
      for index in 0..<machine.layout.blocks.count {
        unsafe machine.layout.runBlocks[run * records + index] = machine.layout.blocks[index]
      }
      let decoded = try unsafe decode(
        &machine, count: request.generateCount, &observer,
        memberTimes: machine.layout.memberTimes(prompt, .decode))
      if Interrupt.isRaised { break }
      runCount += 1
      results[prompt].slotSum = decoded.slotSum
      unsafe machine.layout.samples[prompt * request.repeatCount + run] = BenchSample(
        prefillNanoseconds: prefillTime, decodeNanoseconds: decoded.nanoseconds,
        prefill: prefillTimes, decode: decoded.times)
    }
    if request.measuresPasses && runCount == request.repeatCount {
      machine.coolDown(&observer)
      try results[prompt].passes.measure(&machine)
    }
    isInterrupted = Interrupt.isRaised
    if runCount == 0 { return }
    promptCount = prompt + 1
    results[prompt].runCount = runCount
    summarize(prompt, &machine)
  }

  /// The first prompt alone: nanoseconds to the token after it; nil after an interrupt.
  mutating func measureFirstToken<Observer: MeasurementObserver & ~Copyable>(
    _ machine: inout BenchMachine, _ observer: inout Observer
  ) throws(MeasurementError) -> Spread? {
    try warmUp(&machine, &observer)
    var times = InlineArray<100, Int64>(repeating: 0)
    for run in 0..<request.repeatCount {
      work.start(prompt: 0, run: run)
      machine.engine.reset()
      times[run] = try unsafe prefill(
        &machine, length: request.prompts[0], answerTokenCount: 1, &observer)
      isInterrupted = Interrupt.isRaised
      if isInterrupted { break }
    }
    observer.observe(.end)
    return isInterrupted ? nil : Spread(times, count: request.repeatCount)
  }

  /// Reads a prompt, and chooses the token after it. An interrupt ends it between two blocks.
  /// - Returns: nanoseconds from the first block to the token after the last one, without pauses.
  private mutating func prefill<Observer: MeasurementObserver & ~Copyable>(
    _ machine: inout BenchMachine, length: Int, answerTokenCount: Int, _ observer: inout Observer,
    memberTimes: UnsafeMutablePointer<BlockTimes>? = nil
  ) throws(MeasurementError) -> Int64 {
    machine.layout.blocks.removeAll()
    machine.begin(answerTokenCount: answerTokenCount)
    var prompt = MadeUpPrompt(
      seed: BenchModel.seed, count: length, vocabularyCount: machine.engine.shape.vocabularyCount)
    machine.health.begin(.prefill)
    machine.coolDown(&observer)
    let pausedBefore = machine.health.pausedNanoseconds
    let start = Instant.now()
    while case .block(let block) = try machine.step(&prompt) {
      machine.layout.blocks.append(
        block, health: machine.health.endBlock(tokenCount: block.tokenCount))
      if let memberTimes = unsafe memberTimes { unsafe machine.addMemberTimes(to: memberTimes) }
      let done = machine.layout.generator.promptTokenCount
      if done < length { machine.coolDown(&observer) }
      observer.observe(work.event(prefilled: done))
      if Interrupt.isRaised { break }
    }
    let paused = machine.health.pausedNanoseconds - pausedBefore
    return Instant.now().nanoseconds(since: start) - paused
  }

  /// The tokens of an answer that follow the first one.
  private mutating func decode<Observer: MeasurementObserver & ~Copyable>(
    _ machine: inout BenchMachine, count: Int, _ observer: inout Observer,
    memberTimes: UnsafeMutablePointer<BlockTimes>? = nil
  ) throws(MeasurementError) -> (nanoseconds: Int64, times: BlockTimes, slotSum: Int) {
    var prompt = MadeUpPrompt(
      seed: BenchModel.seed, count: 0, vocabularyCount: machine.engine.shape.vocabularyCount)
    var times = BlockTimes()
    var slotSum = 0
    machine.health.enterDecode()
    let pausedBefore = machine.health.pausedNanoseconds
    let start = Instant.now()
    for index in 0..<count where !Interrupt.isRaised {
      guard case .token = try machine.step(&prompt), let pass = machine.layout.generator.latestPass
      else { preconditionFailure("there is room for as many tokens as were asked for") }
      times = times + pass.times
      if let memberTimes = unsafe memberTimes { unsafe machine.addMemberTimes(to: memberTimes) }
      slotSum += pass.slotsBefore + 1
      observer.observe(work.event(generated: index + 1))
      if machine.health.endToken(Instant.now()) { machine.coolDown(&observer) }
    }
    let paused = machine.health.pausedNanoseconds - pausedBefore
    let time = Instant.now().nanoseconds(since: start) - paused
    machine.health.end()
    return (time, times, slotSum)
  }

  @export(interface)
  private mutating func summarize(_ prompt: Int, _ machine: inout BenchMachine) {
    let layout = unsafe (
      samples: machine.layout.samples + prompt * request.repeatCount,
      records: machine.layout.recordsPerRun
    )
    var prefills = InlineArray<100, Int64>(repeating: 0)
    var decodes = InlineArray<100, Int64>(repeating: 0)
    for run in 0..<results[prompt].runCount {
      prefills[run] = unsafe layout.samples[run].prefillNanoseconds
      decodes[run] = unsafe layout.samples[run].decodeNanoseconds
    }
    let prefill = Spread(prefills, count: results[prompt].runCount)
    let decode = Spread(decodes, count: results[prompt].runCount)
    results[prompt].promptLength = request.prompts[prompt]
    results[prompt].prefill = prefill
    results[prompt].decode = decode
    results[prompt].prefillTimes = unsafe layout.samples[prefill.medianRun].prefill
    results[prompt].decodeTimes = unsafe layout.samples[decode.medianRun].decode
    results[prompt].recordCount = machine.layout.blocks.count
    for index in 0..<machine.layout.blocks.count {
      unsafe machine.layout.medianBlocks[prompt * layout.records + index] =
        unsafe machine.layout.runBlocks[prefill.medianRun * layout.records + index]
    }
  }
}
