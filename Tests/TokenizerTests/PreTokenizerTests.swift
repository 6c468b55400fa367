import Foundation
import TestSupport
import Testing

@testable import Tokenizer

@Suite struct PreTokenizerTests {
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
    #expect(PreTokenizer.smollm.words(Array(text.utf8)) == expected.map { Array($0.utf8) })
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
    let outcome = try run([
      "/usr/bin/env", "python3",
      Files.repository.appendingPathComponent("Toolchain/generate-unicode-tables").path, "--verify",
      "classes",
      Files.repository.appendingPathComponent("Sources/Tokenizer/Unicode/UnicodeTables.swift").path,
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
  }

  private static let hasPython =
    (try? run(["/usr/bin/env", "python3", "-c", "import unicodedata"]).code) == 0
}
