import Board
import Inference
import KVCache
import Platform
import Profile

/// The profile file, with the command line's overrides, checked against this processor.
@safe struct Settings {
  private(set) var profile: DeviceProfile
  let retention: Retention
  let renumbers: Bool
  let locksMemory: Bool
  let usesHugePages: Bool
  private let coreCount = CoreMask.coreCountOfCaller()

  init(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
    var profile = try ProfileSource.profile(arguments, &console)
    profile.apply(arguments.overrides)
    try self.init(profile, arguments, &console)
  }

  /// - Parameter profile: with the overrides, and of this processor.
  init(
    _ profile: DeviceProfile, _ arguments: Arguments, _ console: inout Console
  ) throws(CommandFailure) {
    do throws(ProfileError) {
      try arguments.overrides.checkThreads(of: profile)
      retention = try arguments.overrides.retention(for: profile)
    } catch {
      throw CommandFailure(.profile(error))
    }
    if arguments.renumbers && profile.policy == .full {
      throw CommandFailure(
        .usage, "--positions compact needs a policy that evicts: full keeps every position")
    }
    renumbers = arguments.renumbers
    locksMemory = arguments.wantsLockedMemory
    usesHugePages = !arguments.wantsNoHugePages
    self.profile = profile
  }

  /// The same but for the profile.
  func with(_ profile: DeviceProfile) -> Settings {
    var settings = self
    settings.profile = profile
    return settings
  }

  func run(logitRowCount: Int) -> RunSettings {
    RunSettings(
      profile, retention, logitRowCount: logitRowCount, renumbers: renumbers, coreCount: coreCount)
  }

  /// Renumbered positions need room in the trained length for what is kept and a block.
  func checkPositions(largestBudget: Int, contextLength: Int) throws(CommandFailure) {
    let needed = largestBudget + profile.blockSize
    if !renumbers || needed <= contextLength { return }
    throw CommandFailure(.positions(needed: needed, contextLength: contextLength))
  }
}
