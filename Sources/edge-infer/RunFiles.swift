import Generation
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
    _ arguments: Arguments, _ program: borrowing Program
  ) throws(CommandFailure) {
    loaded = unsafe try Self.openLoaded(arguments.loadCache)
    if let path = unsafe arguments.tokens {
      tokens = unsafe try openPrompt(path)
    } else if unsafe arguments.loadCache == nil || arguments.hasPrompt {
      text = unsafe try openText(arguments, readCount: program.layout.readCount)
    }
    if let path = unsafe arguments.saveCache { saved = unsafe try openReplacement(path) }
    if let path = unsafe arguments.report { report = unsafe try openReplacement(path) }
  }

  var hasPrompt: Bool {
    switch tokens {
    case .some: return true
    case .none: break
    }
    switch text {
    case .some: return true
    case .none: return false
    }
  }

  var lockdownNeeds: LockdownNeeds {
    var needs = LockdownNeeds()
    needs.replacesFiles = saved != nil || report != nil
    return needs
  }

  private static func openLoaded(
    _ path: UnsafePointer<CChar>?
  ) throws(CommandFailure) -> InputFile? {
    guard let path = unsafe path else { return nil }
    do throws(SystemFailure) {
      return unsafe try InputFile(path: path)
    } catch {
      throw unsafe CommandFailure(.system(error), path: path)
    }
  }

  /// Begins with the cache of `--load-cache`.
  mutating func loadCache(
    _ arguments: Arguments, _ program: inout Program
  ) throws(CommandFailure) {
    guard let file = loaded.take() else { return }
    unsafe try program.loadCache(from: file, arguments.loadCache!)
  }

  /// Writes the file of `--save-cache`.
  mutating func saveCache(
    _ arguments: Arguments, _ program: borrowing Program
  ) throws(CommandFailure) {
    guard var file = saved.take() else { return }
    unsafe try program.saveCache(to: &file, arguments.saveCache!)
  }

  /// Writes the file of `--report`; it appears whole or not at all.
  mutating func writeReport(
    _ run: AnswerRun, _ preparation: borrowing Preparation, _ program: borrowing Program,
    _ arguments: Arguments
  ) throws(CommandFailure) {
    guard var file = report.take() else { return }
    Report.write(run, preparation, program, &file.text)
    unsafe try commit(&file, arguments.report!)
  }
}
