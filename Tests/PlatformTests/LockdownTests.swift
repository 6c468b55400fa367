import Foundation
import Glibc
import Testing

@testable import Platform

extension LockdownNeeds {
  init(
    replacesFiles: Bool, opensFiles: Bool, usesTerminal: Bool, servesSockets: Bool = false,
    writesInPlace: Bool = false, dropsPages: Bool = false
  ) {
    self.init()
    (self.writesInPlace, self.dropsPages) = (writesInPlace, dropsPages)
    (self.replacesFiles, self.opensFiles, self.usesTerminal, self.servesSockets) = (
      replacesFiles, opensFiles, usesTerminal, servesSockets
    )
  }
}

/// What the kernel does with a filter's result.
private enum Verdict: UInt32 {
  case allowed = 0x7FFF_0000
  case killed = 0x8000_0000
}

private enum FilterFault: Error {
  case unknownInstruction(UInt16)
  case ranOut
}

/// Interprets a filter as the kernel does (Linux, net/core/filter.c), for one system call.
private func judge(
  _ filter: LockdownFilter, machine: UInt32, number: UInt32, arguments: [UInt64] = []
) throws -> Verdict? {
  var data = withUnsafeBytes(of: number) { Array($0) } + withUnsafeBytes(of: machine) { Array($0) }
  data += [UInt8](repeating: 0, count: 8)
  for index in 0..<6 {
    let value = index < arguments.count ? arguments[index] : 0
    data += withUnsafeBytes(of: value) { Array($0) }
  }
  var accumulator: UInt32 = 0
  var place = 0
  while place < filter.count {
    let (code, operand) = (filter[place].code, filter[place].k)
    var jump: UInt8 = 0
    switch code {
    case 0x20:
      let word = data[Int(operand)..<Int(operand) + 4]
      accumulator = word.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    case 0x15: jump = accumulator == operand ? filter[place].jt : filter[place].jf
    case 0x35: jump = accumulator >= operand ? filter[place].jt : filter[place].jf
    case 0x06: return Verdict(rawValue: operand)
    default: throw FilterFault.unknownInstruction(code)
    }
    place += 1 + Int(jump)
  }
  throw FilterFault.ranOut
}

struct LockdownFilterTests {
  /// Numbers of calls that each command may make, on both machines: arch/x86/entry/syscalls/
  /// syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
  private static let always: [Machine: Set<UInt32>] = [
    .x86: [0, 1, 3, 14, 15, 17, 60, 98, 202, 219, 228, 231],
    .arm: [57, 63, 64, 67, 93, 94, 98, 113, 128, 135, 139, 165],
  ]
  private static let replacing: [Machine: Set<UInt32>] = [
    .x86: [74, 263, 264], .arm: [35, 38, 82],
  ]
  private static let opening: [Machine: Set<UInt32>] = [.x86: [5, 262, 267], .arm: [78, 79, 80]]

  private static let serving: [Machine: Set<UInt32>] = [
    .x86: [48, 271, 288], .arm: [73, 210, 242],
  ]

  private static let writingInPlace: [Machine: Set<UInt32>] = [.x86: [18], .arm: [68]]

  @Test(arguments: [Machine.x86, .arm], 0..<64)
  func exactlyTheNeededCallsAreAllowed(machine: Machine, flags: Int) throws {
    let needs = LockdownNeeds(
      replacesFiles: flags & 1 != 0, opensFiles: flags & 2 != 0, usesTerminal: flags & 4 != 0,
      servesSockets: flags & 8 != 0, writesInPlace: flags & 16 != 0, dropsPages: flags & 32 != 0)
    let filter = LockdownFilter(needs, on: machine)
    var allowed = Self.always[machine]!
    if needs.replacesFiles { allowed.formUnion(Self.replacing[machine]!) }
    if needs.opensFiles { allowed.formUnion(Self.opening[machine]!) }
    if needs.servesSockets { allowed.formUnion(Self.serving[machine]!) }
    if needs.writesInPlace { allowed.formUnion(Self.writingInPlace[machine]!) }
    // All that exist, many that may come, and the edges of the word.
    let numbers = Array(0...UInt32(2048)) + [0x3FFF_FFFF, 0x4000_0000, 0x7FFF_FFFF, 0xFFFF_FFFF]
    for number in numbers {
      let verdict = try judge(filter, machine: machine.auditWord, number: number)
      #expect(verdict == (allowed.contains(number) ? .allowed : .killed), "\(number)")
    }
  }

  /// x86-64 takes calls of 32-bit programs and of the x32 convention too, under other numbers.
  @Test(arguments: [Machine.x86, .arm]) func otherConventionsAreRefused(machine: Machine) throws {
    let filter = LockdownFilter(
      LockdownNeeds(replacesFiles: true, opensFiles: true, usesTerminal: true), on: machine)
    // i386, 32-bit ARM, big-endian ARM, RISC-V, and the other machine.
    let others: [UInt32] = [
      0x4000_0003, 0x4000_0028, 0x8000_00B7, 0xC000_00F3, 0,
      machine == .x86 ? Machine.arm.auditWord : Machine.x86.auditWord,
    ]
    for number in 0..<UInt32(512) {
      for other in others {
        #expect(try judge(filter, machine: other, number: number) == .killed)
      }
      let x32 = try judge(filter, machine: machine.auditWord, number: number | 0x4000_0000)
      #expect(x32 == .killed)
    }
  }

