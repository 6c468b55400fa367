import Platform

/// Why a model could not be loaded.
public enum LoadFailure: LineError {
  case file(TextFailure)
  /// Memory or threads that the system does not give.
  case refused(SystemFailure)

  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .file(let failure): failure.write(to: &out)
    case .refused(let failure): failure.writeRefusal(to: &out)
    }
  }

  public var exitCode: ExitCode {
    switch self {
    case .file(let failure): failure.exitCode
    case .refused: .systemRefused
    }
  }
}
