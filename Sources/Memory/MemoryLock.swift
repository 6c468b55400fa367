import Platform

/// Whether the arena's pages are kept from being swapped out: `--lock-memory`.
public enum MemoryLock: Sendable {
  case declined
  case locked
  case refused(SystemFailure)

  /// If the system refuses, work goes on without.
  /// - Parameter isWanted: whether it was asked for.
  @export(interface)
  public init(_ arena: borrowing Arena, isWanted: Bool) {
    if !isWanted {
      self = .declined
      return
    }
    do throws(SystemFailure) {
      try arena.lock()
      self = .locked
    } catch {
      self = .refused(error)
    }
  }

  private var isLocked: Bool { if case .locked = self { true } else { false } }

  /// One line, or none where it was not asked for.
  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .declined: return
    case .locked: out.write("   memory locked: no page of the arena is swapped out\n")
    case .refused(let failure):
      out.write("   memory not locked: ")
      out.write(failure.reason)
      out.write("; ulimit -l, or CAP_IPC_LOCK, must allow the arena's size\n")
    }
    out.flush()
  }

  /// A further member of a report: `, "memoryLocked": true`.
  public func writeJSON(to out: inout TextOutput) {
    out.write(", \"memoryLocked\": ")
    out.write(isLocked ? "true" : "false")
  }
}
