import Inference
import Measurement
import Model
import Platform

/// Median and extremes of the times of a prompt's runs.
struct Spread {
  /// Of an even count of runs: the mean of the two in the middle.
  private(set) var median: Int64 = 0
  private(set) var minimum: Int64 = 0
  private(set) var maximum: Int64 = 0
  /// The run of median time; of an even count the shorter of the two in the middle.
  private(set) var medianRun = 0

  init() {}

  /// - Parameter times: in nanoseconds, of `count` runs.
  init(_ times: InlineArray<100, Int64>, count: Int) {
    precondition(count >= 1 && count <= BenchRequest.repeatCountMax)
    var order = InlineArray<100, Int>(repeating: 0)
    for run in 0..<count {
      var place = run
      while place > 0 && times[order[place - 1]] > times[run] {
        order[place] = order[place - 1]
        place -= 1
      }
      order[place] = run
    }
    medianRun = order[(count - 1) / 2]
    median = (times[medianRun] + times[order[count / 2]]) / 2
    minimum = times[order[0]]
    maximum = times[order[count - 1]]
  }
}

/// What a prompt's runs came to.
struct BenchResult {
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
}

/// Runs every prompt as often as asked, and keeps the times in the layout.
struct BenchRun {
  /// Of weights and prompts: every measurement multiplies the same numbers.
  static let seed: UInt64 = 0x6564_6765
  private static let warmUpTokenCount = 4

  let request: BenchRequest
  private(set) var limits = MachineLimits()
  private var results = InlineArray<16, BenchResult>(repeating: BenchResult())
  private var progress: BenchProgress
  /// Prompts with at least one run; less than asked for after an interrupt.
  private(set) var promptCount = 0
  private(set) var isInterrupted = false

  init(_ progress: BenchProgress) {
    request = progress.request
    self.progress = progress
  }

  subscript(prompt: Int) -> BenchResult { results[prompt] }

  mutating func measure(_ program: inout BenchProgram, _ console: inout Console) throws(Exit) {
    limits.measure(program.engine, program.arena)
    try warmUp(&program, &console)
    program.health.forget()
    for prompt in 0..<request.prompts.count where !isInterrupted {
      try measure(prompt, &program, &console)
    }
    if !isInterrupted { limits.measure(program.engine, program.arena) }
    progress.finish(&console.error)
  }

  /// A block and a few tokens, so that code and data have been touched.
  private mutating func warmUp(
    _ program: inout BenchProgram, _ console: inout Console
  ) throws(Exit) {
    program.engine.reset()
    let length = min(request.prompts.greatest, program.engine.settings.blockSize)
    _ = try prefill(&program, length: length, &console)
    // A full cache has as many slots for the answer as were asked for.
    _ = try decode(
      &program, count: min(Self.warmUpTokenCount, request.generateCount), &console)
  }

  private mutating func measure(
    _ prompt: Int, _ program: inout BenchProgram, _ console: inout Console
  ) throws(Exit) {
    let records = program.layout.recordsPerRun
    var runCount = 0
    for run in 0..<request.repeatCount {
      progress.start(prompt: prompt, run: run)
      program.engine.reset()
      let prefillTime = try prefill(&program, length: request.prompts[prompt], &console)
      let prefillTimes = program.layout.blocks.sum.times
      for index in 0..<program.layout.blocks.count {
        unsafe program.layout.runBlocks[run * records + index] = program.layout.blocks[index]
      }
      let decoded = try decode(&program, count: request.generateCount, &console)
      if Interrupt.isRaised { break }
      runCount += 1
      results[prompt].slotSum = decoded.slotSum
      unsafe program.layout.samples[prompt * request.repeatCount + run] = BenchSample(
        prefillNanoseconds: prefillTime, decodeNanoseconds: decoded.nanoseconds,
        prefill: prefillTimes, decode: decoded.times)
    }
    isInterrupted = Interrupt.isRaised
    if runCount == 0 { return }
    promptCount = prompt + 1
    results[prompt].runCount = runCount
    summarize(prompt, &program)
  }

