@testable import LineEditing

/// A text of its own memory, changed by keys of a terminal's bytes.
final class Typed {
  var text: EditedText
  private var keys = KeyDecoder()
  private let memory: UnsafeMutablePointer<UInt8>

  init(capacity: Int = 65_536) {
    memory = .allocate(capacity: capacity)
    text = EditedText(memory, capacity: capacity)
  }

  deinit { memory.deallocate() }

  convenience init(_ string: String) {
    self.init()
    insert(string)
  }

  /// - Returns: whether all of it had room.
  @discardableResult func insert(_ string: String) -> Bool {
    for scalar in string.unicodeScalars {
      var key = KeyScalar()
      for byte in String(scalar).utf8 { key.append(byte) }
      if !text.insert(key) { return false }
    }
    return true
  }

  var string: String {
    String(decoding: UnsafeBufferPointer(start: memory, count: text.count), as: UTF8.self)
  }

  /// The keys that a terminal's bytes make, as words.
  static func keys(of bytes: [UInt8]) -> [String] {
    var decoder = KeyDecoder()
    return bytes.compactMap { decoder.accept($0) }.map(name)
  }

  static func keys(of string: String) -> [String] { keys(of: Array(string.utf8)) }

  private static func name(_ key: Key) -> String {
    if case .text(let scalar) = key {
      return String(decoding: (0..<scalar.count).map { scalar[$0] }, as: UTF8.self)
    }
    return "\(key)"
  }
}
