import Platform

/// One line on a terminal that is written over and over. Silent where standard error is not a
/// terminal.
struct StatusLine {
  private static let barWidth = 24
  private let intervalNanoseconds: Int64
  private let isShown: Bool
  private let work: WorkShare
  private var last = Instant.now()

  /// - Parameters:
  ///   - intervalNanoseconds: between two updates.
  ///   - work: that the line tells of.
  init(
    intervalNanoseconds: Int64, isQuiet: Bool, work: WorkShare = WorkShare(),
    _ console: borrowing Console
  ) {
    self.intervalNanoseconds = intervalNanoseconds
    isShown = !isQuiet && console.isTerminal
    self.work = work
  }

  /// Whether an update is due. The line is then empty, and the caller writes it and flushes.
  mutating func begin(_ out: inout TextOutput) -> Bool {
    if !isShown { return false }
    let now = Instant.now()
    if now.nanoseconds(since: last) < intervalNanoseconds { return false }
    last = now
    out.write("\r\u{1B}[K")
    work.writeName(to: &out)
    return true
  }

  /// Ends an update with the time left.
  /// - Parameter fraction: of the line's work that is done.
  func end(_ fraction: Double, _ out: inout TextOutput) {
    work.writeTimeLeft(fraction, to: &out)
    out.flush()
  }

  /// A bar, and how much of it is filled in percent.
  static func writeBar(_ fraction: Double, _ out: inout TextOutput) {
    let filled = Int(fraction * Double(barWidth))
    out.write("[")
    for index in 0..<barWidth { out.write(index < filled ? "#" : ".") }
    out.write("] ")
    out.write(fraction * 100, decimals: 0, width: 3)
    out.write(" %  ")
  }

  /// Clears the line.
  func finish(_ out: inout TextOutput) {
    if !isShown { return }
    out.write("\r\u{1B}[K")
    out.flush()
  }
}
