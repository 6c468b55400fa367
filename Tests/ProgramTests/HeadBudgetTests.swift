import Foundation
import TestSupport
import Testing

/// The default model's.
private let defaultFile = Files.existing(
  Files.repository.appendingPathComponent("Profiles/heads/SmolLM2-135M-Instruct.json"))

/// `--head-budgets` and the profile's field.
@Suite(
  .enabled(
    if: Files.canRun && defaultFile != nil, "needs the program, the model and its file"))
struct HeadBudgetTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func command(_ name: String, _ options: [String]) -> [String] {
    [Files.program!, name, "--profile", Files.hostProfile, "--budget", "128", "--block", "32"]
      + options
  }

  private func prompt() throws -> String {
    let words = (0..<700).map { "word\($0 * 37 % 91) and" }.joined(separator: " ")
    return try folder.write("prompt", words)
  }

  /// A run stays in its plan, and its heads have different numbers of slots.
  @Test(arguments: ["keydiff-stream", "keydiff", "snapkv"]) func aRun(policy: String) throws {
    let report = folder.path("report.json")
    let outcome = try run(
      command(
        "run",
        [
          "--policy", policy, "--head-budgets", defaultFile!, "--prompt-file", try prompt(),
          "--max-tokens", "4", "--report", report,
        ]))
    #expect(outcome.code == 0, "\(outcome.error)")
    let json = try JSON(path: report)
    let last = try #require(json.objects("blocks").last)
    let (most, least) = (last["slotsBefore"] as! Int, last["slotsBeforeLeast"] as! Int)
    #expect(least < 128 && most > 128)
    let peak = json.object("memory")["peakResidentBytes"] as! Int
    let planned = json.object("plan")["totalBytes"] as! Int
    #expect(peak <= planned)
  }

  /// The profile's field does the same, and `full` ignores it.
  @Test func aProfilesField() throws {
    let text = try String(contentsOfFile: Files.hostProfile, encoding: .utf8)
    let field = text.replacingOccurrences(
      of: "\"policy\": \"keydiff\"",
      with: "\"policy\": \"keydiff-stream\",\n  \"headBudgets\": \"\(defaultFile!)\"")
    let profile = try folder.write("profile.json", field)
    let input = ["--prompt-file", try prompt(), "--max-tokens", "6", "--quiet"]
    let sizes = ["--budget", "128", "--block", "32"]
    let byField = try run([Files.program!, "run", "--profile", profile] + sizes + input)
    let byOption = try run(
      command("run", ["--policy", "keydiff-stream", "--head-budgets", defaultFile!] + input))
    #expect(byField.code == 0 && byField.output == byOption.output, "\(byField.error)")
    let full = ["--policy", "full", "--budget", "4000"]
    let ignored = try run([Files.program!, "run", "--profile", profile] + full + input)
    #expect(ignored.code == 0, "\(ignored.error)")
  }

  @Test func whatIsRefused() throws {
    let text = try String(contentsOfFile: defaultFile!, encoding: .utf8)
    let other = try folder.write(
      "other.json",
      text.replacingOccurrences(
        of: "\"model\": \"", with: "\"model\": \"0123456789abcdef\", \"x\": \"", options: []
      ).replacingOccurrences(of: ", \"x\": \"[0-9a-f]*\"", with: "", options: .regularExpression))
    let layers = try folder.write(
      "layers.json",
      """
      {"model": "0123456789abcdef", "name": "", "rule": "", "data": "", "settings": "",
       "shares": [[1, 1, 1]]}
      """)
    let input = ["--prompt", "x", "--max-tokens", "1"]
    let cases: [(code: Int32, options: [String], words: [String])] = [
      (66, ["--head-budgets", "nothing.json"], ["nothing.json"]),
      (65, ["--head-budgets", Files.hostProfile], ["host.json", "no such field"]),
      (65, ["--head-budgets", layers], ["layers.json", "1 layers", "30"]),
      (65, ["--head-budgets", other], ["other.json", "another model"]),
      (65, ["--head-budgets", defaultFile!, "--recent", "120"], ["--recent"]),
      (64, ["--head-budgets", defaultFile!, "--policy", "full"], ["--head-budgets", "full"]),
    ]
    for (code, options, words) in cases {
      let policy = options.contains("--policy") ? [] : ["--policy", "keydiff-stream"]
      try expectError(code, command("run", policy + options + input), mentions: words)
    }
  }

  /// A packed model brings its own, unless the command line says otherwise.
  @Test func packedWithTheModel() throws {
    let model = folder.path("budgets.edge")
    let packing = try run(
      command("pack", ["--policy", "keydiff-stream", "--head-budgets", defaultFile!, "-o", model]))
    #expect(packing.code == 0, "\(packing.error)")
    let inspected = try run([Files.program!, "inspect", "--model", model])
    #expect(inspected.output.contains("head budgets"))
    let input = ["--prompt-file", try prompt(), "--raw", "--max-tokens", "24", "--quiet"]
    func answer(_ options: [String]) throws -> String {
      let outcome = try run(command("run", ["--policy", "keydiff-stream"] + options + input))
      #expect(outcome.code == 0, "\(outcome.error)")
      return outcome.output
    }
    let (equal, byHead) = (try answer([]), try answer(["--head-budgets", defaultFile!]))
    #expect(equal != byHead && !byHead.isEmpty)
    #expect(try answer(["--model", model]) == byHead)
    #expect(try answer(["--model", model, "--head-budgets", "none"]) == equal)
    let retained = ["--policy", "keydiff-stream", "--recent", "120", "--prompt", "x"]
    try expectError(
      65, command("run", ["--model", model] + retained), mentions: ["budgets.edge", "--recent"])
    var damaged = try Data(contentsOf: URL(fileURLWithPath: model))
    let place = try #require(damaged.range(of: Data("\"shares\"".utf8))?.lowerBound)
    damaged[place] ^= 1
    let other = try folder.write("damaged.edge", damaged)
    try expectError(
      65, command("run", ["--model", other, "--policy", "keydiff-stream", "--prompt", "x"]),
      mentions: ["damaged.edge", "head budgets"])
  }

  /// Measurements take them too, of a model and not of a shape.
  @Test func measured() throws {
    let sizes = [
      "--policy", "keydiff-stream", "--prompt", "400", "--generate", "2", "--repeat", "1",
    ]
    let report = folder.path("bench.json")
    let outcome = try run(
      command("bench", sizes + ["--head-budgets", defaultFile!, "--json", report]))
    #expect(outcome.code == 0, "\(outcome.error)")
    let equal = folder.path("equal.json")
    #expect(try run(command("bench", sizes + ["--json", equal])).code == 0)
    let planned = try [report, equal].map {
      try JSON(path: $0).object("plan")["totalBytes"] as! Int
    }
    #expect(planned[0] != planned[1])
    try expectError(
      64,
      command("bench", sizes + ["--shape", "smollm2-135m", "--head-budgets", defaultFile!]),
      mentions: ["--head-budgets", "--shape"])
  }

  /// `probe` names the file that it is given.
  @Test func probeNamesTheFile() throws {
    let outcome = try run(
      [Files.program!, "probe", "--quiet", "--head-budgets", defaultFile!, "--ram-cap-mib", "900"])
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.contains("\"headBudgets\": \"\(defaultFile!)\""))
    let profile = try folder.write("found.json", outcome.output)
    let plan = try run([Files.program!, "plan", "--profile", profile, "--json"])
    #expect(plan.code == 0, "\(plan.error)")
  }
}
