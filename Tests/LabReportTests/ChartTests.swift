import Testing

@testable import LabReport

/// What a file may hold in place of a name.
let hostile = "<script>alert('x')</script> & \"q\" ]]> \u{0} \u{202E} \u{FFFF} 模型 \u{1F600}"

@Suite struct MarkupTests {
  @Test func textIsEscaped() {
    #expect(Markup("a<b> & \"c\" 'd'").source == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;")
    #expect(Markup("\u{0}\u{1B}\u{202E}\u{FFFE}").source == "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}")
    #expect(Markup("模型\n").source == "模型\n")
    let element = Markup.element("a", ["href": "\"><b>"], [Markup("</a>")])
    #expect(element.source == "<a href=\"&quot;&gt;&lt;b&gt;\">&lt;/a&gt;</a>")
  }

  @Test func hostileTextIsWellFormed() {
    let found = expectWellFormed(.element("p", ["title": hostile], [Markup(hostile)]))
    #expect(found.names == ["p": 1])
    #expect(found.texts[0].hasPrefix("<script>alert('x')</script> & \"q\" ]]>"))
  }
}

@Suite struct StyleTests {
  @Test func stylesDiffer() {
    let looks = (0..<24).map { index in
      SeriesStyle(index).color + SeriesStyle(index).dashes
        + SeriesStyle(index).marker(x: 0, y: 0).source
    }
    #expect(Set(looks).count == 24)
  }

  @Test func policiesKeepTheirColours() {
    let alone = SeriesStyles(["sink"])
    let among = SeriesStyles(["other", "keydiff 4+25%", "sink", "keydiff"])
    #expect(alone["sink"] == among["sink"])
    let all = ["other", "keydiff 4+25%", "sink", "keydiff"].map { among[$0].index }
    #expect(Set(all).count == 4)
  }
}

@Suite struct ChartTests {
  private func line(_ points: [LineChart.Point], kind: Axis.Kind = .linear) -> LineChart {
    LineChart(
      title: hostile, x: Axis("x / tokens", .lengths), y: Axis(hostile, kind),
      series: [
        LineChart.Series(name: hostile, style: SeriesStyle(0), points: points),
        LineChart.Series(
          name: "full", style: SeriesStyle(6), points: [.init(x: 0, y: 2, low: 1.5, high: 2.5)],
          isLevel: true),
      ])
  }

  @Test func lines() {
    let found = expectWellFormed(
      line([
        .init(x: 512, y: 1, low: 0.5, high: 1.25), .init(x: 1_024, y: 3), .init(x: 2_048, y: 2.25),
      ]).svg())
    #expect(found.names["polyline"] == 1)
    #expect(found.names["polygon"] == nil)
    #expect(found.names["desc"] == 1)
    #expect(found.texts.contains { $0.contains("2.250 at 2,048") })
    // Three in the plot, one in the legend.
    #expect(found.names["circle"] == 4)
  }

  @Test func emptyAndSinglePoints() {
    #expect(expectWellFormed(line([]).svg()).names["polyline"] == nil)
    #expect(expectWellFormed(line([.init(x: 512, y: 1)]).svg()).names["circle"] == 2)
    let none = LineChart(title: "t", x: Axis("x", .linear), y: Axis("y", .linear), series: [])
    #expect(expectWellFormed(none.svg()).texts.contains("no figures to draw"))
  }

  @Test(arguments: [Axis.Kind.linear, .fromZero, .unit, .factors])
  func valuesThatAreNoNumbers(kind: Axis.Kind) {
    let values: [Double] = [
      .nan, .infinity, -.infinity, 1e300, -1e300, 0, -1, Double.leastNonzeroMagnitude, 7,
    ]
    let points = values.enumerated().map {
      LineChart.Point(x: Double($0), y: $1, low: $1 - 1, high: .nan)
    }
    expectWellFormed(line(points, kind: kind).svg())
    expectWellFormed(line(points + points + points, kind: kind).svg())
    expectWellFormed(line([.init(x: .nan, y: .nan)], kind: kind).svg())
  }

  /// Many points have a band in place of whiskers, and no markers.
  @Test func bands() {
    let points = (1...40).map {
      LineChart.Point(x: Double($0), y: Double($0), low: Double($0) - 1, high: Double($0) + 1)
    }
    let found = expectWellFormed(line(points).svg())
    #expect(found.names["polygon"] == 1)
    #expect(found.names["circle"] == nil)
  }

