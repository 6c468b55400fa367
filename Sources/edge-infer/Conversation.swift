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
  private var run: AnswerRun
  private let chatMarks: ChatMarks
  /// What every message is answered by.
  private let request: AnswerRequest
  private var turn = ChatTurn.first
  /// The last token of the answer before, where the model has not read it.
  private var unread: Int32?
  private var messageCount = 0

  init(
    _ arguments: Arguments, _ run: AnswerRun, _ request: AnswerRequest,
    _ template: ChatTemplate, _ chatMarks: ChatMarks, _ encoder: consuming Encoder
  ) {
    self.request = request
    self.chatMarks = chatMarks
    self.arguments = arguments
    self.run = run
    self.template = template
    self.encoder = consume encoder
  }

  /// Reads a message and writes the answer to it. Ctrl-C ends either.
  mutating func answer(
    _ message: consuming MemoryInput, _ program: inout Program, _ console: inout Console
  ) throws(CommandFailure) {
    Interrupt.clear()
    run.begin(request, &program)
    let start = Instant.now()
    try read(message, &program, &console)
    try run.answer(&program, maxTokens: request.maxTokens, since: start, &console)
    // An interrupt may have come in a pause before the first block.
    if program.model.generator.promptTokenCount == 0 { return }
    unread = program.model.generator.unreadToken
    turn = program.model.generator.isPromptWhole ? .afterAnswer : .afterMessage
    messageCount += 1
  }

  private mutating func read(
    _ message: consuming MemoryInput, _ program: inout Program, _ console: inout Console
  ) throws(CommandFailure) {
    let system = turn == .first ? unsafe arguments.system : nil
    let vocabulary = unsafe program.model.vocabulary
    let prompt = unsafe ChatPrompt(
      template, turn, system: system.map { unsafe MemoryInput(cString: $0) }, user: message,
      chatMarks, vocabulary.pointee)
    let marks = turn == .first ? program.model.textMarks.ofPrompt : SequenceMarks.none
    var source = unsafe TextPrompt(
      prompt, marks, encoder.take()!, vocabulary, readCount: program.layout.readCount,
      byteCount: nil, leading: unread)
    var failure: CommandFailure?
    do throws(CommandFailure) {
      try unsafe run.read(&program, &source, .prompt(nil), &console)
    } catch {
      failure = error
    }
    encoder = source.finish()
    guard let failure else { return }
    if program.model.generator.promptTokenCount > 0 {
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
  ) throws(CommandFailure) -> Bool {
    switch command {
    case .save: unsafe try save(argument, &program, &console)
    case .load: unsafe try load(argument, &program, &console)
    case .reset: reset(&program)
    case .stats: writeStatistics(program, &console.error)
    case .help:
      ChatCommand.writeList(indentation: 3, to: &console.error)
      console.error.flush()
    case .exit: return false
    }
    return true
  }

  private mutating func reset(_ program: inout Program) {
    program.model.engine.reset()
    forget(&program)
  }

  /// All that was kept of the conversation beside the cache.
  private mutating func forget(_ program: inout Program) {
    program.model.generator.sampler.reset()
    run.begin(request, &program)
    turn = .first
    unread = nil
    messageCount = 0
  }

  private mutating func save(
    _ path: UnsafePointer<CChar>, _ program: inout Program, _ console: inout Console
  ) throws(CommandFailure) {
    if unsafe path.pointee == 0 { throw CommandFailure(.usage, "/save needs a file") }
    if turn == .first { throw CommandFailure(.usage, "/save: nothing has been said") }
    if turn == .afterMessage {
      throw CommandFailure(.usage, "/save: the latest message was not read to its end")
    }
    if let token = unread {
      try read(token, &program, &console)
      unread = nil
    }
    unsafe try program.saveCache(path)
    writePlace("saved", program, &console.error)
  }

  private mutating func read(
    _ token: Int32, _ program: inout Program, _ console: inout Console
  ) throws(CommandFailure) {
    do throws(PassFailure) {
      try program.model.generator.read(token, &program.model.engine)
    } catch {
      throw CommandFailure(error)
    }
    run.checkTrainedLength(program, &console)
  }

  private mutating func load(
    _ path: UnsafePointer<CChar>, _ program: inout Program, _ console: inout Console
  ) throws(CommandFailure) {
    if unsafe path.pointee == 0 { throw CommandFailure(.usage, "/load needs a file") }
    do throws(CommandFailure) {
      unsafe try program.loadCache(path)
    } catch {
      if program.model.engine.position == 0 { forget(&program) }
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
    let settings = program.model.engine.settings
    out.write(program.model.engine.position)
    out.write(" tokens taken, ")
    out.write(program.model.engine.slotsFilled)
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
    AnswerRun.writeRate(program.model.generator.promptTokenCount, run.prefillNanoseconds, &out)
    out.write("; answer ")
    AnswerRun.writeRate(
      max(program.model.generator.generatedCount - 1, 0), run.decodeNanoseconds, &out)
    out.write("\n")
    HealthReport.writeSummary(program.health, to: &out)
    AnswerRun.writeMemory(program, &out)
    out.flush()
  }
}
