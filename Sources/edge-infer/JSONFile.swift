import Platform

/// The file of a measurement's `--json`, open before the lockdown.
struct JSONFile: ~Copyable {
  private var file: ReplacementFile?

  init(_ target: BenchTarget, _ console: inout Console) throws(CommandFailure) {
    if let path = unsafe target.json { file = unsafe try Report.open(path, &console) }
  }

  var lockdownNeeds: LockdownNeeds {
    var needs = LockdownNeeds()
    needs.replacesFiles = file != nil
    return needs
  }

  mutating func take() -> ReplacementFile? { file.take() }
}
