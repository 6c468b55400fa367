import Foundation
import TestSupport
import Testing

/// `profile-run`: its files are those of the single commands, it goes on where it was, and it leaves
/// other folders alone.
@Suite(.serialized, .enabled(if: Files.program != nil, "needs .build/release/edge-infer"))
struct ProfileRunTests {
  private static let parts = ["memory.json", "speed.json", "scoring.json", "ttft.json"]
  private let folder: Folder

  init() throws { folder = try Folder() }

  private var results: String { folder.path("run") }
  private var tiny: [String] { ["--model", Files.stories!, "--budget", "64", "--block", "32"] }
  private static let large = ["--shape", "smollm2-135m", "--budget", "256"]

  private func command(_ options: [String], to path: String? = nil) -> [String] {
    [
      Files.program!, "profile-run", "--profile", Files.hostProfile, "--quick", "-o",
      path ?? results,
    ] + options
  }

  private func names(_ path: String? = nil) -> Set<String> {
    Set((try? FileManager.default.contentsOfDirectory(atPath: path ?? results)) ?? [])
  }

  private func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: results + "/" + name)
  }

  /// The files' contents by their names.
  private func contents() throws -> [String: Data] {
    try names().reduce(into: [:]) { contents, name in
      contents[name] = try Data(contentsOf: URL(fileURLWithPath: results + "/" + name))
    }
  }

  @Test(.enabled(if: Files.stories != nil, "needs ../shared/data/models"))
  func aWholeRun() throws {
    let outcome = try run(command(tiny))
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(names() == Set(Self.parts + ["profile-run.json"]))
    #expect(outcome.error.contains("edge-lab plot \(results)"))
    let index = try json(results + "/profile-run.json")
    #expect(index["parts"] as? [String] == Self.parts)
    #expect(index["length"] as? String == "quick")
    #expect((index["program"] as? String)?.count == 16)
    let speed = try json(results + "/speed.json")
    #expect((speed["results"] as! [Any]).count == 2)
    let scoring = try json(results + "/scoring.json")
    // Six policies at three sizes of the cache.
    #expect((scoring["results"] as! [Any]).count == 18)
    #expect((scoring["keyReads"] as! [Any]).count == 3)
    let ttft = try json(results + "/ttft.json")
    let policies = (ttft["results"] as! [[String: Any]]).map { $0["policy"] as! String }
    #expect(policies == ["full", "full", "keydiff", "keydiff"])
    for report in [speed, scoring, ttft] {
      #expect(report["stop"] as? String == "end" && report["lockdown"] as? Bool == false)
      #expect((report["profile"] as! [String: Any])["cacheBudget"] as? Int == 64)
    }
    let memory = try json(results + "/memory.json")
    let plan = try run(
      [Files.program!, "plan", "--profile", Files.hostProfile, "--json", "--raw"] + tiny)
    #expect(
      memory as NSDictionary
        == (try JSONSerialization.jsonObject(with: Data(plan.output.utf8))) as! NSDictionary)
  }

  @Test(.enabled(if: Files.stories != nil, "needs ../shared/data/models"))
  func doneParts() throws {
    #expect(try run(command(tiny)).code == 0)
    let first = try contents()
    let again = try run(command(tiny))
    #expect(again.code == 0 && again.output.isEmpty)
    #expect(again.error.split(separator: "\n").filter { $0.hasSuffix("done before") }.count == 4)
    #expect(try contents() == first)
    // What is missing is measured, and nothing else.
    for name in ["speed.json", "ttft.json"] {
      try FileManager.default.removeItem(atPath: results + "/" + name)
    }
    let quiet = try run(command(tiny + ["--quiet"]))
    #expect(quiet.code == 0 && quiet.output.isEmpty && quiet.error.isEmpty)
    let last = try contents()
    #expect(Set(last.keys) == Set(first.keys))
    #expect(last["scoring.json"] == first["scoring.json"])
    #expect(last["ttft.json"] != first["ttft.json"])
  }

  /// Killed between two parts or in one, it goes on, and what was there stays.
  @Test func killed() throws {
    let program = try RunningProgram(command(Self.large))
    #expect(program.wait(seconds: 120) { exists("speed.json") })
    program.end(SIGKILL)
    #expect(program.finish() == -SIGKILL)
    let first = try contents()
    #expect(first["ttft.json"] == nil)
    let outcome = try run(command(Self.large))
    #expect(outcome.code == 0, "\(outcome.error)")
    let last = try contents()
    #expect(Set(last.keys) == Set(Self.parts + ["profile-run.json"]))
    #expect(last["speed.json"] == first["speed.json"])
    // Each part's memory is its own, and below the cap.
    let peaks = try ["speed.json", "scoring.json"].map { name in
      (try json(results + "/" + name)["memory"] as! [String: Any])["peakResidentBytes"] as! Int
    }
    #expect(peaks[0] < 2048 << 20 && peaks[1] < 2048 << 20)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalEndsIt(signal: Int32) throws {
    let program = try RunningProgram(command(Self.large))
    #expect(program.wait(for: "not locked down"))
    program.end(signal)
    #expect(program.finish(seconds: 30) == 128 + signal, "\(program.error)")
    #expect(names() == ["profile-run.json", "memory.json"])
  }

  /// A folder is of one profile, model, program and length.
  @Test(.enabled(if: Files.stories != nil, "needs ../shared/data/models"))
  func foldersOfOtherRuns() throws {
    #expect(try run(command(tiny + ["--quiet"])).code == 0)
    let first = try contents()
    try expectError(
      64, command(tiny + ["--threads", "1"]), mentions: ["another profile", "another folder"])
    try expectError(
      64, command(["--shape", "smollm2-135m", "--budget", "64", "--block", "32"]),
      mentions: ["another model"])
    try expectError(
      64, command(tiny).filter { $0 != "--quick" }, mentions: ["another length (--quick)"])
    #expect(try contents() == first)
    let index = results + "/profile-run.json"
    var text = try String(contentsOfFile: index, encoding: .utf8)
    let program = try json(index)["program"] as! String
    text = text.replacing(program, with: "0123456789abcdef")
    try text.write(toFile: index, atomically: true, encoding: .utf8)
    try expectError(64, command(tiny), mentions: ["another program"])
    for bad in ["", "{", "{}", "[1]", text + "x", text.replacing("profile-run 1", with: "x")] {
      try bad.write(toFile: index, atomically: true, encoding: .utf8)
      try expectError(65, command(tiny), mentions: ["profile-run.json", "another folder"])
    }
    try FileManager.default.removeItem(atPath: index)
    try expectError(64, command(tiny), mentions: ["no profile-run.json"])
    #expect(try contents().count == first.count - 1)
  }

  /// Other files in a folder are no hindrance.
  @Test(.enabled(if: Files.stories != nil, "needs ../shared/data/models"))
  func otherFiles() throws {
    try FileManager.default.createDirectory(
      atPath: results, withIntermediateDirectories: false)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: results + "/notes.txt"))
    #expect(try run(command(tiny + ["--quiet"], to: results + "/")).code == 0)
    #expect(names() == Set(Self.parts + ["profile-run.json", "notes.txt"]))
  }

  @Test func foldersThatCannotBeMade() throws {
    let file = try folder.write("file", Data("mine".utf8))
    try expectError(74, command(Self.large, to: file), mentions: ["file", "make the folder"])
    try expectError(66, command(Self.large, to: file + "/run"), mentions: ["make the folder"])
    try expectError(
      66, command(Self.large, to: folder.path("none/run")), mentions: ["make the folder"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data("mine".utf8))
  }

  @Test func badArguments() throws {
    let start = [Files.program!, "profile-run", "--profile", Files.hostProfile]
    try expectError(64, start, mentions: ["-o"])
    try expectError(64, start + ["-o", ""], mentions: ["-o"])
    try expectError(64, command(["--prompt", "8"]), mentions: ["--prompt"])
    try expectError(64, command(["--json", "x"]), mentions: ["--json"])
    try expectError(64, command(["--policies", "all"]), mentions: ["--policies"])
    try expectError(64, command(["--no-lockdown"]), mentions: ["--no-lockdown"])
    try expectError(64, command(Self.large + ["--model", "x"]), mentions: ["--shape"])
    try expectError(64, command(["--shape", "x"]), mentions: ["llama-3.2-1b"])
    try expectError(66, command(["--model", "/none.gguf"]), mentions: ["/none.gguf"])
    try expectError(
      64, [Files.program!, "bench", "--profile", Files.hostProfile, "--quick"],
      mentions: ["profile-run alone"])
    // Nothing is made before the plan is known to fit.
    try expectError(
      78, command(Self.large + ["--ram-cap-mib", "100"]), mentions: ["MiB over the cap"])
    #expect(!FileManager.default.fileExists(atPath: results))
  }

  /// Caches of the scoring that are over the cap are left out.
  @Test func smallCaps() throws {
    let outcome = try run(
      command(["--shape", "smollm2-135m", "--budget", "64", "--block", "600", "--quiet"]))
    #expect(outcome.code == 0, "\(outcome.error)")
    let scoring = try json(results + "/scoring.json")
    let slots = (scoring["results"] as! [[String: Any]]).map { $0["slots"] as! Int }
    #expect(Set(slots) == [1024, 2048])
  }

  @Test(.enabled(if: TerminalSession.isAvailable, "needs setsid"))
  func progressOnATerminal() throws {
    let session = try TerminalSession(command(Self.large))
    #expect(session.wait(for: "2/4 speed: run 1 of 4"))
    #expect(session.wait(for: " left"))
    session.end(SIGINT)
  }
}
