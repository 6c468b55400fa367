import Generation
import Inference
import Measurement
import Memory
import Model
import Platform
import Profile
import Template
import Text
import Tokenizer

/// Messages and answers, one after the other, in one cache. The template writes the whole conversation
/// for each message; of its text only what the cache does not hold is read.
@safe struct Conversation: ~Copyable {
  private let arguments: Arguments
  private var encoder: Encoder?
  /// The latest message and its answer.
  private var run: AnswerRun
  /// What every message is answered by.
  private let request: AnswerRequest
  /// What the template is given before the first message.
  private let start: TemplateData
  /// What the template is given; the list of messages is open.
  private var data: TemplateData
  private var cached = CachedText()
  /// The conversation's beginning is known by a saved cache alone.
  private var isLoaded = false
  private var messageCount = 0

  init(
    _ arguments: Arguments, _ run: AnswerRun, _ request: AnswerRequest, _ program: inout Program,
    _ console: inout Console
  ) throws(CommandFailure) {
    try program.beginConversation(arguments, &console)
    let start = program.conversation()
    var data = start
    try data.putSystem(arguments)
    self.request = request
    self.arguments = arguments
    self.run = run
    encoder = program.model.takeEncoder()
    self.start = start
    self.data = data
  }

  /// Reads a message and writes the answer to it. Ctrl-C ends either. A message that was not read to
  /// its end does not belong to the conversation.
  mutating func answer(
    _ message: Span<UInt8>, _ program: inout Program, _ console: inout Console
  ) throws(CommandFailure) {
    run.begin(request, &program)
    let start = Instant.now()
    let before = (data: data, cached: cached)
    let tokenCount = program.model.engine.tokenCount
    do throws(CommandFailure) {
      try read(message, &program, &console)
    } catch {
      takeBack(to: before, tokenCount, &program)
      throw error
    }
    if program.model.generator.promptTokenCount > 0 { messageCount += 1 }
    if !program.model.generator.isPromptWhole || run.isInterrupted {
      takeBack(to: before, tokenCount, &program)
      return
    }
    try answer(since: start, &program, &console)
  }

  private mutating func read(
    _ message: Span<UInt8>, _ program: inout Program, _ console: inout Console
  ) throws(CommandFailure) {
    do throws(TemplateError) {
      try data.put(role: "user", message)
    } catch {
      throw Self.full
    }
    program.setConversation(data)
    var text = try program.render(&console)
    data.reopen()
    let (skippedCount, leading) = try place(&text, &program)
    cached.prompt = TextPrint(&text)
    let vocabulary = unsafe program.model.vocabulary
    let rendered = unsafe RenderedText<MemoryInput>(
      text, vocabulary.pointee, rest: nil, name: "message", skippedByteCount: skippedCount)
    let isStart = program.model.engine.tokenCount == 0
    var source = unsafe TextPrompt(
      rendered, isStart ? program.model.textMarks.ofPrompt : SequenceMarks.none,
      encoder.take()!, vocabulary, readCount: program.layout.readCount, byteCount: nil,
      leading: leading)
    var failure: CommandFailure?
    do throws(CommandFailure) {
      try unsafe run.read(&program, &source, .prompt(nil), &console)
    } catch {
      failure = error
    }
    encoder = source.finish()
    if let failure { throw failure }
  }

  private static var full: CommandFailure {
    CommandFailure(
      .malformedData, "the conversation is longer than its memory; /reset begins another one")
  }

  /// Puts the engine behind as much of a text as it holds.
  /// - Returns: the bytes that need not be read, and a token that comes before the others.
  private mutating func place(
    _ text: inout TemplateText, _ program: inout Program
  ) throws(CommandFailure) -> (skippedCount: Int, leading: Int32?) {
    switch cached.state {
    case .empty: break
    case .loaded: if let count = text.byteCountToMark() { return (count, nil) }
    case .read:
      if let whole = cached.whole, TextPrint(&text, byteCountMax: whole.byteCount) == whole {
        return (whole.byteCount, cached.unread)
      }
      let count = cached.prompt.byteCount
      if TextPrint(&text, byteCountMax: count) == cached.prompt,
        program.model.engine.sequence.fixedCount <= cached.promptTokenCount
      {
        program.model.engine.truncate(to: cached.promptTokenCount)
        return (count, nil)
      }
    }
    if isLoaded {
      throw CommandFailure(
        .malformedData, "the template writes what the saved cache does not hold; /reset begins anew"
      )
    }
    program.model.engine.reset()
    return (0, nil)
  }

