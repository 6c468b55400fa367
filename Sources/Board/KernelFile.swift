import Platform

/// A text file of the kernel, read in order through a buffer of its own. A file that cannot be read
/// further ends there, and so does one that is longer than any that the kernel writes.
struct KernelFile: ~Copyable {
  /// 4 MiB: /proc/cpuinfo of a thousand x86-64 cores.
  static let byteCountMax = 4 * 1024 * 1024
  private let file: InputFile
  private var buffer = InlineArray<4096, UInt8>(repeating: 0)
  private var offset = 0
  private var count = 0
  private var position = 0

  init(_ file: consuming InputFile) { self.file = file }

  private mutating func fill() {
    offset += count
    position = 0
    count = 0
    if offset >= Self.byteCountMax { return }
    do throws(SystemFailure) {
      count = unsafe try withUnsafeMutableBytes(of: &buffer) {
        (target) throws(SystemFailure) -> Int in
        unsafe try file.read(into: target, at: offset)
      }
    } catch {
      count = 0
    }
  }

  /// The next byte, which stays; nil at the end.
  mutating func peek() -> UInt8? {
    if position == count { fill() }
    return position < count ? buffer[position] : nil
  }

  mutating func next() -> UInt8? {
    guard let byte = peek() else { return nil }
    position += 1
    return byte
  }

  /// Takes `byte` where it is the next one.
  mutating func take(_ byte: UInt8) -> Bool {
    if peek() != byte { return false }
    position += 1
    return true
  }

  /// Blanks and tabs.
  mutating func skipBlanks() {
    while take(UInt8(ascii: " ")) || take(UInt8(ascii: "\t")) {}
  }

  mutating func skipLine() {
    while let byte = next(), byte != UInt8(ascii: "\n") {}
  }

  /// Whether a line is over here: its end, a zero byte or the file's end.
  mutating func isAtLineEnd() -> Bool {
    guard let byte = peek() else { return true }
    return byte == UInt8(ascii: "\n") || byte == 0
  }

  /// Decimal digits after blanks; `Int.max` where the number is larger, nil where there are none.
  mutating func readNumber() -> Int? {
    skipBlanks()
    var value: Int?
    while let byte = peek(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      let (tens, isTensOver) = (value ?? 0).multipliedReportingOverflow(by: 10)
      let (sum, isSumOver) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      value = isTensOver || isSumOver ? Int.max : sum
      position += 1
    }
    return value
  }

  /// Goes behind `label` on the next line that begins with it; false, and at the end, where none
  /// does.
  mutating func find(_ label: StaticString) -> Bool {
    while peek() != nil {
      if takes(label) { return true }
      skipLine()
    }
    return false
  }

  private mutating func takes(_ label: StaticString) -> Bool {
    for index in 0..<label.utf8CodeUnitCount {
      if !take(unsafe label.utf8Start[index]) { return false }
    }
    return true
  }

  /// The next word of the line; blanks and other control characters part words. False at the line's
  /// end. Of a longer word the first 31 bytes.
  mutating func readWord(into word: inout Word) -> Bool {
    word = Word()
    while !isAtLineEnd(), let byte = peek() {
      if byte > UInt8(ascii: " ") {
        word.append(byte)
      } else if word.count > 0 {
        return true
      }
      position += 1
    }
    return word.count > 0
  }
}

/// A word of a list such as that of a processor's features.
struct Word {
  /// Longer than any word that is looked for.
  private static let byteCountMax = 31
  private var bytes = InlineArray<31, UInt8>(repeating: 0)
  private(set) var count = 0
  private var isCut = false

  mutating func append(_ byte: UInt8) {
    if count == Self.byteCountMax {
      isCut = true
    } else {
      bytes[count] = byte
      count += 1
    }
  }

  func equals(_ text: StaticString) -> Bool {
    if isCut || count != text.utf8CodeUnitCount { return false }
    for index in 0..<count where unsafe bytes[index] != text.utf8Start[index] { return false }
    return true
  }
}
