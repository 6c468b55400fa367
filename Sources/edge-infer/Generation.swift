import Generation
import Inference
import KVCache
import Measurement
import Model
import Platform
import Tokenizer

/// Why generation ended.
enum StopReason {
  /// `--max-tokens` was reached, or the slots of a full cache.
  case length
  /// The model gave a token that ends a message or the text.
  case endOfSequence
  /// A text of `--stop` came.
  case stopText
  /// SIGINT, as by Ctrl-C, or SIGTERM.
  case interrupt

  var name: StaticString {
    switch self {
    case .length: "length"
    case .endOfSequence: "eos"
    case .stopText: "stop"
    case .interrupt: "interrupt"
    }
  }
}

/// One prompt and its answer: what was read, generated and measured.
struct Generation {
  let isQuiet: Bool
  let maxTokens: Int
  private let keepsLogProbabilities: Bool
  private var trainedLength: TrainedLength
  /// For the chat template.
  let chatMarks: ChatMarks
  private let ends: AnswerEnds
  private(set) var promptTokenCount = 0
  private(set) var prefillNanoseconds: Int64 = 0
  private(set) var timeToFirstTokenNanoseconds: Int64 = 0
  private(set) var generatedCount = 0
  private(set) var decodeNanoseconds: Int64 = 0
  private(set) var stop = StopReason.length
  /// Whether all of the prompt has been read.
  private(set) var isPromptWhole = false
  /// Of all pauses before this prompt.
  private var pausedBefore: Int64 = 0

  init(isQuiet: Bool, maxTokens: Int, _ preparation: borrowing Preparation) {
    self.isQuiet = isQuiet
    self.maxTokens = maxTokens
    keepsLogProbabilities = preparation.needs.keepsLogProbabilities
    trainedLength = TrainedLength(preparation.model.shape)
    let facts = preparation.model.tokenizer
    chatMarks = ChatMarks(bos: facts.bosID, eos: facts.eosID)
    ends = AnswerEnds(facts)
  }

  /// For another prompt and answer.
  mutating func begin() {
    (promptTokenCount, generatedCount) = (0, 0)
    (prefillNanoseconds, decodeNanoseconds, timeToFirstTokenNanoseconds) = (0, 0, 0)
    stop = .length
    isPromptWhole = false
  }

  /// The last token, where the model has not read it.
  func unreadToken(_ program: borrowing Program) -> Int32? {
    if generatedCount == 0 || stop == .endOfSequence { return nil }
    return unsafe program.layout.generated[generatedCount - 1]
  }

  /// Reads the prompt that the command line names, and generates the answer.
  mutating func answer(
    _ arguments: Arguments, _ files: inout RunFiles, _ program: inout Program,
    _ console: inout Console
  ) throws(Exit) {
    let start = Instant.now()
    try files.loadCache(arguments, &program, &console)
    try prefill(arguments, &files, &program, &console)
    if stop != .interrupt { try files.saveCache(arguments, program, &console) }
    try decode(&program, start: start, arguments.stops, &console)
  }

  private mutating func prefill(
    _ arguments: Arguments, _ files: inout RunFiles, _ program: inout Program,
    _ console: inout Console
  ) throws(Exit) {
    if let stream = files.tokens.take() {
      var source = unsafe TokenFile(
        stream: stream, buffer: program.layout.input,
        vocabularyCount: program.engine.shape.vocabularyCount)
      unsafe try prefill(&program, &source, path: arguments.tokens, &console)
    } else if let text = files.text.take() {
      try prefill(text, arguments, &program, &console)
    }
  }

  private mutating func prefill(
    _ bytes: consuming PromptBytes, _ arguments: Arguments, _ program: inout Program,
    _ console: inout Console
  ) throws(Exit) {
    let byteCount = bytes.byteCount
    let vocabulary = unsafe program.vocabulary
    let encoder = program.takeEncoder()
    let readCount = unsafe program.layout.readCount
    let path = unsafe arguments.promptPath
    // A text that goes on has begun already.
    let marks = unsafe arguments.loadCache == nil ? program.textMarks.ofPrompt : SequenceMarks.none
    if let template = program.chatTemplate {
      let chat = unsafe ChatPrompt(
        template, system: arguments.system.map { unsafe MemoryInput(cString: $0) }, user: bytes,
        chatMarks, vocabulary.pointee)
      var source = unsafe TextPrompt(
        chat, marks, encoder, vocabulary, readCount: readCount, byteCount: byteCount)
      unsafe try prefill(&program, &source, path: path, &console)
    } else {
      let plain = PlainText(bytes, name: "prompt", parsesSpecialTokens: true)
      var source = unsafe TextPrompt(
        plain, marks, encoder, vocabulary, readCount: readCount, byteCount: byteCount)
      unsafe try prefill(&program, &source, path: path, &console)
    }
  }

