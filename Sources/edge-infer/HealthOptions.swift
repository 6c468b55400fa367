import Board
import Measurement
import Platform
import Profile

extension HealthMonitor {
  /// Finds and opens the sensors of this machine, or of the one below `--sysroot`.
  init(
    _ arguments: Arguments, _ profile: DeviceProfile, _ console: inout Console
  ) throws(CommandFailure) {
    let root = try KernelPath(arguments)
    do throws(HealthError) {
      self = try HealthMonitor(below: root, profile, limit: arguments.maxTemperature)
    } catch {
      throw CommandFailure(.health(error))
    }
  }

  /// Waits if the processor is too hot.
  /// - Parameter isQuiet: whether nothing is said of it.
  mutating func coolDown(isQuiet: Bool, _ console: inout Console) {
    guard let pause else { return }
    if !isQuiet {
      // In place of a line of progress.
      if console.isTerminal { console.error.write("\r\u{1B}[K") }
      pause.write(to: &console.error)
      console.error.flush()
    }
    waitUntilCool()
  }
}

extension KernelPath {
  /// The folder of `--sysroot`, or the machine's own files.
  init(_ arguments: Arguments) throws(CommandFailure) {
    guard let path = unsafe arguments.sysroot else {
      self = KernelPath.machine
      return
    }
    guard let given = unsafe KernelPath(root: cStringSpan(path)) else {
      throw CommandFailure(.usage, "--sysroot names a folder in 1 to 2048 bytes")
    }
    self = given
  }
}
