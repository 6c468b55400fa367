import Foundation
import TestSupport
import Testing

/// The cases of the official JSON Schema Test Suite, draft 2020-12, for the keywords that are enforced.
/// Toolchain/fetch-schema-suite gets them.
@Suite struct SuiteTests {
  struct Group: Decodable {
    struct Case: Decodable {
      let text: String
      let isValid: Bool
      let name: String
    }
    let file: String
    let name: String
    let schema: String
    let cases: [Case]
  }

  static let path = Files.repository.appendingPathComponent(".build-check/schema-suite.json")

  /// No invalid value can be written. Every valid one can, but for two things: formats are enforced,
  /// though the draft leaves that open, and a second of 60 is taken at 23:59 of UTC alone.
  @Test(.enabled(if: Files.existing(path) != nil, "Toolchain/fetch-schema-suite gets the cases"))
  func everyCaseIsDecided() throws {
    let groups = try JSONDecoder().decode([Group].self, from: Data(contentsOf: Self.path))
    let checker = try Checker()
    var (validCount, invalidCount, refusedCount) = (0, 0, 0)
    for group in groups {
      if let message = checker.useSchema(group.schema) {
        let isKnown = Self.isKnown(message)
        #expect(isKnown, "\(group.file) \(group.name): \(message)")
        // A schema that allows nothing has no valid case.
        if message.contains("no text at all") { #expect(!group.cases.contains { $0.isValid }) }
        refusedCount += 1
        continue
      }
      for one in group.cases {
        let isAccepted = checker.accepts(one.text)
        if !one.isValid {
          invalidCount += 1
          #expect(!isAccepted, "\(group.file) \(group.name) \(one.name): \(one.text)")
        } else if !isAccepted {
          let isExcepted = group.file == "format" || one.name.contains("leap second")
          #expect(isExcepted, "\(group.file) \(group.name) \(one.name): \(one.text)")
        } else {
          validCount += 1
        }
      }
    }
    #expect(validCount > 250 && invalidCount > 250 && refusedCount < 40)
  }

  /// The reasons for which schemas of these files are refused.
  private static func isKnown(_ message: String) -> Bool {
    message.contains("cannot be enforced") || message.contains("part of the same schema")
      || message.contains("no text at all") || message.contains("not regular")
  }
}
