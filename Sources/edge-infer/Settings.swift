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

  init(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
    guard let path = unsafe arguments.profile else {
      throw console.fail(.usage, "--profile is missing")
    }
    var profile = unsafe try Self.read(path, &console)
    // A plan for another board can be made anywhere.
    if arguments.command != .plan { unsafe try Self.check(profile, path, &console) }
    profile.apply(arguments.overrides)
    try self.init(profile, arguments, &console)
  }

  /// - Parameter profile: with the overrides, and of this processor.
  init(
    _ profile: DeviceProfile, _ arguments: Arguments, _ console: inout Console
  ) throws(Exit) {
    do throws(ProfileError) {
      retention = try arguments.overrides.retention(for: profile)
    } catch {
      throw unsafe console.fail(error)
    }
    if arguments.renumbers && profile.policy == .full {
      throw console.fail(
        .usage, "--positions compact needs a policy that evicts: full keeps every position")
    }
    renumbers = arguments.renumbers
    locksMemory = arguments.wantsLockedMemory
    usesHugePages = !arguments.wantsNoHugePages
    self.profile = profile
  }

  /// A file of at most the size that a profile may have.
  private static func read(
    _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) -> DeviceProfile {
    var bytes = InlineArray<65_537, UInt8>(repeating: 0)
    let count: Int
    do throws(SystemFailure) {
      let file = unsafe try InputFile(path: path)
      count = unsafe try withUnsafeMutableBytes(of: &bytes) {
        (target) throws(SystemFailure) -> Int in
        unsafe try file.read(into: target, at: 0)
      }
    } catch {
      throw unsafe console.fail(error, path: path)
    }
    do throws(ProfileError) {
      return try DeviceProfile(json: bytes.span.extracting(0..<count))
    } catch {
      throw unsafe console.fail(error, path: path)
    }
  }

  /// The processor must have what the profile says. On a board the build must not use more than
  /// the profile names either: the profile then describes another board. (On x86 a profile states
  /// the least that is needed, and a native build uses what there is.) Float16 arithmetic is used
  /// only where the profile says so, because it changes the sums' last digits.
  private static func check(
    _ profile: DeviceProfile, _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) {
    if let mismatch = Instructions(ProcessorFeatures()).mismatch(with: profile) {
      throw unsafe refuse(
        path, "asks for ", mismatch.name,
        ", which this processor lacks: take this board's profile", &console)
    }
    var unnamed: StaticString?
    if BuildFeatures.usesDotProduct && !profile.dotProduct { unnamed = "dot product instructions" }
    if BuildFeatures.usesInt8MatrixMultiply && !profile.i8mm { unnamed = "i8mm instructions" }
    if let unnamed {
      throw unsafe refuse(
        path, "describes a board without ", unnamed,
        ", which this program was built for: build it for this profile", &console)
    }
  }

  private static func refuse(
    _ path: UnsafePointer<CChar>, _ before: StaticString, _ feature: StaticString,
    _ after: StaticString, _ console: inout Console
  ) -> Exit {
    console.beginError()
    unsafe console.error.write(quoted: Excerpt(cString: path))
    console.error.write(" ")
    console.error.write(before)
    console.error.write(feature)
    console.error.write(after)
    return console.end(.unavailable)
  }

  /// The same but for the profile.
  func with(_ profile: DeviceProfile) -> Settings {
    var settings = self
    settings.profile = profile
    return settings
  }

  func run(logitRowCount: Int) -> RunSettings {
    RunSettings(profile, retention, logitRowCount: logitRowCount, renumbers: renumbers)
  }

  /// Renumbered positions need room in the trained length for what is kept and a block.
  func checkPositions(largestBudget: Int, contextLength: Int) throws(CommandFailure) {
    let needed = largestBudget + profile.blockSize
    if !renumbers || needed <= contextLength { return }
    throw CommandFailure(.positions(needed: needed, contextLength: contextLength))
  }
}
