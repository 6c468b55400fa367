import Board
import Measurement
import Platform
import Profile

/// `probe`: the profile of this machine, or of one whose kernel files were recorded.
func probeCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let wishes = try ProfileWishes(arguments, &console)
  let facts = try readFacts(arguments, &console)
  var profile = try makeProfile(facts, wishes, arguments, &console)
  profile.apply(arguments.overrides)
  try setHeadBudgets(&profile, arguments, &console)
  if !arguments.isQuiet { ProbeTable.write(facts, wishes, profile, to: &console.error) }
  var file: ReplacementFile?
  if let path = unsafe arguments.output { file = unsafe try Report.open(path, &console) }
  if arguments.wantsTuning {
    profile = try tunedProfile(profile, CoreOrder(facts.cores), arguments, &console)
  }
  try writeProfile(profile, file.take(), arguments, &console)
}

/// What `probe` would write without options of its own, before the overrides.
func probedProfile(
  _ arguments: Arguments, _ console: inout Console
) throws(CommandFailure) -> DeviceProfile {
  let wishes = try ProfileWishes(arguments, &console)
  var profile = try makeProfile(readFacts(arguments, &console), wishes, arguments, &console)
  try setHeadBudgets(&profile, arguments, &console)
  return profile
}

private func makeProfile(
  _ facts: borrowing BoardFacts, _ wishes: ProfileWishes, _ arguments: Arguments,
  _ console: inout Console
) throws(CommandFailure) -> DeviceProfile {
  do throws(BoardError) {
    return try facts.profile(wishes, capMiB: arguments.overrides.ramCapMiB)
  } catch {
    throw unsafe CommandFailure(error, root: arguments.sysroot)
  }
}

extension ProfileWishes {
  fileprivate init(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
    self.init(model: try probedModel(arguments, &console), reserveMiB: arguments.reserveMiB)
  }
}

/// The file that is named, or the one beside the model if it is there.
private func setHeadBudgets(
  _ profile: inout DeviceProfile, _ arguments: Arguments, _ console: inout Console
) throws(CommandFailure) {
  if profile.policy == .full { return }
  var name = FixedText<256>()
  if let path = unsafe arguments.headBudgets {
    if unsafe isEqual(path, "none") { return }
    let bytes = unsafe cStringSpan(path)
    for index in 0..<bytes.count { name.append(bytes[index]) }
    if name.count == 0 || name.isCut {
      throw CommandFailure(.usage, "--head-budgets has 1 to 255 bytes in a profile")
    }
  } else if unsafe arguments.sysroot == nil {
    let path = unsafe profile.model.withCString { unsafe ModelPath($0) }.headBudgets
    if !path.exists { return }
    unsafe path.withPointer { path in
      let bytes = unsafe cStringSpan(path)
      for index in 0..<bytes.count { name.append(bytes[index]) }
    }
    if name.isCut { return }
  } else {
    return
  }
  profile.headBudgets = name
}

private func readFacts(
  _ arguments: Arguments, _ console: inout Console
) throws(CommandFailure) -> BoardFacts {
  let root = try KernelPath(arguments)
  let processor = unsafe arguments.sysroot == nil ? ProcessorFeatures() : nil
  do throws(BoardError) {
    return try BoardFacts(below: root, processor)
  } catch {
    throw unsafe CommandFailure(error, root: arguments.sysroot)
  }
}

/// The model that the profile is to name.
private func probedModel(
  _ arguments: Arguments, _ console: inout Console
) throws(CommandFailure) -> FixedText<1024> {
  var model = FixedText<1024>()
  let name = unsafe arguments.model ?? cString("SmolLM2-135M-Instruct.Q4_1.gguf")
  let bytes = unsafe cStringSpan(name)
  var index = 0
  while index < bytes.count {
    let byteCount = utf8SequenceByteCount(bytes, at: index)
    if byteCount == 0 { throw CommandFailure(.usage, "--model is no UTF-8, which a profile needs") }
    for offset in 0..<byteCount { model.append(bytes[index + offset]) }
    index += byteCount
  }
  if model.count == 0 || model.isCut {
    throw CommandFailure(.usage, "--model has 1 to 1023 bytes in a profile")
  }
  return model
}

/// To the file of `-o`, which keeps its old contents until the new ones are whole, or to standard
/// output.
private func writeProfile(
  _ profile: DeviceProfile, _ file: consuming ReplacementFile?, _ arguments: Arguments,
  _ console: inout Console
) throws(CommandFailure) {
  guard var file, let path = unsafe arguments.output else {
    var output = TextOutput.standardOutput
    profile.writeJSON(to: &output)
    output.write("\n")
    try finish(&output)
    return
  }
  profile.writeJSON(to: &file.text)
  file.text.write("\n")
  unsafe try Report.commit(&file, path, &console)
}

extension CommandFailure {
  /// - Parameter root: `--sysroot`, if it was given.
  fileprivate init(_ error: BoardError, root: UnsafePointer<CChar>?) {
    if let root = unsafe root {
      unsafe self.init(.board(error), path: root)
    } else {
      self.init(.board(error))
    }
  }
}
