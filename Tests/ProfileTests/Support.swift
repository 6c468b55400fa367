import Foundation
import Platform
import TestSupport

@testable import Profile

/// The members of a profile's JSON object, name and value, in order.
struct ProfileText {
  var members: [(name: String, value: String)] = [
    ("board", "\"Raspberry Pi 5 (8 GB)\""), ("ramCapMiB", "6144"), ("neonWidthBits", "128"),
    ("fp16", "true"), ("dotProduct", "true"), ("i8mm", "false"), ("threads", "4"),
    ("cores", "[0, 1, 2, 3]"), ("l2CacheKiB", "512"),
    ("model", "\"SmolLM2-135M-Instruct.Q4_1.gguf\""), ("blockSize", "128"),
    ("cacheBudget", "2048"), ("policy", "\"keydiff\""),
  ]

  /// One member a line; the first is on line 2.
  var text: String {
    let lines = members.map { "  \"\($0.name)\": \($0.value)" }
    return "{\n" + lines.joined(separator: ",\n") + "\n}"
  }

  func with(_ name: String, _ value: String) -> ProfileText {
    var copy = self
    copy.members = members.map { $0.name == name ? (name, value) : $0 }
    return copy
  }

  func without(_ name: String) -> ProfileText {
    var copy = self
    copy.members = members.filter { $0.name != name }
    return copy
  }

  func adding(_ name: String, _ value: String) -> ProfileText {
    var copy = self
    copy.members.append((name, value))
    return copy
  }

  func line(of name: String) -> Int { members.firstIndex { $0.name == name }! + 2 }

  /// As `pi5.json`, but for an x86-64 host.
  static var host: ProfileText {
    var text = ProfileText()
    text.members[2] = ("avxWidthBits", "256")
    return text
  }
}

enum Parsed {
  case profile(DeviceProfile)
  case failure(ProfileError)

  var profile: DeviceProfile? { if case .profile(let profile) = self { profile } else { nil } }
  var error: ProfileError? { if case .failure(let error) = self { error } else { nil } }
}

func parse(_ bytes: [UInt8]) -> Parsed {
  do { return .profile(try DeviceProfile(json: bytes.span)) } catch { return .failure(error) }
}

func parse(_ text: String) -> Parsed { parse(Array(text.utf8)) }

func parse(_ text: ProfileText) -> Parsed { parse(text.text) }

func message(_ error: ProfileError) -> String { written { error.write(to: &$0) } }

func message(_ error: JSONError) -> String { written { error.write(to: &$0) } }

/// The message of the error that the text gives, or "no error".
func message(_ text: ProfileText) -> String { parse(text).error.map(message) ?? "no error" }

func string<let capacity: Int>(_ text: FixedText<capacity>) -> String {
  String(decoding: (0..<text.count).map { text[$0] }, as: UTF8.self)
}

func cores(_ profile: DeviceProfile) -> [Int32] {
  (0..<profile.cores.count).map { profile.cores[$0] }
}
