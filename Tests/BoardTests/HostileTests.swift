import Foundation
import Profile
import TestSupport
import Testing

@testable import Board

/// Files that no kernel writes, and files that are missing.
struct HostileTests {
  private func files(_ changes: [String: String?]) -> [String: String] {
    var files = Machine.rk3588.files
    for (name, text) in changes { files[name] = text }
    return files
  }

  /// With nothing but the instructions there is a profile, and a note for each fact.
  @Test func instructionsAlone() throws {
    let found = try probe(KernelTree(["proc/cpuinfo": "Features : asimd\n"]))
    let profile = try #require(found.profile)
    #expect(found.notes == [.noOnlineList, .noAllowedList, .noCore, .noMemory])
    #expect(profile.threads == 1 && profile.cores.count == 0)
    #expect(profile.l2CacheKiB == 256 && profile.ramCapMiB == 448)
    #expect(found.name == "unknown board")
    #expect(try DeviceProfile(json: Array(text(profile).utf8).span).threads == 1)
  }

  @Test func withoutInstructions() throws {
    #expect(try exitCode(KernelTree([:])) == .missingFile)
    for text in [
      "", "\n", "Features", "processor: 0\nmodel name: x", String(repeating: "f", count: 9_000),
    ] {
      let code = try exitCode(KernelTree(["proc/cpuinfo": text]))
      #expect(code == (text == "Features" ? .unavailable : .malformedData), "\(text.prefix(20))")
    }
    #expect(
      try exitCode(KernelTree(["proc/cpuinfo": "Features : half thumb neon vfpv4\n"]))
        == .unavailable)
    #expect(try exitCode(KernelTree(["proc/cpuinfo": "flags : sse2 avx\n"])) == .unavailable)
    // A word counts whole, and in its place.
    #expect(
      try exitCode(KernelTree(["proc/cpuinfo": "Features : asimdhp xasimd\n"])) == .unavailable)
    #expect(
      try exitCode(KernelTree(["proc/cpuinfo": "model : asimd\nFeatures : fp\n"])) == .unavailable)
  }

  /// Without a list of online cores those of /proc/cpuinfo count.
  @Test(arguments: ["", "0-3,7,9-\n", "\0\0\0\0", String(repeating: "9", count: 70_000), "cpu0\n"])
  func onlineLists(text: String) throws {
    let found = try probe(KernelTree(files(["sys/devices/system/cpu/online": text])))
    #expect(found.chosen == [4, 5, 6, 7] && found.notes == [.noOnlineList])
  }

  @Test(arguments: ["", "Cpus_allowed_list:", "Cpus_allowed_list:\tff\n", "Cpus_allowed: 1\n"])
  func allowedLists(text: String) throws {
    let found = try probe(KernelTree(files(["proc/self/status": text])))
    #expect(found.chosen == [4, 5, 6, 7] && found.notes == [.noAllowedList])
  }

  @Test(arguments: ["", "-1", "0", "x", "99999999999999999999999"])
  func speeds(text: String) throws {
    let cpu = "sys/devices/system/cpu/cpu"
    let tree = try KernelTree(files([cpu + "4/cpu_capacity": text]))
    #expect(try probe(tree).chosen == [4, 5, 6, 7])
    try tree.write("\(cpu)0/cpufreq/cpuinfo_max_freq", text)
    let found = try probe(tree)
    #expect(found.chosen == Array(0..<8) && found.notes == [.noSpeeds])
  }

  @Test(arguments: ["", "big", "0K", "-1K", "99999999999999999999K", "512Q"])
  func cacheSizes(text: String) throws {
    let size = "sys/devices/system/cpu/cpu5/cache/index2/size"
    let found = try probe(KernelTree(files([size: text])))
    #expect(found.notes == [.noL2] && found.profile?.l2CacheKiB == 256)
  }

  @Test func odds() throws {
    let cpu = "sys/devices/system/cpu/cpu"
    let found = try probe(
      KernelTree(
        files([
          cpu + "4/topology/thread_siblings_list": "9-\n",
          cpu + "5/topology/thread_siblings_list": "",
          cpu + "6/topology/thread_siblings_list": "900-1100\n",
          cpu + "7/topology/core_siblings_list": "zzz",
          cpu + "7/cache/index2/shared_cpu_list": "0-",
        ])))
    #expect(found.chosen == [4, 5, 6, 7] && found.notes.isEmpty)
  }

  /// All of a core's files missing.
  @Test func coresWithoutFiles() throws {
    let found = try probe(
      KernelTree([
        "proc/cpuinfo": "Features : asimd asimddp\n", "sys/devices/system/cpu/online": "0-1\n",
        "proc/self/status": "Cpus_allowed_list: 0-1\n", "proc/meminfo": "MemAvailable: 4000000 kB",
      ]))
    #expect(found.chosen == [0, 1] && found.notes == [.noSpeeds, .noL2])
  }

  /// A profile names at most 64 cores, up to number 1,023.
  @Test func hundredsOfCores() throws {
    let tree = try KernelTree(Machine.server.files)
    try tree.write("sys/devices/system/cpu/online", "0-299\n")
    let found = try probe(tree)
    #expect(found.cores.count == 300 && found.chosen == Array(0..<64))
    #expect(found.notes == [.noSpeeds, .noL2, .manyCores] && found.profile?.threads == 64)
    try tree.write("sys/devices/system/cpu/online", "0-99999\n")
    #expect(try probe(tree).cores.count == 1024)
  }

  @Test(arguments: [
    ("Board\0rest", "Board"), ("  Board  \n", "Board"), ("", "unknown board"),
    ("\0", "unknown board"), ("a\u{1}b\u{7f}c", "a b c"), ("Brett für Läufer", "Brett für Läufer"),
    (String(repeating: "ä", count: 400), String(repeating: "ä", count: 48)),
    (String(repeating: "x", count: 97), String(repeating: "x", count: 96)),
    ("x" + String(repeating: "ä", count: 60), "x" + String(repeating: "ä", count: 47)),
    ("a\"b\\c", "a\"b\\c"),
  ])
  func names(model: String, name: String) throws {
    let found = try probe(KernelTree(files(["proc/device-tree/model": model])))
    #expect(found.name == name)
    let json = text(try #require(found.profile))
    #expect(try text(DeviceProfile(json: Array(json.utf8).span)) == json)
  }

  @Test func namesThatAreNoText() throws {
    let tree = try KernelTree(Machine.pi5.files)
    try tree.write("proc/device-tree/model", Data([0x41, 0xff, 0xc3, 0x42, 0xed, 0xa0, 0x80]))
    #expect(try probe(tree).name == "A??B???")
  }

  /// Reading ends; /proc/cpuinfo that is longer than any counts as far as it is read.
  @Test func hugeFiles() throws {
    let huge = String(repeating: "0123456789,", count: 400_000)
    var files = Machine.pi5.files
    for name in files.keys where name.contains("cpu0/") || !name.contains("cpu/cpu") {
      if name != "proc/cpuinfo" { files[name] = huge }
    }
    files["proc/cpuinfo"]! += huge
    let found = try probe(KernelTree(files))
    #expect(found.profile != nil && found.notes.contains(.noMemory))
    let blanks = String(repeating: "\u{1} ", count: 3_000_000)
    #expect(
      try exitCode(KernelTree(["proc/cpuinfo": blanks + "\nFeatures : asimd\n"])) == .malformedData)
  }

  /// Random bytes in place of every file: a profile or one of the errors.
  @Test func noise() throws {
    var random = SeededGenerator(seed: 8)
    let alphabet = Array("0123456789-,KM \n\t:/amx\0".utf8)
    let names = Machine.server.files.keys.sorted().filter { $0 != "proc/cpuinfo" }
    let tree = try KernelTree(Machine.server.files)
    for _ in 0..<200 {
      // Every file becomes noise in the end.
      for _ in 0..<3 {
        let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
          alphabet.randomElement(using: &random)!
        }
        try tree.write(names.randomElement(using: &random)!, Data(bytes))
      }
      let found = try probe(tree)
      guard let profile = found.profile else {
        #expect(found.profileError?.exitCode == .configuration)
        continue
      }
      let json = text(profile)
      #expect(try text(DeviceProfile(json: Array(json.utf8).span)) == json)
    }
  }
}
