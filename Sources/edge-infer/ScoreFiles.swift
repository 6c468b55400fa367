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

  init(
    _ arguments: Arguments, _ program: borrowing Program, _ console: inout Console
  ) throws(Exit) {
    if let path = unsafe arguments.tokens {
      tokens = unsafe try openPrompt(path, &console)
    } else {
      text = unsafe try openText(arguments, readCount: program.layout.readCount, &console)
    }
    if let path = unsafe arguments.logits { logits = unsafe try Report.open(path, &console) }
    if let path = unsafe arguments.jsonFile { json = unsafe try Report.open(path, &console) }
  }

  var lockdownNeeds: LockdownNeeds {
    var needs = LockdownNeeds()
    needs.replacesFiles = logits != nil || json != nil
    return needs
  }

  /// Scores the text. The file of logits appears where all of it was read.
  mutating func score(
    _ arguments: Arguments, _ program: inout Program, _ scorer: inout Scorer,
    _ console: inout Console
  ) throws(Exit) {
    if var file = logits.take() {
      try score(arguments, &program, &scorer, &file.text, &console)
      if !scorer.isInterrupted { unsafe try Report.commit(&file, arguments.logits!, &console) }
    } else {
      // Dropped: nothing is written to it.
      var unused = TextOutput.standardError
      scorer.writesLogits = false
      try score(arguments, &program, &scorer, &unused, &console)
    }
  }

  private mutating func score(
    _ arguments: Arguments, _ program: inout Program, _ scorer: inout Scorer,
    _ logits: inout TextOutput, _ console: inout Console
  ) throws(Exit) {
    if let stream = tokens.take() {
      var source = unsafe TokenFile(
        stream: stream, buffer: program.layout.input,
        vocabularyCount: program.engine.shape.vocabularyCount)
      unsafe try scorer.run(
        &program, &source, path: arguments.tokens, logits: &logits, &console)
    } else if let bytes = text.take() {
      let byteCount = bytes.byteCount
      let plain = PlainText(bytes, name: "text", parsesSpecialTokens: true)
      var source = unsafe TextPrompt(
        plain, program.textMarks.ofWholeText, program.takeEncoder(), program.vocabulary,
        readCount: program.layout.readCount, byteCount: byteCount)
      unsafe try scorer.run(
        &program, &source, path: arguments.promptPath, logits: &logits, &console)
    }
  }

  mutating func writeJSON(
    _ scorer: Scorer, _ health: borrowing HealthMonitor, _ arguments: Arguments,
    _ console: inout Console
  ) throws(Exit) {
    guard var file = json.take() else { return }
    scorer.writeJSON(health, to: &file.text)
    unsafe try Report.commit(&file, arguments.jsonFile!, &console)
  }
}
