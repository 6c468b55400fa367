import TestSupport
import Testing

@testable import Tokenizer

/// SentencePiece's tokens with ranked merges, against the definition.
@Suite struct RankedPieceTests {
  private struct Vocabulary {
    var tokens = ["<unk>"]
    var merges: [(String, String)] = []

    /// A text's tokens: of all pairs the one of the least rank is merged, the leftmost of these, within
    /// runs of newlines and of other characters; what is no token becomes its bytes.
    func ids(_ text: String) -> [Int32] {
      var runs: [[Character]] = []
      for letter in text {
        if let last = runs.last?.last, (last == "\n") == (letter == "\n") {
          runs[runs.count - 1].append(letter)
        } else {
          runs.append([letter])
        }
      }
      return runs.flatMap(ids(ofRun:))
    }

    private func ids(ofRun run: [Character]) -> [Int32] {
      var symbols = run.map { $0 == " " ? "\u{2581}" : String($0) }
      while true {
        var best: (rank: Int, place: Int)?
        for place in symbols.indices.dropLast() {
          let rank = merges.lastIndex { $0 == symbols[place] && $1 == symbols[place + 1] }
          if let rank, best == nil || rank < best!.rank { best = (rank, place) }
        }
        guard let best else { break }
        let right = symbols.remove(at: best.place + 1)
        symbols[best.place] += right
      }
      return symbols.flatMap { symbol -> [Int32] in
        if let id = tokens.firstIndex(of: symbol) { return [Int32(id)] }
        return symbol.utf8.map { Int32(tokens.firstIndex(of: Self.byteName($0))!) }
      }
    }

    static func byteName(_ byte: UInt8) -> String {
      let digits = String(byte, radix: 16, uppercase: true)
      return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
    }

    func tokenizing() throws -> Tokenizing {
      try Tokenizing(
        .rankedPieces, tokens: tokens.map { Array($0.utf8) },
        types: tokens.map {
          let kind: TokenKind =
            $0 == "<unk>" ? .unknown : $0.hasPrefix("<0x") ? .byte : .normal
          return kind.rawValue
        },
        merges: merges.map { Array(($0 + " " + $1).utf8) })
    }
  }

  private static let letters = ["a", "b", "\u{2581}", "é", "日", "\n"]

  private static func vocabulary(_ random: inout SeededGenerator) -> Vocabulary {
    var made = Vocabulary()
    for byte in 0...255 { made.tokens.append(Vocabulary.byteName(UInt8(byte))) }
    // é is bytes at times.
    for letter in letters where letter != "é" || Bool.random(using: &random) {
      made.tokens.append(letter)
    }
    for _ in 0..<Int.random(in: 0...30, using: &random) {
      let pieces = made.tokens[257...]
      let (left, right) = (
        pieces.randomElement(using: &random)!, pieces.randomElement(using: &random)!
      )
      if !made.tokens.contains(left + right) { made.tokens.append(left + right) }
      if !made.merges.contains(where: { $0 == (left, right) }) { made.merges.append((left, right)) }
    }
    return made
  }

  @Test func encodesAsTheDefinitionDoes() throws {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<40 {
      let vocabulary = Self.vocabulary(&random)
      let made = try vocabulary.tokenizing()
      for _ in 0..<60 {
        let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
          Self.letters.randomElement(using: &random)!.replacing("\u{2581}", with: " ")
        }.joined()
        #expect(try made.encode(text) == vocabulary.ids(text), "\(text.debugDescription)")
        #expect(try made.decode(made.encode(text)) == Array(text.utf8))
      }
    }
  }
}
