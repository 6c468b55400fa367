import Board
import CPlatform
import Platform
import Profile

/// Where the device profile of a command is from: the file that `--profile` names, which may be one of the
/// machine's folder of profiles; else that folder's `profile.json`; else what `probe` would write.
enum ProfileSource {
  /// The package puts its profile there. `$EDGE_INFER_PROFILES` takes its place.
  private static var folder: StaticString { "/etc/edge-infer" }
  private static var fileName: StaticString { "profile.json" }

  /// Checked against this processor, but for a plan: one for another board can be made anywhere.
  static func profile(
    _ arguments: Arguments, _ console: inout Console
  ) throws(CommandFailure) -> DeviceProfile {
    var path = FilePath()
    if let name = unsafe arguments.profile {
      path = unsafe named(name)
    } else {
      path = machineFolder()
      path.append(fileName)
      if !path.exists { return try probed(arguments, &console) }
      if !arguments.isQuiet {
        console.error.write("   profile ")
        unsafe path.withPointer { unsafe console.error.write(cString: $0) }
        console.error.write("\n")
      }
    }
    return unsafe try path.withPointer { path throws(CommandFailure) in
      let profile = unsafe try read(path, &console)
      if arguments.command != .plan { unsafe try check(profile, path, &console) }
      return profile
    }
  }

  private static func machineFolder() -> FilePath {
    var path = FilePath()
    if let folder = unsafe edge_profiles_folder() {
      unsafe path.append(cString: folder)
    } else {
      path.append(folder)
    }
    path.append("/")
    return path
  }

  /// As given, or in the machine's folder if the name has no folder and is not here.
  private static func named(_ name: UnsafePointer<CChar>) -> FilePath {
    var path = FilePath()
    unsafe path.append(cString: name)
    if unsafe path.exists || strchr(name, Int32(UInt8(ascii: "/"))) != nil { return path }
    var other = machineFolder()
    unsafe other.append(cString: name)
    return other.exists ? other : path
  }

  /// The machine's own profile.
  private static func probed(
    _ arguments: Arguments, _ console: inout Console
  ) throws(CommandFailure) -> DeviceProfile {
    let profile = try probedProfile(arguments, &console)
    if !arguments.isQuiet {
      console.error.write("   no --profile and no ")
      let file = machineFolder()
      unsafe file.withPointer { unsafe console.error.write(cString: $0) }
      console.error.write(fileName)
      console.error.write(": this machine's, as probe finds it: threads ")
      console.error.write(profile.threads)
      console.error.write(", cap ")
      console.error.write(profile.ramCapMiB)
      console.error.write(" MiB\n")
    }
    return profile
  }

  /// A file of at most the size that a profile may have.
  private static func read(
    _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(CommandFailure) -> DeviceProfile {
    var bytes = InlineArray<65_537, UInt8>(repeating: 0)
    let count: Int
    do throws(SystemFailure) {
      let file = unsafe try InputFile(path: path)
      count = unsafe try withUnsafeMutableBytes(of: &bytes) {
        (target) throws(SystemFailure) -> Int in
        unsafe try file.read(into: target, at: 0)
      }
    } catch {
      throw unsafe CommandFailure(.system(error), path: path)
    }
    do throws(ProfileError) {
      return try DeviceProfile(json: bytes.span.extracting(0..<count))
    } catch {
      throw unsafe CommandFailure(.profile(error), path: path)
    }
  }

  /// The processor must have what the profile says. On a board the build must not use more than
  /// the profile names either: the profile then describes another board. (On x86 a profile states
  /// the least that is needed, and a native build uses what there is.) Float16 arithmetic is used
  /// only where the profile says so, because it changes the sums' last digits.
  private static func check(
    _ profile: DeviceProfile, _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(CommandFailure) {
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
  ) -> CommandFailure {
    console.beginError()
    unsafe console.error.write(quoted: Excerpt(cString: path))
    console.error.write(" ")
    console.error.write(before)
    console.error.write(feature)
    console.error.write(after)
    return console.end(.unavailable)
  }
}
