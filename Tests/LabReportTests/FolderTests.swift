import Foundation
import Testing

@testable import LabReport

/// A folder as edge-infer profile-run leaves it; parts of `missing` are not done.
@discardableResult
func profileRun(
  _ folder: URL, _ name: String, board: String = "Board A", missing: Set<String> = [],
  factor: Int = 1
) throws -> String {
  let place = folder.appendingPathComponent(name)
  try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
  func write(_ file: String, _ text: String) throws {
    if missing.contains(file) { return }
    let own = text.replacing("Board A", with: board)
      .replacing("\"medianUs\": 123,", with: "\"medianUs\": \(123 * factor),")
      .replacing("\"medianUs\": 1234567.0", with: "\"medianUs\": \(1_234_567 * factor).0")
    try Data(own.utf8).write(to: place.appendingPathComponent(file))
  }
  try write(
    "profile-run.json",
    """
    {"format": "edge-infer profile-run 1", "board": "Board A", "modelName": "Tiny",
    "build": "AVX2", "length": "full", "profile": "0", "model": "0", "program": "0",
    "parts": ["memory.json", "speed.json", "scoring.json", "ttft.json"]}
    """)
  try write("memory.json", planReport)
  try write("speed.json", benchReport.replacing("\"interrupt\"", with: "\"end\""))
  try write("scoring.json", scoringReport)
  try write("ttft.json", firstTokenReport)
  return place.path
}

/// Pages of folders of profile runs.
@Suite struct FolderTests {
  private func plot(_ folder: URL, _ paths: [String]) throws -> String {
    let page = folder.appendingPathComponent("page.html")
    _ = try Page.plot(of: paths, to: page.path)
    return try String(contentsOf: page, encoding: .utf8)
  }

  private func page(_ paths: [String]) throws -> Page {
    let inputs = try zip(paths, ReportFolder.names(paths)).flatMap {
      try ReportFolder.inputs($0, name: $1)
    }
    return Page(title: "t", inputs)
  }

  @Test func oneFolder() throws {
    try withFolder { folder in
      let path = try profileRun(folder, "pi5")
      let page = try page([path])
      #expect(
        page.sections().map(\.id) == [
          "profile-runs", "facts", "latency", "ttft", "bench", "scoring", "memory",
        ])
      let found = expectWellFormed(page.html())
      for text in [
        "pi5", "Board A", "Tiny", "7.77 (1.92)", "1.235\u{A0}s", "641.2", "104,857,600",
        "512 slots, Board A", "1,024 slots, Board A",
      ] {
        #expect(found.texts.contains(text), "\(text)")
      }
      #expect(found.texts.contains { $0.hasPrefix("A block's cost by policy at 512 slots") })
      let source = try plot(folder, [path + "/"])
      #expect(source.contains("pi5/scoring.json") && !source.contains("not at its end"))
      #expect(!source.replacing("http://www.w3.org/2000/svg", with: "").contains("://"))
      #expect(!source.contains("side by side</figcaption>"))
    }
  }

  @Test func twoFolders() throws {
    try withFolder { folder in
      let paths = [
        try profileRun(folder, "one"), try profileRun(folder, "two", board: "Board B", factor: 2),
      ]
      let found = expectWellFormed(try page(paths).html())
      for text in [
        // Of keydiff at 1,024 slots, the greatest that both have, and of the prompt of 1,024 tokens.
        "246\u{A0}µs (×2.00)", "2.469\u{A0}s (×2.00)", "Board A", "Board B",
        "keydiff, B 128, 1,024 tokens", "Side by side", "answer after 640 tokens",
        "43.21 (×1.00)",
        "Time to the first token, policy keydiff, side by side",
        "A block's scoring and eviction at 1,024 slots, side by side",
      ] {
        #expect(found.texts.contains(text), "\(text)")
      }
    }
  }

  /// Folders of one board are told apart by their names, and those of one name by their paths.
  @Test func namesOfFolders() throws {
    #expect(ReportFolder.names(["a/x", "b/y/"]) == ["x", "y"])
    #expect(ReportFolder.names(["a/x", "b/x"]) == ["a/x", "b/x"])
    #expect(
      ReportLabels.make([("x/scoring.json", "Pi 5"), ("y/scoring.json", "Pi 5")]) == ["x", "y"])
    #expect(ReportLabels.make([("x/a.json", "Pi 4"), ("x/b.json", "Pi 5")]) == ["Pi 4", "Pi 5"])
    #expect(ReportLabels.make([("a.json", "Pi 5"), ("b.json", "Pi 5")]) == ["a.json", "b.json"])
  }

  @Test func aRunThatIsNotAtItsEnd() throws {
    try withFolder { folder in
      let path = try profileRun(folder, "half", missing: ["ttft.json", "scoring.json"])
      let source = try plot(folder, [path])
      #expect(
        source.contains("half: the run is not at its end: no scoring.json and ttft.json yet."))
      #expect(source.contains("id=\"bench\"") && !source.contains("id=\"ttft\""))
    }
  }

  /// Why a folder was not drawn.
  private func failure(_ path: String, _ page: String) -> ReportError? {
    do {
      _ = try Page.plot(of: [path], to: page)
      return nil
    } catch {
      return error
    }
  }

  @Test func foldersThatAreNone() throws {
    try withFolder { folder in
      let empty = folder.appendingPathComponent("empty")
      try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
      let page = folder.appendingPathComponent("page.html").path
      let missing = failure(empty.path, page)
      #expect(missing?.exitCode == 65)
      #expect(missing?.description.contains("profile-run.json") ?? false)
      try Data(planReport.utf8).write(to: empty.appendingPathComponent("profile-run.json"))
      let other = failure(empty.path, page)
      #expect(other?.exitCode == 65 && other?.description.contains("no index") ?? false)
      #expect(!FileManager.default.fileExists(atPath: page))
    }
  }

  /// Names of parts lead out of no folder.
  @Test func partsOfOtherFolders() throws {
    try withFolder { folder in
      let path = try profileRun(folder, "run")
      let index = path + "/profile-run.json"
      let text = try String(contentsOfFile: index, encoding: .utf8)
      try profileRun(folder, "other")
      try text.replacing("speed.json", with: "../other/nothing.json")
        .write(toFile: index, atomically: true, encoding: .utf8)
      let source = try plot(folder, [path])
      #expect(source.contains("no nothing.json yet"))
    }
  }

  /// A policy that dwarfs the others is named, and the bars of the others stay long.
  @Test func barsOfSlowPolicies() throws {
    let slow = scoringReport.replacing("\"medianUs\": 777,", with: "\"medianUs\": 77700,")
    let report = try #require(try input(slow).scoring)
    let source = Markup(ScoringBars.figures("t", report)).source
    #expect(source.contains("Not drawn: snapkv takes 155\u{A0}ms.") || source.contains("Not drawn"))
    let all = Markup(ScoringBars.figures("t", try #require(try input(scoringReport).scoring)))
    #expect(!all.source.contains("Not drawn"))
  }

  @Test func rowsOfNothing() {
    let none = StackedRows(title: "t", axis: "a", parts: ["p"], rows: [])
    #expect(none.svg().source.contains("no figures to draw"))
    let odd = StackedRows(
      title: "t", axis: "a", parts: ["p", "q"],
      rows: [
        StackedRows.Row(name: "x", values: [.nan, 1e300]),
        StackedRows.Row(name: "y", values: [-1, 2, 3]),
      ])
    let source = odd.svg().source
    #expect(!source.contains("nan") && !source.contains("inf"))
  }
}
