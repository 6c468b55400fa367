import Foundation
import TestSupport
import Testing

/// `--save-cache`, `--load-cache` and `--positions`, on the default model.
@Suite(
  .serialized,
  .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct SavedCacheTests {
  private let folder: Folder
  private let tokens: String

  init() throws {
    folder = try Folder()
    let ids = (0..<300).map { "\(100 + $0 * 37 % 40_000)" }.joined(separator: " ")
    tokens = try folder.write("ids", Data(ids.utf8))
  }

  private func command(_ arguments: [String], budget: Int = 64) -> [String] {
    [
      Files.program!, "--profile", Files.hostProfile, "--budget", "\(budget)", "--block", "32",
      "--quiet",
    ] + arguments
  }

  private func succeed(_ arguments: [String]) throws -> String {
    let outcome = try run(command(arguments))
    #expect(outcome.code == 0, "\(outcome.error)")
    return outcome.output
  }

  /// A run that continues gives the tokens of one that was not interrupted.
  @Test(arguments: ["keydiff", "h2o", "snapkv", "sink", "l2"])
  func continuingChangesNothing(policy: String) throws {
    let cache = folder.path("cache")
    let whole = try succeed([
      "--tokens", tokens, "--max-tokens", "24", "--policy", policy, "--save-cache", cache,
    ])
    #expect(!whole.isEmpty)
    let continued = try succeed([
      "--load-cache", cache, "--max-tokens", "24", "--policy", policy, "--threads", "1",
    ])
    #expect(continued == whole)
  }

  /// More text behind a saved cache is the same as all of it at once, where a block ends there.
  @Test func aPromptFollows() throws {
    let ids = try String(contentsOfFile: tokens, encoding: .utf8).split(separator: " ")
    let first = try folder.write("first", Data(ids[..<192].joined(separator: " ").utf8))
    let second = try folder.write("second", Data(ids[192...].joined(separator: " ").utf8))
    let cache = folder.path("cache")
    _ = try succeed(["--tokens", first, "--max-tokens", "0", "--save-cache", cache])
    let parts = try succeed(["--load-cache", cache, "--tokens", second, "--max-tokens", "16"])
    #expect(try succeed(["--tokens", tokens, "--max-tokens", "16"]) == parts)
  }

  @Test func anotherRunsCacheIsRefused() throws {
    let cache = folder.path("cache")
    _ = try succeed(["--tokens", tokens, "--max-tokens", "0", "--save-cache", cache])
    let faults: [([String], String)] = [
      (["--policy", "tova"], "was saved with policy keydiff, expected this run's tova"),
      (["--sinks", "4"], "was saved with --sinks 0, expected this run's 4"),
      (["--recent", "8"], "was saved with --recent 0, expected this run's 8"),
      (["--positions", "compact"], "was saved with --positions compact 0, expected this run's 1"),
    ]
    for (arguments, reason) in faults {
      try expectError(
        65, command(["--load-cache", cache, "--max-tokens", "1"] + arguments), mentions: [reason])
    }
    try expectError(
      65, command(["--load-cache", cache, "--max-tokens", "1"], budget: 65),
      mentions: ["was saved with --budget 64, expected this run's 65"])
    try expectError(
      66, command(["--load-cache", folder.path("absent")]), mentions: ["no such file"])
  }

  /// Cut anywhere, or with any byte changed, a file is refused.
  @Test func damagedFilesAreRefused() throws {
    let cache = folder.path("cache")
    _ = try succeed(["--tokens", tokens, "--max-tokens", "0", "--save-cache", cache])
    let whole = try Data(contentsOf: URL(fileURLWithPath: cache))
    for count in [0, 1, 7, 8, 135, 136, 137, whole.count / 2, whole.count - 1] {
      let path = try folder.write("cut", whole[..<count])
      try expectError(
        65, command(["--load-cache", path, "--max-tokens", "1"]),
        mentions: [count < 136 ? "not a saved cache" : "truncated or too long"])
    }
    for place in [8, 16, 24, 80, 88, 96, 104, 112, 120, 128, 136, whole.count / 3, whole.count - 1]
    {
      var changed = whole
      changed[place] ^= 0x41
      let path = try folder.write("changed", changed)
      try expectError(65, command(["--load-cache", path, "--max-tokens", "1"]), mentions: [path])
    }
    let longer = try folder.write("longer", whole + Data([0]))
    try expectError(
      65, command(["--load-cache", longer, "--max-tokens", "1"]),
      mentions: ["truncated or too long"])
  }

  /// A process that is killed while it writes leaves the old file whole.
  @Test func theOldFileOutlivesAKilledWriter() throws {
    let cache = folder.path("cache")
    _ = try succeed(["--tokens", tokens, "--max-tokens", "0", "--save-cache", cache])
    let whole = try Data(contentsOf: URL(fileURLWithPath: cache))
    var wasCaught = false
    for _ in 0..<40 where !wasCaught {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Files.program!)
      process.arguments = Array(
        command(["--tokens", tokens, "--max-tokens", "0", "--save-cache", cache, "--sinks", "1"])
          .dropFirst())
      try process.run()
      while process.isRunning && !FileManager.default.fileExists(atPath: cache + ".partial") {}
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      wasCaught = FileManager.default.fileExists(atPath: cache + ".partial")
      if wasCaught {
        #expect(try Data(contentsOf: URL(fileURLWithPath: cache)) == whole)
      } else {
        try whole.write(to: URL(fileURLWithPath: cache))
      }
    }
    #expect(wasCaught)
  }

  @Test func positionsAreChecked() throws {
    try expectError(
      64, command(["--positions", "dense"]), mentions: ["dense", "original or compact"])
    try expectError(
      64, command(["--positions", "compact", "--policy", "full"]), mentions: ["full"])
    try expectError(
      78, command(["--positions", "compact", "--tokens", tokens], budget: 8161),
      mentions: ["8193", "8192"])
  }

  /// Past the trained length tokens get less likely, and the more so the further, unless positions
  /// are renumbered.
  @Test(.enabled(if: Files.hasGolden("wikitext.tokens"), "needs ../shared"))
  func renumberedTextStaysLikely() throws {
    let golden = Files.golden("wikitext.tokens").path
    let ids = try String(contentsOfFile: golden, encoding: .utf8).split(
      whereSeparator: \.isWhitespace)
    // 8,192 tokens, and the first 1,024 again.
    let long = try folder.write("long", Data((ids + ids[..<1024]).joined(separator: " ").utf8))
    func likelihood(_ positions: String) throws -> Double {
      let outcome = try run([
        Files.program!, "score", "--profile", Files.hostProfile, "--tokens", long, "--skip",
        "8320", "--budget", "512", "--recent", "0.5", "--positions", positions,
      ])
      #expect(outcome.code == 0, "\(outcome.error)")
      let words = outcome.output.split(separator: " ")
      return try #require(Double(words[3]))
    }
    let (original, compact) = (try likelihood("original"), try likelihood("compact"))
    #expect(original > compact + 0.1, "\(original) \(compact)")
  }
}
