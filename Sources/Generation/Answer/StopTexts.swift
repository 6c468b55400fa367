import Platform

/// Why a text cannot be a stop text.
public enum StopTextError: Error {
  case tooMany
  case empty
  case tooLong
}

/// Texts that end an answer: if one of them comes, the answer ends before it.
@safe public struct StopTexts {
  /// One element for each text. `countMax` is its count, so that no index can be past its end.
  typealias PerText<Element> = InlineArray<16, Element>
  /// One element for each byte of a text; its count is `byteCountMax`.
  typealias PerByte<Element> = InlineArray<256, Element>

  public static let countMax = PerText<Int>.count
  /// Bytes of one text, which may have to be held back until it is known whether it comes.
  public static let byteCountMax = PerByte<Int>.count
  public private(set) var count = 0
  private var texts: PerText<UnsafePointer<CChar>?>
  private var byteCounts = PerText<Int>(repeating: 0)

  public init() { unsafe texts = InlineArray(repeating: nil) }

  /// Takes a zero-terminated text, which must stay where it is.
  @export(interface)
  public mutating func append(_ text: UnsafePointer<CChar>) throws(StopTextError) {
    if count == Self.countMax { throw .tooMany }
    var byteCount = 0
    while unsafe text[byteCount] != 0 {
      byteCount += 1
      if byteCount > Self.byteCountMax { throw .tooLong }
    }
    if byteCount == 0 { throw .empty }
    unsafe texts[count] = unsafe text
    byteCounts[count] = byteCount
    count += 1
  }

  public func byteCount(_ text: Int) -> Int { byteCounts[text] }

  public func byte(_ text: Int, _ index: Int) -> UInt8 {
    unsafe UInt8(bitPattern: texts[text]![index])
  }
}
