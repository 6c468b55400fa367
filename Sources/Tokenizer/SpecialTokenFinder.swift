import Platform

/// Finds the special tokens of a vocabulary in text whose marks are meant.
public struct SpecialTokenFinder {
  private let tokens: SpecialTokens

  public init(_ vocabulary: borrowing Vocabulary) { tokens = vocabulary.specialTokens }

  /// The longest special token that `text` has at `start`, and its count of bytes.
  @export(interface)
  public func match(_ text: Span<UInt8>, at start: Int) -> (token: Int32, byteCount: Int)? {
    unsafe text.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return nil }
      return unsafe tokens.match(
        TextSlice(base, count: bytes.count), at: start, includesControl: true)
    }
  }
}
