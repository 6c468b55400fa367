import Foundation
import TestSupport
import Testing

/// The static aarch64 programs, under the emulator.
@Suite(
  .serialized,
  .enabled(
    if: Files.canRun && Files.tool("qemu-aarch64") != nil,
    "needs the native program, the default model and qemu-aarch64"))
struct DeviceTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func tokens(_ command: [String], profile: String, count: Int) throws -> [Int] {
    let report = folder.path("report.json")
    let outcome = try run(
      command + [
        "--profile", profile, "--threads", "2", "--prompt",
        "What is the capital of France? Name three more cities of the country.",
        "--max-tokens", "\(count)", "--quiet", "--report", report,
      ])
    #expect(outcome.code == 0, "\(outcome.error)")
    let json =
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report)))
      as! [String: Any]
    return (json["output"] as! [String: Any])["tokens"] as! [Int]
  }

  private func boardProfile(_ board: String) -> String {
    Files.profile(board)
  }

  private func emulated(_ board: String, _ cpu: String) -> [String] {
    [Files.tool("qemu-aarch64")!, "-cpu", cpu, Files.device(board)!]
  }

  @Test(
    .enabled(
      if: Files.device("pi5") != nil && Files.device("pi4") != nil,
      "needs Toolchain/build-device Profiles/pi5.json and pi4.json"))
  func theBoardsGiveTheNativeTokens() throws {
    let native = try tokens([Files.program!], profile: Files.hostProfile, count: 32)
    #expect(native.count == 32)
    let withoutFloat16 = try profile(folder, of: boardProfile("pi5"), ["fp16": false])
    #expect(
      try tokens(emulated("pi5", "cortex-a76"), profile: withoutFloat16, count: 32) == native)
    #expect(
      try tokens(emulated("pi4", "cortex-a72"), profile: boardProfile("pi4"), count: 32) == native)
  }

  @Test(
    .enabled(
      if: Files.device("pi5") != nil && Files.hasFloat16Arithmetic,
      "needs Toolchain/build-device Profiles/pi5.json and AVX-512 FP16"))
  func theBoardGivesTheNativeTokensInFloat16() throws {
    let native = try tokens(
      [Files.program!], profile: try profile(folder, ["fp16": true]), count: 32)
    #expect(native.count == 32)
    #expect(
      try tokens(emulated("pi5", "cortex-a76"), profile: boardProfile("pi5"), count: 32) == native)
  }

  @Test(.enabled(if: Files.device("pi5") != nil, "needs Toolchain/build-device Profiles/pi5.json"))
  func benchRunsOnABoard() throws {
    let report = folder.path("bench.json")
    let outcome = try run(
      emulated("pi5", "cortex-a76") + [
        "bench", "--profile", boardProfile("pi5"), "--threads", "2", "--shape", "smollm2-135m",
        "--prompt", "8", "--generate", "2", "--repeat", "1", "--block", "8", "--json", report,
      ])
    #expect(outcome.code == 0, "\(outcome.error)")
    let json =
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report)))
      as! [String: Any]
    #expect((json["limits"] as! [String: Any])["multiplyInstruction"] as! String == "sdot")
    #expect((json["run"] as! [String: Any])["build"] as! String == "NEON dot product")
    #expect((json["results"] as! [Any]).count == 1)
  }

  @Test(.enabled(if: Files.device("pi5") != nil, "needs Toolchain/build-device Profiles/pi5.json"))
  func aWrongProcessorIsRefusedAndNotCrashedOn() throws {
    let onOld = try run(emulated("pi5", "cortex-a72") + ["--profile", boardProfile("pi5")])
    #expect(onOld.code == 69)
    #expect(onOld.errorLines.count == 1)
    let wrongProfile = try run(
      emulated("pi5", "cortex-a76") + ["--profile", boardProfile("pi4"), "--prompt", "x"])
    #expect(wrongProfile.code == 69)
    #expect(wrongProfile.error.contains("pi4.json"))
  }

  @Test(.enabled(if: Files.device("pi4") != nil, "needs Toolchain/build-device Profiles/pi4.json"))
  func aProfileThatAsksForMoreIsRefused() throws {
    let outcome = try run(
      emulated("pi4", "cortex-a72") + ["--profile", boardProfile("pi5"), "--prompt", "x"])
    #expect(outcome.code == 69)
    #expect(outcome.error.contains("pi5.json"))
  }
}
