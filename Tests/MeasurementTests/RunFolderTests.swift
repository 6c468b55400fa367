import Foundation
import Model
import Platform
import Profile
import TestSupport
import Testing

@testable import Measurement

/// A profile run's folder, and by what a run is known again.
@Suite struct RunFolderTests {
  private static func settings(threads: Int = 2) throws -> MeasurementSettings {
    let json = """
      {"board": "A board", "ramCapMiB": 4096, "avxWidthBits": 256, "fp16": false,
       "dotProduct": false, "i8mm": false, "threads": \(threads),
       "cores": \(Array(0..<threads)), "l2CacheKiB": 512,
       "model": "m.gguf", "blockSize": 128, "cacheBudget": 2048, "policy": "keydiff"}
      """
    let profile = try DeviceProfile(json: Array(json.utf8).span)
    return MeasurementSettings(
      profile, try ProfileOverrides().retention(for: profile), renumbers: false,
      usesHugePages: true, locksMemory: false)
  }

  private static func identity(
    _ settings: MeasurementSettings, _ shape: PublishedShape = .smolLM2At135M,
    isQuick: Bool = false
  ) -> RunIdentity {
    RunIdentity(settings, BenchModel(shape), isQuick: isQuick)
  }

  @Test func anIdentityIsReadAsItWasWritten() throws {
    let settings = try Self.settings()
    let identity = Self.identity(settings)
    let text = written { identity.write(settings, BenchModel(.smolLM2At135M), to: &$0) }
    let found = RunIdentity.read(Array(text.utf8).span)
    let read = try #require(found)
    #expect(read.difference(from: identity) == nil)
    #expect(text.contains("\"board\": \"A board\"") && text.contains("\"speed.json\""))
    for other in ["", "{}", "[]", text.replacingOccurrences(of: "profile-run 1", with: "else")] {
      let found = RunIdentity.read(Array(other.utf8).span)
      #expect(found == nil)
    }
  }

  @Test func whatDiffers() throws {
    let settings = try Self.settings()
    let identity = Self.identity(settings)
    func difference(_ other: RunIdentity) -> String? {
      identity.difference(from: other).map { "\($0)" }
    }
    #expect(difference(Self.identity(settings)) == nil)
    #expect(difference(Self.identity(try Self.settings(threads: 3))) == "profile")
    #expect(difference(Self.identity(settings, isQuick: true)) == "length (--quick)")
    let shape = try #require(
      (0..<PublishedShape.count).map { PublishedShape(rawValue: $0)! }
        .first { $0 != .smolLM2At135M })
    #expect(difference(Self.identity(settings, shape)) == "model")
  }

  /// Opens a folder, and gives the line of the error if there is one.
  private func open(_ path: String, isQuick: Bool = false) throws -> String? {
    let settings = try Self.settings()
    let identity = Self.identity(settings, isQuick: isQuick)
    let cPath = strdup(path)!
    defer { free(cPath) }
    do throws(RunFolderError) {
      _ = try RunFolder(cPath, identity, settings, BenchModel(.smolLM2At135M))
      return nil
    } catch {
      return line(error)
    }
  }

  @Test func aFolderBelongsToOneRun() throws {
    let parent = try Folder()
    let path = parent.path("run")
    #expect(try open(path) == nil)
    #expect(try open(path) == nil)
    #expect(
      try open(path, isQuick: true)
        == "'\(path)' is the folder of a profile-run with another length (--quick); "
        + "name another folder with -o")
    try parent.write("run/profile-run.json", "{}")
    #expect(
      try open(path)
        == "'\(path)' has a profile-run.json that no profile-run wrote; "
        + "name another folder with -o")
    try FileManager.default.moveItem(
      atPath: parent.path("run/profile-run.json"), toPath: parent.path("run/ttft.json"))
    #expect(
      try open(path)
        == "'\(path)' has parts of a profile run and no profile-run.json that says of which "
        + "one; name another folder with -o")
  }
}
