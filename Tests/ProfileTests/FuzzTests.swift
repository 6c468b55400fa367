import Foundation
import Platform
import TestSupport
import Testing

@testable import Profile

/// Pieces of JSON that are more likely to reach deep than random bytes.
private let fragments: [[UInt8]] =
  [
    "\"", "\\", "\\u", "\\ud83d", "\\ude00", "{", "}", "[", "]", ",", ":", "-", "0", "1e9", ".",
    "true",
    "null", "NaN", "//", "/*", "\n", "\u{0}", "\u{feff}", "é", "😀", "99999999999999999999",
    "\"threads\"",
    "\"cores\": [0, 1]", "256",
  ].map { Array($0.utf8) } + [[0x80], [0xc0], [0xed, 0xa0, 0x80], [0xf4, 0x90], [0xff]]

private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
  let place = Int.random(in: 0...bytes.count, using: &random)
  let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
  switch Int.random(in: 0..<6, using: &random) {
  case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
  case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
  case 2: bytes.removeSubrange(place..<end)
  case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
  case 4: bytes.removeLast(bytes.count - place)
  default: bytes.insert(contentsOf: fragments.randomElement(using: &random)!, at: place)
  }
}

@Suite struct FuzzTests {
  /// A profile that is read is inside the limits, and its text is JSON to another reader too.
  private func check(_ bytes: [UInt8]) {
    guard let profile = parse(bytes).profile else { return }
    #expect((try? JSONSerialization.jsonObject(with: Data(bytes))) != nil)
    #expect(ProfileField.board.allows(profile.board.count))
    #expect(ProfileField.ramCapMiB.allows(profile.ramCapMiB))
    #expect(ProfileField.threads.allows(profile.threads))
    #expect(ProfileField.l2CacheKiB.allows(profile.l2CacheKiB))
    #expect(ProfileField.model.allows(profile.model.count))
    #expect(ProfileField.blockSize.allows(profile.blockSize))
    #expect(ProfileField.cacheBudget.allows(profile.cacheBudget))
    #expect(cores(profile).isEmpty || cores(profile).count == profile.threads)
    #expect(Set(cores(profile)).count == cores(profile).count)
  }

  @Test(arguments: 1...8)
  func mutatedProfilesNeverTrap(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let sources = [ProfileText().text, ProfileText.host.text].map { Array($0.utf8) }
    for _ in 0..<5000 {
      var bytes = sources.randomElement(using: &random)!
      for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, &random) }
      check(bytes)
      if let error = parse(bytes).error, random.next() % 16 == 0 {
        #expect(!message(error).contains("\n"))
      }
    }
  }

  @Test(arguments: 1...4)
  func randomTextNeverTraps(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed &+ 1000)
    for _ in 0..<5000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        bytes += fragments.randomElement(using: &random)!
      }
      check(bytes)
      // Foundation refuses numbers that Double cannot hold, which are JSON all the same.
      let hasExponent = String(decoding: bytes, as: UTF8.self).contains("1e9")
      if scan(bytes) == nil && !hasExponent {
        let value = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        #expect(value != nil, "\(String(decoding: bytes, as: UTF8.self))")
      }
    }
  }

  @Test(arguments: 1...4)
  func randomArgumentsNeverTrap(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed &+ 2000)
    let letters = Array("0123456789.-+eE naif".utf8)
    for _ in 0..<5000 {
      let text = (0..<Int.random(in: 0...24, using: &random)).map { _ in
        letters.randomElement(using: &random)!
      }
      for index in 0..<ProfileOption.count {
        var overrides = ProfileOverrides()
        do { try overrides.set(ProfileOption(rawValue: index)!, to: text.span) } catch {
          #expect(error.exitCode == .usage)
        }
      }
    }
  }
}
