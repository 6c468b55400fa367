import CPlatform
import Platform

/// One line on a terminal that tells how far the prompt is: tokens, speed, time left. Silent where
/// standard error is not a terminal.
struct Progress {
  /// Between two updates.
  private static let intervalNanoseconds: Int64 = 200_000_000
  private static let barWidth = 24
  private let isShown: Bool
  private let start = Instant.now()
  private var last: Instant

  init(isQuiet: Bool) {
    isShown = !isQuiet && edge_is_terminal(2) != 0
    last = start
  }

  /// - Parameter fraction: of the whole prompt, where its size is known.
  mutating func update(tokens: Int, fraction: Double?, _ out: inout TextOutput) {
    let now = Instant.now()
    if !isShown || now.nanoseconds(since: last) < Self.intervalNanoseconds { return }
    last = now
    let seconds = Double(now.nanoseconds(since: start)) / 1e9
    out.write("\r\u{1B}[K")
    if let fraction { writeBar(fraction, &out) }
    out.write(tokens)
    out.write(" tokens  ")
    out.write(Double(tokens) / seconds, decimals: 0)
    out.write(" tokens/s")
    if let fraction, fraction > 0 {
      out.write("  ")
      out.write(seconds * (1 - fraction) / fraction, decimals: 0)
      out.write(" s left")
    }
    out.flush()
  }

  private func writeBar(_ fraction: Double, _ out: inout TextOutput) {
    let filled = Int(fraction * Double(Self.barWidth))
    out.write("[")
    for index in 0..<Self.barWidth { out.write(index < filled ? "#" : ".") }
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
