import Generation
import Inference
import Measurement
import Memory
import Model
import Platform
import Profile
import Tokenizer

/// Messages and answers, one after the other, in one cache: of each message only what is new is read.
@safe struct Conversation: ~Copyable {
  private let arguments: Arguments
  private let template: ChatTemplate
  private var encoder: Encoder?
  /// The latest message and its answer.
  private var run: Generation
  private var turn = ChatTurn.first
  /// The last token of the answer before, where the model has not read it.
  private var unread: Int32?
  private var messageCount = 0

  init(
    _ arguments: Arguments, _ run: Generation, _ template: ChatTemplate,
    _ encoder: consuming Encoder
  ) {
    self.arguments = arguments
    self.run = run
    self.template = template
    self.encoder = consume encoder
  }

  /// Reads a message and writes the answer to it. Ctrl-C ends either.
  mutating func answer(
    _ message: consuming MemoryInput, _ program: inout Program, _ console: inout Console
  ) throws(Exit) {
    Interrupt.clear()
    run.begin()
    let start = Instant.now()
    try read(message, &program, &console)
    try run.decode(&program, start: start, arguments.stops, &console)
    // An interrupt may have come in a pause before the first block.
    if run.promptTokenCount == 0 { return }
    unread = run.unreadToken(program)
    turn = run.isPromptWhole ? .afterAnswer : .afterMessage
    messageCount += 1
  }

  private mutating func read(
    _ message: consuming MemoryInput, _ program: inout Program, _ console: inout Console
  ) throws(Exit) {
    let system = turn == .first ? unsafe arguments.system : nil
    let vocabulary = unsafe program.vocabulary
    let prompt = unsafe ChatPrompt(
      template, turn, system: system.map { unsafe MemoryInput(cString: $0) }, user: message,
      run.chatMarks, vocabulary.pointee)
    let marks = turn == .first ? program.textMarks.ofPrompt : SequenceMarks.none
    var source = unsafe TextPrompt(
      prompt, marks, encoder.take()!, vocabulary, readCount: program.layout.readCount,
      byteCount: nil, leading: unread)
    var failure: Exit?
    do throws(Exit) {
      try unsafe run.prefill(&program, &source, path: nil, &console)
    } catch {
      failure = error
    }
    encoder = source.finish()
    guard let failure else { return }
    if run.promptTokenCount > 0 {
      turn = .afterMessage
      unread = nil
    }
    throw failure
  }

  /// - Parameter argument: what follows the command's name; empty where nothing does.
  /// - Returns: false where the conversation ends.
  mutating func perform(
    _ command: ChatCommand, _ argument: UnsafePointer<CChar>, _ program: inout Program,
    _ console: inout Console
  ) throws(Exit) -> Bool {
    switch command {
    case .save: unsafe try save(argument, &program, &console)
    case .load: unsafe try load(argument, &program, &console)
    case .reset: reset(&program)
    case .stats: writeStatistics(program, &console.error)
    case .help:
      console.error.write(ChatCommand.list)
      console.error.flush()
    case .exit: return false
    }
    return true
  }

  private mutating func reset(_ program: inout Program) {
    program.engine.reset()
    forget(&program)
  }

  /// All that was kept of the conversation beside the cache.
  private mutating func forget(_ program: inout Program) {
    program.layout.sampler.reset()
    run.begin()
    turn = .first
    unread = nil
    messageCount = 0
  }

  private mutating func save(
    _ path: UnsafePointer<CChar>, _ program: inout Program, _ console: inout Console
  ) throws(Exit) {
    if unsafe path.pointee == 0 { throw console.fail(.usage, "/save needs a file") }
    if turn == .first { throw console.fail(.usage, "/save: nothing has been said") }
    if turn == .afterMessage {
      throw console.fail(.usage, "/save: the latest message was not read to its end")
    }
    if let token = unread {
      try run.read(token, &program, &console)
      unread = nil
    }
    unsafe try program.saveCache(path, &console)
    writePlace("saved", program, &console.error)
  }

  private mutating func load(
    _ path: UnsafePointer<CChar>, _ program: inout Program, _ console: inout Console
  ) throws(Exit) {
    if unsafe path.pointee == 0 { throw console.fail(.usage, "/load needs a file") }
    do throws(Exit) {
      unsafe try program.loadCache(path, &console)
    } catch {
      if program.engine.position == 0 { forget(&program) }
      throw error
    }
    forget(&program)
    turn = .afterAnswer
    writePlace("loaded", program, &console.error)
  }
}

extension Conversation {
  func writeUnknown(_ line: Span<UInt8>, _ out: inout TextOutput) {
    out.write("edge-infer: ")
    out.write(quoted: Excerpt(line))
    out.write(" is not a command; /help lists them, and // begins a message with a slash\n")
    out.flush()
  }

  private func writePlace(
    _ done: StaticString, _ program: borrowing Program, _ out: inout TextOutput
  ) {
    out.write("   ")
    out.write(done)
    out.write(": ")
    writeFill(program, &out)
    out.write("\n")
    out.flush()
  }

  private func writeFill(_ program: borrowing Program, _ out: inout TextOutput) {
    let settings = program.engine.settings
    out.write(program.engine.position)
    out.write(" tokens taken, ")
    out.write(program.engine.slotsFilled)
    out.write(" of ")
    out.write(settings.policy == .full ? settings.slotCount : settings.cacheBudget)
    out.write(" slots filled, policy ")
    out.write(settings.policy.name)
  }

  private func writeStatistics(_ program: borrowing Program, _ out: inout TextOutput) {
    out.write("   ")
    out.write(messageCount)
    out.write(messageCount == 1 ? " message, " : " messages, ")
    writeFill(program, &out)
    out.write("\n   latest message ")
    Generation.writeRate(run.promptTokenCount, run.prefillNanoseconds, &out)
    out.write("; answer ")
    Generation.writeRate(max(run.generatedCount - 1, 0), run.decodeNanoseconds, &out)
    out.write("\n")
    HealthReport.writeSummary(program.health, to: &out)
    out.write("   peak resident ")
    out.write(Double(peakResidentByteCount()) / 1_048_576, decimals: 1)
    out.write(" MiB, arena ")
    out.write(Double(program.arenaByteCount) / 1_048_576, decimals: 1)
    out.write(" MiB\n")
    out.flush()
  }
}