  /// Reads the whole prompt block by block.
  mutating func prefill<Source: PromptSource & ~Copyable>(
    _ program: inout Program, _ source: inout Source, path: UnsafePointer<CChar>?,
    _ console: inout Console
  ) throws(Exit) {
    let start = Instant.now()
    var reader = BlockReader()
    var progress = Progress(isQuiet: isQuiet, console)
    pausedBefore = program.health.pausedNanoseconds
    program.health.begin(.prefill)
    coolDown(&program, &console)
    while stop != .interrupt {
      let count: Int
      do throws(Source.Failure) {
        count = unsafe try reader.read(&source, into: program.engine.block)
      } catch {
        if Interrupt.isRaised {
          stop = .interrupt
          break
        }
        progress.finish(&console.error)
        throw unsafe console.fail(error, path: path)
      }
      if count == 0 { break }
      for index in 0..<count { unsafe program.layout.sampler.accept(program.engine.block[index]) }
      let block = try forward(&program, tokenCount: count, &console)
      program.layout.blocks.append(block, health: program.health.endBlock(tokenCount: count))
      promptTokenCount += count
      progress.update(tokens: promptTokenCount, fraction: source.fraction, &console.error)
      if reader.following == nil {
        isPromptWhole = true
      } else {
        coolDown(&program, &console)
      }
    }
    progress.finish(&console.error)
    program.health.end()
    if promptTokenCount == 0 && stop != .interrupt {
      throw console.fail(.malformedData, "the prompt is empty")
    }
    prefillNanoseconds = workNanoseconds(since: start, program)
  }

  /// Between two blocks: waits where it is too hot. An interrupt ends the reading.
  private mutating func coolDown(_ program: inout Program, _ console: inout Console) {
    program.health.coolDown(isQuiet: isQuiet, &console)
    if Interrupt.isRaised { stop = .interrupt }
  }

  /// The time since `start`, which is not before the prompt, without pauses.
  private func workNanoseconds(since start: Instant, _ program: borrowing Program) -> Int64 {
    let paused = program.health.pausedNanoseconds - pausedBefore
    return Instant.now().nanoseconds(since: start) - paused
  }

  private mutating func forward(
    _ program: inout Program, tokenCount: Int, _ console: inout Console
  ) throws(Exit) -> BlockRecord {
    let record: BlockRecord
    do throws(CacheFull) {
      record = try program.engine.forward(tokenCount: tokenCount)
    } catch {
      throw console.fail(error)
    }
    if let fault = program.engine.numberFault { throw console.fail(fault) }
    trainedLength.check(program.engine.position, &console)
    return record
  }

  /// Generates what follows the tokens that have been read.
  mutating func decode(
    _ program: inout Program, start: Instant, _ stops: StopTexts, _ console: inout Console
  ) throws(Exit) {
    if maxTokens == 0 || stop == .interrupt { return }
    try program.engine.makeCheckedLogits(
      firstRow: program.engine.lastRow, rowCount: 1, &console)
    var text = unsafe AnswerWriter(
      program.vocabularyIfAny, stops, continuesText: program.chatTemplate == nil)
    program.health.enterDecode()
    var last = Instant.now()
    while generatedCount < maxTokens {
      let token = program.layout.sampler.next(program.engine.logits(0))
      if generatedCount == 0 {
        timeToFirstTokenNanoseconds = workNanoseconds(since: start, program)
      }
      if unsafe ends.contains(token, program.vocabularyIfAny) {
        stop = .endOfSequence
        break
      }
      append(token, &program)
      if try !text.write(token, &console) {
        stop = .stopText
        break
      }
      if generatedCount == maxTokens || program.engine.isFull { break }
      if Interrupt.isRaised {
        stop = .interrupt
        break
      }
      try read(token, &program, &console)
      try program.engine.makeCheckedLogits(firstRow: 0, rowCount: 1, &console)
      let now = Instant.now()
      program.layout.decodes.append(nanoseconds: now.nanoseconds(since: last))
      decodeNanoseconds += now.nanoseconds(since: last)
      last = now
      if program.health.endToken(now) {
        // The answer's text may be on the same terminal: nothing is written there.
        program.health.coolDown(isQuiet: true, &console)
        last = Instant.now()
      }
    }
    program.health.end()
    try text.finish(&console)
  }

