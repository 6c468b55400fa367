import Foundation
import TestSupport
import Testing

/// Where a command's profile is from.
@Suite(.enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct ProfileSourceTests {
  private let folder: Folder
  private let profiles: String
  private static let plan = ["plan"]

  init() throws {
    folder = try Folder()
    profiles = folder.path("profiles")
    try FileManager.default.createDirectory(
      atPath: profiles, withIntermediateDirectories: false)
  }

  /// A profile with that budget, in a folder.
  private func write(_ name: String, budget: Int, in directory: String) throws {
    let text = try String(contentsOfFile: Files.hostProfile, encoding: .utf8)
    var object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as! [String: Any]
    object["cacheBudget"] = budget
    try JSONSerialization.data(withJSONObject: object)
      .write(to: URL(fileURLWithPath: directory + "/" + name))
  }

  private func outcome(_ arguments: [String]) throws -> Outcome {
    try run(
      [
        "/usr/bin/env", "-C", folder.path(""), "EDGE_INFER_PROFILES=" + profiles, Files.program!,
      ] + arguments)
  }

  /// The budget that a plan is for, by the keys of the default model: 30 layers, 3 heads, 64 Float16
  /// numbers, N + B slots.
  private func budget(_ arguments: [String]) throws -> Int? {
    let json = try outcome(arguments + ["--json", "--quiet", "--block", "128"])
    #expect(json.code == 0, "\(json.error)")
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    let regions = object?["regions"] as? [[String: Any]]
    let keys = regions?.first { $0["name"] as? String == "KV keys" }?["bytes"] as? Int
    return keys.map { $0 / (30 * 3 * 64 * 2) - 128 }
  }

  @Test func theFoldersProfile() throws {
    try write("profile.json", budget: 768, in: profiles)
    #expect(try budget(Self.plan) == 768)
    let told = try outcome(Self.plan)
    #expect(told.error.contains("profile \(profiles)/profile.json\n"), "\(told.error)")
    #expect(try budget(Self.plan + ["--budget", "1024"]) == 1024)
  }

  /// A file that is there comes first; a name with a folder is that file alone.
  @Test func namesOfTheFolder() throws {
    try write("board.json", budget: 512, in: profiles)
    let named = Self.plan + ["--profile", "board.json"]
    #expect(try budget(named) == 512)
    try write("board.json", budget: 256, in: folder.path(""))
    #expect(try budget(named) == 256)
    try FileManager.default.removeItem(atPath: folder.path("board.json"))
    #expect(try budget(named) == 512)
    for path in ["./board.json", "x/board.json", "none.json"] {
      let missing = try outcome(Self.plan + ["--profile", path])
      #expect(missing.code == 66 && missing.errorLines.count == 1, "\(missing.error)")
      #expect(missing.error.contains("'\(path)'"))
    }
  }

  /// What `probe` writes, with the same overrides.
  @Test func theMachinesOwn() throws {
    let probed = try outcome(["probe", "--quiet", "-o", folder.path("probed.json")])
    #expect(probed.code == 0, "\(probed.error)")
    let told = try outcome(Self.plan)
    #expect(told.code == 0 && told.error.contains("as probe finds it: threads "), "\(told.error)")
    #expect(
      try budget(Self.plan) == budget(Self.plan + ["--profile", folder.path("probed.json")]))
    let other = try outcome(Self.plan + ["--ram-cap-mib", "64"])
    #expect(other.code == 78 && other.error.contains("cap of 64.0 MiB"), "\(other.error)")
  }

  /// A profile of the folder that cannot be used is an error, and no reason to take another.
  @Test func aBrokenProfileIsTold() throws {
    _ = try folder.write("profiles/profile.json", "{\"board\": 1}")
    let broken = try outcome(Self.plan)
    #expect(broken.code == 78 && broken.error.contains("profile.json"), "\(broken.error)")
  }

  @Test func anAnswerWithoutAProfile() throws {
    let answer = try outcome([
      "--prompt", "What is the capital of France?", "--max-tokens", "12", "--ram-cap-mib", "1024",
    ])
    #expect(answer.code == 0 && answer.output.contains("Paris"), "\(answer.error)")
    #expect(answer.error.contains("as probe finds it"))
  }
}
