import Platform
import Profile

/// Why a saved cache could not be taken.
public enum SnapshotError: LineError {
  case file(SystemFailure)
  case notSnapshot
  case version(UInt64)
  case byteCount(Int, expected: Int)
  case checksum
  case model
  /// A setting of the run that made it.
  case setting(StaticString, found: Int, expected: Int)
  case policy(Policy?, expected: Policy)
  /// The run that made it shared out the slots in another way.
  case headBudgets
  /// Counts or positions that no run leaves.
  case malformed(StaticString)

  public var exitCode: ExitCode {
    switch self {
    case .file(let failure): failure.exitCode
    default: .malformedData
    }
  }
}

extension SnapshotError {
  /// What the file is not.
  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .file(let failure): failure.write(to: &out)
    case .notSnapshot: out.write("not a saved cache: it does not start with 'EDGESNAP'")
    case .version(let version):
      out.write("a saved cache of version ")
      out.write(version)
      out.write(", expected ")
      out.write(SnapshotHeader.version)
    case .byteCount(let found, let expected):
      out.write("truncated or too long: ")
      out.write(found)
      out.write(" bytes, expected ")
      out.write(expected)
    case .checksum: out.write("damaged: its checksum is not that of its bytes")
    case .model: out.write("was saved with another model")
    case .setting(let name, let found, let expected):
      out.write("was saved with ")
      out.write(name)
      out.write(" ")
      out.write(found)
      out.write(", expected this run's ")
      out.write(expected)
    case .policy(let found, let expected):
      out.write("was saved with policy ")
      out.write(found?.name ?? "unknown")
      out.write(", expected this run's ")
      out.write(expected.name)
    case .headBudgets: out.write("was saved with other --head-budgets")
    case .malformed(let what):
      out.write("not a cache that a run leaves: ")
      out.write(what)
    }
  }
}
