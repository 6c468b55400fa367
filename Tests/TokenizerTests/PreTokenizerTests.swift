import Foundation
import Testing

@testable import Tokenizer

@Suite struct PreTokenizerTests {
  private func words(_ text: String, _ preTokenizer: PreTokenizer = .smollm) -> [String] {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { buffer in
      var words: [String] = []
      var start = 0
      while start < bytes.count {
        let rest = TextSlice(buffer.baseAddress! + start, count: bytes.count - start)
        let count = preTokenizer.firstWordByteCount(rest)
        #expect(count > 0)
        words.append(String(decoding: bytes[start..<(start + count)], as: UTF8.self))
        start += count
      }
      return words
    }
  }

  @Test(arguments: [
    ("Hello world", ["Hello", " world"]),
    ("  Hello", [" ", " Hello"]),
    ("a  ", ["a", "  "]),
    ("a \n b", ["a", " \n", " b"]),
    ("a\n\nb", ["a", "\n", "\n", "b"]),
    ("a  1", ["a", "  ", "1"]),
    ("x12½", ["x", "1", "2", "½"]),
    (" 3", [" ", "3"]),
    ("I'll've 'tis", ["I", "'ll", "'ve", " '", "tis"]),
    ("he'S !'s", ["he", "'", "S", " !'", "s"]),
    ("'r 'l 'v'", ["'", "r", " '", "l", " '", "v", "'"]),
    ("a\u{A0}b\u{3000}", ["a", "\u{A0}", "b", "\u{3000}"]),
    ("\t\tx", ["\t", "\t", "x"]),
    ("\u{1C}x", ["\u{1C}", "x"]),
    ("日本 語。", ["日本", " 語", "。"]),
    ("\u{FEFF}a", ["\u{FEFF}", "a"]),
    (" \u{301}a", [" \u{301}", "a"]),
  ])
  func cutsAsTheRegularExpressionDoes(_ text: String, _ expected: [String]) {
    #expect(words(text).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
  }

  /// The same rule with a regular expression engine, whose `\p{L}`, `\p{N}` and `\s` are of the
  /// same Unicode or newer; the texts keep to old scalars.
  @Test func agreesWithARegularExpressionEngine() throws {
    let pattern =
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?=\p{N})|\s+(?!\S)|\s+|\p{N}"#
    let engine = try NSRegularExpression(pattern: pattern)
    var random = RepeatingRandom(7)
    let parts = [
      "a", "Bc", "é", "д", "日", "1", "٣", " ", " ", "\n", "\t", "\u{2003}", "'", "'s", "ll", "!",
      "。",
      "\u{301}",
    ]
    for _ in 0..<3000 {
      let count = Int.random(in: 1...12, using: &random)
      let text = (0..<count).map { _ in parts.randomElement(using: &random)! }.joined()
      let whole = NSRange(text.startIndex..., in: text)
      let expected = engine.matches(in: text, range: whole).map {
        Array((text as NSString).substring(with: $0.range).utf8)
      }
      #expect(words(text).map { Array($0.utf8) } == expected, "\(text.debugDescription)")
    }
  }

  @Test func knowsItsName() throws {
    _ = try PreTokenizer(name: Array("smollm".utf8).span)
    #expect(throws: TokenizerError.self) { try PreTokenizer(name: Array("smollm2".utf8).span) }
    #expect(throws: TokenizerError.self) { try PreTokenizer(name: [UInt8]().span) }
  }
}

@Suite struct UnicodeTableTests {
  /// White_Space of the Unicode Character Database (PropList.txt); it has not changed since 6.3.
  @Test func whiteSpaceIsComplete() {
    let spaces: Set<UInt32> = [
      0x9, 0xA, 0xB, 0xC, 0xD, 0x20, 0x85, 0xA0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004,
      0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
    ]
    let found = (UInt32(0)..<0x110000).filter { ScalarClass.of($0) == .space }
    #expect(Set(found) == spaces)
  }

  /// Letters and numbers that the Swift library knows too must have the same class in the table,
  /// for scalars that the table's version of Unicode has.
  @Test func lettersAndNumbersAgreeWithTheStandardLibrary() {
    for value in UInt32(0)..<0x110000 {
      guard let properties = Unicode.Scalar(value)?.properties, let age = properties.age,
        (age.major, age.minor) <= (15, 0)
      else { continue }
      let expected: ScalarClass? =
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
          .letter
        case .decimalNumber, .letterNumber, .otherNumber: .number
        default: nil
        }
      let found = ScalarClass.of(value)
      if expected != (found == .letter || found == .number ? found : nil) {
        Issue.record("U+\(String(value, radix: 16)) is \(found)")
      }
    }
  }

  @Test(.enabled(if: hasPython, "python3 is not there"))
  func theGeneratorStillMakesTheTables() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", root.appendingPathComponent("Toolchain/generate-unicode-tables").path, "--verify",
      root.appendingPathComponent("Sources/Tokenizer/UnicodeTables.swift").path,
    ]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  private static let hasPython: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", "import unicodedata"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()
}
