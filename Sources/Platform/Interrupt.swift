import CPlatform
import Synchronization

/// A signal that asks for the end of what is being done: it is noted and does not end the program.
public enum Interrupt {
  /// A second SIGINT that comes sooner is taken for the first one: whoever started the program may
  /// send it to the process and to its group (GNU timeout does).
  private static let echoNanoseconds: Int64 = 100_000_000

  /// Whether a signal came since `clear`.
  public static var isRaised: Bool { signal != 0 }

  /// The first signal since `clear`; 0 where none came.
  public static var signal: Int32 { firstSignal.load(ordering: .relaxed) }

  /// Waits so long, or until a signal comes to this thread.
  public static func wait(nanoseconds: Int64) { edge_wait_ns(nanoseconds) }

  public static func clear() { firstSignal.store(0, ordering: .relaxed) }

  /// From here on SIGINT and SIGTERM are noted. A second SIGINT ends the program at once, with exit
  /// code 130.
  public static func listen() {
    _ = edge_on_signal(SIGINT, noteOrEnd, 0)
    _ = edge_on_signal(SIGTERM, noteOrEnd, 0)
  }

  /// As `listen`, for a program that waits for many things at the same time; a second SIGTERM ends it
  /// as a second SIGINT does.
  /// - Returns: a descriptor that can be read from when a signal has come.
  @export(interface)
  public static func listenForPoll() throws(SystemFailure) -> Int32 {
    var ends = InlineArray<2, Int32>(repeating: -1)
    let made = unsafe withUnsafeMutablePointer(to: &ends) {
      unsafe edge_make_pipe(UnsafeMutableRawPointer($0).assumingMemoryBound(to: Int32.self))
    }
    if made < 0 { throw SystemFailure("make a pipe", code: -made) }
    wakingDescriptor.store(ends[1], ordering: .relaxed)
    listen()
    return ends[0]
  }

  fileprivate static func note(_ signal: Int32) {
    firstTime.store(edge_now_ns(), ordering: .relaxed)
    firstSignal.store(signal, ordering: .relaxed)
    let descriptor = wakingDescriptor.load(ordering: .relaxed)
    if descriptor < 0 { return }
    var byte: UInt8 = 0
    _ = unsafe edge_write(descriptor, &byte, 1)
  }

  fileprivate static func endsAtOnce(_ signal: Int32) -> Bool {
    (signal == SIGINT || wakingDescriptor.load(ordering: .relaxed) >= 0)
      && edge_now_ns() - firstTime.load(ordering: .relaxed) > echoNanoseconds
  }
}

private let firstSignal = Atomic<Int32>(0)
private let firstTime = Atomic<Int64>(0)
/// Of `listenForPoll`; -1 before.
private let wakingDescriptor = Atomic<Int32>(-1)

/// Sets flags, reads the clock, and may end the process: all safe in a handler (POSIX.1-2017, section
/// 2.4.3).
private func noteOrEnd(_ signal: Int32) {
  if !Interrupt.isRaised {
    Interrupt.note(signal)
  } else if Interrupt.endsAtOnce(signal) {
    edge_exit_now(128 + signal)
  }
}

/// For a terminal, where Ctrl-C ends an answer and may come any number of times.
func noteInterrupt(_ signal: Int32) { Interrupt.note(signal) }
