import TestSupport

@testable import Tokenizer

/// A vocabulary made by hand: all single bytes, in the order of their values, then merges.
struct TinyVocabulary {
  var tokens: [[UInt8]]
  var types: [Int32]
  var merges: [[UInt8]] = []

  init() {
    tokens = (0..<256).map { Array(Self.letters[$0].utf8) }
    types = [Int32](repeating: 1, count: 256)
  }

  /// GPT-2's alphabet, by its definition in encoder.py.
  static let letters: [String] = {
    let printable = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
    var scalars = [Int](repeating: 0, count: 256)
    var next = 0x100
    for byte in 0..<256 {
      scalars[byte] = printable.contains(byte) ? byte : next
      if !printable.contains(byte) { next += 1 }
    }
    return scalars.map { String(Character(Unicode.Scalar($0)!)) }
  }()

  static func alphabetText(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { Array(letters[Int($0)].utf8) }
  }

  mutating func add(_ text: String, type: Int32 = 1) {
    tokens.append(
      type == 1 ? Self.alphabetText(Array(text.utf8)) : Array(text.utf8))
    types.append(type)
  }

  /// Adds a merge and the token that it makes, if that is new.
  mutating func merge(_ left: [UInt8], _ right: [UInt8]) {
    let joined = Self.alphabetText(left + right)
    if !tokens.contains(joined) {
      tokens.append(joined)
      types.append(1)
    }
    merges.append(
      Self.alphabetText(left) + [UInt8(ascii: " ")] + Self.alphabetText(right))
  }

  mutating func merge(_ left: String, _ right: String) {
    merge(Array(left.utf8), Array(right.utf8))
  }

  func tokenizing(_ preTokenizer: PreTokenizer = .smollm) throws -> Tokenizing {
    try Tokenizing(.byteLevelBPE(preTokenizer), tokens: tokens, types: types, merges: merges)
  }
}

extension SeededGenerator {
  /// Text of mixed scripts, white space, digits, contractions and parts of special tokens.
  mutating func text(pieceCount: Int) -> String {
    let parts = [
      "the", " quick", "Fox", "'s", "'re", "'", " ", "  ", "\n", "\t", "\r\n", "7", "42", "½", "٣",
      "०", "é", "日本", "🦙", "😶‍🌫️", "<|im_end|>", "<|im_", "|>", "...", "-", "\u{A0}",
      "\u{3000}", "\u{85}", "\u{0}", "\u{FEFF}", "Ünï", "कि", "ذهب",
    ]
    var text = ""
    for _ in 0..<pieceCount {
      switch Int.random(in: 0..<8, using: &self) {
      case 0:
        let scalar = Unicode.Scalar(UInt32.random(in: 0x80...0x1_FFFF, using: &self))
        text.unicodeScalars.append(scalar ?? " ")
      case 1:
        let part = parts.randomElement(using: &self)!
        text += String(repeating: part, count: Int.random(in: 1...20, using: &self))
      default: text += parts.randomElement(using: &self)!
      }
    }
    return text
  }
}
