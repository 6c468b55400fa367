/// A literal as a zero-terminated string.
public func cString(_ text: StaticString) -> UnsafePointer<CChar> {
  unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// The bytes of a zero-terminated string that outlives the program's work, without the zero.
@_lifetime(immortal)
public func cStringSpan(_ string: UnsafePointer<CChar>) -> Span<UInt8> {
  let bytes = unsafe UnsafeRawPointer(string).assumingMemoryBound(to: UInt8.self)
  var count = 0
  while unsafe bytes[count] != 0 { count += 1 }
  return unsafe _overrideLifetime(Span(_unsafeStart: bytes, count: count), copying: ())
}

/// The bytes of a literal.
@_lifetime(immortal)
public func span(_ text: StaticString) -> Span<UInt8> {
  unsafe _overrideLifetime(
    Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount), copying: ())
}
