import Inference
import KVCache
import Model
import Platform
import Tokenizer

/// Why generation ended.
enum StopReason {
  /// `--max-tokens` was reached, or the slots of a full cache.
  case length
  /// The model gave a token that ends a message or the text.
  case endOfSequence

  var name: StaticString {
    switch self {
    case .length: "length"
    case .endOfSequence: "eos"
    }
  }
}

/// One prompt and its answer: what was read, generated and measured.
struct Generation {
  let isQuiet: Bool
  let maxTokens: Int
  private let contextLength: Int
  private let endIDs: InlineArray<3, Int>
  private(set) var promptTokenCount = 0
  private(set) var prefillNanoseconds: Int64 = 0
  private(set) var timeToFirstTokenNanoseconds: Int64 = 0
  private(set) var generatedCount = 0
  private(set) var stop = StopReason.length
  private var hasWarned = false

  init(isQuiet: Bool, maxTokens: Int, _ model: borrowing ModelFile) {
    self.isQuiet = isQuiet
    self.maxTokens = maxTokens
    contextLength = model.shape.contextLength
    let facts = model.tokenizer
    endIDs = [facts.eosID ?? -1, facts.eotID ?? -1, facts.eomID ?? -1]
  }

  /// Whether a token ends the answer: the file names it by its id, or it is known by its text.
  private func isEnd(_ token: Int32, _ vocabulary: borrowing Vocabulary) -> Bool {
    for index in 0..<3 where Int(token) == endIDs[index] { return true }
    return vocabulary.endsGeneration(token)
  }

  /// Reads the prompt that the command line names, and generates the answer.
  mutating func answer(
    _ arguments: Arguments, _ program: inout Program, _ console: inout Console
  ) throws(Exit) {
    let start = Instant.now()
    if let path = unsafe arguments.loadCache { unsafe try program.loadCache(path, &console) }
    if unsafe arguments.loadCache == nil || arguments.hasPrompt {
      try prefill(arguments, &program, &console)
    }
    program.engine.makeLogits(firstRow: program.engine.lastRow, rowCount: 1)
    if let path = unsafe arguments.saveCache { unsafe try program.saveCache(path, &console) }
    try decode(&program, start: start, &console)
  }

  private mutating func prefill(
    _ arguments: Arguments, _ program: inout Program, _ console: inout Console
  ) throws(Exit) {
    if let path = unsafe arguments.tokens {
      var source = unsafe TokenFile(
        stream: try openPrompt(path, &console), buffer: program.layout.input,
        vocabularyCount: program.engine.shape.vocabularyCount)
      unsafe try prefill(&program, &source, path: path, &console)
    } else {
      try prefillText(arguments, &program, &console)
    }
  }

  private mutating func prefillText(
    _ arguments: Arguments, _ program: inout Program, _ console: inout Console
  ) throws(Exit) {
    let bytes = unsafe try openText(
      arguments, readCount: program.layout.readCount, &console)
    let byteCount = bytes.byteCount
    let vocabulary = unsafe program.vocabulary
    let encoder = program.takeEncoder()
    let readCount = unsafe program.layout.readCount
    let path = unsafe arguments.promptPath
    let marks = program.textMarks.ofPrompt
    if let template = program.chatTemplate {
      let chat = unsafe ChatPrompt(
        template, system: arguments.system.map { unsafe MemoryInput(cString: $0) }, user: bytes,
        vocabulary.pointee)
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
    var progress = Progress(isQuiet: isQuiet)
    while true {
      let count: Int
      do throws(Source.Failure) {
        count = unsafe try reader.read(&source, into: program.engine.block)
      } catch {
        progress.finish(&console.error)
        throw unsafe console.fail(error, path: path)
      }
      if count == 0 { break }
      let record = try forward(&program, tokenCount: count, &console)
      promptTokenCount += count
      program.layout.blocks.append(record)
      progress.update(tokens: promptTokenCount, fraction: source.fraction, &console.error)
    }
    progress.finish(&console.error)
    if promptTokenCount == 0 { throw console.fail(.malformedData, "the prompt is empty") }
    prefillNanoseconds = Instant.now().nanoseconds(since: start)
  }

  private mutating func forward(
    _ program: inout Program, tokenCount: Int, _ console: inout Console
  ) throws(Exit) -> BlockRecord {
    do throws(CacheFull) {
      let record = try program.engine.forward(tokenCount: tokenCount)
      warnPastTrainedLength(program.engine.position, &console)
      return record.numbered(program.layout.blocks.sum.blockCount)
    } catch {
      throw console.fail(error)
    }
  }

  private mutating func warnPastTrainedLength(_ position: Int, _ console: inout Console) {
    if hasWarned || position <= contextLength { return }
    hasWarned = true
    console.error.write("edge-infer: warning: the text has passed the model's trained length of ")
    console.error.write(contextLength)
    console.error.write(" tokens; answers may get worse\n")
    console.error.flush()
  }

  /// Generates greedily from the logits of the prompt's last token.
  private mutating func decode(
    _ program: inout Program, start: Instant, _ console: inout Console
  ) throws(Exit) {
    if maxTokens == 0 { return }
    var text = unsafe AnswerWriter(
      program.vocabulary, continuesText: program.chatTemplate == nil)
    var last = Instant.now()
    while generatedCount < maxTokens {
      let token = program.engine.logits(0).best()
      if generatedCount == 0 {
        timeToFirstTokenNanoseconds = Instant.now().nanoseconds(since: start)
      }
      if unsafe isEnd(token, program.vocabulary.pointee) {
        stop = .endOfSequence
        break
      }
      unsafe program.layout.generated[generatedCount] = token
      generatedCount += 1
      try text.write(token, &console)
      if generatedCount == maxTokens || program.engine.isFull { break }
      unsafe program.engine.block[0] = token
      _ = try forward(&program, tokenCount: 1, &console)
      program.engine.makeLogits(firstRow: 0, rowCount: 1)
      let now = Instant.now()
      program.layout.decodes.append(nanoseconds: now.nanoseconds(since: last))
      last = now
    }
    try text.finish(&console)
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
    writeWeakAnchors(program, &out)
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

  private func writeDecode(_ program: borrowing Program, _ out: inout TextOutput) {
    if program.layout.decodes.count == 0 { return }
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

  private static func writeRate(_ tokens: Int, _ nanoseconds: Int64, _ out: inout TextOutput) {
    let seconds = Double(nanoseconds) / 1e9
    out.write(tokens)
    out.write(" tokens in ")
    out.write(seconds, decimals: 3)
    out.write(" s, ")
    out.write(seconds > 0 ? Double(tokens) / seconds : 0, decimals: 1)
    out.write(" tokens/s")
  }
}
