import Foundation
import TestSupport
import Testing

enum SmallModels {
  static let boards = [("pi5", "cortex-a76"), ("pi4", "cortex-a72")]
  /// Types whose weights may stay in the file's own bits.
  static let codedTypes = [
    "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS", "MXFP4",
  ]
  static var codedNames: [String] {
    Files.smallModelNames.filter { name in
      name == "qwen2-mixed" || codedTypes.contains { name.hasSuffix("-" + $0) }
    }
  }
}

/// Small models of every architecture and tensor type, against a float64 transformer
/// (make_models.py).
@Suite(
  .enabled(
    if: Files.program != nil && !Files.smallModelNames.isEmpty,
    "needs .build/release/edge-infer and Toolchain/make-models"))
struct SmallModelTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func expected(_ name: String, _ ending: String) throws -> [Float] {
    try numbers(Files.smallModels.appendingPathComponent(name + ending).path, as: Float.self)
  }

  /// - Parameter file: in place of the GGUF file.
  private func logits(
    _ name: String, _ command: [String], file: String? = nil, weights: String = "int8",
    block: Int = 16, profile: String
  ) throws -> [Float] {
    let path = folder.path(name + ".logits")
    let model = Files.smallModels.appendingPathComponent(name).path
    let outcome = try run(
      command + [
        "score", "--profile", profile, "--model", file ?? model + ".gguf", "--tokens",
        model + ".tokens",
        "--policy", "full", "--block", "\(block)", "--threads", "2", "--logits", path, "--quiet",
        "--weights", weights,
      ])
    #expect(outcome.code == 0, "\(outcome.error)")
    return try numbers(path, as: Float.self)
  }

  private func distance(_ a: [Float], _ b: [Float]) -> Double {
    let squares = zip(a, b).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    return sqrt(squares / Double(a.count))
  }

  /// The program rounds where the rounded reference does, so it errs by as much as that one; values
  /// near the border of two steps may fall to either side, which is less than all of the rounding.
  /// Leaving out a bias, a norm of heads, or any part of rotary embedding errs by more than four
  /// times as much.
  @Test(arguments: Files.smallModelNames) func logitsAreTheReferences(name: String) throws {
    try expectReferences(name, logits(name, [Files.program!], profile: Files.hostProfile))
  }

  /// Single tokens, and blocks that straddle a window of 9, 12 or 24 tokens.
  @Test(
    arguments: [
      "gemma3", "gemma3-Q4_0", "phi3-window", "gemma4", "gemma4-Q4_0", "gpt-oss", "gpt-oss-MXFP4",
    ].filter(Files.smallModelNames.contains),
    [1, 2, 5, 9, 12, 13, 40])
  func blocksStraddleWindows(name: String, block: Int) throws {
    try expectReferences(
      name, logits(name, [Files.program!], block: block, profile: Files.hostProfile))
  }

  private func expectReferences(_ name: String, _ found: [Float]) throws {
    let (exact, rounded) = (try expected(name, ".exact"), try expected(name, ".rounded"))
    try #require(found.count == exact.count && found.count == rounded.count)
    let rounding = distance(exact, rounded)
    #expect(distance(found, exact) < 1.15 * rounding)
    #expect(distance(found, rounded) < 0.9 * rounding)
  }

  /// Weights that stay as they are are exact, so that the error is at most that of int8 weights, and
  /// is not the same.
  @Test(arguments: SmallModels.codedNames) func weightsStayInTheFilesBits(name: String) throws {
    let found = try logits(
      name, [Files.program!], weights: "file", profile: Files.hostProfile)
    let (exact, rounded) = (try expected(name, ".exact"), try expected(name, ".rounded"))
    try #require(found.count == exact.count)
    #expect(distance(found, exact) < 1.15 * distance(exact, rounded))
    #expect(try found != logits(name, [Files.program!], profile: Files.hostProfile))
  }

  /// They have no tokenizer: ids in, ids out.
  @Test(arguments: Files.smallModelNames.filter { $0.hasPrefix("qwen") })
  func idsAreAnswered(name: String) throws {
    let model = Files.smallModels.appendingPathComponent(name).path
    let common = ["--profile", Files.hostProfile, "--model", model + ".gguf"]
    let command = [Files.program!] + common + ["--max-tokens", "5", "--quiet"]
    let outcome = try run(command + ["--tokens", model + ".tokens"])
    #expect(outcome.code == 0, "\(outcome.error)")
    let ids = outcome.output.split(whereSeparator: \.isWhitespace).map { Int($0) ?? -1 }
    #expect(ids.count == 5 && ids.allSatisfy { (0..<320).contains($0) }, "\(outcome.output)")
    try expectError(65, command + ["--raw", "--prompt", "a"], mentions: ["--tokens"])
  }

  /// Bit for bit.
  private func expectPackedAlike(
    _ name: String, _ command: [String], weights: String = "int8", profile: String
  ) throws {
    let model = Files.smallModels.appendingPathComponent(name + ".gguf").path
    let packed = folder.path(name + ".edge")
    let outcome = try run(
      command + [
        "pack", "--profile", profile, "--model", model, "-o", packed, "--weights", weights,
      ])
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(
      try logits(name, command, file: packed, profile: profile)
        == logits(name, command, weights: weights, profile: profile))
  }

  @Test(arguments: Files.smallModelNames) func packedGivesTheSameLogits(name: String) throws {
    try expectPackedAlike(name, [Files.program!], profile: Files.hostProfile)
  }

  /// A packed model keeps what it was packed with, whatever it is run with.
  @Test(arguments: SmallModels.codedNames) func packedBitsGiveTheSameLogits(name: String) throws {
    try expectPackedAlike(
      name, [Files.program!], weights: "file", profile: Files.hostProfile)
  }

  @Test(
    .enabled(
      if: Files.tool("qemu-aarch64") != nil && Files.device("pi5") != nil,
      "needs qemu-aarch64 and Toolchain/build-device Profiles/pi5.json"),
    arguments: Files.smallModelNames.prefix(3))
  func packedGivesTheSameLogitsOnABoard(name: String) throws {
    try expectPackedAlike(
      name, [Files.tool("qemu-aarch64")!, "-cpu", "cortex-a76", Files.device("pi5")!],
      profile: Files.profile("pi5"))
  }

  /// Bit for bit, in Float32.
  @Test(
    .enabled(
      if: Files.tool("qemu-aarch64") != nil
        && SmallModels.boards.allSatisfy { Files.device($0.0) != nil },
      "needs qemu-aarch64 and Toolchain/build-device Profiles/pi5.json and pi4.json"),
    arguments: Files.smallModelNames)
  func theBoardsGiveTheNativeLogits(name: String) throws {
    let native = try logits(name, [Files.program!], profile: Files.hostProfile)
    for (board, cpu) in SmallModels.boards {
      let source = Files.profile(board)
      let emulated = try logits(
        name, [Files.tool("qemu-aarch64")!, "-cpu", cpu, Files.device(board)!],
        profile: try profile(folder, of: source, ["fp16": false]))
      #expect(emulated == native, "\(board)")
    }
  }

  /// Bit for bit, with weights in the file's own bits.
  @Test(
    .enabled(
      if: Files.tool("qemu-aarch64") != nil
        && SmallModels.boards.allSatisfy { Files.device($0.0) != nil },
      "needs qemu-aarch64 and Toolchain/build-device Profiles/pi5.json and pi4.json"),
    arguments: SmallModels.codedNames)
  func theBoardsGiveTheNativeLogitsOfTheFilesBits(name: String) throws {
    let native = try logits(
      name, [Files.program!], weights: "file", profile: Files.hostProfile)
    for (board, cpu) in SmallModels.boards {
      let emulated = try logits(
        name, [Files.tool("qemu-aarch64")!, "-cpu", cpu, Files.device(board)!], weights: "file",
        profile: try profile(folder, of: Files.profile(board), ["fp16": false]))
      #expect(emulated == native, "\(board)")
    }
  }
}
