@testable import Tokenizer

/// A SentencePiece vocabulary made by hand: `<unk>`, `<s>`, `</s>`, all bytes, then pieces.
struct PieceVocabulary {
  static let firstByte = 3
  static let firstPiece = 259

  var tokens: [[UInt8]] = ["<unk>", "<s>", "</s>"].map { Array($0.utf8) }
  var types: [Int32] = [2, 3, 3]
  var scores: [Float] = [0, 0, 0]

  init(hasBytes: Bool = true) {
    if !hasBytes { return }
    for byte in 0..<256 {
      let digits = String(byte, radix: 16, uppercase: true)
      add("<0x\(digits.count == 1 ? "0" : "")\(digits)>", type: 6)
    }
  }

  /// Adds a piece; the spaces in `text` become U+2581.
  mutating func add(_ text: String, type: Int32 = 1, score: Float = 0) {
    tokens.append(
      Array(
        (type == 1
          ? text.split(separator: " ", omittingEmptySubsequences: false)
            .joined(separator: "\u{2581}") : text).utf8))
    types.append(type)
    scores.append(score)
  }

  func tokenizing(addsSpacePrefix: Bool = true) throws -> Tokenizing {
    try Tokenizing(
      .sentencePiece(addsSpacePrefix: addsSpacePrefix), tokens: tokens, types: types,
      scores: scores, merges: [])
  }

  /// With merges by rank in place of scores; the spaces in them become U+2581.
  func tokenizing(ranking merges: [(String, String)]) throws -> Tokenizing {
    func piece(_ text: String) -> String {
      text.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "\u{2581}")
    }
    return try Tokenizing(
      .rankedPieces, tokens: tokens, types: types,
      merges: merges.map { Array((piece($0) + " " + piece($1)).utf8) })
  }
}

/// SentencePiece's tokens by their definition, of the whole text at once: of all neighbouring symbols
/// that are a piece together, those of the best score are joined first, of equal ones the leftmost.
struct PieceDefinition {
  private var pieces: [[UInt8]: (id: Int32, score: Float)] = [:]
  private var bytes: [UInt8: Int32] = [:]
  private let addsSpacePrefix: Bool

  init(tokens: [[UInt8]], types: [Int32], scores: [Float], addsSpacePrefix: Bool = true) {
    self.addsSpacePrefix = addsSpacePrefix
    for (id, token) in tokens.enumerated() {
      if types[id] == 6 {
        let digits = String(decoding: token[3..<5], as: UTF8.self)
        bytes[UInt8(digits, radix: 16)!] = Int32(id)
      } else if [1, 4, 5].contains(types[id]), pieces[token] == nil {
        pieces[token] = (Int32(id), scores[id])
      }
    }
  }

  init(_ vocabulary: PieceVocabulary) {
    self.init(
      tokens: vocabulary.tokens, types: vocabulary.types, scores: vocabulary.scores)
  }

  func ids(_ text: String) -> [Int32] {
    if text.isEmpty { return [] }
    var symbols = ((addsSpacePrefix ? " " : "") + text).unicodeScalars.map {
      Array(String($0 == " " ? "\u{2581}" : $0).utf8)
    }
    while true {
      var best: (place: Int, score: Float)?
      for place in 0..<(symbols.count - 1) {
        guard let piece = pieces[symbols[place] + symbols[place + 1]] else { continue }
        if best == nil || piece.score > best!.score { best = (place, piece.score) }
      }
      guard let best else { break }
      symbols[best.place] += symbols.remove(at: best.place + 1)
    }
    return symbols.flatMap { symbol in
      pieces[symbol].map { [$0.id] } ?? symbol.map { bytes[$0]! }
    }
  }
}
