import LabReport

/// `plot`: runs side by side, such as those of two boards, two budgets or two policies.
struct PlotCommand: Command {
  static let name = "plot"
  static let summary = "one HTML page of edge-infer's reports side by side"
  static let operands = "REPORT.json…"
  static let options = [
    LabOption("-o", "OUT.html", "the page; plot.html where nothing is said"),
    LabOption("--title", "TEXT", "the page's title"),
    LabOption("--quiet", "does not say what was written"),
  ]

  private let arguments: LabArguments

  init(_ arguments: LabArguments) throws {
    self.arguments = arguments
    if arguments.operands.isEmpty {
      throw LabFailure.usage("expected reports that edge-infer wrote with --report or --json")
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
