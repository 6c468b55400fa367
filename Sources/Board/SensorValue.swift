import Platform

extension SensorFile {
  /// The file at `path`; nil where there is none that can be read.
  init?(_ path: KernelPath) {
    guard let file = path.openSensor() else { return nil }
    self = file
  }

  /// A whole number that stands alone on the first line, 0 or more without `-`; nil for anything
  /// else, and for what `Int` does not hold.
  func number() -> Int? { value(radix: 10) }

  /// Hexadecimal digits, with or without `0x`; never negative.
  func hexadecimal() -> Int? { value(radix: 16) }

  private func value(radix: Int) -> Int? {
    var text = InlineArray<64, UInt8>(repeating: 0)
    guard let count = read(into: &text) else { return nil }
    return Self.value(text, count: count, radix: radix)
  }

  private static func value(_ text: InlineArray<64, UInt8>, count: Int, radix: Int) -> Int? {
    var index = 0
    while index < count && isBlank(text[index]) { index += 1 }
    let isNegative = radix == 10 && index < count && text[index] == UInt8(ascii: "-")
    if isNegative { index += 1 }
    if radix == 16 && index + 2 < count && text[index] == UInt8(ascii: "0")
      && text[index + 1] | 0x20 == UInt8(ascii: "x")
    {
      index += 2
    }
    var value = 0
    let first = index
    while index < count, let digit = digit(text[index]), digit < radix {
      let (scaled, isScaledOver) = value.multipliedReportingOverflow(by: radix)
      let (sum, isSumOver) = scaled.addingReportingOverflow(digit)
      if isScaledOver || isSumOver { return nil }
      value = sum
      index += 1
    }
    if index == first { return nil }
    while index < count && isBlank(text[index]) { index += 1 }
    // What does not end in the bytes that were read is no number of the kernel's.
    let isEnd = index < count ? text[index] == UInt8(ascii: "\n") || text[index] == 0 : true
    return isEnd && count < byteCountMax ? (isNegative ? -value : value) : nil
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}

/// Up to `capacity` sensors of one kind.
struct SensorList<let capacity: Int>: Sendable {
  private var files = InlineArray<capacity, SensorFile>(repeating: .none)
  private(set) var count = 0

  var isFull: Bool { count == capacity }

  subscript(index: Int) -> SensorFile { files[index] }

  mutating func append(_ file: SensorFile) {
    precondition(!isFull)
    files[count] = file
    count += 1
  }

  /// Keeps the file at `path` open; false where there is none, or no room.
  @discardableResult
  mutating func append(_ path: KernelPath) -> Bool {
    if isFull { return false }
    guard let file = SensorFile(path) else { return false }
    append(file)
    return true
  }

  func close() {
    for index in 0..<count { files[index].close() }
  }
}

/// Folders that the kernel numbers from 0, such as `hwmon3`, by a file in each that says what it is.
/// Numbers may be missing where a device went away.
struct NumberedFolders {
  /// Numbers that are tried, and how many may be missing in a row before the rest counts as missing.
  private static let limit = 128
  private static let gapMax = 16
  private let base: KernelPath
  private let label: StaticString
  private var number = 0
  private var gap = 0
  private(set) var path: KernelPath
  /// What the folder's file says: its first word.
  private(set) var name = Word()

  /// - Parameters:
  ///   - base: the path up to the number.
  ///   - label: the file in the folder, with its slash.
  init(_ base: KernelPath, _ label: StaticString) {
    self.base = base
    self.label = label
    path = base
  }

  /// Goes to the next folder; false where there is none.
  mutating func next() -> Bool {
    while number < Self.limit && gap < Self.gapMax {
      path = base.appending(number)
      number += 1
      if var file = path.appending(label).open(), file.readWord(into: &name) {
        gap = 0
        return true
      }
      gap += 1
    }
    return false
  }
}
