import Inference
import Platform
import Profile

/// What a measurement runs with: the board's profile, and what the command line adds to it.
public struct MeasurementSettings: Sendable {
  public let profile: DeviceProfile
  public let retention: Retention
  /// As in `RunSettings`; for speed alone.
  public var headShares: KeptHeadShares?
  let renumbers: Bool
  public let usesHugePages: Bool
  let locksMemory: Bool
  private var coreCount = CoreMask.coreCountOfCaller()

  /// - Parameters:
  ///   - profile: of this processor, checked.
  ///   - renumbers: as in `RunSettings`.
  ///   - locksMemory: the arena's pages are kept from being swapped out.
  @export(interface)
  public init(
    _ profile: DeviceProfile, _ retention: Retention, renumbers: Bool, usesHugePages: Bool,
    locksMemory: Bool
  ) {
    self.profile = profile
    self.retention = retention
    self.renumbers = renumbers
    self.usesHugePages = usesHugePages
    self.locksMemory = locksMemory
  }

  /// The same but for the profile.
  func with(_ profile: DeviceProfile) -> MeasurementSettings {
    var other = MeasurementSettings(
      profile, retention, renumbers: renumbers, usesHugePages: usesHugePages,
      locksMemory: locksMemory)
    (other.headShares, other.coreCount) = (headShares, coreCount)
    return other
  }

  func run(logitRowCount: Int) -> RunSettings {
    var run = RunSettings(
      profile, retention, logitRowCount: logitRowCount, renumbers: renumbers, coreCount: coreCount)
    run.headShares = headShares
    return run
  }
}