  /// A message was not read to its end.
  private mutating func takeBack(
    to before: (data: TemplateData, cached: CachedText), _ tokenCount: Int,
    _ program: inout Program
  ) {
    data = before.data
    data.reopen()
    cached = before.cached
    if program.model.engine.tokenCount == tokenCount { return }
    if program.model.engine.tokenCount > tokenCount,
      program.model.engine.sequence.fixedCount <= tokenCount
    {
      program.model.engine.truncate(to: tokenCount)
    } else {
      // What is kept of the conversation is read anew with the next message.
      program.model.engine.reset()
      cached = CachedText()
    }
  }

  private mutating func answer(
    since start: Instant, _ program: inout Program, _ console: inout Console
  ) throws(CommandFailure) {
    cached.state = .read
    cached.promptTokenCount = program.model.engine.tokenCount
    do throws(TemplateError) {
      try data.beginMessage("assistant")
    } catch {
      throw Self.full
    }
    var kept: KeptAnswer? = KeptAnswer(data, behind: cached.prompt)
    try run.answer(
      &program, maxTokens: request.maxTokens, since: start, keptIn: &kept, &console)
    guard let kept else { return }
    data = kept.data
    do throws(TemplateError) {
      try data.endMessage()
    } catch {
      throw Self.full
    }
    // The tokens of a stop text are in the cache, and not in the answer.
    let isWhole = !kept.isCut && program.model.generator.stop != .stopText
    cached.whole = isWhole ? kept.print : nil
    cached.unread = program.model.generator.unreadToken
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
    case .reset: try reset(&program)
    case .stats: writeStatistics(program, &console.error)
    case .help:
      ChatCommand.writeList(indentation: 3, to: &console.error)
      console.error.flush()
    case .exit: return false
    }
    return true
  }

  private mutating func reset(_ program: inout Program) throws(CommandFailure) {
    program.model.engine.reset()
    try forget(&program)
  }

  /// All that was kept of the conversation beside the cache.
  private mutating func forget(
    _ program: inout Program, hasSystem: Bool = true
  ) throws(CommandFailure) {
    program.model.generator.forget()
    run.begin(request, &program)
    cached = CachedText()
    isLoaded = false
    messageCount = 0
    data = start
    data.reopen()
    if hasSystem { try data.putSystem(arguments) }
  }

  private mutating func save(
    _ path: UnsafePointer<CChar>, _ program: inout Program, _ console: inout Console
  ) throws(CommandFailure) {
    if unsafe path.pointee == 0 { throw CommandFailure(.usage, "/save needs a file") }
    if program.model.engine.tokenCount == 0 {
      throw CommandFailure(.usage, "/save: nothing has been said")
    }
    if let token = cached.unread {
      try read(token, &program, &console)
      cached.unread = nil
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
      if program.model.engine.position == 0 { try forget(&program) }
      throw error
    }
    try forget(&program, hasSystem: false)
    try putUnknownStart()
    cached.state = .loaded
    isLoaded = true
    writePlace("loaded", program, &console.error)
  }

  /// Of a saved conversation only the cache is known, which ends with an answer. In place of its
  /// messages the template gets two, the second of which ends with a mark; of the text that it makes,
  /// what follows the mark is read.
  private mutating func putUnknownStart() throws(CommandFailure) {
    do throws(TemplateError) {
      try data.put(role: "user", span("."))
      try data.putMarkedAnswer()
    } catch {
      throw Self.full
    }
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
    AnswerRun.writeSpeculation(program, &out)
    HealthReport.writeSummary(program.health, to: &out)
    AnswerRun.writeMemory(program, &out)
    out.flush()
  }
}
