import Foundation
import TestSupport
import Testing
import Tokenizer

@testable import Model

/// Some of the malformed files through the program, each in an address space of 16 MiB: it ends with 65
/// within a second, with nothing on standard output and one line on standard error.
@Suite(.enabled(if: Files.program != nil, "needs .build/release/edge-infer"))
struct HostileProgramTests {
  private static let fileCount = 600
  private static let addressSpaceKiB = 16 * 1024
  private static let secondsMax = 1.0

  /// Those that the reader refuses, from all lists in turn.
  private func sample() -> [HostileFile] {
    let all = HostileFiles.bases.flatMap { _, builder in
      HostileFiles.fields(of: builder) + HostileFiles.truncations(of: builder)
        + HostileFiles.valueTypes(of: builder) + HostileFiles.numbers(of: builder)
        + HostileFiles.names(of: builder)
    }
    let (file, buffer) = (TemporaryFile(), ReadBuffer())
    let step = all.count / (Self.fileCount * 6 / 5)
    let refused = stride(from: 0, to: all.count, by: step).map { all[$0] }.filter { hostile in
      file.write(hostile.bytes)
      return openingError(file.path, buffer: buffer) != nil
    }
    return Array(refused.prefix(Self.fileCount))
  }

  @Test func endsWithOneLine() throws {
    let file = TemporaryFile()
    let files = sample()
    var slowest = 0.0
    for (index, hostile) in files.enumerated() {
      file.write(hostile.bytes)
      let start = Date()
      let outcome = try run(command(index, file.path))
      slowest = max(slowest, Date().timeIntervalSince(start))
      #expect(outcome.code == 65, "\(hostile.name): \(outcome.error)")
      #expect(outcome.output.isEmpty, "\(hostile.name)")
      let lines = outcome.error.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count == 2 && lines.last == "", "\(hostile.name): \(outcome.error)")
    }
    #expect(files.count > Self.fileCount / 2 && slowest < Self.secondsMax)
    print("program: \(files.count) files, the slowest \(slowest) s")
  }

  /// Every command that reads a model, in turn.
  private func command(_ index: Int, _ model: String) -> [String] {
    let profile = Files.hostProfile
    let commands = [
      ["run", "--profile", profile, "--model", model, "--raw", "--prompt", "x", "--quiet"],
      ["plan", "--profile", profile, "--model", model], ["inspect", model],
      ["tokenize", "--model", model, "--prompt", "x"],
      ["score", "--profile", profile, "--model", model, "--prompt", "x", "--quiet"],
    ]
    return [
      "/bin/sh", "-c", "ulimit -v \(Self.addressSpaceKiB); exec \"$0\" \"$@\"", Files.program!,
    ] + commands[index % commands.count]
  }
}
