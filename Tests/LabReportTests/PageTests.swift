import Foundation
import LabResults
import Testing

@testable import LabReport

@Suite struct PageTests {
  private func texts(_ inputs: [ReportInput]) -> [String] {
    expectWellFormed(Page(title: "t", inputs).html()).texts
  }

  @Test func aPageOfEverything() throws {
    let page = try fullPage()
    let found = expectWellFormed(page.html())
    #expect(
      page.sections().map(\.id) == [
        "facts", "comparison", "latency", "decode", "ttft", "bench", "scoring", "memory", "score",
        "nll", "needle", "longbench", "geometry",
      ])
    #expect(found.names["section"] == 13)
    #expect(found.names["svg"] ?? 0 > 30)
    #expect(found.names["script"] == nil && found.names["img"] == nil)
    let source = page.html().source
    #expect(!source.replacing("http://www.w3.org/2000/svg", with: "").contains("://"))
    #expect(source.contains("bench.json: was interrupted"))
  }

  @Test func figuresOfRunsAreThere() throws {
    let texts = texts([try input(runReport(), "run.json")])
    for figure in [
      "run.json", "Board A", "512.2", "751\u{A0}ms", "109.00\u{A0}MiB", "111.03\u{A0}MiB",
      "12.11", "13.22", "14.33", "130.50", "170.50", "451.50", "66.4\u{A0}%", "104,857,600",
    ] {
      #expect(texts.contains(figure), "\(figure)")
    }
    #expect(texts.contains { $0.contains("43.4\u{A0}% of the cap of 256.00\u{A0}MiB") })
  }

  /// Lines of temperature and frequency above the blocks, and columns, where the board has sensors.
  @Test func figuresOfSensorsAreThere() throws {
    func sensed(_ index: Int, _ more: String) -> String {
      String(block(index).dropLast()) + ", " + more + "}"
    }
    let blocks = [
      sensed(0, #""temperatureC": 61.2, "frequencyMHz": 2400, "throttled": false, "joules": 0.75"#),
      sensed(1, #""temperatureC": 84.9, "frequencyMHz": 1500, "throttled": true, "joules": 0.5"#),
      block(2),
    ].joined(separator: ",")
    let report = try input(runReport(blocks: blocks), "run.json")
    let texts = texts([report])
    for figure in [
      "temperature / °C", "frequency / MHz", "°C", "MHz", "J", "61.2", "84.9", "2400", "1500",
      "0.750", "1.250", "block 1 (throttled)", "–",
    ] {
      #expect(texts.contains(figure), "\(figure)")
    }
    let page = Page(title: "t", [report]).html().source
    let line = try #require(page.range(of: "Temperature after each block"))
    let bars = try #require(page.range(of: "Time per block by part"))
    #expect(line.lowerBound < bars.lowerBound)
    // Without sensors there is none of it.
    let plain = self.texts([try input(runReport())])
    #expect(!plain.contains("°C") && !plain.contains("temperature / °C"))
    let merged = Timing(report.run!, file: "f").mergedBlocks(most: 1)[0]
    #expect(merged.temperatureC == 84.9 && merged.frequencyMHz == 1500)
    #expect(merged.throttled == true && merged.joules == 1.25)
  }

  @Test func figuresOfBenchesAreThere() throws {
    let speed = texts([try input(benchReport)])
    for figure in ["641.2", "601.5", "702.8", "43.21", "40.12", "45.67"] {
      #expect(speed.contains(figure), "\(figure)")
    }
    let first = texts([try input(firstTokenReport)])
    for figure in ["1.235\u{A0}s", "829.4", "over cap", "65,536", "keydiff, B 128"] {
      #expect(first.contains(figure), "\(figure)")
    }
    let scoring = texts([try input(scoringReport)])
    // 123 and 777 over 100, beside the paper's.
    for figure in ["1.23 (1.03)", "7.77 (1.92)", "0.55", "38.50", "777"] {
      #expect(scoring.contains(figure), "\(figure)")
    }
    let score = texts([try input(scoreReport)])
    #expect(score.contains("1.82450") || score.contains("1.82451"))
  }

  @Test func figuresOfResultsAreThere() throws {
    let texts = texts([try ReportInput(jsonLines(resultLines()), path: "r.jsonl")])
    // 2.5 ± 1.96 * 0.01; keydiff at 512 is 2.5 + 0.125 + 0.25.
    #expect(texts.contains("2.5000 [2.4804, 2.5196]"))
    #expect(texts.contains("2.8750 [2.8554, 2.8946]"))
    // Means over data sets of full: (0.75 + 0.625) / 2 and (0.6875 + 0.5625) / 2.
    #expect(texts.contains { $0.hasPrefix("0.656 [") || $0.hasPrefix("0.6562 [") })
    #expect(texts.contains("qasper") && texts.contains("Right answers: keydiff, N 512"))
    #expect(texts.contains("match minus full"))
    #expect(texts.contains("Norm, N 512") && texts.contains("Retained mass, N 512"))
  }

  @Test func twoRunsAreNamedByWhatDiffers() throws {
    func labels(_ reports: [String]) throws -> [String] {
      Timing.labelled(try reports.map { Timing(try input($0).run!, file: "f.json") }).map(\.label)
    }
    #expect(try labels([runReport()]) == ["keydiff, N 512, B 128"])
    #expect(
      try labels([runReport(), runReport(policy: "sink")]) == ["keydiff", "sink"])
    #expect(
      try labels([runReport(budget: 256), runReport(board: "B")]) == ["Board A, N 256", "B, N 512"])
    #expect(try labels([runReport(), runReport()]) == ["f.json", "f.json (2)"])
    let page = Page(
      title: "t",
      [try input(runReport(), "a.json"), try input(runReport(policy: "sink"), "b.json")])
    #expect(expectWellFormed(page.html()).texts.contains("512.2 (×1.00)"))
  }

  @Test func thousandsOfBlocksBecomeFew() throws {
    let blocks = (0..<5_000).map { block($0 % 3) }.joined(separator: ",")
    let timing = Timing(try input(runReport(blocks: blocks)).run!, file: "f")
    #expect(timing.blocks.count == 5_000)
    let merged = timing.mergedBlocks()
    #expect(merged.count <= Timing.mostBlocks)
    #expect(merged.reduce(0) { $0 + $1.tokens } == 640_000)
    #expect(merged.reduce(0) { $0 + $1.blockCount } == 5_000)
    #expect(abs(merged.reduce(0) { $0 + $1.totalUs } - timing.blockSum) < 1)
    // Bars show one block's time, not the sum of many.
    let page = Page(title: "t", [try input(runReport(blocks: blocks))]).html()
    let texts = expectWellFormed(page).texts
    #expect(texts.contains("blocks 0–78") || texts.contains { $0.hasPrefix("blocks 0–") })
    #expect(texts.contains("time per block of 128, mean / ms"))
  }

  @Test func hostileNamesStayText() throws {
    let name = "<script>alert(1)</script>\\u0000\\u202e&amp;"
    var lines = resultLines().map { line in
      var line = line
      line.run.model = "<img src=x onerror=alert(1)>"
      line.run.policy = line.run.policy == "sink" ? "</svg><b>" : line.run.policy
      line.item["dataset"] = line.item["dataset"].map { _ in .text("\"><i>") }
      return line
    }
    lines[0].task = "</section><u>"
    let page = Page(
      title: "<title>",
      [
        try input(runReport(model: name, board: name), "<a href=x>.json"),
        try ReportInput(jsonLines(lines), path: "r"),
      ])
    let found = expectWellFormed(page.html())
    for element in ["script", "img", "b", "i", "u"] { #expect(found.names[element] == nil) }
    #expect(found.texts.contains("<script>alert(1)</script>\u{FFFD}\u{FFFD}&amp;"))
  }

  @Test func numbersThatAreFarOff() throws {
    let blocks = block(0).replacing("100000.0", with: "1e308").replacing("128", with: "-1e300")
    let zero = block(0).replacing(/: [0-9.]+/, with: ": 0")
    expectWellFormed(Page(title: "t", [try input(runReport(blocks: blocks))]).html())
    expectWellFormed(Page(title: "t", [try input(runReport(blocks: zero))]).html())
    expectWellFormed(Page(title: "t", [try input(runReport(blocks: ""))]).html())
    expectWellFormed(
      Page(title: "t", [try input(runReport().replacing(/: [0-9.]+/, with: ": 1e200"))]).html())
    var line = resultLines()[0]
    line.scores = ["nll": 1e308, "kl": -1e308]
    line.series = ["empty": [], "huge": [1e308, -1e308], "one": [1]]
    expectWellFormed(Page(title: "t", [try ReportInput(jsonLines([line]), path: "r")]).html())
    line.scores = [:]
    line.series = nil
    expectWellFormed(Page(title: "t", [try ReportInput(jsonLines([line]), path: "r")]).html())
  }

  /// What is in two files counts once.
  @Test func cellsAreNotCountedTwice() throws {
    let data = try jsonLines(resultLines())
    let inputs = [try ReportInput(data, path: "a"), try ReportInput(data, path: "b")]
    let once = texts([inputs[0]]).filter { !$0.hasPrefix("From") }
    #expect(texts(inputs).filter { !$0.hasPrefix("From") } == once)
  }

  @Test func unequalItemsAreNoted() throws {
    let lines = resultLines().filter { $0.task == "longbench" }
    let note = "Not all have the same items: compare with care."
    func hasNote(_ lines: [ResultLine]) throws -> Bool {
      texts([try ReportInput(jsonLines(lines), path: "r")]).contains { $0.contains(note) }
    }
    #expect(try !hasNote(lines))
    #expect(try hasNote(Array(lines.dropLast())))
  }
}
