import Foundation
import LabResults
import LabTasks
import Testing

@testable import edge_lab

/// Files beside the repository; tests that need one that is absent are skipped and say so.
enum Files {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// 260,000 weights, 5 layers, SentencePiece with 512 tokens.
  static let tinyModel = repository.deletingLastPathComponent()
    .appendingPathComponent("shared/data/models/stories260K-f32.gguf").path

  static var hasTinyModel: Bool { FileManager.default.fileExists(atPath: tinyModel) }

  static var wikiTokens: String? {
    let path = repository.deletingLastPathComponent()
      .appendingPathComponent("shared/golden/wikitext.tokens").path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  static var defaultModel: String? { try? ModelLocation.find(ModelLocation.defaultName) }

  /// The release build of edge-infer, or what `$EDGE_INFER_PROGRAM` names.
  static var program: String? {
    let own = repository.appendingPathComponent(".build/release/edge-infer").path
    return [ProcessInfo.processInfo.environment["EDGE_INFER_PROGRAM"], own].compactMap(\.self)
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  static let edgeLab = repository.appendingPathComponent(".build/debug/edge-lab").path

  static var hasEdgeLab: Bool { FileManager.default.isExecutableFile(atPath: edgeLab) }

  static func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: output, as: UTF8.self)
  }
}

/// A folder of a test's own.
final class Folder {
  private let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("lab-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    return path(name)
  }

  /// Lines of a file in it.
  func lines(_ name: String) throws -> [String] {
    try String(contentsOfFile: path(name), encoding: .utf8).split(separator: "\n").map(String.init)
  }
}

/// What the command line would give.
func evaluation(_ words: String...) throws -> Evaluation {
  try Evaluation(
    LabArguments(
      ["--model", Files.tinyModel, "--quiet", "--threads", "1"] + words,
      options: Evaluation.options))
}

/// Stories of different lengths, whose answers are scored by their length.
func storyItems(_ count: Int) -> [TaskItem] {
  (0..<count).map { index in
    let sentences = (0...index * 3).map { "Lily had \($0) red balls and a small dog. " }.joined()
    return TaskItem(
      item: ["sample": .number(Double(index))], prompt: sentences + "She", usesTemplate: false,
      maxTokens: 6, expected: " was very happy"
    ) { answer in ["bytes": Double(answer.utf8.count)] }
  }
}

/// A line but for its time.
func timeless(_ line: ResultLine) throws -> String {
  var line = line
  line.seconds = 0
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  return String(decoding: try encoder.encode(line), as: UTF8.self)
}
