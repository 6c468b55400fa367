import Generation
import Inference
import Measurement
import Memory
import Model
import Platform
import Profile
import Template
import Tokenizer

/// `run`: reads a prompt and answers it.
func runCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let settings = try Settings(arguments, &console)
  let health = try HealthMonitor(arguments, settings.profile, &console)
  var preparation = try Preparation(arguments, settings, runNeeds(arguments))
  try answer(arguments, &preparation, health, &console)
}

/// Loads the model, reads and answers. It has a frame of its own, so that the deep calls that open a model do not stand on what comes later.
@inline(never)
private func answer(
  _ arguments: Arguments, _ preparation: inout Preparation, _ health: consuming HealthMonitor,
  _ console: inout Console
) throws(CommandFailure) {
  var program = try Program(&preparation)
  program.health = health
  Interrupt.listen()
  try bindAnswer(arguments, &program, &console)
  var files = try RunFiles(arguments, program)
  program.lockdown = Lockdown.begin(arguments, files.lockdownNeeds, program.plan)
  if !arguments.isQuiet { writeStart(preparation, program, &console) }
  var run = AnswerRun(isQuiet: arguments.isQuiet, preparation.opened.model.shape)
  try answer(arguments, &run, &files, &program, &console)
  if !arguments.isQuiet { run.writeSummary(program, &console.error) }
  try files.writeReport(run, preparation, program, arguments)
  if run.isInterrupted { throw .byInterrupt }
}

/// Reads the prompt that the command line names, and answers it.
@inline(never)
private func answer(
  _ arguments: Arguments, _ run: inout AnswerRun, _ files: inout RunFiles,
  _ program: inout Program, _ console: inout Console
) throws(CommandFailure) {
  var request = AnswerRequest(maxTokens: arguments.maxTokens ?? Arguments.maxTokensDefault)
  request.stops = arguments.stops
  request.continuesText = !program.model.hasTemplate
  request.mayLackPrompt = !files.hasPrompt
  let start = Instant.now()
  run.begin(request, &program)
  try files.loadCache(arguments, &program)
  try read(arguments, &run, &files, &program, &console)
  if !run.isInterrupted { try files.saveCache(arguments, program) }
  var kept: KeptAnswer?
  try run.answer(
    &program, maxTokens: request.maxTokens, since: start, keptIn: &kept, &console)
}

private func read(
  _ arguments: Arguments, _ run: inout AnswerRun, _ files: inout RunFiles,
  _ program: inout Program, _ console: inout Console
) throws(CommandFailure) {
  if let stream = files.tokens.take() {
    var source = unsafe TokenFile(
      stream: stream, buffer: program.layout.input,
      vocabularyCount: program.model.engine.shape.vocabularyCount)
    unsafe try run.read(&program, &source, .prompt(arguments.tokens), &console)
  } else if let text = files.text.take() {
    try read(text, arguments, &run, &program, &console)
  }
}

private func read(
  _ bytes: consuming PromptBytes, _ arguments: Arguments, _ run: inout AnswerRun,
  _ program: inout Program, _ console: inout Console
) throws(CommandFailure) {
  let byteCount = bytes.byteCount
  let vocabulary = unsafe program.model.vocabulary
  let encoder = program.model.takeEncoder()
  let readCount = unsafe program.layout.readCount
  let subject = unsafe FailureSubject.prompt(arguments.promptPath)
  // A text that goes on has begun already.
  let marks =
    unsafe arguments.loadCache == nil ? program.model.textMarks.ofPrompt : SequenceMarks.none
  if program.model.hasTemplate {
    guard let chat = try rendered(bytes, arguments, &program, &run, &console) else { return }
    let byteCount = chat.byteCount
    var source = unsafe TextPrompt(
      chat, marks, encoder, vocabulary, readCount: readCount, byteCount: byteCount)
    try run.read(&program, &source, subject, &console)
  } else {
    let plain = PlainText(bytes, name: "prompt", parsesSpecialTokens: true)
    var source = unsafe TextPrompt(
      plain, marks, encoder, vocabulary, readCount: readCount, byteCount: byteCount)
    try run.read(&program, &source, subject, &console)
  }
}

/// The conversation of `--system` and the prompt, as the template writes it.
/// - Returns: nil after an interrupt while the prompt was waited for.
private func rendered(
  _ bytes: consuming PromptBytes, _ arguments: Arguments, _ program: inout Program,
  _ run: inout AnswerRun, _ console: inout Console
) throws(CommandFailure) -> RenderedText<PromptRest>? {
  try program.beginConversation(arguments, &console)
  var rest = PromptRest(bytes)
  var data = program.conversation()
  try data.putSystem(arguments)
  let hasRest: Bool
  do throws(TemplateError) {
    try data.beginMessage("user")
  } catch {
    throw CommandFailure(.variables(.template(error)))
  }
  do throws(PromptFault) {
    hasRest = try rest.fill(&data)
  } catch {
    if case .unreadable = error, Interrupt.isRaised {
      run.noteInterrupt()
      return nil
    }
    throw unsafe CommandFailure(error.reason, about: .prompt(arguments.promptPath))
  }
  do throws(TemplateError) {
    try data.endMessage(isStreamed: hasRest)
  } catch {
    throw CommandFailure(.variables(.template(error)))
  }
  program.setConversation(data)
  let text = try program.render(&console)
  unsafe program.layout.readCount.pointee = 0
  let vocabulary = unsafe program.model.vocabulary
  let readCount = unsafe program.layout.readCount
  if hasRest {
    return unsafe RenderedText(
      text, vocabulary.pointee, rest: rest, name: "prompt", readCount: readCount)
  }
  return unsafe RenderedText(
    text, vocabulary.pointee, rest: nil, name: "prompt", readCount: readCount)
}

/// What `run` needs.
func runNeeds(_ arguments: Arguments) -> ProgramNeeds {
  var needs = ProgramNeeds(
    logitRowCount: 1, generatedCount: arguments.maxTokens ?? Arguments.maxTokensDefault,
    usesText: true, usesTemplate: unsafe !arguments.isRaw && arguments.tokens == nil,
    mayLackText: unsafe arguments.tokens != nil, sampling: arguments.sampling.settings,
    keepsLogProbabilities: arguments.wantsLogProbabilities,
    templateFile: arguments.templateFile)
  needs.proposes = true
  let isBound = unsafe arguments.jsonSchema != nil || arguments.grammar != nil
  if isBound { needs.grammarByteCount = arguments.grammarByteCount }
  return needs
}

func writeStart(
  _ preparation: borrowing Preparation, _ program: borrowing Program, _ console: inout Console
) {
  PlanTable.write(
    preparation.plan, capByteCount: preparation.settings.profile.ramCapByteCount,
    to: &console.error)
  console.error.flush()
  console.error.write("   model loaded and memory sealed in ")
  console.error.write(Double(program.loadNanoseconds) / 1e6, decimals: 0)
  console.error.write(" ms; ")
  console.error.write(BuildFeatures.name)
  console.error.write(", ")
  preparation.runSettings.writeThreads(to: &console.error)
  console.error.write(", policy ")
  console.error.write(preparation.runSettings.policy.name)
  console.error.write("\n")
  program.memoryLock.write(to: &console.error)
  program.lockdown.write(to: &console.error)
}