  /// Reads a token whose logits are not asked for.
  mutating func read(
    _ token: Int32, _ program: inout Program, _ console: inout Console
  ) throws(Exit) {
    unsafe program.engine.block[0] = token
    _ = try forward(&program, tokenCount: 1, &console)
  }

  /// Keeps a token that was chosen.
  private mutating func append(_ token: Int32, _ program: inout Program) {
    unsafe program.layout.generated[generatedCount] = token
    if keepsLogProbabilities {
      unsafe program.layout.logProbabilities[generatedCount] =
        -program.engine.logits(0).negativeLogLikelihood(of: token)
    }
    generatedCount += 1
    program.layout.sampler.accept(token)
  }
}

extension Generation {
  /// The latency table, speeds and peak memory.
  func writeSummary(_ program: borrowing Program, _ out: inout TextOutput) {
    LatencyTable.write(program.layout.blocks, to: &out)
    out.write("   prompt ")
    Self.writeRate(promptTokenCount, prefillNanoseconds, &out)
    if generatedCount > 0 {
      out.write("; first token after ")
      out.write(Double(timeToFirstTokenNanoseconds) / 1e6, decimals: 1)
      out.write(" ms")
    }
    out.write("\n")
    writeDecode(program, &out)
    HealthReport.writeSummary(program.health, to: &out)
    writeWeakAnchors(program, &out)
    writeClamped(program, &out)
    writeRepeated(program, &out)
    out.write("   peak resident ")
    out.write(Double(peakResidentByteCount()) / 1_048_576, decimals: 1)
    out.write(" MiB, arena ")
    out.write(Double(program.arenaByteCount) / 1_048_576, decimals: 1)
    out.write(" MiB\n")
    out.flush()
  }

  /// KeyDiff ranks by likeness to the mean key, which says little where keys point everywhere.
  private func writeWeakAnchors(_ program: borrowing Program, _ out: inout TextOutput) {
    let count = program.engine.weakAnchorCount
    if count == 0 { return }
    out.write("   warning: in ")
    out.write(count)
    out.write(" evictions from a head the mean key said little (mean cosine below ")
    out.write(Double(Eviction.weakAnchorLimit), decimals: 1)
    out.write(")\n")
  }

  private func writeClamped(_ program: borrowing Program, _ out: inout TextOutput) {
    let count = program.engine.clampedCount
    if count == 0 { return }
    out.write("   warning: ")
    out.write(count)
    out.write(" elements of keys and values were past Float16's range and became 65504\n")
  }

  private func writeRepeated(_ program: borrowing Program, _ out: inout TextOutput) {
    let count = program.engine.repeatedCount
    if count == 0 { return }
    out.write("   note: ")
    out.write(count)
    out.write(" shares of attention were past Float16's range and were done again in Float32\n")
  }

  private func writeDecode(_ program: borrowing Program, _ out: inout TextOutput) {
    if program.layout.decodes.count == 0 {
      if stop == .interrupt { out.write("   stop: interrupt\n") }
      return
    }
    out.write("   answer ")
    Self.writeRate(program.layout.decodes.count, program.layout.decodes.sumNanoseconds, &out)
    out.write("; p50 ")
    out.write(Double(program.layout.decodes.quantile(0.5)) / 1e6, decimals: 2)
    out.write(" ms, p99 ")
    out.write(Double(program.layout.decodes.quantile(0.99)) / 1e6, decimals: 2)
    out.write(" ms, stop: ")
    out.write(stop.name)
    out.write("\n")
  }

  static func writeRate(_ tokens: Int, _ nanoseconds: Int64, _ out: inout TextOutput) {
    let seconds = Double(nanoseconds) / 1e9
    out.write(tokens)
    out.write(" tokens in ")
    out.write(seconds, decimals: 3)
    out.write(" s, ")
    out.write(seconds > 0 ? Double(tokens) / seconds : 0, decimals: 1)
    out.write(" tokens/s")
  }
}
