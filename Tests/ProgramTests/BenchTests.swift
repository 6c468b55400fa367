import Foundation
import TestSupport
import Testing

/// `bench`: its figures agree with one another, and what it cannot do it says in one line.
@Suite(.serialized, .enabled(if: Files.program != nil, "needs .build/release/edge-infer"))
struct BenchTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let shape = ["--shape", "smollm2-135m"]

  /// The report of a measurement that must succeed.
  private func measure(
    _ arguments: [String], command: [String] = [Files.program!],
    profile: String = Files.hostProfile
  ) throws -> [String: Any] {
    let report = folder.path("bench.json")
    let outcome = try run(
      command + ["bench", "--profile", profile, "--json", report] + arguments)
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.isEmpty)
    return try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report)))
      as! [String: Any]
  }

  private static func number(_ object: Any?, _ key: String) -> Double {
    ((object as! [String: Any])[key] as! NSNumber).doubleValue
  }

  /// Tokens a second, median, extremes and the list of all times belong together.
  private static func check(spread: Any?, tokens: Int, repeats: Int) {
    let all = ((spread as! [String: Any])["allUs"] as! [NSNumber]).map { $0.doubleValue }.sorted()
    #expect(all.count == repeats)
    #expect(Int(number(spread, "tokens")) == tokens)
    let median = number(spread, "medianUs")
    #expect(abs(median - (all[(repeats - 1) / 2] + all[repeats / 2]) / 2) < 0.2)
    #expect(number(spread, "minUs") == all.first!)
    #expect(number(spread, "maxUs") == all.last!)
    #expect(all.first! <= median && median <= all.last!)
    for (rate, time) in [
      ("tokensPerSecond", "medianUs"), ("minTokensPerSecond", "maxUs"),
      ("maxTokensPerSecond", "minUs"),
    ] {
      let expected = Double(tokens) / (number(spread, time) / 1e6)
      #expect(abs(number(spread, rate) / expected - 1) < 1e-3, "\(rate)")
    }
    let run = ((spread as! [String: Any])["allUs"] as! [NSNumber])[Int(number(spread, "medianRun"))]
    #expect(run.doubleValue == all[(repeats - 1) / 2])
    #expect(number(spread, "totalUs") <= run.doubleValue)
  }

  private static func checkBlocks(_ result: [String: Any], tokens: Int, count: Int) {
    let blocks = result["blocks"] as! [[String: Double]]
    #expect(blocks.count == count)
    #expect(blocks.reduce(0.0) { $0 + $1["tokens"]! } == Double(tokens))
    for part in ["totalUs", "linearUs", "attentionUs", "scoreUs", "evictUs", "otherUs"] {
      let sum = blocks.reduce(0.0) { $0 + $1[part]! }
      #expect(abs(sum - number(result["prefill"], part)) < 1, "\(part)")
    }
  }

  @Test(arguments: [1, 2, 3])
  func theFiguresAgree(repeats: Int) throws {
    let report = try measure(
      Self.shape + [
        "--prompt", "96,33", "--generate", "5", "--repeat", "\(repeats)", "--block", "32",
        "--budget", "48",
      ])
    let results = report["results"] as! [[String: Any]]
    #expect(results.count == 2)
    for (result, length) in zip(results, [96, 33]) {
      #expect(Int(Self.number(result, "promptTokens")) == length)
      Self.check(spread: result["prefill"], tokens: length, repeats: repeats)
      Self.check(spread: result["decode"], tokens: 5, repeats: repeats)
      Self.checkBlocks(result, tokens: length, count: (length + 31) / 32)
      let limits = report["limits"]
      let multiply = result["multiply"]
      #expect(Self.number(multiply, "macsPerToken") == 106_168_320)
      #expect(
        Self.number(limits, "macsPerSecond") >= 0.9 * Self.number(multiply, "linearMacsPerSecond"))
      #expect(Self.number(multiply, "macsPerSecond") < Self.number(multiply, "linearMacsPerSecond"))
      let macs = 106_168_320 * Double(length)
      let expected = macs / (Self.number(result["prefill"], "linearUs") / 1e6)
      #expect(abs(Self.number(multiply, "linearMacsPerSecond") / expected - 1) < 1e-3)
      Self.checkAttention(result, length: length, limits)
      #expect(result["waits"] == nil)
      let read = result["read"]
      let bytes = Self.number(read, "bytesPerToken")
      #expect(bytes > 134_515_008 && bytes < 150_000_000)
      let rate = bytes * Self.number(result["decode"], "tokensPerSecond")
      #expect(abs(Self.number(read, "bytesPerSecond") / rate - 1) < 1e-3)
      #expect(Self.number(limits, "readBytes") >= 67_108_864)
    }
    let memory = report["memory"] as! [String: Int]
    let plan = report["plan"] as! [String: Any]
    #expect(memory["peakResidentBytes"]! <= plan["totalBytes"] as! Int)
    #expect(memory["arenaBytes"]! == plan["arenaBytes"] as! Int)
  }

  /// 9 heads of 64 elements in 30 layers; blocks of 32 tokens, behind at most 48 slots.
  private static func checkAttention(_ result: [String: Any], length: Int, _ limits: Any?) {
    var seen = 0
    for token in 0..<length { seen += min(token / 32 * 32, 48) + token % 32 + 1 }
    let attention = result["attention"]
    let macs = 2 * 9 * 64 * 30 * seen
    #expect(Int(number(attention, "macs")) == macs)
    let rate = Double(macs) / (number(result["prefill"], "attentionUs") / 1e6)
    #expect(abs(number(attention, "macsPerSecond") / rate - 1) < 1e-3)
    let share = number(attention, "macsPerSecond") / number(limits, "multiplyAddsPerSecond")
    #expect(abs(number(attention, "ofLimit") - share) < 1e-3)
    #expect(share > 0 && share < 1)
  }

  /// Each thread waits for less time than the block took; of several, not all are the last at each barrier.
  @Test(arguments: [1, 3])
  func waits(threads: Int) throws {
    let report = try measure(
      Self.shape + [
        "--waits", "--prompt", "70", "--generate", "4", "--repeat", "2", "--block", "32",
        "--threads", "\(threads)",
      ])
    let result = (report["results"] as! [[String: Any]])[0]
    let waits = result["waits"] as! [String: [[String: Double]]]
    for phase in ["prefill", "decode"] {
      #expect(waits[phase]!.count == threads)
      let waited = waits[phase]!.map { $0["linearUs"]! + $0["attentionUs"]! + $0["otherUs"]! }
      for (thread, time) in zip(waits[phase]!, waited) {
        // A thread beyond the cores that the process may use is not at work.
        let total = thread["totalUs"]!
        #expect(time >= 0 && (time < total || total == 0 && time == 0))
      }
      #expect(waits[phase]![0]["totalUs"]! > 0)
      if threads > 1 { #expect(waited.contains { $0 > 0 }) }
    }
  }

  /// Passes of several tokens, in passes of one, under a policy that evicts and one that keeps all.
  @Test(arguments: ["keydiff", "full"])
  func passes(policy: String) throws {
    let report = try measure(
      Self.shape + [
        "--passes", "--prompt", "70", "--generate", "2", "--repeat", "1", "--block", "32",
        "--budget", "48", "--policy", policy,
      ])
    let result = (report["results"] as! [[String: Any]])[0]
    let passes = result["passes"] as! [[String: Double]]
    #expect(passes.map { $0["tokens"] } == [1, 2, 4, 8])
    #expect(passes[0]["ofOne"] == 1)
    for pass in passes {
      let ratio = pass["medianUs"]! / passes[0]["medianUs"]!
      #expect(abs(pass["ofOne"]! - ratio) < 1e-3 * ratio)
      #expect(pass["minUs"]! <= pass["medianUs"]! && pass["medianUs"]! <= pass["maxUs"]!)
      #expect(pass["linearUs"]! > 0 && pass["logitsUs"]! > 0)
      #expect(pass["linearUs"]! + pass["attentionUs"]! < pass["totalUs"]!)
    }
    #expect(passes[0]["undoUs"]! < passes[3]["undoUs"]!)
  }

  /// A policy that cannot undo evictions has no passes of several tokens.
  @Test func passesThatCannotBe() throws {
    let report = try measure(
      Self.shape + [
        "--passes", "--prompt", "33", "--generate", "2", "--repeat", "1", "--block", "32",
        "--budget", "48", "--policy", "h2o",
      ])
    let result = (report["results"] as! [[String: Any]])[0]
    #expect((result["passes"] as! [Any]).isEmpty)
  }

  private static func regions(_ plan: Any?) -> [String: Int] {
    let regions = (plan as! [String: Any])["regions"] as! [[String: Any]]
    return Dictionary(
      uniqueKeysWithValues: regions.map { ($0["name"] as! String, $0["bytes"] as! Int) })
  }

  /// A shape from the catalogue is planned as the model of that shape is.
  @Test(.enabled(if: Files.model != nil, "needs the default model"))
  func theShapesPlanIsTheModels() throws {
    let arguments = ["--prompt", "16", "--generate", "1", "--repeat", "1"]
    let made = try measure(Self.shape + arguments)
    let real = try measure(arguments)
    #expect((made["model"] as! [String: Any])["madeUp"] as! Bool)
    #expect(!((real["model"] as! [String: Any])["madeUp"] as! Bool))
    #expect(Self.regions(made["plan"]) == Self.regions(real["plan"]))
    // What is measured has no proposals.
    let outcome = try run([
      Files.program!, "plan", "--json", "--profile", Files.hostProfile, "--speculate", "off",
    ])
    let plan = Self.regions(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)))
    let planned = Self.regions(made["plan"])
    for name in plan.keys
    where ![
      "tokenizer", "chat template", "text buffers", "tables", "latency records", "alignment",
    ].contains(name) {
      #expect(planned[name] == plan[name], "\(name)")
    }
  }

  /// The slots follow from the prompt and the answer, whatever the profile's budget.
  @Test func aFullCacheHasTheSlotsItNeeds() throws {
    let report = try measure(
      Self.shape + [
        "--policy", "full", "--budget", "16", "--block", "32", "--prompt", "40,100", "--generate",
        "7", "--repeat", "1",
      ])
    let settings = report["run"] as! [String: Any]
    #expect(settings["policy"] as! String == "full")
    #expect((settings["blockSize"] as! Int) + (settings["cacheBudget"] as! Int) == 107)
  }

  @Test func theTableIsShown() throws {
    let command = [Files.program!, "bench", "--profile", Files.hostProfile] + Self.shape
    let arguments = ["--prompt", "16", "--generate", "2", "--repeat", "1"]
    let shown = try run(command + arguments)
    #expect(shown.code == 0)
    #expect(shown.output.isEmpty)
    for word in [
      "KV keys", "memory sealed in", "smollm2-135m", "median", "prompt", "decode", "block time",
      "linear", "int8 multiply", "GMAC/s", "memory read", "streaming read", "peak resident",
    ] { #expect(shown.error.contains(word), "\(word)") }
    let quiet = try run(command + ["speed", "--quiet"] + arguments)
    #expect(quiet.code == 0)
    #expect(quiet.error.isEmpty)
  }
}

