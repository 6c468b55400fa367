import Foundation

/// Files of the repository, beside it, and in the model cache.
enum Files {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let shared = repository.deletingLastPathComponent().appendingPathComponent("shared")
  static let hostProfile = repository.appendingPathComponent("Profiles/host.json").path

  /// The native program; `swift build -c release` makes it.
  static var program: String? {
    existing(repository.appendingPathComponent(".build/release/edge-infer"))
  }

  static func device(_ board: String) -> String? {
    existing(repository.appendingPathComponent(".build-device/\(board)/edge-infer"))
  }

  static var model: String? {
    let name = "SmolLM2-135M-Instruct.Q4_1.gguf"
    let environment = ProcessInfo.processInfo.environment
    let folders = [
      environment["EDGE_INFER_MODELS"], environment["HOME"].map { $0 + "/.cache/edge-infer" },
    ]
    return folders.compactMap { $0.flatMap { existing(URL(fileURLWithPath: $0 + "/" + name)) } }
      .first
  }

  /// A model of five small layers whose tokenizer is SentencePiece's.
  static var stories: String? {
    existing(shared.appendingPathComponent("data/models/stories260K-f32.gguf"))
  }

  static var canRun: Bool { program != nil && model != nil }
  static var canRunShared: Bool {
    canRun && FileManager.default.fileExists(atPath: shared.appendingPathComponent("golden").path)
  }

  static func existing(_ url: URL) -> String? {
    FileManager.default.fileExists(atPath: url.path) ? url.path : nil
  }

  /// Whether this x86-64 processor computes in Float16.
  static let hasFloat16Arithmetic =
    (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.contains("avx512_fp16")
    ?? false

  static func tool(_ name: String) -> String? { existing(URL(fileURLWithPath: "/usr/bin/" + name)) }
}

/// A folder that is removed with the object.
final class Folder {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ name: String, _ data: Data) throws -> String {
    let file = url.appendingPathComponent(name)
    try data.write(to: file)
    return file.path
  }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

/// What a finished program left.
struct Outcome {
  let code: Int32
  let output: String
  let error: String

  var errorLines: [Substring] { error.split(separator: "\n") }
}

/// Runs a command to its end; `input` goes to its standard input.
func run(_ command: [String], input: Data = Data()) throws -> Outcome {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: command[0])
  process.arguments = Array(command.dropFirst())
  // Files take any length without a reader at the other end.
  let folder = try Folder()
  let (output, error) = (folder.path("out"), folder.path("err"))
  _ = FileManager.default.createFile(atPath: output, contents: nil)
  _ = FileManager.default.createFile(atPath: error, contents: nil)
  process.standardInput = try FileHandle(
    forReadingFrom: URL(fileURLWithPath: folder.write("in", input)))
  process.standardOutput = FileHandle(forWritingAtPath: output)
  process.standardError = FileHandle(forWritingAtPath: error)
  try process.run()
  process.waitUntilExit()
  return Outcome(
    code: process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus,
    output: String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self),
    error: String(decoding: try Data(contentsOf: URL(fileURLWithPath: error)), as: UTF8.self))
}

/// A profile, the host's where none is named, with some fields changed, in a file.
func profile(
  _ folder: Folder, of path: String = Files.hostProfile, _ changes: [String: Any] = [:]
) throws -> String {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  var fields = try JSONSerialization.jsonObject(with: data) as! [String: Any]
  fields.merge(changes) { $1 }
  return try folder.write("profile.json", JSONSerialization.data(withJSONObject: fields))
}
