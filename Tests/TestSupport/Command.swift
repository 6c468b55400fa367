import Foundation
import Testing

/// What a finished program left.
public struct Outcome {
  public let code: Int32
  public let output: String
  public let error: String

  public var errorLines: [Substring] { error.split(separator: "\n") }
}

/// Runs a command to its end; `input` goes to its standard input. A program that has ended for a signal
/// has its number, negative, as its code.
public func run(_ command: [String], input: Data = Data()) throws -> Outcome {
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
public func profile(
  _ folder: Folder, of path: String = Files.hostProfile, _ changes: [String: Any] = [:]
) throws -> String {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  var fields = try JSONSerialization.jsonObject(with: data) as! [String: Any]
  fields.merge(changes) { $1 }
  return try folder.write("profile.json", JSONSerialization.data(withJSONObject: fields))
}

/// A command that must fail with one line on standard error.
public func expectError(
  _ code: Int32, _ command: [String], mentions words: [String],
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let outcome = try run(command)
  #expect(outcome.code == code, "\(outcome.error)", sourceLocation: sourceLocation)
  #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
  #expect(outcome.errorLines.count == 1, "\(outcome.error)", sourceLocation: sourceLocation)
  for word in words {
    #expect(
      outcome.error.contains(word), "\(word) in: \(outcome.error)",
      sourceLocation: sourceLocation)
  }
}

/// A report, or any JSON object, in a file.
public func json(_ path: String) throws -> [String: Any] {
  try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
    as! [String: Any]
}
