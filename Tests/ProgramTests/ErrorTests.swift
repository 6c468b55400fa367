import Foundation
import TestSupport
import Testing

/// Bad input of every kind: the right exit code and one line that says what is wrong.
@Suite(.enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct ErrorTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func expect(
    _ code: Int32, _ arguments: [String], mentions words: [String], input: Data = Data(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try run([Files.program!] + arguments + ["--quiet"], input: input)
    #expect(outcome.code == code, "\(outcome.error)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    #expect(outcome.errorLines.count == 1, "\(outcome.error)", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        outcome.error.contains(word), "\(word) in: \(outcome.error)",
        sourceLocation: sourceLocation)
    }
  }

  @Test func unknownProfileField() throws {
    let path = try profile(folder, ["colour": "red"])
    try expect(78, ["--profile", path, "--prompt", "x"], mentions: ["profile.json", "colour"])
  }

  @Test func missingProfile() throws {
    try expect(
      66, ["--profile", folder.path("none.json"), "--prompt", "x"], mentions: ["none.json"])
    try expect(66, ["--profile", "none.json", "--prompt", "x"], mentions: ["'none.json'"])
    let alone = try run([Files.program!])
    #expect(alone.code == 64 && alone.errorLines.count == 1 && alone.error.contains("--prompt"))
  }

  @Test func missingModel() throws {
    let path = try profile(folder)
    try expect(
      66, ["--profile", path, "--model", "no-such-model.gguf", "--prompt", "x"],
      mentions: ["no-such-model.gguf"])
  }

  @Test func textInPlaceOfAModel() throws {
    let path = try profile(folder)
    let text = try folder.write("notes.gguf", Data("These are only notes.\n".utf8))
    try expect(
      65, ["--profile", path, "--model", text, "--prompt", "x"], mentions: ["notes.gguf", "GGUF"])
    try expect(
      65,
      [
        "--profile", path, "--model", try folder.write("empty.gguf", Data()),
        "--prompt", "x",
      ], mentions: ["empty.gguf"])
  }

  @Test(arguments: [3, 1000, 1_500_000, 1_785_664, 50_000_000, 98_362_431])
  func truncatedModel(byteCount: Int) throws {
    let path = try profile(folder)
    let handle = FileHandle(forReadingAtPath: Files.model!)!
    let short = try folder.write("short.gguf", handle.readData(ofLength: byteCount))
    try expect(
      65, ["--profile", path, "--model", short, "--prompt", "x"], mentions: ["short.gguf"])
  }

  @Test func capTooSmall() throws {
    let path = try profile(folder, ["ramCapMiB": 180])
    try expect(
      78, ["--profile", path, "--prompt", "x"],
      mentions: ["180.0 MiB", "MiB over", "--budget", "a cap of"])
  }

  /// What the error says would fit does fit.
  @Test func theAdviceFits() throws {
    let path = try profile(folder, ["ramCapMiB": 180])
    let refused = try run([Files.program!, "plan", "--profile", path])
    #expect(refused.code == 78)
    for option in ["--budget", "--block"] {
      guard let range = refused.error.range(of: option + " ") else { continue }
      let value = String(refused.error[range.upperBound...].prefix { $0.isNumber })
      let fits = try run([Files.program!, "plan", "--profile", path, option, value])
      #expect(fits.code == 0, "\(fits.error)")
      let next = String(Int(value)! + 64)
      let tooLarge = try run([Files.program!, "plan", "--profile", path, option, next])
      #expect(tooLarge.code == 78)
    }
  }

  @Test func promptThatIsNotUTF8() throws {
    let path = try profile(folder)
    let text = try folder.write("latin1.txt", Data([0x63, 0x61, 0x66, 0xE9, 0x0A]))
    try expect(
      65, ["--profile", path, "--prompt-file", text], mentions: ["byte 3", "UTF-8"])
    try expect(
      65, ["--profile", path, "--prompt-file", "-"], mentions: ["byte 3", "UTF-8"],
      input: Data([0x63, 0x61, 0x66, 0xE9, 0x0A]))
  }

  @Test func tokensThatAreNoTokens() throws {
    let path = try profile(folder)
    let words = try folder.write("words.tokens", Data("12 13 fourteen".utf8))
    try expect(
      65, ["--profile", path, "--tokens", words], mentions: ["words.tokens", "fourteen", "byte 6"])
    let large = try folder.write("large.tokens", Data("12 49152".utf8))
    try expect(65, ["--profile", path, "--tokens", large], mentions: ["49152"])
  }

  @Test(arguments: [
    ["--policy", "best"], ["--block", "0"], ["--budget", "-1"], ["--threads", "many"],
    ["--decode-threads", "3", "--threads", "2"], ["--decode-threads", "0"],
    ["--recent", "1.5"], ["--ram-cap-mib", "0"], ["--sinks", "99999"], ["--nonsense"],
    ["--max-tokens", "x"], ["--block"],
  ])
  func badArguments(arguments: [String]) throws {
    let path = try profile(folder)
    try expect(64, ["--profile", path, "--prompt", "x"] + arguments, mentions: [arguments[0]])
  }

  @Test func emptyPrompt() throws {
    let path = try profile(folder)
    try expect(65, ["--profile", path, "--raw", "--prompt", ""], mentions: ["empty"])
  }

  @Test func fullCacheRefusesALongPrompt() throws {
    let path = try profile(folder, ["blockSize": 16, "cacheBudget": 16, "policy": "full"])
    let ids = try folder.write(
      "long.tokens", Data((0..<33).map { "\($0 + 100)" }.joined(separator: " ").utf8))
    try expect(65, ["--profile", path, "--tokens", ids], mentions: ["32 slots", "full"])
  }

  @Test func aBoardsProfileIsRefusedHere() throws {
    let board = Files.profile("pi5")
    try expect(69, ["--profile", board, "--prompt", "x"], mentions: ["pi5.json", "NEON"])
  }

  @Test func aReportThatCannotBeWritten() throws {
    let path = try profile(folder)
    try expect(
      66,
      [
        "--profile", path, "--raw", "--prompt", "x", "--max-tokens", "0", "--report",
        folder.path("no-folder/report.json"),
      ], mentions: ["report.json"])
  }

  /// What the file says is put aside. Llama 3's expression parts a line's end from the blanks behind it.
  @Test func anotherPreTokenizer() throws {
    func ids(_ options: [String]) throws -> String {
      let outcome = try run(
        [Files.program!, "tokenize", "--model", Files.model!, "--prompt", "in 1999.\n \tx"]
          + options)
      #expect(outcome.code == 0 && outcome.error.isEmpty, "\(outcome.error)")
      return outcome.output
    }
    #expect(try ids([]) == ids(["--pre-tokenizer", "smollm"]))
    #expect(try ids([]) != ids(["--pre-tokenizer", "llama-bpe"]))
    #expect(try ids(["--pre-tokenizer", "falcon3"]) == ids(["--pre-tokenizer", "llama-bpe"]))
    let path = try profile(folder)
    for name in ["", "gpt2", "smollm ", String(repeating: "x", count: 300)] {
      try expect(
        64, ["--profile", path, "--prompt", "x", "--pre-tokenizer", name],
        mentions: ["is no pre-tokenizer; --pre-tokenizer is"])
    }
  }

  /// Advice that works, by the processor: built for AVX-512 or not, under an emulator that has neither.
  @Test(
    .enabled(if: Files.tool("qemu-x86_64") != nil && isX86, "needs qemu-x86_64"),
    arguments: [
      ("Nehalem", ["AVX2 with FMA and F16C, which this one lacks", "no build runs on it"]),
      ("Haswell", ["which this one lacks", "--toolset Toolchain/x86-64-v3.json"]),
    ])
  func anotherProcessor(name: String, words: [String]) throws {
    let outcome = try run([
      Files.tool("qemu-x86_64")!, "-cpu", name, Files.program!, "--version",
    ])
    // A build for AVX2 alone runs on a Haswell.
    if name == "Haswell" && outcome.code == 0 { return }
    #expect(outcome.code == 69 && outcome.output.isEmpty)
    for word in words { #expect(outcome.error.contains(word), "\(outcome.error)") }
  }
}

#if arch(x86_64)
  private let isX86 = true
#else
  private let isX86 = false
#endif
