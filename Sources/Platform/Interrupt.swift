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

  fileprivate static func note(_ signal: Int32) {
    firstTime.store(edge_now_ns(), ordering: .relaxed)
    firstSignal.store(signal, ordering: .relaxed)
  }

  fileprivate static func endsAtOnce(_ signal: Int32) -> Bool {
    signal == SIGINT && edge_now_ns() - firstTime.load(ordering: .relaxed) > echoNanoseconds
  }
}

private let firstSignal = Atomic<Int32>(0)
private let firstTime = Atomic<Int64>(0)

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
