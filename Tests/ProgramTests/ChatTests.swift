import Foundation
import TestSupport
import Testing

/// Conversations through a pipe and on a terminal.
@Suite(
  .serialized, .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct ChatTests {
  private static let system =
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    + "<|im_end|>\n"
  private static let command = [Files.program!, "chat", "--profile", Files.hostProfile]
  private static let first = "What is the capital of France?"
  private static let second = "And what is the capital of Italy?"

  private static func turn(_ text: String) -> String {
    "<|im_start|>user\n\(text)<|im_end|>\n<|im_start|>assistant\n"
  }

  /// What a single prompt with the whole text gives.
  private func answer(_ text: String, maxTokens: Int) throws -> String {
    let outcome = try run([
      Files.program!, "--profile", Files.hostProfile, "--raw", "--prompt", text, "--max-tokens",
      "\(maxTokens)", "--quiet",
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
    return outcome.output
  }

  private func chat(
    _ lines: String, _ options: [String] = ["--max-tokens", "24"]
  ) throws -> Outcome {
    try run(Self.command + options, input: Data(lines.utf8))
  }

  @Test func theSecondAnswerIsThatOfTheWholeConversation() throws {
    let outcome = try chat("\(Self.first)\n\(Self.second)\n", ["--max-tokens", "60", "--quiet"])
    #expect(outcome.code == 0 && outcome.error.isEmpty, "\(outcome.error)")
    let prompt = Self.system + Self.turn(Self.first)
    let firstAnswer = try answer(prompt, maxTokens: 60)
    #expect(firstAnswer.contains("Paris"))
    let secondAnswer = try answer(
      prompt + firstAnswer.dropLast() + "<|im_end|>\n" + Self.turn(Self.second), maxTokens: 60)
    #expect(secondAnswer.contains("Rome"))
    #expect(outcome.output == firstAnswer + secondAnswer)
  }

  /// `--tools`: the template gets them, calls are bound to them and shown, and wrong ones are refused.
  @Test func toolsAreToldOf() throws {
    let folder = try Folder()
    let tools =
      #"[{"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}]"#
    let file = try folder.write("tools.json", Data(tools.utf8))
    let refusing = try folder.write(
      "refusing.jinja", Data("{{ raise_exception(tools[0].function.name) }}<tool_call>".utf8))
    let outcome = try chat(
      "hi\n/reset\n", ["--tools", file, "--chat-template", refusing, "--quiet"])
    #expect(outcome.code == 65 && outcome.error == "edge-infer: now\n")
    let answer = try chat("hi\n/reset\nhi\n", ["--tools", file, "--max-tokens", "8", "--quiet"])
    let lines = answer.output.split(separator: "\n")
    #expect(answer.code == 0 && !lines.isEmpty, "\(answer.error)")
    for (text, message) in [
      ("{}", "tools must be a list"), ("[{}]", "must be an object with a function"),
      ("[", "the JSON is not whole"), ("[x", "it is not JSON after byte 1"),
    ] {
      let wrong = try folder.write("wrong.json", Data(text.utf8))
      let refused = try chat("hi\n", ["--tools", wrong, "--quiet"])
      #expect(refused.code == 65 && refused.errorLines.count == 1, "\(refused.error)")
      #expect(refused.error.contains(message), "\(refused.error)")
    }
  }

  /// An answer that is cut goes on in the cache with its last token, and is closed; a stop text does not
  /// belong to the answer.
  @Test(arguments: [["--max-tokens", "5"], ["--max-tokens", "60", "--stop", "is Paris"]])
  func anAnswerThatWasCutIsClosed(options: [String]) throws {
    let outcome = try chat("\(Self.first)\n\(Self.second)\n", options + ["--quiet"])
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == 2, "\(outcome.output)")
    let text =
      Self.system + Self.turn(Self.first) + lines[0] + "<|im_end|>\n" + Self.turn(Self.second)
    let whole = try answer(text, maxTokens: Int(options[1])!)
    #expect(outcome.output == lines[0] + "\n" + whole)
  }

  /// A template that changes earlier answers, as those do that leave thoughts out: what is read for the
  /// second answer is what the template writes.
  @Test func theTemplateWritesEarlierAnswers() throws {
    let folder = try Folder()
    let template = try folder.write(
      "chat.jinja",
      Data(
        """
        {% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}\
        {% if m.content == 'refuse' %}{{ raise_exception('not this') }}{% endif %}\
        {{ m.content | replace(' is ', ' was ') if m.role == 'assistant' else m.content }}\
        {{ '<|im_end|>\\n' }}{% endfor %}\
        {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}\
        {% if enable_thinking == false %}No: {% endif %}
        """.utf8))
    let options = ["--max-tokens", "60", "--quiet", "--chat-template", template, "--think", "off"]
    let outcome = try chat("\(Self.first)\n\(Self.second)\n", options)
    let prompt = Self.turn(Self.first) + "No: "
    let firstAnswer = try answer(prompt, maxTokens: 60)
    #expect(firstAnswer.contains(" is "))
    let changed = firstAnswer.dropLast().replacing(" is ", with: " was ")
    let secondAnswer = try answer(
      Self.turn(Self.first) + changed + "<|im_end|>\n" + Self.turn(Self.second) + "No: ",
      maxTokens: 60)
    #expect(outcome.output == firstAnswer + secondAnswer, "\(outcome.error)")
    let refused = try chat("refuse\n", options)
    #expect(refused.code == 65 && refused.error == "edge-infer: not this\n", "\(refused.error)")
  }

  @Test func commandsGoToStandardError() throws {
    let outcome = try chat("/stats\n\n/help\n/nothing\n\(Self.first)\r\n/stats now\n/exit\nno\n")
    #expect(outcome.code == 0)
    #expect(outcome.output.split(separator: "\n").count == 1)
    for words in ["0 messages, 0 tokens", "/reset ", "'/nothing'", "1 message, ", "2048 slots"] {
      #expect(outcome.error.contains(words), "\(words) in: \(outcome.error)")
    }
  }

  @Test func resetForgets() throws {
    let once = try chat("\(Self.first)\n").output
    #expect(try chat("\(Self.first)\n/reset\n\(Self.first)\n").output == once + once)
  }

  /// The same with random numbers, which begin anew too.
  @Test func aSeedGivesTheSameConversation() throws {
    let options = ["--max-tokens", "24", "--temperature", "1", "--seed", "3", "--quiet"]
    let lines = "\(Self.first)\n\(Self.second)\n"
    let both = try chat(lines, options).output
    #expect(try chat(lines + "/reset\n" + lines, options).output == both + both)
    #expect(try chat(lines, options + ["--threads", "1"]).output == both)
    #expect(try chat(lines, options.map { $0 == "3" ? "4" : $0 }).output != both)
  }

  @Test func aLongConversationStaysInTheBudget() throws {
    let lines = (1...6).map { "Tell me about the number \($0).\n" }.joined()
    let outcome = try chat(
      lines + "/stats\n", ["--max-tokens", "40", "--budget", "64", "--block", "16"])
    #expect(outcome.code == 0)
    #expect(outcome.output.split(separator: "\n").count >= 6)
    #expect(outcome.error.contains("64 of 64 slots filled"), "\(outcome.error)")
  }

  /// What follows is as if the conversation had gone on; an answer that was cut is whole in the file.
  @Test(arguments: ["24", "5"])
  func aSavedConversationGoesOn(maxTokens: String) throws {
    let folder = try Folder()
    let file = folder.path("talk")
    let options = ["--max-tokens", maxTokens, "--quiet"]
    let whole = try chat("\(Self.first)\n\(Self.second)\n", options).output
    let first = try chat("\(Self.first)\n/save  \(file) \n", options)
    #expect(first.code == 0 && first.error.contains("saved: "), "\(first.error)")
    let then = try chat("Hi.\n/load \(file)\n\(Self.second)\n", options)
    #expect(then.code == 0 && then.error.contains("loaded: "), "\(then.error)")
    let secondAnswer = whole.dropFirst(first.output.count)
    #expect(whole.hasPrefix(first.output) && then.output.hasSuffix(secondAnswer))
    for line in ["/save", "/load", "/save \(file)", "/load \(folder.path("none"))"] {
      let outcome = try chat(line + "\n", options)
      #expect(outcome.code != 0 && outcome.errorLines.count == 1, "\(line): \(outcome.error)")
    }
    let other = try chat("/load \(file)\n", options + ["--budget", "64", "--block", "16"])
    #expect(other.code == 65 && other.error.contains("--budget"), "\(other.error)")
  }

  @Test func whatCannotBeTakenIsAnError() throws {
    let common = ["--policy", "full", "--budget", "64", "--block", "16", "--max-tokens", "8"]
    let full = try chat(String(repeating: Self.first + "\n", count: 9), common + ["--quiet"])
    #expect(full.code == 65 && full.errorLines.count == 1, "\(full.error)")
    let bytes = try run(Self.command + ["--quiet"], input: Data([0x61, 0xFF, 0x0A]))
    #expect(bytes.code == 65 && bytes.error.contains("UTF-8"))
    let long = try chat(String(repeating: "a", count: 70_000), ["--quiet"])
    #expect(long.code == 65 && long.error.contains("65536"))
    for options in [["--prompt", "x"], ["--raw"], ["--report", "x"], ["--logprobs"]] {
      #expect(try chat("", options).code == 64)
    }
  }
}

/// A terminal's keys.
@Suite(
  .serialized,
  .enabled(
    if: Files.canRun && TerminalSession.isAvailable,
    "needs .build/release/edge-infer, the default model and setsid"))
struct ChatTerminalTests {
  private static let up = "\u{1B}[A"
  private static let down = "\u{1B}[B"
  private static let left = "\u{1B}[D"

  private func start(_ options: [String] = ["--max-tokens", "16"]) throws -> TerminalSession {
    let session = try TerminalSession(
      [Files.program!, "chat", "--profile", Files.hostProfile] + options)
    try #require(session.wait(for: "/help lists the commands"))
    try #require(session.wait(for: "> "))
    return session
  }

  private func piped(_ lines: String, maxTokens: String = "16") throws -> String {
    try run(
      [Files.program!, "chat", "--profile", Files.hostProfile, "--max-tokens", maxTokens],
      input: Data(lines.utf8)
    ).output
  }

  /// Waits until the answers so far are those of `lines` through a pipe.
  private func expect(
    _ session: TerminalSession, _ lines: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try piped(lines)
    #expect(
      session.wait { session.output.utf8.count >= expected.utf8.count },
      "\(session.screen)", sourceLocation: sourceLocation)
    #expect(session.output == expected, sourceLocation: sourceLocation)
    #expect(session.wait(for: "\r> \u{1B}[K"), sourceLocation: sourceLocation)
  }

  @Test func twoTurnsHistoryAndCommands() throws {
    let session = try start()
    #expect(session.wait { !session.echoes })
    session.send("What is the capital of France?\r")
    try expect(session, "What is the capital of France?\n")
    session.send("Why?\r")
    try expect(session, "What is the capital of France?\nWhy?\n")
    session.send("/reset\r")
    #expect(session.wait(for: "/reset"))
    // Past the first line and back down to it.
    session.send(Self.up + Self.up + Self.up + Self.up + Self.down + Self.up + "\r")
    try expect(
      session,
      "What is the capital of France?\nWhy?\n/reset\nWhat is the capital of France?\n")
    session.send("/load /none/of/these\r")
    #expect(session.wait(for: "'/none/of/these'"))
    session.send("/stats\r")
    #expect(session.wait(for: "1 message, "))
    #expect(session.wait(for: "peak resident"))
    #expect(session.wait(for: "> "))
    session.send("\u{4}")
    #expect(session.finish() == 0)
    #expect(session.echoes)
  }

  /// Left, home, end, backspace, delete, words, and characters of several bytes.
  @Test func linesAreEdited() throws {
    let session = try start()
    session.send("hat is the capitol of Itély")
    session.send("\u{1}W\u{5}")
    session.send(Self.left + "\u{1B}[D\u{7F}a\u{1B}[F?")
    session.send(String(repeating: "\u{1B}OD", count: 12) + "\u{1B}[3~a")
    session.send("\u{5} now \u{17}\u{8}\r")
    try expect(session, "What is the capital of Italy?\n")
    session.send("日本é" + Self.left + Self.left + "\u{1B}[3~\u{1B}[3~\r")
    try expect(session, "What is the capital of Italy?\n日\n")
    // Longer than a row.
    let long = String(repeating: "word ", count: 60)
    session.send(long + "\u{1}\u{B}" + long + "end?\u{15}Hi.\r")
    try expect(session, "What is the capital of Italy?\n日\nHi.\n")
    session.send("\u{4}")
    #expect(session.finish() == 0)
  }

  /// What is pasted, and lines that Alt-Enter begins, are one message; up brings it back whole.
  @Test func aMessageOfSeveralLines() throws {
    let session = try start()
    let text = "/What is\nthe capital\n\nof Italy?"
    let outcome = try run([
      Files.program!, "--profile", Files.hostProfile, "--prompt", text, "--max-tokens", "16",
      "--quiet",
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
    session.send("\u{1B}[200~/What is\r\nthe capital\n\nof France\u{3}\u{1B}[201~")
    #expect(session.wait(for: "of France"))
    #expect(session.output.isEmpty)
    session.send(String(repeating: "\u{7F}", count: 6) + "Italy?\r")
    #expect(session.wait { session.output.utf8.count >= outcome.output.utf8.count })
    #expect(session.output == outcome.output)
    session.send("/reset\r/What is\u{1B}\rthe capital\u{1B}\r\u{1B}\rof Italy?\r")
    #expect(session.wait { session.output.utf8.count >= 2 * outcome.output.utf8.count })
    #expect(session.output == outcome.output + outcome.output)
    session.send("/reset\r" + Self.up + Self.up + "\r")
    #expect(session.wait { session.output.utf8.count >= 3 * outcome.output.utf8.count })
    #expect(session.output.components(separatedBy: outcome.output).count == 4)
    session.send("\u{4}")
    #expect(session.finish() == 0)
  }

  /// All of a paste that is too long goes, and the next message is taken.
  @Test func aPasteThatIsTooLong() throws {
    let session = try start(["--max-tokens", "4"])
    let line = String(repeating: "word ", count: 700) + "\n"
    session.send("\u{1B}[200~")
    for _ in 0..<20 {
      session.send(line)
      _ = session.wait(seconds: 0.05) { false }
    }
    session.send("\u{1B}[201~")
    #expect(session.wait(for: "more than 65536 bytes"))
    #expect(session.output.isEmpty)
    session.send("Hi.\r")
    #expect(session.wait { session.output.contains("\n") })
    session.send("\u{4}")
    #expect(session.finish() == 0)
  }

  @Test func controlCStopsTheAnswerAndClearsTheLine() throws {
    let session = try start(["--max-tokens", "600"])
    session.send("garbage\u{3}")
    #expect(session.wait(for: "^C"))
    #expect(session.wait(for: "> "))
    session.send("Write a very long story about the sea.\r")
    #expect(session.wait { session.output.utf8.count > 40 })
    #expect(session.wait { session.echoes })
    session.send("\u{3}")
    #expect(session.wait(for: "\r> \u{1B}[K", seconds: 20))
    let cut = session.output
    #expect(cut.hasSuffix("\n"))
    let whole = try piped("Write a very long story about the sea.\n", maxTokens: "600")
    #expect(cut.utf8.count < whole.utf8.count && whole.hasPrefix(cut.dropLast()))
    session.send("What is the capital of France?\r")
    #expect(session.wait { session.output.dropFirst(cut.count).contains("\n") })
    session.send("/exit\r")
    #expect(session.finish() == 0)
    #expect(session.echoes)
  }

  /// Ctrl-C while a long message is read.
  @Test func controlCStopsTheReading() throws {
    let session = try start(["--max-tokens", "8", "--block", "16"])
    session.send(String(repeating: "many words ", count: 300))
    #expect(session.wait(for: "many"))
    session.send("\r")
    #expect(session.wait { session.echoes })
    session.send("\u{3}")
    #expect(session.wait(for: "\r> \u{1B}[K", seconds: 20))
    session.send("/stats\r")
    // It may have come before the first block.
    #expect(session.wait(for: ", 0 tokens taken, "))
    session.send("Hi.\r")
    #expect(session.wait { session.output.contains("\n") })
    session.send("\u{4}")
    #expect(session.finish() == 0)
  }

  @Test(arguments: [SIGTERM, SIGHUP, SIGQUIT])
  func aSignalRestoresTheTerminal(signal: Int32) throws {
    let session = try start()
    #expect(session.wait { !session.echoes })
    session.end(signal)
    #expect(session.finish() == 128 + signal)
    #expect(session.echoes)
  }

  @Test func aMessageThatDoesNotFitIsToldOf() throws {
    let session = try start(
      ["--policy", "full", "--budget", "64", "--block", "16", "--max-tokens", "4"])
    session.send(String(repeating: "word ", count: 100) + "\r")
    #expect(session.wait(for: "slots that policy full has here"))
    session.send("/reset\r")
    session.send("Hi.\r")
    #expect(session.wait { session.output.contains("\n") })
    session.send("\u{4}")
    #expect(session.finish() == 0)
  }
}
