import Foundation
import LabResults

/// Why no page was made: one line.
public struct ReportError: Error, CustomStringConvertible, Equatable {
  public let description: String
  /// Of sysexits.h.
  public let exitCode: Int32

  static func usage(_ text: String) -> ReportError {
    ReportError(description: text, exitCode: 64)
  }
  static func data(_ text: String) -> ReportError { ReportError(description: text, exitCode: 65) }
  static func missing(_ text: String) -> ReportError {
    ReportError(description: text, exitCode: 66)
  }
  static func writing(_ text: String) -> ReportError {
    ReportError(description: text, exitCode: 74)
  }
}

/// A file to draw; what it is follows from its content.
struct ReportInput {
  enum Content {
    case results([ResultLine])
    case run(RunReport)
    case bench(BenchReport)
    case scoring(ScoringReport)
    case firstToken(FirstTokenReport)
    case plan(PlanReport)
    case score(ScoreReport)
    /// Of a folder, whose parts are inputs of their own.
    case profileRun(ProfileRunReport)
  }

  /// As pages name it: without folders.
  let name: String
  let content: Content
  /// What a reader of the page must know about the file.
  let notes: [String]

  var isResults: Bool {
    if case .results = content { true } else { false }
  }

  /// The same with more notes.
  init(_ other: ReportInput, notes: [String]) {
    name = other.name
    content = other.content
    self.notes = other.notes + notes
  }

  /// - Parameter name: what the page calls it; the file's name where nothing is said.
  init(path: String, name: String? = nil) throws(ReportError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw exists
        ? .writing("\(path): cannot be read") : .missing("\(path): there is no such file")
    }
    try self.init(data, path: path, name: name)
  }

  init(_ data: Data, path: String, name: String? = nil) throws(ReportError) {
    self.name = name ?? (path as NSString).lastPathComponent
    if data.allSatisfy({ [9, 10, 13, 32].contains($0) }) { throw .data("\(path): is empty") }
    let whole = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
    if let whole, whole["task"] == nil {
      content = try Self.report(whole, data, path)
      notes = Self.notes(whole)
    } else {
      (content, notes) = try Self.results(data, path)
    }
  }

  private static func report(
    _ object: [String: Any], _ data: Data, _ path: String
  ) throws(ReportError) -> Content {
    func has(_ names: String...) -> Bool { names.allSatisfy { object[$0] != nil } }
    if has("blocks", "prefill") { return .run(try decode(data, path, "a run")) }
    if has("results", "keyReads") { return .scoring(try decode(data, path, "bench scoring")) }
    if has("results", "limits") { return .bench(try decode(data, path, "bench")) }
    if has("results", "ramCapBytes") { return .firstToken(try decode(data, path, "bench ttft")) }
    if has("regions") { return .plan(try decode(data, path, "plan")) }
    if has("format", "parts") { return .profileRun(try decode(data, path, "profile-run")) }
    if has("nll", "scored") { return .score(try decode(data, path, "score")) }
    throw .data("\(path): is neither a results file of edge-lab nor a report of edge-infer")
  }

  private static func notes(_ object: [String: Any]) -> [String] {
    object["stop"] as? String == "interrupt"
      ? ["was interrupted: figures of what was measured before"] : []
  }

  private static func decode<Report: Decodable>(
    _ data: Data, _ path: String, _ kind: String
  ) throws(ReportError) -> Report {
    do {
      return try JSONDecoder().decode(Report.self, from: data)
    } catch let error as DecodingError {
      throw .data("\(path): as a report of \(kind): \(describe(error))")
    } catch {
      throw .data("\(path): is no report of \(kind)")
    }
  }

  private static func describe(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }.joined().dropFirst()
        .description
    }
    return switch error {
    case .keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing"
    case .typeMismatch(let type, let context):
      "\(place(context.codingPath)) is not \(type == String.self ? "a text" : type == Double.self ? "a number" : "as it should be")"
    case .valueNotFound(_, let context): "\(place(context.codingPath)) is null"
    case .dataCorrupted(let context): "\(place(context.codingPath)) cannot be read"
    @unknown default: "cannot be read"
    }
  }

  /// Lines of results; one that was cut off at the end, by a crash or because it is being written, is
  /// left out.
  private static func results(
    _ data: Data, _ path: String
  ) throws(ReportError) -> (Content, [String]) {
    let decoder = JSONDecoder()
    var lines: [ResultLine] = []
    var notes: [String] = []
    let parts = data.split(separator: 10, omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() where !part.isEmpty {
      if let line = try? decoder.decode(ResultLine.self, from: Data(part)) {
        lines.append(line)
      } else if index == parts.count - 1 && !lines.isEmpty {
        notes.append("its last line is cut off and was left out")
      } else if lines.isEmpty {
        throw .data("\(path): is neither a results file of edge-lab nor a report of edge-infer")
      } else {
        throw .data("\(path): line \(index + 1) is not a result")
      }
    }
    return (.results(lines), notes)
  }
}
