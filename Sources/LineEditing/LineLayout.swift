import Memory
import Platform

/// The part of the arena that reading messages takes.
@safe public struct LineLayout {
  /// Bytes of one message.
  public static let lineByteCountMax = 65_536
  static let inputByteCount = 4096
  /// Lines that the up key brings back, and bytes of each; longer ones are not kept.
  static let historyLineCount = 32
  static let historyLineByteCountMax = 2048

  /// The line that is read, with room for a zero behind it, and one that waits while earlier ones are shown.
  public let line: UnsafeMutablePointer<UInt8>
  let draft: UnsafeMutablePointer<UInt8>
  let input: UnsafeMutableRawBufferPointer
  /// `[historyLineCount][historyLineByteCountMax]`, a ring, and the lines' counts of bytes.
  let history: UnsafeMutablePointer<UInt8>
  let historyCounts: UnsafeMutablePointer<Int>
  /// `Terminal.byteCount` bytes.
  public let terminal: UnsafeMutableRawPointer

  @export(interface)
  public init(carver: inout Carver) {
    unsafe line = carver.take(.text, UInt8.self, count: Self.lineByteCountMax + 1)
    unsafe draft = carver.take(.text, UInt8.self, count: Self.lineByteCountMax)
    unsafe input = UnsafeMutableRawBufferPointer(
      start: carver.takeBytes(.text, count: Self.inputByteCount), count: Self.inputByteCount)
    unsafe history = carver.take(
      .text, UInt8.self, count: Self.historyLineCount * Self.historyLineByteCountMax)
    unsafe historyCounts = carver.take(.text, Int.self, count: Self.historyLineCount)
    unsafe terminal = carver.takeBytes(.text, count: Terminal.byteCount)
  }
}
