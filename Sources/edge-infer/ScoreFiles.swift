import Generation
import Inference
import Measurement
import Model
import Platform
import Tokenizer

/// The files of `score`, all open before its lockdown.
struct ScoreFiles: ~Copyable {
  private var tokens: InputStream?
  private var text: PromptBytes?
  private var logits: ReplacementFile?
  private var json: ReplacementFile?

  init(_ arguments: Arguments, _ program: borrowing Program) throws(CommandFailure) {
    if let path = unsafe arguments.tokens {
      tokens = unsafe try openPrompt(path)
    } else {
      text = unsafe try openText(arguments, readCount: program.layout.readCount)
    }
    if let path = unsafe arguments.logits { logits = unsafe try openReplacement(path) }
    if let path = unsafe arguments.jsonFile { json = unsafe try openReplacement(path) }
  }

  var lockdownNeeds: LockdownNeeds {
    var needs = LockdownNeeds()
    needs.replacesFiles = logits != nil || json != nil
    return needs
  }

  /// Reads the text. The file of logits appears if all of it was read.
  mutating func score(
    _ arguments: Arguments, _ program: inout Program, _ run: inout ScoreRun,
    _ console: inout Console
  ) throws(CommandFailure) {
    if var file = logits.take() {
      try score(arguments, &program, &run, &file.text, &console)
      if !run.isInterrupted { unsafe try commit(&file, arguments.logits!) }
    } else {
      // Nothing is written to it.
      var unused = TextOutput.standardError
      run.writesLogits = false
      try score(arguments, &program, &run, &unused, &console)
    }
  }

  private mutating func score(
    _ arguments: Arguments, _ program: inout Program, _ run: inout ScoreRun,
    _ logits: inout TextOutput, _ console: inout Console
  ) throws(CommandFailure) {
    if let stream = tokens.take() {
      var source = unsafe TokenFile(
        stream: stream, buffer: program.layout.input,
        vocabularyCount: program.model.engine.shape.vocabularyCount)
      unsafe try run.read(
        &program, &source, .prompt(arguments.tokens), logits: &logits, &console)
    } else if let bytes = text.take() {
      let byteCount = bytes.byteCount
      let plain = PlainText(bytes, name: "text", parsesSpecialTokens: true)
      var source = unsafe TextPrompt(
        plain, program.model.textMarks.ofWholeText, program.model.takeEncoder(),
        program.model.vocabulary,
        readCount: program.layout.readCount, byteCount: byteCount)
      unsafe try run.read(
        &program, &source, .prompt(arguments.promptPath), logits: &logits, &console)
    }
  }

  mutating func writeJSON(
    _ run: ScoreRun, _ health: borrowing HealthMonitor, _ arguments: Arguments
  ) throws(CommandFailure) {
    guard var file = json.take() else { return }
    run.writeJSON(health, to: &file.text)
    unsafe try commit(&file, arguments.jsonFile!)
  }
}
