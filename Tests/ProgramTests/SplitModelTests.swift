import Foundation
import TestSupport
import Testing

/// The default model, made the first of two parts, through every command.
@Suite(.enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct SplitModelTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  @Test func everyCommandTakesTheFirstPart() throws {
    let first = try folder.write("m-00001-of-00002.gguf", try firstPart())
    let second = folder.path("m-00002-of-00002.gguf")
    let tokens = try folder.write("a.tokens", Data("260 31 4407".utf8))
    let commands = [
      ["run", "--raw", "--prompt", "The", "--max-tokens", "3", "--quiet"],
      ["score", "--tokens", tokens, "--quiet"],
      ["plan"], ["plan", "--json"], ["inspect"], ["tokenize", "--prompt", "a text"],
      ["bench", "--prompt", "4", "--generate", "1", "--repeat", "1", "--quiet"],
    ]
    for command in commands {
      let missing = try perform(command, first)
      #expect(missing.code == 66 && missing.errorLines.count == 1, "\(command) \(missing)")
      #expect(missing.error.contains("part 2 of 2, 'm-00002-of-00002.gguf': cannot open"))
    }
    try Self.header(tensorCount: 0, keys(index: 1)).write(to: URL(fileURLWithPath: second))
    for command in commands {
      let (whole, split) = try (perform(command, Files.model!), perform(command, first))
      #expect(split.code == 0, "\(split.error)")
      if command != ["inspect"] { #expect(split.output == whole.output) }
    }
    #expect(try perform(["inspect"], first).output.contains("files                 2\n"))
    for command in commands {
      let wrong = try perform(command, second)
      #expect(wrong.code == 65 && wrong.errorLines.count == 1, "\(command) \(wrong)")
      #expect(wrong.error.contains("opened by part 1 of 2, 'm-00001-of-00002.gguf'"))
    }
  }

  private func perform(_ command: [String], _ model: String) throws -> Outcome {
    let withProfile = !["inspect", "tokenize"].contains(command[0])
    let rest = withProfile ? ["--profile", Files.hostProfile] : []
    let place = command[0] == "inspect" ? [model] : ["--model", model]
    return try run([Files.program!] + command + rest + place)
  }

  /// The model with the keys of a first part before its own.
  private func firstPart() throws -> Data {
    let whole = try Data(contentsOf: URL(fileURLWithPath: Files.model!), options: .alwaysMapped)
    let counts = [8, 16].map { place in
      whole[place..<place + 8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    }
    var keys = keys(index: 0, tensorCount: counts[0])
    // Up to a multiple of 32, so that the tensors stay aligned.
    let emptyKey = Self.text("filler") + Self.bytes(8 as UInt32) + Self.text("")
    let rest = 32 - (keys.joined().count + emptyKey.count) % 32
    keys.append(
      Self.text("filler") + Self.bytes(8 as UInt32)
        + Self.text(String(repeating: " ", count: rest)))
    return Self.header(tensorCount: counts[0], keyCount: counts[1], keys) + whole[24...]
  }

  private func keys(index: UInt32, tensorCount: UInt64 = 272) -> [Data] {
    [
      ("split.no", index), ("split.count", 2), ("split.tensors.count", UInt32(tensorCount)),
    ].map { Self.text($0) + Self.bytes(4 as UInt32) + Self.bytes($1) }
  }

  private static func header(
    tensorCount: UInt64, keyCount: UInt64 = 0, _ keys: [Data]
  ) -> Data {
    let counts = bytes(tensorCount) + bytes(keyCount + UInt64(keys.count))
    return Data("GGUF".utf8) + bytes(3 as UInt32) + counts + Data(keys.joined())
  }

  private static func text(_ text: String) -> Data {
    bytes(UInt64(text.utf8.count)) + Data(text.utf8)
  }

  private static func bytes(_ value: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: value.littleEndian) { Data($0) }
  }
}