  /// The first prompt alone: nanoseconds to the token after it; nil after an interrupt.
  mutating func measureFirstToken(
    _ program: inout BenchProgram, _ console: inout Console
  ) throws(Exit) -> Spread? {
    try warmUp(&program, &console)
    var times = InlineArray<100, Int64>(repeating: 0)
    for run in 0..<request.repeatCount {
      progress.start(prompt: 0, run: run)
      program.engine.reset()
      let prefillTime = try prefill(&program, length: request.prompts[0], &console)
      let start = Instant.now()
      unsafe program.engine.block[0] = program.engine.logits(0).best()
      times[run] = prefillTime + Instant.now().nanoseconds(since: start)
      isInterrupted = Interrupt.isRaised
      if isInterrupted { break }
    }
    progress.finish(&console.error)
    return isInterrupted ? nil : Spread(times, count: request.repeatCount)
  }

  /// An interrupt ends it between two blocks.
  /// - Returns: nanoseconds from the first block to the logits of the last token, without pauses.
  private mutating func prefill(
    _ program: inout BenchProgram, length: Int, _ console: inout Console
  ) throws(Exit) -> Int64 {
    program.layout.blocks.removeAll()
    var source = SplitMix64(seed: Self.seed)
    let vocabularyCount = UInt64(program.engine.shape.vocabularyCount)
    program.health.begin(.prefill)
    coolDown(&program, &console)
    let pausedBefore = program.health.pausedNanoseconds
    let start = Instant.now()
    var done = 0
    while done < length && !(Interrupt.isRaised && done > 0) {
      let count = min(program.engine.settings.blockSize, length - done)
      for index in 0..<count {
        unsafe program.engine.block[index] = Int32(source.next() % vocabularyCount)
      }
      let block = try Self.forward(&program, tokenCount: count, &console)
      program.layout.blocks.append(block, health: program.health.endBlock(tokenCount: count))
      done += count
      if done < length { coolDown(&program, &console) }
      if done == length || Interrupt.isRaised {
        program.engine.makeLogits(firstRow: count - 1, rowCount: 1)
      }
      progress.update(prefilled: done, &console.error)
    }
    let paused = program.health.pausedNanoseconds - pausedBefore
    return Instant.now().nanoseconds(since: start) - paused
  }

  /// Waits where it is too hot. The line of progress is written anew after it.
  private func coolDown(_ program: inout BenchProgram, _ console: inout Console) {
    program.health.coolDown(isQuiet: progress.isQuiet, &console)
  }

  /// Greedy tokens from the logits that are there; no token ends them.
  private mutating func decode(
    _ program: inout BenchProgram, count: Int, _ console: inout Console
  ) throws(Exit) -> (nanoseconds: Int64, times: BlockTimes, slotSum: Int) {
    var times = BlockTimes()
    var slotSum = 0
    program.health.enterDecode()
    let pausedBefore = program.health.pausedNanoseconds
    let start = Instant.now()
    for index in 0..<count where !Interrupt.isRaised {
      unsafe program.engine.block[0] = program.engine.logits(0).best()
      let record = try Self.forward(&program, tokenCount: 1, &console)
      program.engine.makeLogits(firstRow: 0, rowCount: 1)
      times = times + record.times
      slotSum += record.slotsBefore + 1
      progress.update(generated: index + 1, &console.error)
      if program.health.endToken(Instant.now()) { coolDown(&program, &console) }
    }
    let paused = program.health.pausedNanoseconds - pausedBefore
    let time = Instant.now().nanoseconds(since: start) - paused
    program.health.end()
    return (time, times, slotSum)
  }

  static func forward(
    _ program: inout BenchProgram, tokenCount: Int, _ console: inout Console
  ) throws(Exit) -> BlockRecord {
    let record: BlockRecord
    do throws(CacheFull) {
      record = try program.engine.forward(tokenCount: tokenCount)
    } catch {
      throw console.fail(error)
    }
    if let fault = program.engine.numberFault { throw console.fail(fault) }
    return record
  }

  private mutating func summarize(_ prompt: Int, _ program: inout BenchProgram) {
    let layout = unsafe (
      samples: program.layout.samples + prompt * request.repeatCount,
      records: program.layout.recordsPerRun
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
    results[prompt].recordCount = program.layout.blocks.count
    for index in 0..<program.layout.blocks.count {
      unsafe program.layout.medianBlocks[prompt * layout.records + index] =
        program.layout.runBlocks[prefill.medianRun * layout.records + index]
    }
  }
}
