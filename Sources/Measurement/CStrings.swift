import CPlatform

/// A literal as a zero-terminated string.
func cString(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// The bytes of a zero-terminated string that outlives the program's work, without the zero.
@_lifetime(immortal)
func cStringSpan(_ string: UnsafePointer<CChar>) -> Span<UInt8> {
  let bytes = UnsafeRawPointer(string).assumingMemoryBound(to: UInt8.self)
  return _overrideLifetime(Span(_unsafeStart: bytes, count: strlen(string)), copying: ())
}
