/// Words by GPT-2's regular expression, and by what puts single numbers before it. See
/// `PreTokenizer.Rule`.
enum GPT2Words {
  @inline(__always)
  static func firstByteCount(_ text: TextSlice, numbersAreAlone: Bool) -> Int {
    let first = text.scalar(at: 0)
    switch first.class {
    case .number where numbersAreAlone: return first.byteCount
    case .letter, .number: return text.runEnd(of: first.class, from: first.byteCount)
    case .space:
      return spaceEnd(text, from: first.byteCount, numbersAreAlone: numbersAreAlone)
    case .other, .punctuation, .mark:
      let contraction = text.contractionByteCount(ignoringCase: false)
      return contraction > 0 ? contraction : text.runEnd(of: .other, from: first.byteCount)
    }
  }

  /// The end of a word that begins with white space: a space joins what follows; of longer white
  /// space the last scalar is left to what follows, if anything does.
  private static func spaceEnd(
    _ text: TextSlice, from start: Int, numbersAreAlone: Bool
  ) -> Int {
    var index = start
    var last = 0
    while index < text.count {
      let next = text.scalar(at: index)
      if next.class != .space {
        if next.class == .number && numbersAreAlone { return index }
        if last > 0 { return last }
        return text[0] == UInt8(ascii: " ")
          ? text.runEnd(of: next.class, from: index + next.byteCount) : index
      }
      last = index
      index += next.byteCount
    }
    return index
  }
}

/// Words by the expressions of the pre-tokenizer `default`. See `PreTokenizer.Rule`.
enum FallbackWords {
  static func firstByteCount(_ text: TextSlice) -> Int {
    let first = scalar(text, at: 0)
    switch first.class {
    case .letter, .punctuation, .other, .mark:
      return runEnd(text, of: first.class, from: first.byteCount)
    case .number: return numberEnd(text)
    case .space: return spaceEnd(text, from: first.byteCount)
    }
  }

  /// The class of a scalar, where `punctuation` is `[\p{P}$+<=>^~|]`.
  @inline(__always)
  private static func scalar(
    _ text: TextSlice, at index: Int
  ) -> (class: ScalarClass, byteCount: Int) {
    switch text[index] {
    case UInt8(ascii: "$"), UInt8(ascii: "+"), UInt8(ascii: "<"), UInt8(ascii: "="),
      UInt8(ascii: ">"), UInt8(ascii: "^"), UInt8(ascii: "~"), UInt8(ascii: "|"):
      return (.punctuation, 1)
    default: return text.punctuatedScalar(at: index)
    }
  }

  private static func runEnd(_ text: TextSlice, of kind: ScalarClass, from start: Int) -> Int {
    var index = start
    while index < text.count {
      let next = scalar(text, at: index)
      if next.class != kind { break }
      index += next.byteCount
    }
    return index
  }

  /// Three digits, or all numbers before the next three digits.
  private static func numberEnd(_ text: TextSlice) -> Int {
    var index = 0
    while index < text.count {
      let next = scalar(text, at: index)
      if next.class != .number { break }
      if isThreeDigits(text, at: index) { return index == 0 ? 3 : index }
      index += next.byteCount
    }
    return index
  }

  private static func isThreeDigits(_ text: TextSlice, at index: Int) -> Bool {
    if index + 3 > text.count { return false }
    for place in index..<(index + 3)
    where text[place] < UInt8(ascii: "0") || text[place] > UInt8(ascii: "9") { return false }
    return true
  }

  /// As GPT-2's, but the text ends at punctuation, and numbers part from the space before them.
  private static func spaceEnd(_ text: TextSlice, from start: Int) -> Int {
    var index = start
    var last = 0
    while index < text.count {
      let next = scalar(text, at: index)
      switch next.class {
      case .space:
        last = index
        index += next.byteCount
      case .punctuation: return index
      case .number: return last > 0 ? last : index
      case .letter, .other, .mark:
        if last > 0 { return last }
        return text[0] == UInt8(ascii: " ")
          ? runEnd(text, of: next.class, from: index + next.byteCount) : index
      }
    }
    return index
  }
}
