import Memory
import Platform

/// Whether the kernel kills the process for a system call that the command does not need.
enum Lockdown {
  case installed(LockdownNeeds)
  /// `--no-lockdown`.
  case declined
  /// The command maps memory between its parts.
  case impossible
  case refused(SystemFailure)

  var isInstalled: Bool {
    if case .installed = self { true } else { false }
  }

  /// From here on only what `needs` and every loop need is allowed, in all threads, for good. A
  /// kernel that refuses is told of, and the command goes on without.
  static func begin(
    _ arguments: Arguments, _ needs: LockdownNeeds, _ plan: MemoryPlan
  ) -> Lockdown {
    openResidentSize()
    var needs = needs
    needs.dropsPages = plan.expertByteCountMax != nil
    if arguments.wantsNoLockdown { return .declined }
    do throws(SystemFailure) {
      try LockdownFilter(needs, on: .own).install()
      return .installed(needs)
    } catch {
      return .refused(error)
    }
  }

  /// One line.
  func write(to out: inout TextOutput) {
    out.write("   ")
    switch self {
    case .installed(let needs): Self.write(needs, &out)
    case .declined: out.write("not locked down: --no-lockdown")
    case .impossible: out.write("not locked down: each case maps memory of its own")
    case .refused(let failure):
      out.write("not locked down: the kernel refuses to ")
      out.write(failure.operation)
      out.write(" (errno ")
      out.write(Int(failure.code))
      out.write(")")
    }
    out.write("\n")
    out.flush()
  }

  private static func write(_ needs: LockdownNeeds, _ out: inout TextOutput) {
    out.write("locked down: system calls can read, write, wait and end")
    if needs.opensFiles { out.write("; open files by name") }
    if needs.replacesFiles { out.write("; put the written files in place") }
    if needs.usesTerminal { out.write("; set the terminal") }
    if needs.servesSockets { out.write("; take connections") }
    if needs.writesInPlace { out.write("; write in an opened file") }
    if needs.dropsPages { out.write("; drop pages of experts") }
  }

  /// A member of a report: `"lockdown": true`.
  func writeJSON(to out: inout TextOutput) {
    out.write("\"lockdown\": ")
    out.write(isInstalled ? "true" : "false")
  }
}
