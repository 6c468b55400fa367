import Platform

/// The rule that cuts text into words, within which tokens are merged.
public enum PreTokenizer: Sendable {
  /// Each `\p{N}` by itself; between them GPT-2's regular expression, for which the text ends at a
  /// number: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
  /// (Hugging Face: `Digits(individual_digits=True)`, then `ByteLevel(use_regex=True)`.)
  case smollm

  /// - Parameter name: the value of the GGUF field `tokenizer.ggml.pre`.
  public init(name: Span<UInt8>) throws(TokenizerError) {
    let known: StaticString = "smollm"
    guard Bytes.areEqual(name, known) else {
      throw .unsupported(
        field: "tokenizer.ggml.pre", value: Excerpt(name), expected: "it must be 'smollm'")
    }
    self = .smollm
  }

  /// The count of bytes of the first word of `text`, which is not empty. The end of `text` counts
  /// as the end of all text.
  /// - Complexity: O(count of bytes of the word, and of the white space that it begins with)
  func firstWordByteCount(_ text: TextSlice) -> Int {
    let first = text.scalar(at: 0)
    switch first.class {
    case .number: return first.byteCount
    case .letter: return Self.runEnd(text, of: .letter, from: first.byteCount)
    case .other:
      let contraction = Self.contractionByteCount(text)
      return contraction > 0
        ? contraction : Self.runEnd(text, of: .other, from: first.byteCount)
    case .space: return Self.spaceEnd(text, firstByteCount: first.byteCount)
    }
  }

  /// Where the scalars of one class that begin at `start` end.
  @inline(__always)
  private static func runEnd(_ text: TextSlice, of kind: ScalarClass, from start: Int) -> Int {
    var index = start
    while index < text.count {
      let next = text.scalar(at: index)
      if next.class != kind { break }
      index += next.byteCount
    }
    return index
  }

  /// The end of a word that begins with white space: a space joins the letters or marks after it;
  /// of longer white space the last scalar is left to what follows, if anything does.
  private static func spaceEnd(_ text: TextSlice, firstByteCount: Int) -> Int {
    var index = firstByteCount
    var last = 0
    while index < text.count {
      let next = text.scalar(at: index)
      switch next.class {
      case .space:
        last = index
        index += next.byteCount
      case .number: return index
      case .letter, .other:
        if last > 0 { return last }
        return text[0] == UInt8(ascii: " ")
          ? runEnd(text, of: next.class, from: index + next.byteCount) : index
      }
    }
    return index
  }

  /// The count of bytes of `'s 't 're 've 'm 'll 'd` at the start of `text`; 0 if none is there.
  private static func contractionByteCount(_ text: TextSlice) -> Int {
    if text.count < 2 || text[0] != UInt8(ascii: "'") { return 0 }
    let third = text.count > 2 ? text[2] : 0
    switch text[1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return third == UInt8(ascii: "e") ? 3 : 0
    case UInt8(ascii: "l"): return third == UInt8(ascii: "l") ? 3 : 0
    default: return 0
    }
  }
}
