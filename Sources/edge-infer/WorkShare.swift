import Platform

/// A piece of work, and its place in all that a command does.
struct WorkShare {
  /// nil where it is all of the work.
  private(set) var name: StaticString?
  /// From 1.
  private var number = 1
  private var count = 1
  private let start: Instant
  /// Before it, its own, and of all: in one unit, of which any will do.
  private var before = 0.0
  private var own = 1.0
  private var all = 1.0

  /// All of the work, which begins now.
  init() { start = Instant.now() }

  /// - Parameters:
  ///   - number: from 1, of `count`.
  ///   - start: when all of the work began.
  ///   - before: work that was done since then.
  init(
    _ name: StaticString, number: Int, of count: Int, start: Instant, before: Double, own: Double,
    all: Double
  ) {
    self.name = name
    self.number = number
    self.count = count
    self.start = start
    self.before = before
    self.own = own
    self.all = all
  }

  var isPart: Bool { name != nil }

  /// `2/4 ttft: `, or nothing where it is all.
  func writeName(to out: inout TextOutput) {
    guard let name else { return }
    out.write(number)
    out.write("/")
    out.write(count)
    out.write(" ")
    out.write(name)
    out.write(": ")
  }

  /// Of all of the work, at the speed so far; nothing before a hundredth of it is done.
  func writeTimeLeft(_ fraction: Double, to out: inout TextOutput) {
    let done = (before + fraction * own) / max(all, 1e-9)
    if done < 0.01 || done > 1 { return }
    let seconds = Double(Instant.now().nanoseconds(since: start)) / 1e9 * (1 - done) / done
    out.write(", ")
    if seconds < 100 {
      out.write(seconds, decimals: 0)
      out.write(" s left")
    } else {
      out.write(seconds / 60, decimals: 0)
      out.write(" min left")
    }
  }
}
