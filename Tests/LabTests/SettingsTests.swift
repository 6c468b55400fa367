import Foundation
import LabResults
import TestSupport
import Testing

@testable import edge_lab

/// The command line.
@Suite struct SettingsTests {
  @Test func options() throws {
    let options = [
      LabOption("--count", "N", ""), LabOption("--flag", ""), LabOption("-o", "F", ""),
    ]
    let arguments = try LabArguments(
      ["a", "--count", "3", "--flag", "-", "-o", "x,y"], options: options)
    #expect(arguments.operands == ["a", "-"])
    #expect(arguments.has("--flag") && !arguments.has("--other"))
    #expect(try arguments.count("--count", in: 1...3) == 3)
    #expect(try arguments.list("-o") == ["x", "y"])
    #expect(throws: LabFailure.self) { try arguments.count("--count", in: 1...2) }
    #expect(throws: LabFailure.self) { try arguments.number("-o", in: 0...1) }
    for words in [["--flag", "--flag"], ["--count"], ["--unknown"]] {
      #expect(throws: LabFailure.self) { try LabArguments(words, options: options) }
    }
    let empty = try LabArguments(["-o", "x,,y"], options: options)
    #expect(throws: LabFailure.self) { try empty.list("-o") }
  }

  @Test func policies() throws {
    #expect(try PolicyChoice(argument: "full") == PolicyChoice(.full))
    #expect(
      try PolicyChoice(argument: "keydiff:4+256") == PolicyChoice(.keydiff, sinks: 4, recent: 256))
    #expect(
      try PolicyChoice(argument: "snapkv:0+0.25") == PolicyChoice(.snapkv, recentShare: 0.25))
    for word in [
      "key", "keydiff:", "keydiff:4", "keydiff:4+1.5", "keydiff:-1+2", "full:4+4", "keydiff:4+x",
      "keydiff:4+0.0",
    ] {
      #expect(throws: LabFailure.self, "\(word)") { try PolicyChoice(argument: word) }
    }
  }

  @Test func budgets() throws {
    #expect(try Budget(argument: "1024") == .count(1024))
    #expect(try Budget(argument: "12.5%") == .share(0.125))
    for word in ["0", "-1", "x", "0%", "101%", "%", "2000000"] {
      #expect(throws: LabFailure.self, "\(word)") { try Budget(argument: word) }
    }
  }

  @Test func fullComesOnceABlock() throws {
    let grid = Grid(
      policies: [PolicyChoice(.full), PolicyChoice(.keydiff, sinks: 4, recentShare: 0.5)],
      budgets: [.count(64), .share(0.25)], blocks: [16, 32])
    let keys = grid.keys(model: "m")
    #expect(keys.count == 6 && keys.filter { $0.policy == "full" }.count == 2)
    #expect(keys[1].budget == 64 && keys[1].label == "keydiff 4+50%")
    #expect(keys[2].budget == 0 && keys[2].budgetLabel == "25%")
    // 25 % of 101 tokens is 25; half of it is 12.
    #expect(keys[2].cacheBudget(promptTokens: 101) == 25)
    let retained = try keys[2].retained(of: 25)
    #expect(retained.sinkCount == 4 && retained.recentCount == 12)
    #expect(keys[0].cacheBudget(promptTokens: 101) == nil)
    // 4 sinks and 3 recent tokens are more than 6.
    #expect(throws: LabFailure.self) { try keys[2].retained(of: 6) }
  }

  private static let codes: [(words: String, code: Int32)] = [
    ("--help", 0), ("nll --help", 0), ("", 64), ("nothing", 64), ("nll", 64), ("compare", 64),
    ("nll --tokens a --prompt-file b", 64), ("nll --tokens", 64), ("nll --tokens a b", 64),
    ("nll --tokens a --policies nothing", 64), ("nll --tokens a --budgets 0", 64),
    ("nll --tokens a --length 1", 64), ("nll --tokens a --jobs 0", 64),
    ("compare --tokens a --ablations nothing", 64), ("compare --tokens a --blocks 64,128", 64),
    ("nll --tokens a --model /nothing/m.gguf", 66),
  ]

  /// Exit codes of CLI.md.
  @Test(arguments: codes) func exitCodes(words: String, code: Int32) {
    #expect(EdgeLab.run(words.split(separator: " ").map(String.init)) == code, "\(words)")
  }

  @Test(.enabled(if: Files.stories != nil, "../shared/data/models is absent"))
  func exitCodesOfFiles() throws {
    let folder = try Folder()
    let model = ["--model", Files.stories!, "--quiet", "--budgets", "8"]
    let words = try folder.write("words", "1 2 x")
    let large = try folder.write("large", "1 2 512")
    let good = try folder.write("good", "1 2 3 4")
    let results = try folder.write("results", "no result\n")
    #expect(EdgeLab.run(["nll", "--tokens", words] + model) == 65)
    #expect(EdgeLab.run(["nll", "--tokens", large] + model) == 65)
    #expect(EdgeLab.run(["nll", "--tokens", folder.path("absent")] + model) == 66)
    #expect(EdgeLab.run(["nll", "--tokens", good, "--length", "5"] + model) == 65)
    #expect(EdgeLab.run(["nll", "--tokens", good, "--skip", "3"] + model) == 65)
    #expect(EdgeLab.run(["nll", "--tokens", good, "-o", results] + model) == 65)
    #expect(EdgeLab.run(["nll", "--tokens", good, "-o", "/nothing/r"] + model) == 74)
    #expect(EdgeLab.run(["nll", "--tokens", good, "--model", words, "--quiet"]) == 65)
  }
}
