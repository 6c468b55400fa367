/// Processors whose system calls are known here.
public enum Machine: Sendable {
  case x86
  case arm

  /// The one that this program was built for.
  public static var own: Machine { BuildFeatures.isArm ? .arm : .x86 }

  /// The kernel's word for it (linux/audit.h): the machine's number in ELF, 64 bits, little-endian.
  public var auditWord: UInt32 {
    switch self {
    case .x86: 0xC000_003E
    case .arm: 0xC000_00B7
    }
  }
}

/// System calls that some command needs after its lockdown.
public enum SystemCall: Sendable {
  case read
  case write
  case pread64
  case pwrite64
  case close
  case futex
  case clockGettime
  case getrusage
  /// A thread blocks signals before it ends.
  case rtSigprocmask
  case rtSigreturn
  case restartSyscall
  case exit
  case exitGroup
  case fsync
  case renameat
  case unlinkat
  case openat
  case fstat
  /// What glibc's `fstat` calls before version 2.39.
  case newfstatat
  case readlinkat
  case ioctl
  case accept4
  case ppoll
  case shutdown
  case madvise

  /// Of Linux: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h.
  @export(interface)
  public func number(on machine: Machine) -> UInt32 {
    let numbers: (x86: UInt32, arm: UInt32) =
      switch self {
      case .read: (0, 63)
      case .write: (1, 64)
      case .pread64: (17, 67)
      case .pwrite64: (18, 68)
      case .close: (3, 57)
      case .futex: (202, 98)
      case .clockGettime: (228, 113)
      case .getrusage: (98, 165)
      case .rtSigprocmask: (14, 135)
      case .rtSigreturn: (15, 139)
      case .restartSyscall: (219, 128)
      case .exit: (60, 93)
      case .exitGroup: (231, 94)
      case .fsync: (74, 82)
      case .renameat: (264, 38)
      case .unlinkat: (263, 35)
      case .openat: (257, 56)
      case .fstat: (5, 80)
      case .newfstatat: (262, 79)
      case .readlinkat: (267, 78)
      case .ioctl: (16, 29)
      case .accept4: (288, 242)
      case .ppoll: (271, 73)
      case .shutdown: (48, 210)
      case .madvise: (28, 233)
      }
    return machine == .x86 ? numbers.x86 : numbers.arm
  }
}
