import Foundation
import Profile
import TestSupport

/// A device profile.
struct ProfileTarget: FuzzTarget {
  static var seeds: [[UInt8]] {
    let folder = Files.repository.appendingPathComponent("Profiles")
    let files = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return (files ?? []).compactMap { try? [UInt8](Data(contentsOf: $0)) }
  }

  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws {
    do throws(ProfileError) {
      let profile = try DeviceProfile(json: Span(_unsafeElements: input))
      let json = try? JSONSerialization.jsonObject(with: Data(input))
      require(json != nil, "what is taken is JSON to another reader")
      require(profile.cores.count == 0 || profile.cores.count == profile.threads, "cores fit")
    } catch {
      require(error.exitCode == .configuration, "a bad profile is told by 78")
      let line = written { error.write(to: &$0) }
      require(!line.isEmpty && !line.contains("\n"), "an error is one line")
    }
  }
}
