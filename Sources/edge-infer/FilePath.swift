import CPlatform
import Platform

/// A path of a file that is put together. One that is too long is cut, and then names no file.
struct FilePath {
  private static let byteCountMax = 4096
  private var bytes = InlineArray<4096, CChar>(repeating: 0)
  private var count = 0

  init() {}

  var exists: Bool { unsafe withPointer { unsafe edge_exists($0) != 0 } }

  mutating func append(cString text: UnsafePointer<CChar>) {
    var index = 0
    while unsafe text[index] != 0 {
      unsafe append(text[index])
      index += 1
    }
  }

  mutating func append(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount {
      unsafe append(CChar(bitPattern: text.utf8Start[index]))
    }
  }

  private mutating func append(_ byte: CChar) {
    if count == Self.byteCountMax - 1 { return }
    bytes[count] = byte
    count += 1
    bytes[count] = 0
  }

  /// Removes the ending of the file's name, from its last point on.
  mutating func removeEnding() {
    var end = count
    for index in 0..<count {
      if bytes[index] == CChar(UInt8(ascii: "/")) { end = count }
      if bytes[index] == CChar(UInt8(ascii: ".")) { end = index }
    }
    count = end
    bytes[count] = 0
  }

  func withPointer<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafePointer(to: bytes) { pointer throws(Failure) -> Result in
      unsafe try body(UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
    }
  }
}
