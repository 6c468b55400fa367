import Foundation
import Profile
import TestSupport
import Testing

@testable import Board

/// Profiles of recorded machines.
struct BoardTests {
  @Test func pi4SharesItsCache() throws {
    let found = try probe(KernelTree(Machine.pi4.files))
    let profile = try #require(found.profile)
    #expect(found.name == "Raspberry Pi 4 Model B Rev 1.5")
    #expect(found.chosen == [0, 1, 2, 3] && found.notes.isEmpty)
    #expect(profile.l2CacheKiB == 1024 && found.cores.allSatisfy { $0.l2CoreCount == 4 })
    #expect(profile.vectorWidth == .neon(bits: 128))
    #expect(!profile.fp16 && !profile.dotProduct && !profile.i8mm)
  }

  @Test func rk3588HasFourBigCores() throws {
    let found = try probe(KernelTree(Machine.rk3588.files))
    #expect(found.chosen == [4, 5, 6, 7] && found.profile?.l2CacheKiB == 512)
    #expect(found.cores.map(\.cluster) == [0, 0, 0, 0, 4, 4, 6, 6])
    #expect(found.cores.map(\.capacity) == [405, 405, 405, 405, 1003, 1003, 1024, 1024])
  }

  /// Without capacities frequencies decide, and without either nothing does.
  @Test func choiceByFrequency() throws {
    var machine = Machine.rk3588
    for index in machine.kinds.indices { machine.kinds[index].capacity = nil }
    #expect(try probe(KernelTree(machine.files)).chosen == [4, 5, 6, 7])
    machine.kinds[2].kilohertz = nil
    let found = try probe(KernelTree(machine.files))
    #expect(found.chosen == Array(0..<8) && found.notes == [.noSpeeds])
    // The smallest cache of those that are used.
    #expect(found.profile?.l2CacheKiB == 128)
  }

  /// One capacity that is missing makes the others say nothing.
  @Test func halfTheCapacities() throws {
    let tree = try KernelTree(Machine.rk3588.files)
    try tree.remove("sys/devices/system/cpu/cpu0/cpu_capacity")
    #expect(try probe(tree).chosen == [4, 5, 6, 7])
  }

  @Test func hardwareThreadsOfOneCore() throws {
    let found = try probe(KernelTree(Machine.x86.files))
    #expect(found.chosen == [0, 2])
    #expect(found.profile?.vectorWidth == .avx(bits: 256))
    #expect(found.profile?.l2CacheKiB == 1280)
    #expect(found.profile?.dotProduct == false)
    // Where the first thread may not be used, the second is taken.
    let tree = try KernelTree(Machine.x86.files)
    try tree.write("proc/self/status", "Cpus_allowed_list:\t1-3\n")
    #expect(try probe(tree).chosen == [1, 2])
  }

  @Test func avx512() throws {
    let profile = try #require(try probe(KernelTree(Machine.server.files)).profile)
    #expect(profile.vectorWidth == .avx(bits: 512) && profile.fp16 && profile.dotProduct)
  }

  @Test func onlineAndAllowedCores() throws {
    let tree = try KernelTree(Machine.rk3588.files)
    try tree.write("sys/devices/system/cpu/online", "0-5\n")
    #expect(try probe(tree).chosen == [4, 5])
    try tree.write("proc/self/status", "Cpus_allowed_list:\t2-4,7\n")
    #expect(try probe(tree).chosen == [4])
    try tree.write("proc/self/status", "Cpus_allowed_list:\t0-1\n")
    #expect(try probe(tree).chosen == [0, 1])
    try tree.write("proc/self/status", "Cpus_allowed_list:\t6-7\n")
    let found = try probe(tree)
    #expect(found.chosen == [4, 5] && found.notes == [.noAllowedCore])
  }

  /// Newer kernels name clusters; a cluster of one core is none.
  @Test func clusters() throws {
    var files = Machine.pi5.files
    for core in 0..<4 {
      let topology = "sys/devices/system/cpu/cpu\(core)/topology/"
      files[topology + "cluster_cpus_list"] = core < 2 ? "0-1\n" : "\(core)\n"
      files[topology + "package_cpus_list"] = "1-3\n"
    }
    let found = try probe(KernelTree(files))
    #expect(found.cores.map(\.cluster) == [0, 0, 1, 1] && found.chosen == [0, 1, 2, 3])
  }

  @Test func sveWidth() throws {
    let tree = try KernelTree(Machine.pi5.files)
    #expect(try probe(tree).sveWidthBits == 0)
    for (text, bits) in [("32\n", 256), ("16", 128), ("8\n", 0), ("512\n", 0), ("\n", 0)] {
      try tree.write("proc/sys/abi/sve_default_vector_length", text)
      #expect(try probe(tree).sveWidthBits == bits)
    }
  }

  /// Sizes of blocks and budgets are those of the published profiles of such memory.
  @Test(arguments: [(425_984, 64, 1024), (3_554_920, 128, 2048), (15_728_640, 128, 4096)])
  func blocksAndBudgets(availableKiB: Int, block: Int, budget: Int) throws {
    var machine = Machine.pi5
    machine.memoryKiB = (availableKiB + 30_000, availableKiB)
    let profile = try #require(try probe(KernelTree(machine.files)).profile)
    #expect(profile.blockSize == block && profile.cacheBudget == budget)
  }

  /// What is written is read again, field by field.
  @Test(arguments: ["pi4", "pi5", "orin", "rk3588", "x86", "server"])
  func profilesLoad(name: String) throws {
    let machine =
      [
        "pi4": Machine.pi4, "pi5": .pi5, "orin": .jetsonOrinNano, "rk3588": .rk3588, "x86": .x86,
        "server": .server,
      ][name]!
    let json = text(try #require(try probe(KernelTree(machine.files)).profile))
    let read = try DeviceProfile(json: Array(json.utf8).span)
    #expect(text(read) == json)
  }
}
