import Foundation
import Platform

/// Share done and time left on standard error: one line written over and over on a terminal, else a
/// line now and then.
final class ProgressLine: @unchecked Sendable {
  /// Between two lines, where they stay.
  private static let lineInterval: Int64 = 30_000_000_000
  private static let terminalInterval: Int64 = 200_000_000
  private let cellCount: Int
  private let tokenCount: Int
  private let isQuiet: Bool
  private let isTerminal = isatty(2) != 0
  private let start = Instant.now()
  private let lock = NSLock()
  private var lastWritten = Instant.now()
  private var hasWritten = false
  private var doneCells = 0
  /// Of cells that are done.
  private var doneTokens = 0
  /// Of all cells: what an estimate is made of where cells read more or less than was planned.
  private var readTokens = 0

  init(cellCount: Int, tokenCount: Int, skipped: Int, isQuiet: Bool) {
    self.cellCount = cellCount
    self.tokenCount = max(tokenCount, 1)
    self.isQuiet = isQuiet
    if skipped > 0 && !isQuiet {
      writeError("\(skipped) cells are in the results file already, \(cellCount) are left")
    }
  }

  func add(tokens: Int) {
    lock.withLock {
      readTokens += tokens
      update()
    }
  }

  func endCell(tokenCount: Int) {
    lock.withLock {
      doneCells += 1
      doneTokens += tokenCount
      readTokens = max(readTokens, doneTokens)
      update()
    }
  }

  func finish() {
    lock.withLock {
      if hasWritten && isTerminal {
        write()
        writeError("")
      }
    }
  }

  private func update() {
    if isQuiet { return }
    let now = Instant.now()
    let interval = isTerminal ? Self.terminalInterval : Self.lineInterval
    if now.nanoseconds(since: lastWritten) < interval { return }
    lastWritten = now
    write()
  }

  private func write() {
    hasWritten = true
    let share = min(Double(readTokens) / Double(tokenCount), doneCells == cellCount ? 1 : 0.999)
    let seconds = Double(Instant.now().nanoseconds(since: start)) / 1e9
    let left = share > 0 ? seconds * (1 - share) / share : .nan
    let text =
      "\(doneCells) of \(cellCount) cells, \(String(format: "%.1f", share * 100)) %, "
      + "\(Self.duration(seconds)), \(Self.duration(left)) left"
    if isTerminal {
      FileHandle.standardError.write(Data("\r\(text)\u{1b}[K".utf8))
    } else {
      writeError(text)
    }
  }

  /// `45 s`, `3:07 min`, `2:05 h`
  static func duration(_ seconds: Double) -> String {
    if !seconds.isFinite { return "unknown time" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60):\(String(format: "%02d", whole % 60)) min" }
    return "\(whole / 3600):\(String(format: "%02d", whole / 60 % 60)) h"
  }
}
