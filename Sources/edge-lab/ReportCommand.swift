import LabReport

/// `report`: one page of charts and tables from any results and reports.
struct ReportCommand: Command {
  static let name = "report"
  static let summary = "one HTML page of results files and of edge-infer's JSON reports"
  static let operands = "OUT.html FILE…"
  static let options = [
    LabOption("--title", "TEXT", "the page's title"),
    LabOption("--quiet", "does not say what was written"),
  ]

  private let arguments: LabArguments

  init(_ arguments: LabArguments) throws {
    self.arguments = arguments
    if arguments.operands.count < 2 {
      throw LabFailure.usage("expected OUT.html, then results files or reports")
    }
  }

  func run() throws {
    do {
      let written = try Page.report(
        of: Array(arguments.operands.dropFirst()), to: arguments.operands[0],
        title: arguments.text("--title"))
      if !arguments.has("--quiet") { print(written) }
    } catch {
      throw LabFailure(code: error.exitCode, description: error.description)
    }
  }
}
