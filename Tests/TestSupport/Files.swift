import Foundation

/// Files of the repository, of the folder `shared` beside it, of the model cache and of
/// `.build-check`. What may be absent is nil, and a test that needs it is skipped and says so.
public enum Files {
  public static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  public static let hostProfile = profile("host")

  /// A board's profile.
  public static func profile(_ board: String) -> String {
    repository.appendingPathComponent("Profiles/\(board).json").path
  }

  /// The native program, which `swift build -c release` makes, or what `$EDGE_INFER_PROGRAM` names.
  public static var program: String? {
    let named = ProcessInfo.processInfo.environment["EDGE_INFER_PROGRAM"]
    return named.flatMap { existing(URL(fileURLWithPath: $0)) }
      ?? existing(repository.appendingPathComponent(".build/release/edge-infer"))
  }

  /// A program that Toolchain/build-device made.
  public static func device(_ board: String, _ program: String = "edge-infer") -> String? {
    existing(repository.appendingPathComponent(".build-device/\(board)/\(program)"))
  }

  /// The default model, which Toolchain/fetch-model gets.
  public static var model: String? {
    let name = "SmolLM2-135M-Instruct.Q4_1.gguf"
    let environment = ProcessInfo.processInfo.environment
    let folders = [
      environment["EDGE_INFER_MODELS"], environment["HOME"].map { $0 + "/.cache/edge-infer" },
    ]
    return folders.compactMap { $0.flatMap { existing(URL(fileURLWithPath: $0 + "/" + name)) } }
      .first
  }

  /// A file or folder of the reference material beside the repository, which a clone alone has not.
  public static func shared(_ path: String) -> String? { existing(sharedURL(path)) }

  public static func sharedURL(_ path: String) -> URL {
    repository.deletingLastPathComponent().appendingPathComponent("shared/" + path)
  }

  /// What the reference implementation computed with the default model.
  public static func golden(_ name: String) -> URL { sharedURL("golden/" + name) }

  public static func hasGolden(_ name: String) -> Bool {
    model != nil && existing(golden(name)) != nil
  }

  /// A model of five small layers whose tokenizer is SentencePiece's.
  public static var stories: String? { shared("data/models/stories260K-f32.gguf") }

  /// What Toolchain/make-models leaves.
  public static let smallModels = repository.appendingPathComponent(".build-check/models")
  public static let smallModelNames =
    ((try? FileManager.default.contentsOfDirectory(atPath: smallModels.path)) ?? [])
    .filter { $0.hasSuffix(".gguf") }.map { String($0.dropLast(5)) }.sorted()

  /// A program of this machine.
  public static func tool(_ name: String) -> String? {
    ["/usr/bin", "/usr/local/bin", "/opt/bin"].map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// The program and the default model are there.
  public static var canRun: Bool { program != nil && model != nil }

  public static func existing(_ url: URL) -> String? {
    FileManager.default.fileExists(atPath: url.path) ? url.path : nil
  }

  /// Whether this x86-64 processor computes in Float16.
  public static let hasFloat16Arithmetic =
    (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.contains("avx512_fp16")
    ?? false
}

/// All of a binary file of numbers.
public func numbers<Number: BitwiseCopyable>(_ path: String, as: Number.Type) throws -> [Number] {
  try Data(contentsOf: URL(fileURLWithPath: path)).withUnsafeBytes {
    Array($0.bindMemory(to: Number.self))
  }
}
