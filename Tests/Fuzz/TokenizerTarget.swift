@testable import Tokenizer

/// Any bytes to tokens and back, by byte-level BPE, by SentencePiece and by ranked pieces, cut into reads in two ways.
struct TokenizerTarget: FuzzTarget {
  static var seeds: [[UInt8]] {
    let texts = [
      "the quick Fox's 123 jumps", "<s>日本 é</s>\u{2581} the", "  \n\t\r\n 42½٣ <|im_end|>",
      String(repeating: "the ", count: 300), "🦙😶‍🌫️कि\u{0}\u{FEFF}",
    ]
    return texts.enumerated().map { [UInt8($0 * 53)] + Array($1.utf8) }
  }

  private let vocabularies: [Tokenizing]

  init() throws {
    var tiny = TinyVocabulary()
    for pair in [
      ("t", "h"), ("th", "e"), (" ", "the"), (" ", " "), ("'", "s"), ("\n", "\n"), ("1", "2"),
    ] { tiny.merge(pair.0, pair.1) }
    tiny.merge([0xC3], [0xA9])
    tiny.add("<|im_end|>", type: 3)
    tiny.add("user", type: 4)
    var pieces = PieceVocabulary()
    for (rank, text) in [" ", "t", "h", "e", "th", "the", " the", "  ", "é", "日", "日本", "12"]
      .enumerated()
    { pieces.add(text, score: -Float(rank)) }
    vocabularies = try [
      tiny.tokenizing(.smollm), tiny.tokenizing(.gpt2), tiny.tokenizing(.llama3),
      tiny.tokenizing(.fallback), tiny.tokenizing(.qwen2), pieces.tokenizing(),
      pieces.tokenizing(addsSpacePrefix: false),
      pieces.tokenizing(ranking: [
        ("t", "h"), ("th", "e"), (" ", "the"), (" ", " "), ("日", "本"), ("1", "2"),
      ]),
    ]
  }

  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws {
    guard let first = input.first else { return }
    let made = vocabularies[Int(first) % vocabularies.count]
    let text = Array(input.dropFirst())
    let ids = try made.encode(unchecked: text)
    require(made.droppedByteCount == 0, "every byte has a token")
    require(
      try made.encode(unchecked: text, cuts: [1 + Int(first) / 7]) == ids, "cuts do not matter")
    if Int(first) % vocabularies.count != 5 && !hasPieceSpace(text) {
      require(made.joined(ids) == text, "any bytes come back")
    }
    let decoded = try made.decode(ids)
    require(String(validating: decoded, as: UTF8.self) != nil, "what is written is UTF-8")
    // Special tokens are parsed here; a text that is not UTF-8 throws.
    let parsed = try made.encode(text)
    require(try made.encode(text, cuts: [1 + Int(first) / 7]) == parsed, "cuts do not matter")
  }

  /// U+2581 means a space in SentencePiece.
  private func hasPieceSpace(_ text: [UInt8]) -> Bool { text.contains(0x96) }
}