  @Test(arguments: [Machine.x86, .arm])
  func filesAndTerminalsInTheWaysThatAreUsed(machine: Machine) throws {
    let (openat, ioctl): (UInt32, UInt32) = machine == .x86 ? (257, 16) : (56, 29)
    func verdict(_ needs: LockdownNeeds, _ number: UInt32, _ arguments: [UInt64]) throws -> Verdict?
    {
      try judge(
        LockdownFilter(needs, on: machine), machine: machine.auditWord, number: number,
        arguments: arguments)
    }
    let files = LockdownNeeds(replacesFiles: false, opensFiles: true, usesTerminal: false)
    let terminal = LockdownNeeds(replacesFiles: false, opensFiles: false, usesTerminal: true)
    let none = LockdownNeeds()
    // MADV_DONTNEED, and others: MADV_NORMAL, MADV_FREE, MADV_HUGEPAGE.
    let (madvise, pages): (UInt32, LockdownNeeds) = (
      machine == .x86 ? 28 : 233,
      LockdownNeeds(replacesFiles: false, opensFiles: false, usesTerminal: false, dropsPages: true)
    )
    #expect(try verdict(pages, madvise, [0x1000, 0x1000, 4]) == .allowed)
    #expect(try verdict(none, madvise, [0x1000, 0x1000, 4]) == .killed)
    for advice: UInt64 in [0, 8, 14] {
      #expect(try verdict(pages, madvise, [0x1000, 0x1000, advice]) == .killed)
    }
    for flags in [
      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
    ] {
      let arguments = [UInt64(bitPattern: -100), 0x1234, UInt64(flags), 0o644]
      #expect(try verdict(files, openat, arguments) == .allowed)
      #expect(try verdict(none, openat, arguments) == .killed)
      #expect(try verdict(terminal, openat, arguments) == .killed)
    }
    for flags in [
      O_RDWR, O_RDONLY, O_RDONLY | O_CLOEXEC, O_WRONLY | O_CLOEXEC, O_RDWR | O_CREAT | O_CLOEXEC,
    ] {
      #expect(try verdict(files, openat, [0, 0, UInt64(flags)]) == .killed)
    }
    for request: UInt64 in [0x5401, 0x5402, 0x5413, 0x802C_542A, 0x402C_542B] {
      #expect(try verdict(terminal, ioctl, [0, request]) == .allowed)
      #expect(try verdict(files, ioctl, [0, request]) == .killed)
    }
    // TIOCSTI, TIOCLINUX, TCSETSW, FIONREAD.
    for request: UInt64 in [0x5412, 0x541C, 0x5403, 0x541B, 0] {
      #expect(try verdict(terminal, ioctl, [0, request]) == .killed)
    }
  }
}

/// The filter in the kernel, in a child of this process.
@Suite(.serialized) struct LockdownTests {
  private typealias Fork = @convention(c) () -> Int32

  /// Runs `body` in a child under a filter; the exit code, or the signal that killed it, negated.
  private func inChild(
    _ needs: LockdownNeeds = LockdownNeeds(), _ body: () -> Void
  ) throws -> Int32? {
    let fork = unsafeBitCast(try #require(dlsym(nil, "fork")), to: Fork.self)
    let filter = LockdownFilter(needs, on: .own)
    let child = fork()
    if child == 0 {
      Glibc.signal(SIGSEGV, SIG_DFL)
      do throws(SystemFailure) { try filter.install() } catch { _exit(99) }
      body()
      _exit(0)
    }
    var status: Int32 = 0
    try #require(waitpid(child, &status, 0) == child)
    let signal = status & 0x7F
    let code = signal == 0 ? status >> 8 & 0xFF : -signal
    if code == 99 {
      print("skipped: this kernel takes no filter")
      return nil
    }
    return code
  }

  @Test func theLoopsCallsAreLetThrough() throws {
    let null = open("/dev/null", O_RDWR)
    let code = try inChild {
      var byte: UInt8 = 0
      var time = timespec()
      var usage = rusage()
      _ = write(null, &byte, 1)
      _ = read(null, &byte, 1)
      _ = pread(null, &byte, 1, 0)
      clock_gettime(CLOCK_MONOTONIC, &time)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      close(null)
    }
    #expect(code == nil || code == 0)
    close(null)
  }

  @Test(arguments: 0..<8) func anythingElseKills(number: Int) throws {
    let code = try inChild {
      switch number {
      case 0: _ = mmap(nil, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      case 1: _ = open("/dev/null", O_RDONLY | O_CLOEXEC)
      case 2: _ = socket(AF_INET, 1, 0)
      case 3: _ = mprotect(nil, 4096, PROT_READ | PROT_EXEC)
      case 4: _ = unlink("/no/such/file")
      case 5: _ = kill(getppid(), 0)
      case 6: _ = sbrk(1 << 20)
      default: _ = chdir("/")
      }
    }
    #expect(code == nil || code == -SIGSYS)
  }

  @Test func filesAreOpenedOnlyWhereTheyAreNeeded() throws {
    let code = try inChild(
      LockdownNeeds(replacesFiles: true, opensFiles: true, usesTerminal: false)
    ) {
      let file = open("/dev/null", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
      fsync(file)
      close(file)
      unlinkat(AT_FDCWD, "/no/such/file", 0)
      if file < 0 { _exit(1) }
    }
    #expect(code == nil || code == 0)
    let writable = try inChild(
      LockdownNeeds(replacesFiles: true, opensFiles: true, usesTerminal: false)
    ) { _ = open("/dev/null", O_RDWR) }
    #expect(writable == nil || writable == -SIGSYS)
  }

  /// A fault, as a trap is one, ends the process as it does without a filter.
  @Test func aFaultIsNotHidden() throws {
    let code = try inChild {
      UnsafeMutablePointer<UInt8>(bitPattern: 16)!.pointee = 1
    }
    #expect(code == nil || code == -SIGSEGV, "\(code ?? 0)")
  }
}
