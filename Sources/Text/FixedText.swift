/// Up to `capacity - 1` bytes of text, held in place and always followed by a zero byte.
/// What does not fit is counted and dropped, so that the owner can say how long the text was.
public struct FixedText<let capacity: Int>: Sendable {
  private var storage = InlineArray<capacity, UInt8>(repeating: 0)
  /// Bytes held.
  public private(set) var count = 0
  /// Bytes offered; more than `count` where the text was cut.
  public private(set) var offeredByteCount = 0

  public init() {}

  public var isCut: Bool { offeredByteCount > count }

  public subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count)
    return storage[index]
  }

  public mutating func append(_ byte: UInt8) {
    if count < capacity - 1 {
      storage[count] = byte
      count += 1
    }
    offeredByteCount += 1
  }

  /// Appends a Unicode scalar value as UTF-8; `scalar` is at most 0x10FFFF and no surrogate.
  public mutating func append(scalar: UInt32) {
    let character = UTF8Character(scalar: scalar)
    for index in 0..<character.count { append(character.storage[index]) }
  }

  public mutating func removeAll() {
    for index in 0..<count { storage[index] = 0 }
    count = 0
    offeredByteCount = 0
  }

  /// The bytes held, without the zero byte.
  ///
  /// Inlined: called from another module, Swift 6.3's Embedded builds may pass a copy that is gone when
  /// the span is read.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    @inline(__always)
    borrowing get { storage.span.extracting(0..<count) }
  }

  /// Calls `body` with the text as a zero-terminated string, valid during the call only.
  public func withCString<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafePointer(to: storage) { (start) throws(Failure) -> Result in
      try unsafe body(UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self))
    }
  }
}
