import Generation
import Inference
import LineEditing
import Measurement
import Memory
import Model
import Platform
import Profile
import Tokenizer

/// `chat`: a conversation; the cache stays from message to message.
func chatCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let settings = try Settings(arguments, &console)
  let health = try HealthMonitor(arguments, settings.profile, &console)
  var preparation = try Preparation(arguments, settings, chatNeeds(arguments))
  try chat(arguments, &preparation, health, &console)
}

/// Loads the model and talks. It has a frame of its own, so that the deep calls that open a model do not stand on what comes later.
@inline(never)
private func chat(
  _ arguments: Arguments, _ preparation: inout Preparation, _ health: consuming HealthMonitor,
  _ console: inout Console
) throws(CommandFailure) {
  var program = try Program(&preparation)
  program.health = health
  let run = AnswerRun(isQuiet: arguments.isQuiet, preparation.opened.model.shape)
  var request = AnswerRequest(maxTokens: answerTokenCount(arguments))
  request.stops = arguments.stops
  guard let layout = program.layout.chat else { preconditionFailure("chat was asked for") }
  var conversation = try Conversation(arguments, run, request, &program, &console)
  let terminal = unsafe Terminal(memory: layout.terminal)
  var needs = LockdownNeeds()
  (needs.opensFiles, needs.replacesFiles, needs.usesTerminal) = (true, true, terminal != nil)
  program.lockdown = Lockdown.begin(arguments, needs, program.plan)
  if !arguments.isQuiet { writeGreeting(preparation, program, &console) }
  if let terminal = consume terminal {
    var editor = LineEditor(layout, terminal)
    while try converse(
      &conversation, try nextLine(&editor, &console), layout, &program, isTerminal: true, &console)
    {}
  } else {
    var reader = LineReader(layout)
    while try converse(
      &conversation, try nextLine(&reader), layout, &program, isTerminal: false, &console)
    {}
  }
}

private func answerTokenCount(_ arguments: Arguments) -> Int {
  arguments.maxTokens ?? Arguments.chatMaxTokensDefault
}

/// What `chat` needs.
func chatNeeds(_ arguments: Arguments) -> ProgramNeeds {
  ProgramNeeds(
    logitRowCount: 1, generatedCount: answerTokenCount(arguments), usesText: true,
    usesTemplate: true, sampling: arguments.sampling.settings, proposes: true,
    grammarByteCount: unsafe arguments.tools == nil ? 0 : arguments.grammarByteCount,
    usesChat: true, templateFile: arguments.templateFile)
}

private func writeGreeting(
  _ preparation: borrowing Preparation, _ program: borrowing Program, _ console: inout Console
) {
  console.error.write("   ")
  for index in 0..<preparation.opened.model.name.count {
    console.error.write(byte: preparation.opened.model.name[index])
  }
  console.error.write(", ")
  console.error.write(Double(program.arenaByteCount) / 1_048_576, decimals: 1)
  console.error.write(" MiB sealed, policy ")
  console.error.write(preparation.runSettings.policy.name)
  console.error.write(", budget ")
  console.error.write(preparation.runSettings.cacheBudget)
  console.error.write("; /help lists the commands\n")
  program.memoryLock.write(to: &console.error)
  program.lockdown.write(to: &console.error)
}

private func nextLine(
  _ editor: inout LineEditor, _ console: inout Console
) throws(CommandFailure) -> LineEvent {
  do throws(SystemFailure) {
    return try editor.next(&console.error)
  } catch {
    throw CommandFailure(.system(error), about: .name("standard input"))
  }
}

private func nextLine(_ reader: inout LineReader) throws(CommandFailure) -> LineEvent {
  do throws(SystemFailure) {
    return try reader.next()
  } catch {
    throw CommandFailure(.system(error), about: .name("standard input"))
  }
}

/// Does what a line asks for. It has a frame of its own, so that loading does not stand on it.
/// - Parameter isTerminal: whether a message that cannot be taken is only told of.
/// - Returns: false at the end.
@inline(never)
private func converse(
  _ conversation: inout Conversation, _ event: LineEvent, _ layout: LineLayout,
  _ program: inout Program, isTerminal: Bool, _ console: inout Console
) throws(CommandFailure) -> Bool {
  let byteCount: Int
  switch event {
  case .end: return false
  case .tooLong:
    let failure = CommandFailure(.malformedData, "a message has more than 65536 bytes")
    if !isTerminal { throw failure }
    console.report(failure)
    return true
  case .line(let count): byteCount = count
  }
  if byteCount == 0 { return true }
  let line = unsafe Span(_unsafeStart: UnsafePointer(layout.line), count: byteCount)
  switch ChatInput(line) {
  case .command(let command, let argument):
    unsafe layout.line[argument.upperBound] = 0
    let name = unsafe UnsafeRawPointer(layout.line + argument.lowerBound)
    do throws(CommandFailure) {
      return unsafe try conversation.perform(
        command, name.assumingMemoryBound(to: CChar.self), &program, &console)
    } catch {
      if !isTerminal { throw error }
      console.report(error)
    }
    return true
  case .unknownCommand:
    conversation.writeUnknown(line, &console.error)
    return true
  case .message(let start):
    do throws(CommandFailure) {
      if !isUTF8(line) { throw CommandFailure(.malformedData, "the message is not UTF-8") }
      try conversation.answer(line.extracting(start..<byteCount), &program, &console)
    } catch {
      if !isTerminal || error.code != .malformedData { throw error }
      console.report(error)
    }
    return true
  }
}
