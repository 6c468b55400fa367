import Foundation
import Generation
import Inference
import KVCache
import Memory
import Model
import Platform
import Profile

/// What an engine's arena is made for.
struct SubjectSettings: Hashable, Sendable {
  var policy: Policy
  var blockSize: Int
  /// The largest N of a text; for `full` the most tokens of one.
  var cacheBudget: Int
  /// Positions of a block whose logits are held at the same time.
  var logitRowCount = 1
  /// A file of head budgets.
  var heads: String?
}

/// A model with its weights, cache and threads: reads texts and answers them.
final class Subject {
  /// A thread's part of the second-level cache, which the order of products is arranged for; sums
  /// do not depend on it.
  private static let l2ByteCount = 1 << 20

  let settings: SubjectSettings
  let text: TextModel
  /// Told of tokens that have been read.
  var onTokens: (Int) -> Void = { _ in }
  /// Declared before its memory, so that its threads end before their stacks go.
  private var engine: Engine
  private var generator: Generator
  private let memory: ArenaOwner
  private let heads: HeadFile?

  init(_ text: TextModel, _ settings: SubjectSettings, threads: Int) throws(LabFailure) {
    self.settings = settings
    self.text = text
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: GGUF.bufferByteCountMin, alignment: 64)
    defer { buffer.deallocate() }
    let model = try openModel(text.path, buffer)
    heads = try settings.heads.map { (path) throws(LabFailure) in
      try HeadFile(path, for: model.shape)
    }
    var run = RunSettings(
      blockSize: settings.blockSize, cacheBudget: settings.cacheBudget, policy: settings.policy,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: threads,
      logitRowCount: settings.logitRowCount, l2ByteCount: Self.l2ByteCount)
    run.headShares = heads?.kept
    run.keepsCodes = text.keepsCodes
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: model.shape, settings: run)
    _ = text.makeGenerator(carver: &measuring)
    let arena = try mapArena(measuring.measured())
    var carver = arena.carver()
    let layout = EngineLayout(carver: &carver, shape: model.shape, settings: run)
    generator = text.makeGenerator(carver: &carver)
    carver.seal()
    do throws(SystemFailure) {
      engine = try Engine(layout: layout, cores: [Int32]().span)
    } catch {
      throw LabFailure(error)
    }
    do throws(ModelError) {
      try engine.load(model, into: arena, buffer: buffer)
    } catch {
      throw LabFailure(error, path: text.path)
    }
    try heads?.check(engine)
    model.releaseCachedPages()
    memory = ArenaOwner(arena)
  }

  /// Starts a text.
  /// - Parameter cacheBudget: N, at most the settings'.
  func begin(
    cacheBudget: Int, retained: Retained = Retained(sinkCount: 0, recentCount: 0)
  ) {
    engine.reset()
    engine.limit(cacheBudget: cacheBudget, retained: retained)
    generator.forget()
    generator.begin(AnswerRequest(maxTokens: 0))
  }

  /// Another budget for one KV head of the text that has just begun.
  func limit(layer: Int, kvHead: Int, budget: Int) {
    engine.limit(layer: layer, kvHead: kvHead, budget: budget)
  }

  var modelMark: UInt64 { engine.modelMark }

  var tokenCount: Int { engine.tokenCount }
  var isFull: Bool { engine.isFull }

  /// Reads tokens, block by block, after those read before.
  func read(_ tokens: some Collection<Int32>) throws(LabFailure) {
    var source = TokenPart(tokens)
    var noText = ByteArray()
    while true {
      do throws(GenerationFailure<Never>) {
        switch try generator.step(&engine, from: &source, to: &noText) {
        case .block(let record): onTokens(record.tokenCount)
        case .pending, .token, .end:
          if let record = try endBlock() { onTokens(record.tokenCount) }
          return
        }
      } catch {
        throw failure(error)
      }
    }
  }

  private func endBlock() throws(GenerationFailure<Never>) -> BlockRecord? {
    do throws(PassFailure) {
      return try generator.endBlock(&engine)
    } catch {
      throw .pass(error)
    }
  }

  /// Reads a token after those of an answer.
  func readToken(_ token: Int32) throws(LabFailure) {
    do throws(PassFailure) {
      try generator.read(token, &engine)
    } catch {
      throw failure(.pass(error))
    }
    onTokens(1)
  }

  /// Answers the tokens that have been read.
  /// - Parameters:
  ///   - sink: takes the answer's text.
  ///   - meet: gets each token, and the logits that it was chosen by.
  func answer(
    _ request: AnswerRequest, to sink: inout ByteArray,
    _ meet: (Int32, LogitRow) throws(LabFailure) -> Void
  ) throws(LabFailure) -> StopReason {
    generator.answer(request)
    var isFirst = true
    while true {
      var prompt = EmptyPrompt()
      let step: GeneratorStep
      do throws(GenerationFailure<Never>) {
        step = try generator.step(&engine, from: &prompt, to: &sink)
      } catch {
        throw failure(error)
      }
      switch step {
      case .token(let token, _):
        if !isFirst { onTokens(1) }
        isFirst = false
        try meet(token, engine.logits(generator.logitRow))
      case .end(let reason): return reason
      case .pending, .block: break
      }
    }
  }

  /// The answer's last token, if it has not been read.
  var unreadToken: Int32? { generator.unreadToken }

  private func failure(_ failure: GenerationFailure<Never>) -> LabFailure {
    switch failure {
    case .pass(.cacheFull(let full)):
      .data("policy full has \(full.slotCount) slots, fewer than the text has tokens")
    case .pass(.numbers(let fault)):
      .data("\(text.path): the model gives numbers past Float32's range: \(fault)")
    case .emptyPrompt: .data("a prompt is empty")
    }
  }

  /// The logits after the last token that was read; valid until the next call.
  func lastLogits() throws(LabFailure) -> LogitRow {
    try makeLogits(firstRow: engine.lastRow, rowCount: 1)
    return engine.logits(0)
  }

  /// Makes logits of tokens of the block that was read last; see `logits`.
  /// - Parameter rowCount: at most the settings' `logitRowCount`.
  func makeLogits(firstRow: Int, rowCount: Int) throws(LabFailure) {
    do throws(NumberFault) {
      try engine.makeCheckedLogits(firstRow: firstRow, rowCount: rowCount)
    } catch {
      throw failure(.pass(.numbers(error)))
    }
  }

  func logits(_ row: Int) -> LogitRow { engine.logits(row) }

  /// Positions that a KV head keeps, in slot order.
  func keptPositions(layer: Int, kvHead: Int) -> [Int] {
    engine.keptPositions(layer: layer, kvHead: kvHead).map(Int.init)
  }

  /// Does something after which the cache and the text are as before; the logits are not.
  func withoutTrace<Result>(
    _ body: () throws(LabFailure) -> Result
  ) throws(LabFailure) -> Result {
    guard let file = tmpfile() else { throw .inputOutput("a temporary file cannot be made") }
    defer { fclose(file) }
    let descriptor = fileno(file)
    var out = TextOutput(descriptor: descriptor)
    engine.save(to: &out)
    out.flush()
    if out.failure != 0 { throw .inputOutput("a temporary file cannot be written") }
    let result = try body()
    do {
      let path = Array("/proc/self/fd/\(descriptor)".utf8CString)
      let saved = try InputFile(path: path)
      try engine.restore(from: saved)
    } catch {
      throw .inputOutput("the saved cache cannot be taken again: \(error)")
    }
    return result
  }
}

/// A part of a text; what comes after it is not known.
private struct TokenPart<Tokens: Collection<Int32>>: TokenSource {
  private var rest: Tokens.SubSequence

  init(_ tokens: Tokens) { rest = tokens[...] }

  mutating func next() throws(Never) -> PromptItem {
    rest.popFirst().map { .token($0) } ?? .pending
  }
}
