/// A short copy of foreign bytes (a field's name, a value, a path) for use in an error message.
/// Longer input is cut and marked; nothing here allocates.
///
/// Errors carry excerpts by value, so the bytes are kept in words: a copy is a dozen moves and not
/// one for each byte.
public struct Excerpt: Sendable {
  public static let byteCountMax = 96
  /// Byte `i` is in word `i / 8`, from its lowest bits on.
  private var words = InlineArray<12, UInt64>(repeating: 0)
  private var length: UInt8 = 0
  public private(set) var isCut = false

  public init() {}

  @export(interface)
  @inline(never)
  public init(_ text: StaticString) { append(text) }

  /// A zero-terminated string of the C kind.
  @export(interface)
  @inline(never)
  public init(cString: UnsafePointer<CChar>) {
    var length = 0
    while unsafe cString[length] != 0 && length <= Self.byteCountMax { length += 1 }
    for index in 0..<length { append(unsafe UInt8(bitPattern: cString[index])) }
  }

  @export(interface)
  @inline(never)
  public init(_ text: Span<UInt8>) {
    for index in 0..<min(text.count, Self.byteCountMax + 1) { append(text[index]) }
  }

  /// Bytes held.
  public var count: Int { Int(length) }

  @export(interface)
  @inline(never)
  public mutating func append(_ byte: UInt8) {
    if count < Self.byteCountMax {
      words[count / 8] |= UInt64(byte) << UInt64(count % 8 * 8)
      length += 1
    } else {
      isCut = true
    }
  }

  @export(interface)
  @inline(never)
  public mutating func append(_ text: StaticString) {
    let start = unsafe text.utf8Start
    for index in 0..<text.utf8CodeUnitCount { append(unsafe start[index]) }
  }

  public subscript(index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(index % 8 * 8))
  }

  /// Whether the whole text was kept and is this one.
  public func isEqual(to text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && !isCut && hasText(text, at: 0)
  }

  /// Whether `text` stands at `start`.
  @export(interface)
  @inline(never)
  public func hasText(_ text: StaticString, at start: Int) -> Bool {
    if start < 0 || start + text.utf8CodeUnitCount > count { return false }
    let other = unsafe text.utf8Start
    for index in 0..<text.utf8CodeUnitCount where unsafe self[start + index] != other[index] {
      return false
    }
    return true
  }
}
