import LabReport

/// `plot`: runs side by side, such as those of two boards, two budgets or two policies.
struct PlotCommand: Command {
  static let name = "plot"
  static let summary = "one HTML page of edge-infer's reports or profile runs side by side"
  static let operands = "REPORT.json… | DIR…"
  static let details =
    "DIR is a folder of edge-infer profile-run; of two or more, tables and charts"
    + " put their figures side by side, relative to the first one's."
  static let options = [
    LabOption("-o", "OUT.html", "the page; plot.html where nothing is said"),
    LabOption("--title", "TEXT", "the page's title"),
    LabOption("--quiet", "does not say what was written"),
  ]

  private let arguments: LabArguments

  init(_ arguments: LabArguments) throws {
    self.arguments = arguments
    if arguments.operands.isEmpty {
      throw LabFailure.usage(
        "expected reports that edge-infer wrote with --report or --json, or folders of its profile-run"
      )
    }
  }

  func run() throws {
    do {
      let written = try Page.plot(
        of: arguments.operands, to: arguments.text("-o") ?? "plot.html",
        title: arguments.text("--title"))
      if !arguments.has("--quiet") { print(written) }
    } catch {
      throw LabFailure(code: error.exitCode, description: error.description)
    }
  }
}
