import Platform

/// Why no profile can be made of a machine.
public enum BoardError: LineError {
  /// /proc/cpuinfo below a folder cannot be read.
  case noCPUInfo
  /// /proc/cpuinfo has neither a line `Features` nor `flags`.
  case noInstructions
  /// The processor has less than NEON on aarch64, or than AVX2.
  case noVectors(isArm: Bool)
  case tooLittleMemory(availableMiB: Int, reserveMiB: Int)

  public var exitCode: ExitCode {
    switch self {
    case .noInstructions: .malformedData
    case .noCPUInfo: .missingFile
    case .noVectors: .unavailable
    case .tooLittleMemory: .configuration
    }
  }

  /// One line without its end.
  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .noCPUInfo: out.write("proc/cpuinfo is missing or cannot be read")
    case .noInstructions:
      out.write("proc/cpuinfo has no line Features (Arm) or flags (x86) with the instruction sets")
    case .noVectors(let isArm):
      out.write("the processor lacks ")
      out.write(isArm ? "asimd (NEON of aarch64)" : "AVX2 with FMA and F16C")
      out.write(", which this program needs")
    case .tooLittleMemory(let availableMiB, let reserveMiB):
      out.write("of ")
      out.write(availableMiB)
      out.write(" MiB that are available ")
      out.write(reserveMiB)
      out.write(" MiB are kept back, and less than 16 MiB, the smallest cap, are left; free some")
      out.write(" memory, or give a smaller --reserve-mib")
    }
  }
}
