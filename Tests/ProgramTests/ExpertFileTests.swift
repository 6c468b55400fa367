import Foundation
import TestSupport
import Testing

private let name = "qwen3moe-wide"

/// Experts of a packed model that stay in its file (`expertsMiB`).
@Suite(
  .enabled(
    if: Files.program != nil && Files.smallModelNames.contains(name),
    "needs .build/release/edge-infer and Toolchain/make-models"))
struct ExpertFileTests {
  private let folder: Folder
  private let other: Folder
  private let model: String
  private let packed: String
  /// Without the field, and with so little that a layer's experts are all that is in memory.
  private let whole: String
  private let bound: String

  init() throws {
    (folder, other) = (try Folder(), try Folder())
    model = Files.smallModels.appendingPathComponent(name).path
    packed = folder.path("packed.edge")
    whole = try profile(folder, ["model": packed])
    bound = try profile(other, ["model": packed, "expertsMiB": 1])
    let outcome = try run([
      Files.program!, "pack", "--profile", Files.hostProfile, "--model", model + ".gguf", "-o",
      packed,
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
  }

  private func logits(_ profile: String, block: Int, threads: Int) throws -> [Float] {
    let path = folder.path("logits")
    let outcome = try run([
      Files.program!, "score", "--profile", profile, "--tokens", model + ".tokens", "--policy",
      "full", "--budget", "64", "--block", "\(block)", "--threads", "\(threads)", "--logits",
      path, "--quiet",
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
    return try numbers(path, as: Float.self)
  }

  /// Bit for bit.
  @Test(arguments: [1, 7, 40], [1, 2]) func givesTheSameLogits(block: Int, threads: Int) throws {
    let expected = try logits(whole, block: block, threads: threads)
    #expect(try logits(bound, block: block, threads: threads) == expected)
    #expect(expected.count == 40 * 320)
  }

  /// - Returns: the report, and what the program says.
  private func report(_ profile: String, _ options: [String] = []) throws -> ([String: Any], String)
  {
    let path = folder.path("report.json")
    let outcome = try run(
      [
        Files.program!, "--profile", profile, "--tokens", model + ".tokens", "--budget", "64",
        "--max-tokens", "60", "--report", path,
      ] + options)
    #expect(outcome.code == 0, "\(outcome.error)")
    return (try json(path), outcome.error)
  }

  private func number(_ report: [String: Any], _ part: String, _ name: String) -> Int? {
    (report[part] as? [String: Any])?[name] as? Int
  }

  /// The plan counts what may be in memory, and no more of them is; the filter of system calls is there.
  @Test func memoryIsBounded() throws {
    let (all, _) = try report(whole)
    let (some, told) = try report(bound)
    let allPeak = try #require(number(all, "memory", "peakResidentBytes"))
    let peak = try #require(number(some, "memory", "peakResidentBytes"))
    let planned = try #require(number(some, "plan", "totalBytes"))
    let inFile = try #require(number(some, "plan", "expertBytesInFile"))
    // 64 experts of three matrices of 256 by 768; those of one layer, with the windows that they lie in.
    let experts = 64 * 3 * 256 * 768
    #expect(inFile > experts / 2 && inFile < experts)
    #expect(number(all, "plan", "totalBytes")! - planned > inFile - (1 << 16))
    #expect(number(all, "plan", "expertBytesInFile") == nil)
    #expect(peak <= planned, "\(peak) of \(planned)")
    #expect(allPeak > planned, "\(allPeak)")
    #expect(told.contains("wait and end; put the written files in place; drop pages of experts"))
    #expect(some["lockdown"] as? Bool == true)
  }

  /// A saved text is the same, though saving looks at all experts.
  @Test func textsAreSavedWithinThePlan() throws {
    let (saved, boundSaved) = (folder.path("saved"), other.path("saved"))
    _ = try report(whole, ["--save-cache", saved])
    let (some, _) = try report(bound, ["--save-cache", boundSaved])
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: saved))
        == Data(contentsOf: URL(fileURLWithPath: boundSaved)))
    #expect(
      number(some, "memory", "peakResidentBytes")! <= number(some, "plan", "totalBytes")!)
  }

  /// `--lock-memory` leaves the experts' pages out.
  @Test func otherPagesCanBeLocked() throws {
    let (some, told) = try report(bound, ["--lock-memory"])
    #expect(told.contains("memory locked") || told.contains("memory not locked"))
    #expect(
      number(some, "memory", "peakResidentBytes")! <= number(some, "plan", "totalBytes")!)
  }

  /// The field is a packed model's: others have no pages to drop.
  @Test func aModelThatIsNotPackedIsHeldWhole() throws {
    let (some, told) = try report(bound, ["--model", model + ".gguf"])
    #expect(number(some, "plan", "expertBytesInFile") == nil)
    #expect(!told.contains("drop pages"))
  }
}
