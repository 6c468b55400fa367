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

  /// What is decided of a group: why its schema is refused, or else which cases can be written.
  struct Verdict: Equatable {
    var refusal: String?
    var canWrite: [Bool] = []
  }

  private static func groups() throws -> [Group] {
    try JSONDecoder().decode([Group].self, from: Data(contentsOf: path))
  }

  @Test(.enabled(if: Files.existing(path) != nil, "Toolchain/fetch-schema-suite gets the cases"))
  func everyCaseIsDecided() throws {
    let groups = try Self.groups()
    try Self.expectAsTheSuiteSays(groups, try Self.verdicts(groups))
  }

  @Test(
    .enabled(
      if: canEmulate("pi4"), "needs .build-device/pi4/device-checks, qemu-aarch64 and the cases"))
  func pi4DecidesTheSame() throws { try Self.expectSame("pi4", on: "cortex-a72") }

  @Test(
    .enabled(
      if: canEmulate("pi5"), "needs .build-device/pi5/device-checks, qemu-aarch64 and the cases"))
  func pi5DecidesTheSame() throws { try Self.expectSame("pi5", on: "cortex-a76") }

  private static func canEmulate(_ board: String) -> Bool {
    Files.existing(path) != nil && Files.tool("qemu-aarch64") != nil
      && Files.device(board, "device-checks") != nil
  }

  /// A board's build, run by the emulator, decides what this one does, and as the suite says.
  private static func expectSame(_ board: String, on processor: String) throws {
    let program = try #require(Files.device(board, "device-checks"))
    let groups = try Self.groups() + Self.drawnGroups()
    let lines = groups.flatMap { ["S" + $0.schema] + $0.cases.map { "V" + $0.text } }
    let outcome = try run(
      [Files.tool("qemu-aarch64")!, "-cpu", processor, program, "--schemas"],
      input: Data((lines.joined(separator: "\n") + "\n").utf8))
    #expect(outcome.code == 0 && outcome.error.isEmpty, "\(outcome.error)")
    let written = outcome.output.split(separator: "\n").map(String.init)
    try #require(written.count == lines.count)
    var place = 0
    let verdicts = groups.map { group in
      let message = written[place]
      let cases = written[(place + 1)...(place + group.cases.count)].map { $0 == "1" }
      place += 1 + group.cases.count
      return message == "ok" ? Verdict(canWrite: cases) : Verdict(refusal: message)
    }
    #expect(verdicts == (try Self.verdicts(groups)))
    try Self.expectAsTheSuiteSays(groups, verdicts)
  }

  /// Random schemas and values, which a slow validator decides.
  private static func drawnGroups() throws -> [Group] {
    var schemas = RandomSchema(random: SeededGenerator(seed: 77))
    return try (0..<100).map { index in
      let text = schemas.document()
      let root = try #require(JSONValue(text), "\(text)")
      let validator = Validator(root: root)
      let cases = (0..<20).map { _ in
        let value = schemas.value(near: root, root: root, 4)
        var random = schemas.random
        let written = value.text(&random).replacing("\n", with: " ")
        schemas.random = random
        return Group.Case(text: written, isValid: validator.isValid(value, root), name: "drawn")
      }
      return Group(file: "drawn", name: "\(index)", schema: text, cases: cases)
    }
  }

  private static func verdicts(_ groups: [Group]) throws -> [Verdict] {
    let checker = try Checker()
    return groups.map { group in
      if let message = checker.useSchema(group.schema) { return Verdict(refusal: message) }
      return Verdict(canWrite: group.cases.map { checker.accepts($0.text) })
    }
  }

  /// No invalid value can be written. Every valid one can, but for two things: formats are enforced,
  /// though the draft leaves that open, and a second of 60 is taken at 23:59 of UTC alone.
  private static func expectAsTheSuiteSays(_ groups: [Group], _ verdicts: [Verdict]) throws {
    var (validCount, invalidCount, refusedCount) = (0, 0, 0)
    for (group, verdict) in zip(groups, verdicts) {
      if let message = verdict.refusal {
        #expect(isKnown(message), "\(group.file) \(group.name): \(message)")
        // A schema that allows nothing has no valid case.
        if message.contains("no text at all") { #expect(!group.cases.contains { $0.isValid }) }
        refusedCount += 1
        continue
      }
      for (one, canWrite) in zip(group.cases, verdict.canWrite) {
        if !one.isValid {
          invalidCount += 1
          #expect(!canWrite, "\(group.file) \(group.name) \(one.name): \(one.text)")
        } else if !canWrite {
          let isExcepted = group.file == "format" || one.name.contains("leap second")
          #expect(isExcepted, "\(group.file) \(group.name) \(one.name): \(one.text)")
        } else {
          validCount += 1
        }
      }
    }
    print("schema suite: \(validCount) valid, \(invalidCount) invalid, \(refusedCount) refused")
    #expect(validCount > 250 && invalidCount > 250 && refusedCount < groups.count / 4)
  }

  /// The reasons for which schemas of these files are refused.
  private static func isKnown(_ message: String) -> Bool {
    message.contains("cannot be enforced") || message.contains("part of the same schema")
      || message.contains("no text at all") || message.contains("not regular")
  }
}
