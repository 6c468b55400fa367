import Foundation

/// The index of a folder that `edge-infer profile-run` wrote.
struct ProfileRunReport: Decodable {
  var format: String
  var board: String
  var modelName: String
  var build: String
  /// `full` or `quick`.
  var length: String
  var parts: [String]
}

/// A folder of `edge-infer profile-run`: its index, and the parts that are done.
enum ReportFolder {
  static let index = "profile-run.json"

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// - Parameter name: what the page calls the folder.
  static func inputs(_ path: String, name: String) throws(ReportError) -> [ReportInput] {
    let folder = URL(fileURLWithPath: path)
    let index = folder.appendingPathComponent(index).path
    if !FileManager.default.fileExists(atPath: index) {
      throw .data("\(path): is a folder without the \(Self.index) of edge-infer profile-run")
    }
    let first = try ReportInput(path: index, name: name)
    guard let run = first.profileRun else {
      throw .data("\(index): is no index of edge-infer profile-run")
    }
    var inputs: [ReportInput] = []
    var missing: [String] = []
    for part in run.parts {
      // A part is a file of the folder.
      let file = (part as NSString).lastPathComponent
      let place = folder.appendingPathComponent(file).path
      if FileManager.default.fileExists(atPath: place) {
        inputs.append(try ReportInput(path: place, name: "\(name)/\(file)"))
      } else {
        missing.append(file)
      }
    }
    let notes =
      missing.isEmpty ? [] : ["the run is not at its end: no \(Format.list(missing)) yet"]
    return [ReportInput(first, notes: notes)] + inputs
  }

  /// The last parts of paths; the whole paths where two would be the same.
  static func names(_ paths: [String]) -> [String] {
    let names = paths.map { ($0 as NSString).standardizingPath as NSString }.map(
      \.lastPathComponent)
    return Set(names).count == names.count ? names : paths
  }
}

/// Whose measurements are on the page.
enum ProfileRunSection {
  static func make(_ reports: [(name: String, report: ProfileRunReport)]) -> Section? {
    if reports.isEmpty { return nil }
    let columns = ["folder", "board", "model", "build", "length"]
    let rows = reports.map { name, report in
      [name, report.board, report.modelName, report.build, report.length]
    }
    return Section(
      id: "profile-runs", title: "Profile runs",
      content: [
        HTML.table(
          "As edge-infer profile-run measured them",
          columns.map { HTML.Column(name: $0, isText: true) }, rows)
      ])
  }
}
