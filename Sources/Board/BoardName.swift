import Profile
import Text

/// A board's name as a profile's: at most 96 bytes of UTF-8 on one line.
enum BoardName {
  private static let unknown: StaticString = "unknown board"
  /// More bytes of a name are not looked at.
  private static let rawByteCountMax = 256

  /// The device tree's model, which ends with a zero byte; else the DMI product name of a PC.
  static func read(below root: KernelPath) -> FixedText<97> {
    if let name = read(root.appending("/proc/device-tree/model")) { return name }
    if let name = read(root.appending("/sys/class/dmi/id/product_name")) { return name }
    var name = FixedText<97>()
    for index in 0..<unknown.utf8CodeUnitCount { name.append(unsafe unknown.utf8Start[index]) }
    return name
  }

  /// The file's first line, without blanks around it; nil where that is nothing.
  private static func read(_ path: KernelPath) -> FixedText<97>? {
    guard var file = path.open() else { return nil }
    var raw = FixedText<257>()
    file.skipBlanks()
    while raw.count < rawByteCountMax, !file.isAtLineEnd(), let byte = file.next() {
      raw.append(byte)
    }
    var count = raw.count
    while count > 0 && raw[count - 1] <= UInt8(ascii: " ") { count -= 1 }
    let name = cleaned(raw.bytes.extracting(0..<count))
    return name.count > 0 ? name : nil
  }

  /// Control characters become blanks, bytes that are no UTF-8 question marks; what goes past 96
  /// bytes is cut off between characters.
  private static func cleaned(_ raw: Span<UInt8>) -> FixedText<97> {
    var name = FixedText<97>()
    var index = 0
    while index < raw.count {
      let byteCount = max(utf8SequenceByteCount(raw, at: index), 1)
      if name.count + byteCount > ProfileLimits.boardByteCountMax { break }
      if byteCount == 1 {
        let byte = raw[index]
        name.append(
          byte < 0x20 || byte == 0x7f ? UInt8(ascii: " ") : byte < 0x80 ? byte : UInt8(ascii: "?"))
      } else {
        for offset in 0..<byteCount { name.append(raw[index + offset]) }
      }
      index += byteCount
    }
    return name
  }
}
