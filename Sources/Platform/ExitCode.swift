/// Exit codes of the program, after BSD's sysexits.
public enum ExitCode: Int32, Sendable {
  case success = 0
  case usage = 64
  case malformedData = 65
  case missingFile = 66
  case unavailable = 69
  case systemRefused = 71
  case inputOutput = 74
  case configuration = 78
  /// As shells give them: 128 and the number of the signal that ended the work.
  case interrupted = 130
  case brokenPipe = 141
  case terminated = 143
}

/// An error that one line can say.
public protocol LineError: Error {
  /// Writes a fragment of a line, without its end.
  func write(to out: inout TextOutput)
  /// What a program ends with because of it.
  var exitCode: ExitCode { get }
}

extension SystemFailure: LineError {
  /// What was tried, why the system refused it, and the number of its reason.
  @export(interface)
  public func write(to out: inout TextOutput) {
    out.write("cannot ")
    out.write(operation)
    out.write(": ")
    out.write(reason)
    out.write(" (errno ")
    out.write(Int(code))
    out.write(")")
  }

  /// Of memory or threads that the system does not give: without the number.
  @export(interface)
  public func writeRefusal(to out: inout TextOutput) {
    out.write("cannot ")
    out.write(operation)
    out.write(": ")
    out.write(reason)
  }

  public var exitCode: ExitCode { isMissingFile ? .missingFile : .inputOutput }
}
