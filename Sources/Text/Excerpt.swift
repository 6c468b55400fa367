/// A short copy of foreign bytes (a field's name, a value, a path) for use in an error message.
/// Longer input is cut and marked; nothing here allocates.
public struct Excerpt: Sendable {
  public static let byteCountMax = 96
  private var storage = InlineArray<96, UInt8>(repeating: 0)
  public private(set) var count = 0
  public private(set) var isCut = false

  public init() {}

  public init(_ text: StaticString) { append(text) }

  /// A zero-terminated string of the C kind.
  public init(cString: UnsafePointer<CChar>) {
    var length = 0
    while unsafe cString[length] != 0 && length <= Self.byteCountMax { length += 1 }
    for index in 0..<length { append(unsafe UInt8(bitPattern: cString[index])) }
  }

  public init(_ text: Span<UInt8>) {
    for index in 0..<text.count { append(text[index]) }
  }

  public mutating func append(_ byte: UInt8) {
    if count < Self.byteCountMax {
      storage[count] = byte
      count += 1
    } else {
      isCut = true
    }
  }

  public mutating func append(_ text: StaticString) {
    let start = unsafe text.utf8Start
    for index in 0..<text.utf8CodeUnitCount { append(unsafe start[index]) }
  }

  public subscript(index: Int) -> UInt8 { storage[index] }

  /// Whether the whole text was kept and is this one.
  public func isEqual(to text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && !isCut && hasText(text, at: 0)
  }

  /// Whether `text` stands at `start`.
  public func hasText(_ text: StaticString, at start: Int) -> Bool {
    Text.hasText(storage.span.extracting(0..<count), text, at: start)
  }
}