  private func bars(_ values: [[Double]]) -> StackedBars {
    StackedBars(
      title: hostile, x: Axis("tokens", .fromZero), y: Axis("ms", .fromZero),
      parts: ["linear", hostile],
      bars: values.enumerated().map {
        StackedBars.Bar(
          start: Double($0) * 128, end: Double($0 + 1) * 128, name: hostile, values: $1)
      })
  }

  @Test func stackedBars() {
    // Two boxes in the legend, three in the plot: what is not there has none.
    let found = expectWellFormed(bars([[1, 2], [3, 0]]).svg())
    #expect(found.names["rect"] == 5)
    #expect(found.texts.contains { $0.contains("Shares of all: linear 66.7\u{A0}%") })
    expectWellFormed(bars([]).svg())
    expectWellFormed(bars([[.nan, .infinity], [-1, 1e300], []]).svg())
  }

  /// Boxes of a bar lie on each other and end where their sum is.
  @Test func partsAddUp() throws {
    let source = bars([[1, 3]]).svg().source
    let boxes = source.matches(of: /y="([\d.]+)" width="[\d.]+" height="([\d.]+)" class="fill/)
      .map { (top: Double($0.1)!, height: Double($0.2)!) }.suffix(2)
    let (first, second) = (boxes.first!, boxes.last!)
    #expect(abs(second.height / first.height - 3) < 0.01)
    #expect(abs(second.top + second.height - first.top) < 0.02)
  }

  @Test func groupedBars() {
    func chart(_ values: [GroupedBars.Value?], groups: [String]) -> Markup {
      GroupedBars(
        title: hostile, axis: Axis("s", .fromZero), groups: groups,
        series: [
          GroupedBars.Series(name: "a", style: SeriesStyle(0), values: values),
          GroupedBars.Series(name: hostile, style: SeriesStyle(1), values: values.reversed()),
        ]
      ).svg()
    }
    let found = expectWellFormed(
      chart([.init(1.5, low: 1, high: 2), nil, .init(-4)], groups: ["x", "y", hostile]))
    #expect(found.texts.contains("1.50") && found.texts.contains("-4"))
    #expect(found.names["rect"] == 6)
    expectWellFormed(chart([], groups: []))
    expectWellFormed(
      chart([.init(.nan), .init(.infinity, low: .nan, high: 1)], groups: ["x", "y"]))
    expectWellFormed(chart([.init(0)], groups: ["x", "more names than values"]))
  }

  private func map(_ values: [[Double?]], _ range: ClosedRange<Double>) -> HeatMap {
    HeatMap(
      title: hostile, xLabel: "length", yLabel: hostile, columns: ["512", "1,024"],
      rows: ["0", hostile], values: values, range: range, valueLabel: hostile)
  }

  @Test func heatMaps() {
    let found = expectWellFormed(map([[0.5, nil], [1, 0]], 0...1).svg())
    // Twelve boxes of the key, four of the map.
    #expect(found.names["rect"] == 16)
    #expect(found.texts.contains("0.50") && found.texts.contains("–"))
    #expect(found.texts.contains { $0.contains("0 to 1 in 3 places, 0.5000 on average") })
    expectWellFormed(map([], 0...1).svg())
    expectWellFormed(map([[.nan, .infinity], [1e300, -5]], 3...3).svg())
    expectWellFormed(
      HeatMap(
        title: "", xLabel: "", yLabel: "", columns: [], rows: [], values: [], range: 0...0,
        valueLabel: ""
      ).svg())
  }

  @Test func memoryMaps() {
    let regions = [
      MemoryMap.Region(name: "weights", byteCount: 100 * 1_048_576, kind: .model),
      MemoryMap.Region(name: hostile, byteCount: 20_480, kind: .cache),
      MemoryMap.Region(name: "bad", byteCount: .nan, kind: .other),
    ]
    let found = expectWellFormed(MemoryMap(title: hostile, regions: regions).svg())
    #expect(found.texts.contains("weights: 100.00\u{A0}MiB, 0.00 to 100.00 MiB"))
    #expect(found.texts.contains("20.0\u{A0}KiB"))
    // Two in the legend, two in the strip, two rows.
    #expect(found.names["rect"] == 6)
    expectWellFormed(MemoryMap(title: "", regions: []).svg())
  }
}
