import Platform

/// One line on a terminal that tells how far the prompt is: tokens, speed, time left.
struct Progress {
  private var line: StatusLine
  private let start = Instant.now()

  init(isQuiet: Bool, _ console: borrowing Console) {
    line = StatusLine(intervalNanoseconds: 200_000_000, isQuiet: isQuiet, console)
  }

  /// - Parameter fraction: of the whole prompt, where its size is known.
  mutating func update(tokens: Int, fraction: Double?, _ out: inout TextOutput) {
    if !line.begin(&out) { return }
    let seconds = Double(Instant.now().nanoseconds(since: start)) / 1e9
    if let fraction { StatusLine.writeBar(fraction, &out) }
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

  /// Clears the line.
  func finish(_ out: inout TextOutput) { line.finish(&out) }
}
