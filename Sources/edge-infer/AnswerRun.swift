import Generation
import Inference
import Measurement
import Model
import Platform
import Tokenizer

/// Drives a generator through a prompt and its answer. Between the steps it shows progress, waits
/// while the board is too hot, looks for interrupts and takes times.
struct AnswerRun {
  let isQuiet: Bool
  private var trainedLength: TrainedLength
  private(set) var isInterrupted = false
  private(set) var prefillNanoseconds: Int64 = 0
  private(set) var timeToFirstTokenNanoseconds: Int64 = 0
  private(set) var decodeNanoseconds: Int64 = 0
  /// Of all pauses before this prompt.
  private var pausedBefore: Int64 = 0

  init(isQuiet: Bool, _ shape: ModelShape) {
    self.isQuiet = isQuiet
    trainedLength = TrainedLength(shape)
  }

  /// An interrupt came while the prompt was waited for.
  mutating func noteInterrupt() { isInterrupted = true }

  /// For another prompt and answer.
  mutating func begin(_ request: AnswerRequest, _ program: inout Program) {
    program.model.generator.begin(request)
    (prefillNanoseconds, decodeNanoseconds, timeToFirstTokenNanoseconds) = (0, 0, 0)
    isInterrupted = false
    pausedBefore = program.health.pausedNanoseconds
  }

  /// Reads the whole prompt block by block. An interrupt ends the reading.
  mutating func read<Source: PromptSource & ~Copyable>(
    _ program: inout Program, _ source: inout Source, _ subject: FailureSubject,
    _ console: inout Console
  ) throws(CommandFailure) where Source.Failure: PromptFailure {
    let start = Instant.now()
    var progress = Progress(isQuiet: isQuiet, console)
    program.health.begin(.prefill)
    coolDown(&program, &console)
    while !isInterrupted && !program.model.generator.isPromptWhole {
      let record: BlockRecord?
      do throws(GenerationFailure<Source.Failure>) {
        record = try readBlock(&program, &source)
      } catch {
        progress.finish(&console.error)
        throw CommandFailure(error, subject, ifEmpty: "the prompt is empty")
      }
      guard let record else { break }
      let health = program.health.endBlock(tokenCount: record.tokenCount)
      program.layout.blocks.append(record, health: health)
      let tokenCount = program.model.generator.promptTokenCount
      checkTrainedLength(program, &console)
      progress.update(tokens: tokenCount, fraction: source.fraction, &console.error)
      if !program.model.generator.isPromptWhole { coolDown(&program, &console) }
    }
    progress.finish(&console.error)
    program.health.end()
    prefillNanoseconds = workNanoseconds(since: start, program)
  }

  /// - Returns: nil after an interrupt while the prompt was waited for.
  private mutating func readBlock<Source: TokenSource & ~Copyable>(
    _ program: inout Program, _ source: inout Source
  ) throws(GenerationFailure<Source.Failure>) -> BlockRecord? {
    var noText = NoText()
    do throws(GenerationFailure<Source.Failure>) {
      let step = try program.model.generator.step(&program.model.engine, from: &source, to: &noText)
      guard case .block(let record) = step else { preconditionFailure("a prompt that waits") }
      return record
    } catch {
      guard case .source = error, Interrupt.isRaised else { throw error }
      isInterrupted = true
      return nil
    }
  }

  /// Between two blocks: waits while it is too hot.
  private mutating func coolDown(_ program: inout Program, _ console: inout Console) {
    program.health.coolDown(isQuiet: isQuiet, &console)
    if Interrupt.isRaised { isInterrupted = true }
  }

  /// The time since `start`, which is not before the prompt, without pauses.
  private func workNanoseconds(since start: Instant, _ program: borrowing Program) -> Int64 {
    let paused = program.health.pausedNanoseconds - pausedBefore
    return Instant.now().nanoseconds(since: start) - paused
  }

  /// Writes the answer to the tokens that have been read to standard output.
  /// - Parameters:
  ///   - start: from when the time to the first token counts.
  ///   - kept: takes the text too; nil if it is not kept.
  mutating func answer(
    _ program: inout Program, maxTokens: Int, since start: Instant, keptIn kept: inout KeptAnswer?,
    _ console: inout Console
  ) throws(CommandFailure) {
    if maxTokens == 0 || isInterrupted { return }
    var output = AnswerOutput(kept)
    program.health.enterDecode()
    try writeTokens(&program, &output, since: start, &console)
    kept = output.kept
    program.health.end()
    output.text.write("\n")
    try finish(&output.text)
  }

  private mutating func writeTokens(
    _ program: inout Program, _ output: inout AnswerOutput, since start: Instant,
    _ console: inout Console
  ) throws(CommandFailure) {
    var last = Instant.now()
    while true {
      let isFirst = program.model.generator.generatedCount == 0
      // After a reason to end nothing passes through the model any more.
      let passes = !isFirst && program.model.generator.stop == nil
      let step = try nextStep(&program, &output)
      let now = Instant.now()
      if isFirst {
        timeToFirstTokenNanoseconds = workNanoseconds(since: start, program)
      } else if passes {
        program.layout.decodes.append(nanoseconds: now.nanoseconds(since: last))
        decodeNanoseconds += now.nanoseconds(since: last)
      }
      if case .end = step { return }
      try finish(&output.text)
      checkTrainedLength(program, &console)
      if Interrupt.isRaised && program.model.generator.stop == nil {
        isInterrupted = true
        program.model.generator.end(.interrupt, to: &output)
        return
      }
      last = now
      if passes && program.health.endToken(now) {
        // The answer's text may be on the same terminal: nothing is written there.
        program.health.coolDown(isQuiet: true, &console)
        last = Instant.now()
      }
    }
  }

  /// Warns once of a text that has passed the model's trained length.
  mutating func checkTrainedLength(_ program: borrowing Program, _ console: inout Console) {
    console.check(&trainedLength, position: program.model.engine.position)
  }

  private func nextStep(
    _ program: inout Program, _ output: inout AnswerOutput
  ) throws(CommandFailure) -> GeneratorStep {
    var prompt = EmptyPrompt()
    do throws(GenerationFailure<Never>) {
      return try program.model.generator.step(&program.model.engine, from: &prompt, to: &output)
    } catch {
      guard case .pass(let failure) = error else { preconditionFailure("nothing was read") }
      throw CommandFailure(failure)
    }
  }
}

/// An answer on its way to standard output, and to where it is kept.
struct AnswerOutput: ~Copyable, ByteSink {
  var text = TextOutput.standardOutput
  private(set) var kept: KeptAnswer?

  init(_ kept: KeptAnswer?) { self.kept = kept }

  mutating func write(byte: UInt8) {
    text.write(byte: byte)
    kept?.append(byte)
  }
}

/// For the blocks of a prompt, which write no text.
struct NoText: ByteSink {
  mutating func write(byte: UInt8) {}
}

extension Console {
  /// Warns of a text that has passed the model's trained length.
  mutating func check(_ trained: inout TrainedLength, position: Int) {
    if trained.isFirstPast(position) { warn(pastTrainedLength: trained.tokenCount) }
  }

  mutating func warn(pastTrainedLength tokenCount: Int) {
    error.write("edge-infer: warning: the text has passed the model's trained length of ")
    error.write(tokenCount)
    error.write(" tokens; answers may get worse\n")
    error.flush()
  }
}
