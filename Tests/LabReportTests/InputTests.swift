import Foundation
import LabResults
import Testing

@testable import LabReport

@Suite struct InputTests {
  private func error(_ text: String) -> ReportError? {
    do throws(ReportError) {
      _ = try ReportInput(Data(text.utf8), path: "x.json")
      return nil
    } catch {
      return error
    }
  }

  @Test func kindsFollowFromContent() throws {
    #expect(try input(runReport()).run != nil)
    #expect(try input(benchReport).bench != nil)
    #expect(try input(scoringReport).scoring != nil)
    #expect(try input(firstTokenReport).firstToken != nil)
    #expect(try input(planReport).plan != nil)
    #expect(try input(scoreReport).score != nil)
    #expect(try ReportInput(jsonLines(resultLines()), path: "r").results.count == 60)
    #expect(try ReportInput(jsonLines([resultLines()[0]]), path: "r").isResults)
  }

  @Test(arguments: [
    ("", "is empty"), ("\n \n", "is empty"), ("hello", "is neither"), ("[1, 2]", "is neither"),
    ("{}", "is neither"), ("{\"task\": \"nll\"}", "is neither"), ("\u{0}\u{1}", "is neither"),
    ("{\"blocks\": [], \"prefill\": 3}", "profile is missing"),
    ("{\"regions\": [{\"name\": 5, \"bytes\": 1}]}", "regions[0].name is not a text"),
    ("{\"regions\": [], \"totalBytes\": \"x\"}", "totalBytes is not a number"),
    ("{\"nll\": null, \"scored\": 1, \"tokens\": 1}", "nll is null"),
  ])
  func whatIsDamagedIsNamed(text: String, reason: String) {
    let found = error(text)
    #expect(found?.exitCode == 65)
    #expect(found?.description.hasPrefix("x.json: ") == true)
    #expect(found?.description.contains(reason) == true, "\(found?.description ?? "")")
    #expect(found?.description.contains("\n") == false)
  }

  @Test func aReportThatWasCutIsRefused() {
    for length in stride(from: 1, to: runReport().utf8.count, by: 97) {
      #expect(error(String(runReport().prefix(length)))?.exitCode == 65)
    }
  }

  @Test func damagedLinesAreNamed() throws {
    let lines = String(decoding: try jsonLines(resultLines()), as: UTF8.self)
    var parts = lines.split(separator: "\n").map(String.init)
    parts[4] = String(parts[4].dropLast(10))
    #expect(
      error(parts.joined(separator: "\n") + "\n")?.description == "x.json: line 5 is not a result")
  }

  /// As a crash leaves it, or a command that is still writing.
  @Test func aCutLastLineIsLeftOut() throws {
    let data = try jsonLines(resultLines()).dropLast(9)
    let found = try ReportInput(Data(data), path: "r.jsonl")
    #expect(found.results.count == 59)
    let page = Page(title: "t", [found]).html().source
    #expect(page.contains("r.jsonl: its last line is cut off and was left out."))
  }

  @Test func pagesOfNothingAreNotWritten() throws {
    try withFolder { folder in
      func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
      try Data("{".utf8).write(to: URL(fileURLWithPath: path("bad.json")))
      try Data(runReport().utf8).write(to: URL(fileURLWithPath: path("run.json")))
      try jsonLines(resultLines()).write(to: URL(fileURLWithPath: path("r.jsonl")))
      func code(_ output: String, _ names: [String], plots: Bool = false) -> Int32 {
        do throws(ReportError) {
          let paths = names.map(path)
          _ =
            plots
            ? try Page.plot(of: paths, to: path(output))
            : try Page.report(of: paths, to: path(output))
          return 0
        } catch {
          return error.exitCode
        }
      }
      #expect(code("out.html", ["run.json", "bad.json"]) == 65)
      #expect(code("out.html", ["absent.json"]) == 66)
      #expect(code("out.html", []) == 64)
      #expect(code("r.jsonl", ["run.json"]) == 64)
      #expect(code("absent/out.html", ["run.json"]) == 74)
      #expect(code("out.html", ["r.jsonl"], plots: true) == 65)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(Set(names) == ["bad.json", "run.json", "r.jsonl"])
      #expect(code("out.html", ["run.json", "r.jsonl"]) == 0)
      #expect(code("out.html", ["run.json"], plots: true) == 0)
      let after = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(Set(after) == ["bad.json", "run.json", "r.jsonl", "out.html"])
    }
  }
}
