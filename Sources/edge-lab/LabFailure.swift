import Foundation
import Generation
import LabResults
import LabTasks
import Model
import Platform
import Profile
import Tokenizer

/// Why a command ends: one line for standard error, and the exit code (BSD's sysexits, as edge-infer).
struct LabFailure: Error, CustomStringConvertible {
  let code: Int32
  let description: String

  static func usage(_ text: String) -> LabFailure { LabFailure(code: 64, description: text) }
  static func data(_ text: String) -> LabFailure { LabFailure(code: 65, description: text) }
  static func missingFile(_ text: String) -> LabFailure { LabFailure(code: 66, description: text) }
  static func refused(_ text: String) -> LabFailure { LabFailure(code: 71, description: text) }
  static func inputOutput(_ text: String) -> LabFailure { LabFailure(code: 74, description: text) }
  static func interrupted(_ text: String) -> LabFailure { LabFailure(code: 130, description: text) }
}

extension LabFailure {
  init(_ error: HeadSharesError, path: String) {
    self.init(
      code: error.exitCode.rawValue, description: path + ": " + written { error.write(to: &$0) })
  }

  init(_ error: ModelError, path: String) {
    self.init(
      code: error.exitCode.rawValue, description: path + ": " + written { error.write(to: &$0) })
  }

  init(_ error: TextFailure, path: String) {
    self.init(
      code: error.exitCode.rawValue, description: path + ": " + written { error.write(to: &$0) })
  }

  init(_ error: TokenizerError, path: String) {
    self.init(
      code: error.exitCode.rawValue, description: path + ": " + written { error.write(to: &$0) })
  }

  /// Memory or threads that the system does not give.
  init(_ failure: SystemFailure) {
    self = .refused("cannot \(failure.operation): \(failure.reason)")
  }

  /// Any error of a command.
  init(_ error: any Error) {
    switch error {
    case let failure as LabFailure: self = failure
    case let failure as SystemFailure: self.init(failure)
    case let failure as TaskFileError: self.init(failure)
    case let failure as ResultFileError: self = .inputOutput(failure.description)
    default: self = .data("\(error)")
    }
  }
}

/// What `write` writes, less than a pipe holds.
private func written(_ write: (inout TextOutput) -> Void) -> String {
  let pipe = Pipe()
  var out = TextOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
  write(&out)
  out.flush()
  try? pipe.fileHandleForWriting.close()
  return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
}

/// A whole file's bytes, or why they cannot be read.
func fileContents(_ path: String) throws(LabFailure) -> Data {
  do {
    return try Data(contentsOf: URL(fileURLWithPath: path))
  } catch {
    if !FileManager.default.fileExists(atPath: path) {
      throw .missingFile("\(path): there is no such file")
    }
    throw .inputOutput("\(path): cannot be read")
  }
}

/// Writes a line to standard error.
func writeError(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}
