import CPlatform

/// The settings to be restored when a signal ends the program.
private nonisolated(unsafe) var settingsAtStart: UnsafeMutablePointer<termios>? = nil

/// A terminal that takes no more is none of the program's faults.
private func send(_ sequence: StaticString) {
  _ = unsafe edge_write(2, sequence.utf8Start, sequence.utf8CodeUnitCount)
}

/// Restores the terminal's settings and ends the program with the exit code that shells give for the
/// signal. `tcsetattr` and `_exit` are among the functions that a handler may call (POSIX.1-2017,
/// section 2.4.3).
private func restoreAndEnd(_ signal: Int32) {
  if let settings = unsafe settingsAtStart {
    send(Terminal.pasteMarksOff)
    _ = unsafe edge_set_terminal(0, settings)
  }
  edge_exit_now(128 + signal)
}

/// The terminal on standard input. Its settings are restored when this value goes, and when a signal
/// ends the program. There may be one such value at a time.
@safe public struct Terminal: ~Copyable {
  /// Bytes of memory that it needs.
  public static var byteCount: Int { 2 * MemoryLayout<termios>.stride }
  private static let columnCountDefault = 80
  private static let rowCountDefault = 24
  /// DECSET and DECRST 2004: what is pasted comes between two marks (xterm's control sequences).
  private static var pasteMarksOn: StaticString { "\u{1B}[?2004h" }
  fileprivate static var pasteMarksOff: StaticString { "\u{1B}[?2004l" }
  private let settings: UnsafeMutablePointer<termios>
  private let rawSettings: UnsafeMutablePointer<termios>

  /// Nil where standard input or standard error is no terminal.
  /// - Parameter memory: `byteCount` bytes, aligned to 8, for the life of the program.
  @export(interface)
  public init?(memory: UnsafeMutableRawPointer) {
    unsafe settings = unsafe memory.bindMemory(to: termios.self, capacity: 2)
    unsafe rawSettings = unsafe settings + 1
    if edge_is_terminal(0) == 0 || edge_is_terminal(2) == 0 { return nil }
    if unsafe edge_get_terminal(0, settings) < 0 { return nil }
    unsafe rawSettings.pointee = unsafe settings.pointee
    unsafe edge_make_raw(rawSettings)
    unsafe settingsAtStart = unsafe settings
    _ = edge_on_signal(SIGINT, noteInterrupt, 0)
    _ = edge_on_signal(SIGTERM, restoreAndEnd, 1)
    _ = edge_on_signal(SIGHUP, restoreAndEnd, 1)
    _ = edge_on_signal(SIGQUIT, restoreAndEnd, 1)
  }

  deinit {
    unsafe settingsAtStart = nil
    _ = unsafe edge_set_terminal(0, settings)
  }

  /// From here on every key is read at once, and not shown; Ctrl-C is a key too, and what is pasted comes
  /// between marks.
  public func enterRaw() {
    _ = unsafe edge_set_terminal(0, rawSettings)
    send(Self.pasteMarksOn)
  }

  /// As the terminal was at first.
  public func leaveRaw() {
    send(Self.pasteMarksOff)
    _ = unsafe edge_set_terminal(0, settings)
  }

  public var columnCount: Int {
    let count = Int(edge_terminal_columns(2))
    return count > 0 ? count : Self.columnCountDefault
  }

  public var rowCount: Int {
    let count = Int(edge_terminal_rows(2))
    return count > 0 ? count : Self.rowCountDefault
  }

  /// Reads what is there, at least one byte; 0 at the end; nil where a signal came instead.
  @export(interface)
  public func read(into target: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int? {
    let got = unsafe edge_read(0, target.baseAddress, target.count)
    if got == Int64(-EINTR) { return nil }
    if got < 0 { throw SystemFailure("read", code: Int32(-got)) }
    return Int(got)
  }
}