/// What `bench` refuses.
@Suite(.enabled(if: Files.program != nil, "needs .build/release/edge-infer"))
struct BenchErrorTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let seventeenLengths = Array(repeating: "8", count: 17).joined(separator: ",")

  private func expect(
    _ code: Int32, _ arguments: [String], mentions words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try expectError(
      code, [Files.program!, "bench", "--profile", Files.hostProfile] + arguments,
      mentions: words, sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    (["--prompt", "0"], "--prompt"), (["--prompt", "512,0"], "512,0"),
    (["--prompt", ""], "--prompt"),
    (["--prompt", "8,"], "8,"), (["--prompt", ",8"], ",8"), (["--prompt", "8;9"], "8;9"),
    (["--prompt", "-8"], "-8"), (["--prompt", "1048577"], "1048576"),
    (["--prompt", "99999999999999999999"], "1048576"),
    (["--prompt", seventeenLengths], "at most 16"), (["--generate", "0"], "--generate"),
    (["--generate", "65537"], "65536"), (["--repeat", "0"], "--repeat"),
    (["--repeat", "101"], "100"), (["--repeat", "x"], "--repeat"), (["faster"], "faster"),
    (["speed", "speed"], "speed"), (["--prompt-file", "x"], "--prompt"),
    (["--block", "0"], "--block"), (["--shape", "llama-9-9b"], "llama-3.2-1b, llama-3.2-3b"),
    (["--shape", ""], "smollm2-135m"), (["--shape"], "--shape"),
    (["--shape", "smollm2-135m", "--model", "m.gguf"], "--model and --shape"),
  ])
  func badArguments(arguments: [String], word: String) throws {
    try expect(64, arguments, mentions: [word])
  }

  @Test func aMissingModel() throws {
    try expect(66, ["--model", "no-such-model.gguf"], mentions: ["no-such-model.gguf"])
    // Without either option the model is the profile's.
    let path = try profile(folder, ["model": "no-such-model.gguf"])
    let outcome = try run([Files.program!, "bench", "--profile", path])
    #expect(outcome.code == 66)
    #expect(outcome.error.contains("no-such-model.gguf"))
  }

  @Test func aShapeOverTheCap() throws {
    try expect(
      78, ["--shape", "llama-3.1-8b"], mentions: ["MiB over the cap of 2048.0 MiB", "a cap of"])
    try expect(
      78, ["--shape", "smollm2-135m", "--policy", "full", "--prompt", "1000000"],
      mentions: ["MiB over", "a cap of"])
  }

  @Test func aReportThatCannotBeWritten() throws {
    let arguments = ["--shape", "smollm2-135m", "--prompt", "4", "--generate", "1", "--quiet"]
    let report = folder.path("no-folder/bench.json")
    try expect(66, arguments + ["--json", report], mentions: ["bench.json"])
  }
}
