import Foundation

/// Why a task's file cannot be used.
public struct TaskFileError: Error, CustomStringConvertible {
  public enum Kind: Sendable {
    case missing
    case unreadable
    case malformed
  }

  public let kind: Kind
  public let description: String

  public init(kind: Kind = .malformed, _ description: String) {
    self.kind = kind
    self.description = description
  }
}

/// Files that tasks are read from.
enum TaskFile {
  static func contents(_ path: String) throws(TaskFileError) -> Data {
    guard FileManager.default.fileExists(atPath: path) else {
      throw TaskFileError(kind: .missing, "\(path): no such file")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw TaskFileError(kind: .unreadable, "\(path): cannot be read")
    }
    return data
  }

  static func text(_ path: String) throws(TaskFileError) -> String {
    guard let text = String(validating: try contents(path), as: UTF8.self) else {
      throw TaskFileError("\(path): is not UTF-8 text")
    }
    return text
  }

  /// The objects of a JSON Lines file; empty lines are skipped.
  static func records(_ path: String) throws(TaskFileError) -> [Record] {
    let decoder = JSONDecoder()
    var records: [Record] = []
    for (index, line) in try contents(path).split(separator: 10, omittingEmptySubsequences: false)
      .enumerated()
    where line.contains(where: { $0 > 32 }) {
      guard let value = try? decoder.decode(JSONValue.self, from: Data(line)),
        case .object(let fields) = value
      else {
        throw TaskFileError("\(path): line \(index + 1) is not a JSON object")
      }
      records.append(Record(path: path, line: index + 1, fields: fields))
    }
    guard !records.isEmpty else { throw TaskFileError("\(path): has no line") }
    return records
  }

  /// A path itself, or the `.jsonl` files of a folder in order of their names.
  static func lineFiles(_ path: String) throws(TaskFileError) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw TaskFileError(kind: .missing, "\(path): no such file or folder")
    }
    guard isFolder.boolValue else { return [path] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let files = names.filter { $0.hasSuffix(".jsonl") }.sorted()
    guard !files.isEmpty else {
      throw TaskFileError(kind: .missing, "\(path): has no .jsonl file in it")
    }
    return files.map { "\(path)/\($0)" }
  }
}

/// One line of a JSON Lines file.
struct Record {
  var path: String
  /// From 1.
  var line: Int
  var fields: [String: JSONValue]

  func text(_ name: String) throws(TaskFileError) -> String {
    guard let text = try value(name).asText else { throw error("\"\(name)\" is not a text") }
    return text
  }

  func texts(_ name: String) throws(TaskFileError) -> [String] {
    guard let texts = try value(name).asTexts, !texts.isEmpty else {
      throw error("\"\(name)\" is not a list of texts")
    }
    return texts
  }

  func value(_ name: String) throws(TaskFileError) -> JSONValue {
    guard let value = fields[name] else { throw error("\"\(name)\" is missing") }
    return value
  }

  func error(_ reason: String) -> TaskFileError {
    TaskFileError("\(path): line \(line): \(reason)")
  }
}
