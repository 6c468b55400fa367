/// The latest lines, in a ring.
@safe struct LineHistory {
  private let layout: LineLayout
  /// Lines that were added and are still there.
  private(set) var count = 0
  private var next = 0

  init(_ layout: LineLayout) { self.layout = layout }

  /// Adds the line at `text`, unless it is empty, too long, or the same as the one before.
  mutating func append(_ text: UnsafePointer<UInt8>, count byteCount: Int) {
    if byteCount == 0 || byteCount > LineLayout.historyLineByteCountMax { return }
    if count > 0, unsafe isLatest(text, byteCount) { return }
    let target = unsafe layout.history + next * LineLayout.historyLineByteCountMax
    for index in 0..<byteCount { unsafe target[index] = text[index] }
    unsafe layout.historyCounts[next] = byteCount
    next = (next + 1) % LineLayout.historyLineCount
    count = min(count + 1, LineLayout.historyLineCount)
  }

  private func isLatest(_ text: UnsafePointer<UInt8>, _ byteCount: Int) -> Bool {
    let latest = unsafe layout.history + slot(1) * LineLayout.historyLineByteCountMax
    if unsafe layout.historyCounts[slot(1)] != byteCount { return false }
    for index in 0..<byteCount where unsafe latest[index] != text[index] { return false }
    return true
  }

  /// Of the line that is `age` lines back, 1 being the latest.
  private func slot(_ age: Int) -> Int {
    (next + LineLayout.historyLineCount - age) % LineLayout.historyLineCount
  }

  /// Copies the line that is `age` lines back, 1 being the latest; returns its count of bytes.
  func copy(_ age: Int, to target: UnsafeMutablePointer<UInt8>) -> Int {
    let source = unsafe layout.history + slot(age) * LineLayout.historyLineByteCountMax
    let count = unsafe layout.historyCounts[slot(age)]
    for index in 0..<count { unsafe target[index] = source[index] }
    return count
  }
}
