import Platform

/// Why a `HealthMonitor` cannot keep a processor cool.
public enum HealthError: LineError {
  /// The limit is out of range.
  case limit
  case noThermometer

  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .limit: out.write("--max-temperature is from 30 to 120 degrees Celsius")
    case .noThermometer:
      out.write("--max-temperature: no sensor of the processor's temperature can be read here")
    }
  }

  public var exitCode: ExitCode {
    switch self {
    case .limit: .usage
    case .noThermometer: .unavailable
    }
  }
}
