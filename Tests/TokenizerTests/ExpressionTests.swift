import Foundation
import TestSupport
import Testing

@testable import Tokenizer

/// Every pre-tokenizer against its regular expressions, run by another engine.
@Suite struct ExpressionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    /// Applied one after the other, each to the words of the one before; matches and what lies
    /// between them are words.
    let expressions: [String]
    var testDescription: String { name }
  }

  private static let gpt2 =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private static func llama3(_ numbers: String) -> String {
    #"'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// As llama.cpp has it.
  private static func cased(_ numbers: String, _ contraction: String) -> String {
    let before = #"[^\r\n\p{L}\p{N}]?"#
    let (upper, lower) = (#"((?=\p{L})[^a-z])"#, #"((?=\p{L})[^A-Z])"#)
    return before + upper + "*" + lower + "+" + contraction + "|" + before + upper + "+" + lower
      + "*" + contraction + "|" + numbers
      + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  private static let contraction =
    "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"

  static let cases = [
    Case(name: "gpt-2", expressions: [gpt2]),
    Case(name: "smollm", expressions: [#"\p{N}"#, gpt2]),
    Case(name: "llama-bpe", expressions: [llama3(#"\p{N}{1,3}"#)]),
    Case(name: "qwen2", expressions: [llama3(#"\p{N}"#)]),
    Case(name: "gpt-4o", expressions: [cased(#"\p{N}{1,3}"#, contraction + "?")]),
    Case(name: "tekken", expressions: [cased(#"\p{N}"#, "")]),
    Case(
      name: "qwen35",
      expressions: [
        contraction + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|"#
          + #"\s*[\r\n]+|\s+(?!\S)|\s+"#
      ]),
    Case(
      name: "default",
      expressions: [#"[\p{P}\$\+<=>\^~\|]+"#, gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"]),
  ]

  private struct Splitter {
    private let engines: [NSRegularExpression]

    /// The engine's `\s` is not White_Space.
    init(_ expressions: [String]) throws {
      engines = try expressions.map {
        try NSRegularExpression(
          pattern: $0.replacingOccurrences(of: #"\S"#, with: #"\P{White_Space}"#)
            .replacingOccurrences(of: #"\s"#, with: #"\p{White_Space}"#))
      }
    }

    func words(_ text: String) -> [[UInt8]] {
      engines.reduce([text]) { words, engine in words.flatMap { split($0, engine) } }
        .map { Array($0.utf8) }
    }

    private func split(_ text: String, _ engine: NSRegularExpression) -> [String] {
      let whole = text as NSString
      var words: [String] = []
      var end = 0
      func add(_ range: NSRange) {
        if range.length > 0 { words.append(whole.substring(with: range)) }
      }
      for match in engine.matches(in: text, range: NSRange(location: 0, length: whole.length)) {
        add(NSRange(location: end, length: match.range.location - end))
        add(match.range)
        end = match.range.location + match.range.length
      }
      add(NSRange(location: end, length: whole.length - end))
      return words
    }
  }

  private func compare(_ text: String, _ splitter: Splitter, _ preTokenizer: PreTokenizer) {
    #expect(
      preTokenizer.words(Array(text.utf8)) == splitter.words(text), "\(text.debugDescription)")
  }

  private static let parts = [
    "a", "Bc", "é", "д", "日本", "1", "23", "4567", "٣", "½", " ", " ", "  ", "\n", "\r\n", "\r",
    "\t",
    "\u{B}", "\u{85}", "\u{A0}", "\u{2003}", "\u{3000}", "'", "'s", "'S", "'re", "'LL", "'Ve", "'x",
    "ll", "!", "...", "$", "+=", "`", "^", "~|", "<>", "。", "¿", "€", "\u{301}", "\u{200D}", "🦙",
    "\u{FEFF}", "\u{0}", "_", "-", "/", "A", "XY", "z", "ß", "É", "'d",
  ]

  @Test(arguments: cases) func mixedTexts(_ sample: Case) throws {
    let splitter = try Splitter(sample.expressions)
    let preTokenizer = try PreTokenizer(name: Array(sample.name.utf8).span)
    var random = SeededGenerator(seed: 7)
    for _ in 0..<4000 {
      let count = Int.random(in: 1...14, using: &random)
      let text = (0..<count).map { _ in Self.parts.randomElement(using: &random)! }.joined()
      compare(text, splitter, preTokenizer)
    }
  }

  /// Scalars of any block that both this table and the engine know.
  @Test(arguments: cases) func randomScalars(_ sample: Case) throws {
    let splitter = try Splitter(sample.expressions)
    let preTokenizer = try PreTokenizer(name: Array(sample.name.utf8).span)
    var random = SeededGenerator(seed: 8)
    func scalar() -> Unicode.Scalar {
      let limit: UInt32 = [0x80, 0x100, 0x3000, 0x1_0000, 0x3_0000].randomElement(using: &random)!
      let value = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) ?? " "
      guard let age = value.properties.age, (age.major, age.minor) <= (15, 0) else { return " " }
      return value
    }
    for _ in 0..<1500 {
      var text = ""
      for _ in 0..<Int.random(in: 1...30, using: &random) { text.unicodeScalars.append(scalar()) }
      compare(text, splitter, preTokenizer)
    }
  }

  @Test(
    .enabled(
      if: Files.shared("data/tokenizers/ggml-vocab-gpt-2.gguf.inp") != nil
        && Files.shared("data/text/wiki.test.raw") != nil, "no reference data"), arguments: cases)
  func realTexts(_ sample: Case) throws {
    let splitter = try Splitter(sample.expressions)
    let preTokenizer = try PreTokenizer(name: Array(sample.name.utf8).span)
    for path in ["data/tokenizers/ggml-vocab-gpt-2.gguf.inp", "data/text/wiki.test.raw"] {
      let text = try String(contentsOf: Files.sharedURL(path), encoding: .utf8)
      compare(String(text.prefix(200_000)), splitter, preTokenizer)
    }
  }

  @Test func aliasesAreWhatTheyStandFor() throws {
    let text = Array("He'LL say  1234 \n\n日本… 'tis (x²+3)!\r\n  end".utf8)
    for (name, same) in [
      ("llama3", PreTokenizer.llama3), ("llama-v3", .llama3), ("deepseek-r1-qwen", .qwen2),
      ("smaug-bpe", .llama3), ("starcoder", .smollm), ("phi-2", .gpt2),
      ("lfm2", .llama3), ("llama4", .gpt4o),
    ] {
      let found = try PreTokenizer(name: Array(name.utf8).span)
      #expect(found.words(text) == same.words(text), "\(name)")
      #expect(found.ignoresMerges == ["llama3", "llama-v3", "lfm2"].contains(name), "\(name)")
    }
    for name in ["", "llama", "llama-bp", "llama-bpe ", "Default", "tekken2"] {
      let error = try #require(throws: TokenizerError.self) {
        _ = try PreTokenizer(name: Array(name.utf8).span)
      }
      #expect(message(of: error).hasPrefix("tokenizer.ggml.pre: '\(name)'; it must be "))
    }
  }
}

extension PreTokenizer {
  /// All words of a text.
  func words(_ text: [UInt8]) -> [[UInt8]] {
    text.withUnsafeBufferPointer { buffer in
      var words: [[UInt8]] = []
      var start = 0
      while start < text.count {
        let rest = TextSlice(buffer.baseAddress! + start, count: text.count - start)
        let count = firstWordByteCount(rest)
        #expect(count > 0)
        words.append(Array(text[start..<(start + count)]))
        start += count
      }
      return words
    }
  }
}
