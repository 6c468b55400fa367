import Memory

/// Turns short parts of texts into tokens, as they would be inside a text if words began at the part's
/// ends. It has little memory, and no text that it goes on with.
@safe public struct PartEncoder: ~Copyable {
  /// Bytes of a part at most.
  public static let byteCountMax = 128

  private let text: UnsafeMutablePointer<UInt8>
  private let tokens: UnsafeMutablePointer<Int32>
  private var merger: WordMerger
  /// Tokens of the latest part.
  public private(set) var count = 0

  @export(interface)
  public init(carver: inout Carver, _ scheme: Scheme) {
    unsafe text = carver.take(.text, UInt8.self, count: Self.byteCountMax)
    unsafe tokens = carver.take(.text, Int32.self, count: Self.byteCountMax)
    merger = WordMerger(
      carver: &carver, hasPieces: scheme.hasPieces, capacity: Self.byteCountMax)
  }

  /// One of the latest part's tokens.
  public subscript(index: Int) -> Int32 {
    precondition(index >= 0 && index < count)
    return unsafe tokens[index]
  }

  /// Encodes a part. It ends before bytes that the vocabulary has no tokens for; the texts of special
  /// tokens are those tokens.
  /// - Parameter countMax: tokens that are asked for; there may be some more.
  @export(interface)
  public mutating func encode(
    _ part: Span<UInt8>, countMax: Int, _ vocabulary: borrowing Vocabulary
  ) {
    precondition(part.count <= Self.byteCountMax)
    for index in 0..<part.count { unsafe text[index] = part[index] }
    let whole = unsafe TextSlice(UnsafePointer(text), count: part.count)
    count = 0
    var start = 0
    while start < part.count && count < countMax {
      if let found = vocabulary.specialTokens.match(whole, at: start, includesControl: true) {
        unsafe tokens[count] = found.token
        count += 1
        start += found.byteCount
      } else {
        let byteCount = addWord(whole.from(start), vocabulary)
        if byteCount == 0 { return }
        start += byteCount
      }
    }
  }

  /// Adds the tokens of the first word of a text.
  /// - Returns: the word's bytes; 0 if some of them have no token.
  private mutating func addWord(_ rest: TextSlice, _ vocabulary: borrowing Vocabulary) -> Int {
    var limit = 1
    while limit < rest.count
      && vocabulary.specialTokens.match(rest, at: limit, includesControl: true) == nil
    {
      limit += 1
    }
    let wordCount = unsafe vocabulary.firstWordByteCount(TextSlice(rest.base, count: limit))
    let made = unsafe merger.merge(TextSlice(rest.base, count: wordCount), vocabulary)
    if made.droppedByteCount > 0 { return 0 }
    for index in 0..<made.count { unsafe tokens[count + index] = merger.tokens[index] }
    count += made.count
    return wordCount
  }
}
