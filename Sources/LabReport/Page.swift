import Foundation
import LabResults

/// One page of charts and tables: complete by itself, without scripts or anything from a network.
public struct Page {
  private let inputs: [ReportInput]
  private let title: String

  init(title: String, _ inputs: [ReportInput]) {
    self.title = title
    self.inputs = inputs
  }

  func html() -> Markup {
    let sections = sections()
    return .document(
      .element(
        "html", ["lang": "en"],
        [
          .element(
            "head", [:],
            [
              .element("meta", ["charset": "utf-8"]),
              .element(
                "meta",
                ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
              .element("meta", ["name": "color-scheme", "content": "light dark"]),
              // Nothing of a hostile file could run or load, were it not escaped.
              .element(
                "meta",
                [
                  "http-equiv": "Content-Security-Policy",
                  "content": "default-src 'none'; style-src 'unsafe-inline'",
                ]),
              .title(title), .style(styleSheet),
            ]),
          .element(
            "body", [:], [header(sections), .element("main", [:], sections.map(Self.markup))]),
        ]))
  }

  /// A page of any files, in the order of their names here.
  public static func report(
    of paths: [String], to output: String, title: String? = nil
  ) throws(ReportError) -> String {
    try make(try inputs(paths, output), output, title ?? "edge-lab report")
  }

  /// A page of reports of edge-infer, side by side.
  public static func plot(
    of paths: [String], to output: String, title: String? = nil
  ) throws(ReportError) -> String {
    let inputs = try inputs(paths, output)
    for input in inputs where input.isResults {
      throw .data("\(input.name): is a results file; edge-lab report draws those")
    }
    return try make(inputs, output, title ?? "edge-infer, runs side by side")
  }

  /// - Returns: what was written, in a line.
  private static func make(
    _ inputs: [ReportInput], _ output: String, _ title: String
  ) throws(ReportError) -> String {
    let page = Page(title: title, inputs)
    try page.write(to: output)
    let parts = Format.list(page.sections().map(\.title))
    return "\(output): \(parts)"
  }

  /// The output is no file that took long to make, by mistake.
  private static func inputs(
    _ paths: [String], _ output: String
  ) throws(ReportError) -> [ReportInput] {
    guard output.hasSuffix(".html") || output.hasSuffix(".htm") else {
      throw .usage("'\(output)': the page's name must end in .html")
    }
    if paths.isEmpty { throw .usage("no files to draw are named") }
    var inputs: [ReportInput] = []
    let folders = paths.filter(ReportFolder.isFolder)
    var names = ReportFolder.names(folders)[...]
    for path in paths {
      if ReportFolder.isFolder(path) {
        inputs += try ReportFolder.inputs(path, name: names.removeFirst())
      } else {
        inputs.append(try ReportInput(path: path))
      }
    }
    return inputs
  }

  /// Writes the page beside its place first and puts it there when it is whole.
  func write(to path: String) throws(ReportError) {
    do {
      try Data(html().source.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .writing("\(path): cannot be written")
    }
  }

  private func header(_ sections: [Section]) -> Markup {
    let links = sections.map { section in
      Markup.element(
        "li", [:],
        [.element("a", ["href": "#" + section.id], [Markup(section.title)])])
    }
    let notes = inputs.flatMap { input in
      input.notes.map { HTML.paragraph("\(input.name): \($0).") }
    }
    let from = "From " + Format.list(inputs.map(\.name).unique) + "."
    return .element(
      "header", [:],
      [
        .element("h1", [:], [Markup(title)]), HTML.paragraph(from), Markup(notes),
        .element("nav", ["aria-label": "Contents"], [.element("ul", [:], links)]),
      ])
  }

  private static func markup(_ section: Section) -> Markup {
    .element(
      "section", ["id": section.id],
      [.element("h2", [:], [Markup(section.title)])] + section.content)
  }

  /// Only those that there is something for.
  func sections() -> [Section] {
    let timings = runs + benches
    let engine = [
      ProfileRunSection.make(of { $0.profileRun }), FactsSection.make(timings),
      ComparisonSection.make(runs.count > 1 ? runs : benches),
      LatencySection.make(timings),
      DecodeSection.make(timings), FirstTokenSection.make(of { $0.firstToken }),
      BenchSection.make(of { $0.bench }), ScoringSection.make(of { $0.scoring }),
      MemorySection.make(plans(timings)), ScoreSection.make(of { $0.score }),
    ].compactMap { $0 }
    let lines = Dictionary(grouping: results, by: \.task)
    return engine + QualitySection.sorted(lines.keys).map { QualitySection.make($0, lines[$0]!) }
  }

  private var runs: [Timing] {
    Timing.labelled(
      inputs.compactMap { input in input.run.map { Timing($0, file: input.name) } })
  }

  private var benches: [Timing] {
    Timing.labelled(
      inputs.flatMap { input in
        (input.bench?.results ?? []).map { Timing(input.bench!, $0, file: input.name) }
      }
    ).map { timing in
      var timing = timing
      timing.label = "bench, " + timing.label
      return timing
    }
  }

  private func plans(_ timings: [Timing]) -> [MemorySection.Plan] {
    timings.map {
      MemorySection.Plan(label: $0.label, plan: $0.plan, peakBytes: $0.memory.peakResidentBytes)
    }
      + inputs.compactMap { input in
        input.plan.map { MemorySection.Plan(label: input.name, plan: $0) }
      }
  }

  private func of<Report>(
    _ report: (ReportInput) -> Report?
  ) -> [(name: String, report: Report)] {
    inputs.compactMap { input in report(input).map { (input.name, $0) } }
  }

  /// Of all files; a cell that is in two of them counts once.
  private var results: [ResultLine] {
    var seen: Set<ResultLine.Cell> = []
    return inputs.flatMap(\.results).filter { seen.insert($0.cell).inserted }
  }
}

extension ReportInput {
  var results: [ResultLine] { if case .results(let lines) = content { lines } else { [] } }
  var run: RunReport? { if case .run(let report) = content { report } else { nil } }
  var bench: BenchReport? { if case .bench(let report) = content { report } else { nil } }
  var scoring: ScoringReport? { if case .scoring(let report) = content { report } else { nil } }
  var firstToken: FirstTokenReport? {
    if case .firstToken(let report) = content { report } else { nil }
  }
  var profileRun: ProfileRunReport? {
    if case .profileRun(let report) = content { report } else { nil }
  }
  var plan: PlanReport? { if case .plan(let report) = content { report } else { nil } }
  var score: ScoreReport? { if case .score(let report) = content { report } else { nil } }
}
