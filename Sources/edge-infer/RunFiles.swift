import Platform

/// The files of a run, all open before its lockdown.
struct RunFiles: ~Copyable {
  /// The prompt as ids.
  var tokens: InputStream?
  /// The prompt as text.
  var text: PromptBytes?
  private var loaded: InputFile?
  private var saved: ReplacementFile?
  private var report: ReplacementFile?

  init(
    _ arguments: Arguments, _ program: borrowing Program, _ console: inout Console
  ) throws(Exit) {
    loaded = unsafe try Self.openLoaded(arguments.loadCache, &console)
    if let path = unsafe arguments.tokens {
      tokens = unsafe try openPrompt(path, &console)
    } else if unsafe arguments.loadCache == nil || arguments.hasPrompt {
      text = unsafe try openText(arguments, readCount: program.layout.readCount, &console)
    }
    if let path = unsafe arguments.saveCache { saved = unsafe try Report.open(path, &console) }
    if let path = unsafe arguments.report { report = unsafe try Report.open(path, &console) }
  }

  var lockdownNeeds: LockdownNeeds {
    var needs = LockdownNeeds()
    needs.replacesFiles = saved != nil || report != nil
    return needs
  }

  private static func openLoaded(
    _ path: UnsafePointer<CChar>?, _ console: inout Console
  ) throws(Exit) -> InputFile? {
    guard let path = unsafe path else { return nil }
    do throws(SystemFailure) {
      return unsafe try InputFile(path: path)
    } catch {
      throw unsafe console.fail(error, path: path)
    }
  }

  /// Begins with the cache of `--load-cache`.
  mutating func loadCache(
    _ arguments: Arguments, _ program: inout Program, _ console: inout Console
  ) throws(Exit) {
    guard let file = loaded.take() else { return }
    unsafe try program.loadCache(from: file, arguments.loadCache!, &console)
  }

  /// Writes the file of `--save-cache`.
  mutating func saveCache(
    _ arguments: Arguments, _ program: borrowing Program, _ console: inout Console
  ) throws(Exit) {
    guard var file = saved.take() else { return }
    unsafe try program.saveCache(to: &file, arguments.saveCache!, &console)
  }

  /// Writes the file of `--report`; it appears whole or not at all.
  mutating func writeReport(
    _ run: Generation, _ preparation: borrowing Preparation, _ program: borrowing Program,
    _ arguments: Arguments, _ console: inout Console
  ) throws(Exit) {
    guard var file = report.take() else { return }
    Report.write(run, preparation, program, &file.text)
    unsafe try Report.commit(&file, arguments.report!, &console)
  }
}
