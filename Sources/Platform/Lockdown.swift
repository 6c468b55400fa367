import CPlatform
import Synchronization

/// What a command needs after its lockdown beside reading, writing, waiting, the clock and ending.
public struct LockdownNeeds: Sendable {
  /// Files that were opened before are synced, renamed to their names, or removed.
  public var replacesFiles = false
  /// Files whose names come later.
  public var opensFiles = false
  /// The settings and the size of a terminal.
  public var usesTerminal = false
  /// Connections to a socket that listens already are taken, and waited for.
  public var servesSockets = false
  /// A file that was opened before is written at given offsets.
  public var writesInPlace = false
  /// Pages of mapped files are taken out of memory.
  public var dropsPages = false

  public init() {}
}

/// A seccomp filter: a program for the kernel that looks at every system call of the process and
/// kills it for one that is not allowed (Linux, Documentation/userspace-api/seccomp_filter.rst).
public struct LockdownFilter {
  /// Room for every call with its conditions.
  public static let capacity = 96
  private static let allow: UInt32 = 0x7FFF_0000  // SECCOMP_RET_ALLOW
  /// SECCOMP_RET_KILL_PROCESS; kernels before 4.14 take it for one that kills the thread.
  private static let kill: UInt32 = 0x8000_0000
  /// Instructions of the classic BPF (linux/bpf_common.h).
  private static let loadWord: UInt16 = 0x20  // BPF_LD | BPF_W | BPF_ABS
  private static let jumpIfEqual: UInt16 = 0x15  // BPF_JMP | BPF_JEQ | BPF_K
  private static let jumpIfNotLess: UInt16 = 0x35  // BPF_JMP | BPF_JGE | BPF_K
  private static let end: UInt16 = 0x06  // BPF_RET | BPF_K
  /// Bytes of struct seccomp_data before its parts.
  private static let numberOffset: UInt32 = 0
  private static let machineOffset: UInt32 = 4
  private static let argumentsOffset: UInt32 = 16
  /// Numbers from here on are those of the x32 convention on x86-64.
  private static let x32Start: UInt32 = 0x4000_0000

  private var instructions = InlineArray<96, sock_filter>(repeating: sock_filter())
  public private(set) var count = 0

  @export(interface)
  public init(_ needs: LockdownNeeds, on machine: Machine) {
    append(Self.loadWord, Self.machineOffset)
    append(Self.jumpIfEqual, machine.auditWord, ifTrue: 1)
    append(Self.end, Self.kill)
    append(Self.loadWord, Self.numberOffset)
    if machine == .x86 {
      append(Self.jumpIfNotLess, Self.x32Start, ifFalse: 1)
      append(Self.end, Self.kill)
    }
    allowAlways(machine)
    if needs.replacesFiles { allowReplacing(machine) }
    if needs.opensFiles { allowOpening(machine) }
    if needs.usesTerminal { allowTerminal(machine) }
    if needs.servesSockets { allowServing(machine) }
    if needs.writesInPlace { allow(.pwrite64, machine) }
    // MADV_DONTNEED
    if needs.dropsPages { allow(.madvise, machine, argument: 2, isOneOf: [4]) }
    append(Self.end, Self.kill)
  }

  public subscript(index: Int) -> sock_filter { instructions[index] }

  /// Puts all threads of the process under this filter, for good.
  @export(interface)
  public func install() throws(SystemFailure) {
    let forbidden = edge_forbid_new_privileges()
    if forbidden < 0 { throw SystemFailure("forbid new privileges", code: -forbidden) }
    let count = UInt16(count)
    let result = unsafe withUnsafePointer(to: instructions) {
      unsafe edge_install_filter(
        UnsafeRawPointer($0).assumingMemoryBound(to: sock_filter.self), count)
    }
    if result > 0 { throw SystemFailure("install a filter in every thread", code: EBUSY) }
    if result < 0 { throw SystemFailure("install a filter of system calls", code: -result) }
    isLockedDown.store(true, ordering: .relaxed)
  }

  /// Whether this process is under such a filter.
  static var isInstalled: Bool { isLockedDown.load(ordering: .relaxed) }
}

private let isLockedDown = Atomic<Bool>(false)

/// The calls.
extension LockdownFilter {
  private mutating func allowAlways(_ machine: Machine) {
    allow(.read, machine)
    allow(.write, machine)
    allow(.pread64, machine)
    allow(.close, machine)
    allow(.futex, machine)
    allow(.clockGettime, machine)
    allow(.getrusage, machine)
    allow(.rtSigprocmask, machine)
    allow(.rtSigreturn, machine)
    allow(.restartSyscall, machine)
    allow(.exit, machine)
    allow(.exitGroup, machine)
  }

  private mutating func allowReplacing(_ machine: Machine) {
    allow(.fsync, machine)
    allow(.renameat, machine)
    allow(.unlinkat, machine)
  }

  /// As files are read, and as those that replace others are made, and in no other way.
  private mutating func allowOpening(_ machine: Machine) {
    allow(
      .openat, machine, argument: 2,
      isOneOf: [
        UInt32(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
        UInt32(O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC),
        UInt32(O_WRONLY | O_CLOEXEC | O_NOCTTY),
        UInt32(O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
      ])
    allow(.fstat, machine)
    allow(.newfstatat, machine)
    allow(.readlinkat, machine)
  }

  /// TCGETS, TCSETS, TIOCGWINSZ (asm-generic/ioctls.h), and TCGETS2 and TCSETS2, which newer C
  /// libraries take; not TIOCSTI, which types for the user.
  private mutating func allowTerminal(_ machine: Machine) {
    allow(
      .ioctl, machine, argument: 1, isOneOf: [0x5401, 0x5402, 0x5413, 0x802C_542A, 0x402C_542B])
  }
}

extension LockdownFilter {
  /// Sockets are read and written as files are. None can be made, connected or bound.
  private mutating func allowServing(_ machine: Machine) {
    allow(.accept4, machine)
    allow(.ppoll, machine)
    allow(.shutdown, machine)
  }
}

/// The program.
extension LockdownFilter {
  private mutating func append(
    _ code: UInt16, _ operand: UInt32, ifTrue: UInt8 = 0, ifFalse: UInt8 = 0
  ) {
    precondition(count < Self.capacity)
    instructions[count] = sock_filter(code: code, jt: ifTrue, jf: ifFalse, k: operand)
    count += 1
  }

  private mutating func allow(_ call: SystemCall, _ machine: Machine) {
    append(Self.jumpIfEqual, call.number(on: machine), ifFalse: 1)
    append(Self.end, Self.allow)
  }

  /// Allows a call where the low word of an argument is one of some values.
  private mutating func allow<let valueCount: Int>(
    _ call: SystemCall, _ machine: Machine, argument: UInt32,
    isOneOf values: InlineArray<valueCount, UInt32>
  ) {
    append(
      Self.jumpIfEqual, call.number(on: machine), ifFalse: UInt8(2 + 2 * valueCount))
    append(Self.loadWord, Self.argumentsOffset + 8 * argument)
    for index in 0..<valueCount {
      append(Self.jumpIfEqual, values[index], ifFalse: 1)
      append(Self.end, Self.allow)
    }
    append(Self.end, Self.kill)
  }
}
