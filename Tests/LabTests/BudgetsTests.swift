import Foundation
import LabResults
import Profile
import TestSupport
import Testing

@testable import edge_lab

/// `edge-lab budgets`, and what the other commands make of its files.
@Suite(.enabled(if: Files.stories != nil, "../shared/data/models is absent"))
struct BudgetsTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func text() throws -> String {
    let sentences = (0..<700).map { "Lily had \($0) red balls, and Tim saw \($0 * 7 % 90) dogs. " }
    return try folder.write("text", Data(sentences.joined().utf8))
  }

  private func make(_ rule: String, _ name: String) throws -> HeadShares {
    let path = folder.path(name)
    let words = [
      Files.stories!, "--text", try text(), "--rule", rule, "--parts", "2", "--threads", "1",
      "--quiet", "-o", path,
    ]
    try BudgetsCommand(LabArguments(words, options: BudgetsCommand.options)).run()
    var shares = HeadShares()
    try shares.read(json: Array(Data(contentsOf: URL(fileURLWithPath: path))).span)
    return shares
  }

  private func thousandths(_ name: String) throws -> [[Int]] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
    let json = try JSONSerialization.jsonObject(with: data) as! [String: Any]
    return json["shares"] as! [[Int]]
  }

  /// Five layers of four KV heads: each rule gives N in the mean, and goes on from what is there.
  @Test func rulesGiveTheMean() throws {
    let ablation = try make("ablation", "a.json")
    #expect(ablation.layerCount == 5 && ablation.headCount == 20)
    let shares = try thousandths("a.json").flatMap { $0 }
    #expect(shares.filter { $0 == 2500 }.count == 5 && shares.filter { $0 == 500 }.count == 15)
    let attention = try make("attention", "b.json")
    let others = try thousandths("b.json").flatMap { $0 }
    #expect(abs(others.reduce(0, +) - 20_000) <= 20 && others.min()! >= 125)
    #expect(attention.modelMark == ablation.modelMark && attention.hash != ablation.hash)
    let measured = try String(contentsOfFile: folder.path("a.json.jsonl"), encoding: .utf8)
    _ = try make("ablation", "a.json")
    #expect(try String(contentsOfFile: folder.path("a.json.jsonl"), encoding: .utf8) == measured)
    let both = try make("both", "b.json")
    let means = try thousandths("b.json").flatMap { $0 }
    #expect(zip(means, zip(shares, others)).allSatisfy { abs(2 * $0 - $1.0 - $1.1) <= 2 })
    #expect(both.headCount == 20)
  }

  /// A run with the file keeps other tokens than one without, and says so in its key.
  @Test func evaluationsTakeTheFile() throws {
    _ = try make("attention", "heads.json")
    let path = folder.path("heads.json")
    let own = try evaluation(
      "--policies", "keydiff-stream,keydiff-stream@\(path):4+8", "--budgets", "24")
    let model = try own.openText()
    let keys = own.keys(model)
    #expect(keys.map(\.label) == ["keydiff-stream", "keydiff-stream@heads.json 4+8"])
    let lines = try TaskRunner(own, model).run(task: "t", storyItems(3))
    #expect(lines.count == 6 && Set(lines.map(\.run.heads)) == [nil, path])
    #expect(throws: LabFailure.self) { try PolicyChoice(argument: "full@x") }
    #expect(throws: LabFailure.self) {
      let missing = try evaluation("--policies", "sink@nothing", "--budgets", "24")
      _ = try TaskRunner(missing, model).run(task: "t", storyItems(1))
    }
  }

  @Test func wrongArguments() {
    for words in [
      [], ["m"], ["m", "--text", "t"], ["m", "--text", "t", "-o", "o", "--rule", "best"],
      ["m", "--text", "t", "-o", "o", "--ratio", "1.5"], ["a", "b", "--text", "t", "-o", "o"],
    ] {
      #expect(throws: LabFailure.self, "\(words)") {
        _ = try BudgetsCommand(LabArguments(words, options: BudgetsCommand.options))
      }
    }
  }
}
