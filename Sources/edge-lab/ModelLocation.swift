import Foundation

/// Where a model file is: as given, then below `$EDGE_INFER_MODELS`, then below
/// `~/.cache/edge-infer`, as edge-infer looks for it.
enum ModelLocation {
  static let defaultName = "SmolLM2-135M-Instruct.Q4_1.gguf"

  static func find(_ name: String) throws(LabFailure) -> String {
    let environment = ProcessInfo.processInfo.environment
    var places = [name]
    if !name.hasPrefix("/") {
      if let folder = environment["EDGE_INFER_MODELS"] { places.append(folder + "/" + name) }
      if let home = environment["HOME"] { places.append(home + "/.cache/edge-infer/" + name) }
    }
    if let path = places.first(where: FileManager.default.fileExists(atPath:)) { return path }
    throw .missingFile("\(name): no such model here, in $EDGE_INFER_MODELS or ~/.cache/edge-infer")
  }
}
