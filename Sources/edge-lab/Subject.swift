import Foundation
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
  private let memory: ArenaOwner

  init(_ text: TextModel, _ settings: SubjectSettings, threads: Int) throws(LabFailure) {
    self.settings = settings
    self.text = text
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: GGUF.bufferByteCountMin, alignment: 64)
    defer { buffer.deallocate() }
    let model = try openModel(text.path, buffer)
    let run = RunSettings(
      blockSize: settings.blockSize, cacheBudget: settings.cacheBudget, policy: settings.policy,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: threads,
      logitRowCount: settings.logitRowCount, l2ByteCount: Self.l2ByteCount)
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: model.shape, settings: run)
    let arena = try mapArena(measuring.measured())
    var carver = arena.carver()
    let layout = EngineLayout(carver: &carver, shape: model.shape, settings: run)
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
  }

  var tokenCount: Int { engine.tokenCount }
  var isFull: Bool { engine.isFull }

  /// Reads tokens, block by block, after those read before.
  func read(_ tokens: some RandomAccessCollection<Int32>) throws(LabFailure) {
    var rest = tokens[...]
    while !rest.isEmpty {
      try readBlock(rest.prefix(settings.blockSize))
      rest = rest.dropFirst(settings.blockSize)
    }
  }

  /// Reads tokens of one block.
  func readBlock(_ tokens: some Collection<Int32>) throws(LabFailure) {
    for (index, token) in tokens.enumerated() { engine.block[index] = token }
    do throws(CacheFull) {
      _ = try engine.forward(tokenCount: tokens.count)
    } catch {
      throw .data("policy full has \(error.slotCount) slots, fewer than the text has tokens")
    }
    try checkNumbers()
    onTokens(tokens.count)
  }

  /// The logits after the last token that was read; valid until the next call.
  func lastLogits() throws(LabFailure) -> LogitRow {
    try makeLogits(firstRow: engine.lastRow, rowCount: 1)
    return engine.logits(0)
  }

  /// Makes logits of tokens of the block that was read last; see `logits`.
  /// - Parameter rowCount: at most the settings' `logitRowCount`.
  func makeLogits(firstRow: Int, rowCount: Int) throws(LabFailure) {
    engine.makeLogits(firstRow: firstRow, rowCount: rowCount)
    try checkNumbers()
  }

  func logits(_ row: Int) -> LogitRow { engine.logits(row) }

  private func checkNumbers() throws(LabFailure) {
    if let fault = engine.numberFault {
      throw .data("\(text.path): the model gives numbers past Float32's range: \(fault)")
    }
  }

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
