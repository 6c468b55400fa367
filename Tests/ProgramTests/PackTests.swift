import Foundation
import TestSupport
import Testing

/// `pack` and runs of what it writes, with the default model.
@Suite(
  .serialized,
  .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct PackTests {
  private let folder: Folder
  private let packed: String

  init() throws {
    folder = try Folder()
    packed = folder.path("model.edge")
    try Self.pack(to: packed)
  }

  private static func command(_ arguments: [String]) -> [String] {
    [Files.program!] + arguments + ["--profile", Files.hostProfile]
  }

  private static func pack(to path: String) throws {
    let outcome = try TestSupport.run(command(["pack", "--model", Files.model!, "-o", path]))
    #expect(outcome.code == 0 && outcome.error.isEmpty, "\(outcome.error)")
  }

  private func run(_ arguments: [String], model: String) throws -> Outcome {
    try TestSupport.run(Self.command(arguments + ["--model", model, "--quiet"]))
  }

  /// The same text, logits and ids as the GGUF file gives, with any count of threads.
  @Test func equalsTheGGUF() throws {
    let prompt = ["--prompt", "What is the capital of France?", "--max-tokens", "16"]
    let answer = try run(prompt, model: Files.model!).output
    #expect(answer.contains("Paris"))
    for threads in ["1", "2"] {
      let outcome = try run(prompt + ["--threads", threads], model: packed)
      #expect(outcome.code == 0 && outcome.output == answer, "\(outcome.error)")
    }
    let text = try folder.write("text", Data(String(repeating: "Löwen – 12,5 %\n", count: 20).utf8))
    let score = ["score", "--prompt-file", text, "--logits"]
    let paths = [folder.path("a"), folder.path("b")]
    let lines = [
      try run(score + [paths[0]], model: Files.model!), try run(score + [paths[1]], model: packed),
    ]
    #expect(lines[0].code == 0 && lines[0].output == lines[1].output, "\(lines[1].error)")
    let logits = try paths.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    #expect(logits[0] == logits[1] && !logits[0].isEmpty)
    let ids = try [Files.model!, packed].map {
      try TestSupport.run([Files.program!, "tokenize", "--model", $0, "--prompt-file", text])
        .output
    }
    #expect(ids[0] == ids[1] && ids[0].count > 100)
  }

  /// The plan counts the file's pages as it counts memory.
  @Test func thePlanIsTheSame() throws {
    let plans = try [Files.model!, packed].map {
      try TestSupport.run(Self.command(["plan", "--json", "--model", $0])).output
    }
    #expect(plans[0] == plans[1] && plans[0].contains("\"fits\": true"))
  }

  @Test func inspectTells() throws {
    let text = try TestSupport.run([Files.program!, "inspect", packed]).output
    let size = try Data(contentsOf: URL(fileURLWithPath: Files.model!)).count
    #expect(
      text.contains("packed for") && text.contains("source bytes          \(size)\n"), "\(text)")
    #expect(text.contains("layers                30\n"))
  }

  @Test func aSavedCacheIsOfEither() throws {
    let cache = folder.path("cache")
    let first = ["--prompt", "What is the capital of France?", "--max-tokens", "8"]
    let whole = try run(first + ["--save-cache", cache], model: Files.model!).output
    let then = try run(["--load-cache", cache, "--max-tokens", "8"], model: packed)
    #expect(then.output == whole, "\(then.error)")
  }

  @Test func damageIsFound() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: packed))
    for count in [7, 8, 4095, 1_000_000, whole.count / 2, whole.count - 1] {
      let path = try folder.write("cut", whole[..<count])
      let outcome = try run(["--prompt", "a"], model: path)
      #expect(outcome.code == 65 && outcome.errorLines.count == 1, "\(count): \(outcome.error)")
      if count >= 8 { #expect(outcome.error.contains("truncated"), "\(outcome.error)") }
    }
    // Metadata, tables of the tokenizer, weights.
    for (place, part) in [
      (5000, "metadata"), (2_200_000, "tokenizer"), (50_000_000, "weights"),
      (whole.count - 1, "weights"),
    ] {
      var changed = whole
      changed[place] ^= 1
      let path = try folder.write("changed", changed)
      let outcome = try run(["--prompt", "a"], model: path)
      #expect(outcome.code == 65 && outcome.errorLines.count == 1, "\(outcome.error)")
      #expect(outcome.error.contains("the checksum of its \(part)"), "\(place): \(outcome.error)")
    }
    var version = whole
    version[8] += 1
    let outcome = try run(["--prompt", "a"], model: folder.write("version", version))
    #expect(
      outcome.code == 65 && outcome.error.contains("version \(version[8]), expected \(whole[8])"))
  }

  @Test(
    .enabled(
      if: Files.tool("qemu-aarch64") != nil && Files.device("pi5") != nil,
      "needs qemu-aarch64 and Toolchain/build-device Profiles/pi5.json"))
  func anotherInstructionSetsIsRefused() throws {
    let board = Files.profile("pi5")
    let outcome = try TestSupport.run([
      Files.tool("qemu-aarch64")!, "-cpu", "cortex-a76", Files.device("pi5")!, "--profile", board,
      "--model", packed, "--prompt", "a",
    ])
    #expect(outcome.code == 65 && outcome.errorLines.count == 1, "\(outcome.error)")
    #expect(outcome.error.contains("'NEON dot product', which this program is built for"))
  }

  @Test func mistakesAreTold() throws {
    try expectError(64, Self.command(["pack"]), mentions: ["-o"])
    try expectError(64, Self.command(["-o", "x", "--prompt", "a"]), mentions: ["-o", "pack"])
    try expectError(
      65, Self.command(["pack", "--model", packed, "-o", folder.path("x")]), mentions: ["packed"])
    try expectError(
      66, Self.command(["pack", "-o", folder.path("none/x")]), mentions: ["none/x"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("x")))
  }

  /// A process that is killed while it writes leaves the old file whole.
  @Test func theOldFileOutlivesAKilledWriter() throws {
    let target = try folder.write("old", Data("the old file".utf8))
    var wasCaught = false
    for _ in 0..<20 where !wasCaught {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Files.program!)
      process.arguments = Array(Self.command(["pack", "-o", target]).dropFirst())
      try process.run()
      while process.isRunning && !FileManager.default.fileExists(atPath: target + ".partial") {}
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      wasCaught = FileManager.default.fileExists(atPath: target + ".partial")
    }
    #expect(wasCaught)
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "the old file")
    // What was left behind is in nobody's way.
    try Self.pack(to: target)
    #expect(try Data(contentsOf: URL(fileURLWithPath: target)).count > 100_000_000)
  }
}
