import Platform

/// The rule that cuts text into words, within which the tokens of byte-level BPE are merged: what
/// `tokenizer.ggml.pre` names. Names that share an expression in llama.cpp (src/llama-vocab.cpp)
/// share it here.
public struct PreTokenizer: Sendable {
  enum Rule: Sendable {
    /// GPT-2's regular expression (openai/gpt-2, encoder.py):
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
    case gpt2
    /// Each `\p{N}` by itself; between them GPT-2's expression, for which the text ends at a number.
    /// (Hugging Face: `Digits(individual_digits=True)`, then `ByteLevel(use_regex=True)`.)
    case smollm
    /// `[\p{P}$+<=>^~|]+`, between its matches GPT-2's expression, then within the words `\p{N}+`,
    /// then `[0-9][0-9][0-9]`; each expression cuts before and after each match.
    case fallback
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digitsMax}|`
    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`; the letters after the apostrophe are
    /// ASCII.
    case llama3(digitsMax: Int)
    /// The same for one digit, with `[\p{L}\p{M}]` in place of `\p{L}`, but for what comes before letters.
    case qwen35
    /// Words begin anew with a capital of ASCII behind another letter; u is a letter that is not a to z, l
    /// one that is not A to Z:
    /// `[^\r\n\p{L}\p{N}]?u*l+c?|[^\r\n\p{L}\p{N}]?u+l*c?|\p{N}{1,digitsMax}|`
    /// ` ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`; c is a contraction as Llama 3's, if the rule
    /// has them.
    case cased(digitsMax: Int, hasContractions: Bool)
  }

  let rule: Rule
  /// A word that is a token is that token, whatever its merges make of it.
  let ignoresMerges: Bool
  /// Whether a text begins with the model's BOS token where the file does not say.
  public let addsBOS: Bool

  private init(_ rule: Rule, ignoresMerges: Bool = false, addsBOS: Bool = false) {
    self.rule = rule
    self.ignoresMerges = ignoresMerges
    self.addsBOS = addsBOS
  }

  public static var smollm: PreTokenizer { PreTokenizer(.smollm) }
  public static var gpt2: PreTokenizer { PreTokenizer(.gpt2) }
  public static var fallback: PreTokenizer { PreTokenizer(.fallback) }
  public static var qwen2: PreTokenizer { PreTokenizer(.llama3(digitsMax: 1)) }
  /// Llama 3's expression alone.
  public static var smaug: PreTokenizer { PreTokenizer(.llama3(digitsMax: 3)) }
  public static var llama3: PreTokenizer {
    PreTokenizer(.llama3(digitsMax: 3), ignoresMerges: true, addsBOS: true)
  }

  public static var qwen35: PreTokenizer { PreTokenizer(.qwen35) }
  public static var gpt4o: PreTokenizer {
    PreTokenizer(.cased(digitsMax: 3, hasContractions: true))
  }
  public static var tekken: PreTokenizer {
    PreTokenizer(
      .cased(digitsMax: 1, hasContractions: false), ignoresMerges: true, addsBOS: true)
  }

  /// - Parameter name: the value of the GGUF field `tokenizer.ggml.pre`.
  public init(name: Span<UInt8>) throws(TokenizerError) {
    guard let known = Self.known(name) else {
      throw .unsupported(
        field: "tokenizer.ggml.pre", value: Excerpt(name),
        expected: """
          it must be 'llama-bpe', 'qwen2', 'qwen35', 'smollm', 'gpt-2', 'gpt-4o', 'tekken', \
          'default' or an alias; \
          --pre-tokenizer takes another
          """)
    }
    self = known
  }

  @export(interface)
  private static func known(_ name: Span<UInt8>) -> PreTokenizer? {
    if isAny(name, "llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral") { return .llama3 }
    if isAny(name, "lfm2", "midm-2.0", "falcon-h1") { return .llama3 }
    if Bytes.areEqual(name, "qwen35") { return .qwen35 }
    if isAny(name, "gpt-4o", "llama4", "kanana2") { return .gpt4o }
    if Bytes.areEqual(name, "tekken") { return .tekken }
    if isAny(name, "qwen2", "deepseek-r1-qwen", "megrez", "stablelm2") { return .qwen2 }
    if isAny(name, "smollm", "starcoder", "refact", "command-r", "codeshell") { return .smollm }
    if isAny(name, "exaone", "minerva-7b") { return .smollm }
    if isAny(name, "gpt-2", "phi-2", "olmo", "mpt", "mellum") { return .gpt2 }
    if isAny(name, "smaug-bpe", "dbrx") { return .smaug }
    return Bytes.areEqual(name, "default") ? .fallback : nil
  }

  private static func isAny(
    _ name: Span<UInt8>, _ first: StaticString, _ second: StaticString,
    _ third: StaticString = "", _ fourth: StaticString = "", _ fifth: StaticString = ""
  ) -> Bool {
    if name.isEmpty { return false }
    return Bytes.areEqual(name, first) || Bytes.areEqual(name, second)
      || Bytes.areEqual(name, third) || Bytes.areEqual(name, fourth)
      || Bytes.areEqual(name, fifth)
  }

  /// The count of bytes of the first word of `text`, which is not empty. The end of `text` counts
  /// as the end of all text.
  /// - Complexity: O(count of bytes of the word, and of the white space that it begins with)
  @inline(__always)
  func firstWordByteCount(_ text: TextSlice) -> Int {
    switch rule {
    case .gpt2: GPT2Words.firstByteCount(text, numbersAreAlone: false)
    case .smollm: GPT2Words.firstByteCount(text, numbersAreAlone: true)
    case .fallback: FallbackWords.firstByteCount(text)
    case .llama3(let digitsMax): Llama3Words.firstByteCount(text, digitsMax: digitsMax)
    case .qwen35: Llama3Words.firstByteCount(text.takingMarksAsLetters, digitsMax: 1)
    case .cased(let digitsMax, let hasContractions):
      CasedWords.firstByteCount(text, digitsMax: digitsMax, hasContractions: hasContractions)
    }
  }
}

extension TextSlice {
  /// Where the scalars of one class, which is not `punctuation`, that begin at `start` end.
  @inline(__always)
  func runEnd(of kind: ScalarClass, from start: Int) -> Int {
    var index = start
    while index < count {
      let next = scalar(at: index)
      if next.class != kind { break }
      index += next.byteCount
    }
    return index
  }

  /// The count of bytes of `'s 't 're 've 'm 'll 'd` at the start; 0 if none is there.
  @inline(__always)
  func contractionByteCount(ignoringCase: Bool) -> Int {
    if count < 2 || self[0] != UInt8(ascii: "'") { return 0 }
    // This bit is all that parts capital from small letters of ASCII.
    let bit: UInt8 = ignoringCase ? 0x20 : 0
    let third = count > 2 ? self[2] | bit : 0
    switch self[1] | bit {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return third == UInt8(ascii: "e") ? 3 : 0
    case UInt8(ascii: "l"): return third == UInt8(ascii: "l") ? 3 : 0
    default: return 0
    }
  }
}
