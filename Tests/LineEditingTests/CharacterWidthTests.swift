import TestSupport
import Testing

@testable import LineEditing

@Suite struct CharacterWidthTests {
  @Test(arguments: [
    (0x20, 1), (0x7E, 1), (0xAD, 1), (0x2FF, 1), (0x300, 0), (0x36F, 0), (0x370, 1), (0x10FF, 1),
    (0x1100, 2), (0x115F, 2), (0x1160, 0), (0x11FF, 0), (0x200D, 0), (0x231A, 2), (0x3042, 2),
    (0x4E00, 2), (0xAC00, 2), (0xD7A3, 2), (0xFE0F, 0), (0xFF01, 2), (0xFF61, 1), (0x1F1E6, 1),
    (0x1F600, 2), (0x20000, 2), (0x3FFFD, 2), (0xE0100, 0), (0x10FFFF, 1),
  ])
  func columns(scalar: UInt32, columns: Int) {
    #expect(CharacterWidth.columnCount(of: scalar) == columns)
  }

  /// Every mark of the table's version of Unicode, by the standard library's own tables.
  @Test func marks() {
    for value in UInt32(0x300)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value), let age = scalar.properties.age, age.major <= 16
      else { continue }
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark:
        if CharacterWidth.columnCount(of: value) != 0 {
          Issue.record("U+\(String(value, radix: 16)) takes a column")
        }
      default: break
      }
    }
  }

  @Test(.enabled(if: hasPython, "python3 is not there"))
  func theGeneratorStillMakesTheTable() throws {
    let outcome = try run([
      "/usr/bin/env", "python3",
      Files.repository.appendingPathComponent("Toolchain/generate-unicode-tables").path, "--verify",
      "widths",
      Files.repository.appendingPathComponent("Sources/LineEditing/WidthTable.swift").path,
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
  }

  private static let hasPython =
    (try? run(["/usr/bin/env", "python3", "-c", "import unicodedata"]).code) == 0
}
