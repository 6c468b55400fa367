import Foundation

/// Files that lie beside the repository, in the model cache or in .build-check; tests that need one
/// that is absent are skipped and say so.
enum Files {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let shared = repository.deletingLastPathComponent().appendingPathComponent("shared")
  static let golden = shared.appendingPathComponent("golden/full.json").path

  static var smolLM2: String? {
    let name = "SmolLM2-135M-Instruct.Q4_1.gguf"
    let environment = ProcessInfo.processInfo.environment
    let folders = [
      environment["EDGE_INFER_MODELS"], environment["HOME"].map { $0 + "/.cache/edge-infer" },
    ]
    return folders.compactMap { $0.map { $0 + "/" + name } }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  static var hasGolden: Bool { smolLM2 != nil && FileManager.default.fileExists(atPath: golden) }

  /// What Toolchain/make-models left.
  static let smallModels = repository.appendingPathComponent(".build-check/models")
  static let smallModelNames =
    ((try? FileManager.default.contentsOfDirectory(atPath: smallModels.path)) ?? [])
    .filter { $0.hasSuffix(".gguf") }.map { String($0.dropLast(5)) }.sorted()
}

struct Golden: Decodable {
  let tokens: [Int32]
  let nll: [Double]
  /// The five best ids of each of the first positions, with log-probabilities.
  let top: [[[Double]]]

  init() throws {
    self = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: URL(fileURLWithPath: Files.golden)))
  }
}
