import Foundation
import Model
import Platform
import TestSupport
import Testing

@testable import Inference

/// Saved caches that no run wrote. What fuzzing found is here as fixed cases.
@Suite struct HostileSnapshotTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func open(_ change: (inout ModelWriter) -> Void = { _ in }) throws -> Fixture {
    var model = ModelWriter(types: [.q8_0], seed: 4)
    change(&model)
    let path = try model.write(to: folder)
    return try Fixture.open(path, settings(.keydiff, block: 8, budget: 16))
  }

  private func save(_ fixture: inout Fixture) throws -> [UInt8] {
    for index in 0..<8 { fixture.engine.block[index] = Int32(index) }
    for _ in 0..<3 { _ = try fixture.engine.append(8) }
    let path = folder.path("saved")
    try fixture.save(to: path)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func error(
    of bytes: [UInt8], _ fixture: inout Fixture
  ) throws -> SnapshotError? {
    let path = folder.path("hostile")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let cPath = strdup(path)!
    defer { free(cPath) }
    let file = try InputFile(path: cPath)
    do throws(SnapshotError) {
      try fixture.engine.restore(from: file)
      return nil
    } catch {
      return error
    }
  }

  /// Every word of the header at numbers that wrap, with its checksum made right and not.
  @Test func everyWord() throws {
    var fixture = try open()
    let sound = try save(&fixture)
    #expect(try error(of: sound, &fixture) == nil)
    let numbers: [UInt64] = [
      0, 1, 2, 15, 16, 17, 24, 25, 1 << 31, 1 << 32, 1 << 61, 1 << 63, .max >> 1, .max - 119, .max,
      UInt64(sound.count),
    ]
    for place in stride(from: 0, to: SnapshotHeader.byteCount, by: 8) {
      for number in numbers {
        var bytes = sound
        bytes.replaceSubrange(
          place..<place + 8, with: withUnsafeBytes(of: number.littleEndian, Array.init))
        for isRepaired in [false, true] {
          if isRepaired { Self.repairChecksum(&bytes) }
          if let error = try error(of: bytes, &fixture) {
            #expect(error.exitCode == .malformedData)
          }
          _ = try fixture.engine.append(8)
        }
      }
    }
  }

  /// Keys of the metadata that change keys or values, or where positions are renumbered.
  private static let otherModels: [@Sendable (inout ModelWriter) -> Void] = [
    { $0.set("llama.rope.freq_base", .float32(20_000)) },
    { $0.set("llama.rope.scale_linear", .float32(2)) },
    { $0.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-6)) },
    { $0.set("llama.context_length", .uint32(256)) },
    { $0.addVector("rope_freqs.weight", count: 32, value: 2) },
  ]

  /// The weights are the same, and what was computed with them is not.
  @Test(arguments: otherModels.indices) func aCacheOfOtherMetadata(index: Int) throws {
    var fixture = try open()
    let sound = try save(&fixture)
    var other = try open(Self.otherModels[index])
    guard case .model = try error(of: sound, &other) else {
      Issue.record("the cache of another model is taken")
      return
    }
    var same = try open { $0.set("llama.rope.freq_base", .float32(10_000)) }
    #expect(try error(of: sound, &same) == nil)
  }

  /// All the rest at random, with its checksum made right.
  @Test func anyState() throws {
    var fixture = try open()
    let sound = try save(&fixture)
    var random = SeededGenerator(seed: 11)
    for round in 0..<200 {
      var bytes = sound
      let count = round % 2 == 0 ? 3 : 3000
      for _ in 0..<count {
        let place = Int.random(in: SnapshotHeader.byteCount..<bytes.count, using: &random)
        bytes[place] = random.byte()
      }
      Self.repairChecksum(&bytes)
      if let error = try error(of: bytes, &fixture) { #expect(error.exitCode == .malformedData) }
      for _ in 0..<2 { _ = try fixture.engine.append(8) }
    }
  }

  @Test func truncated() throws {
    var fixture = try open()
    let sound = try save(&fixture)
    for count in Array(0...SnapshotHeader.byteCount) + [sound.count / 2, sound.count - 1] {
      #expect(try error(of: Array(sound[..<count]), &fixture)?.exitCode == .malformedData)
    }
    #expect(try error(of: sound + [0], &fixture)?.exitCode == .malformedData)
  }

  private static func repairChecksum(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { raw in
      var header = raw.loadUnaligned(as: SnapshotHeader.self)
      var hash = header.startHash()
      hash.update(UnsafeRawBufferPointer(rebasing: raw[SnapshotHeader.byteCount...]))
      header.checksum = hash.finish()
      raw.storeBytes(of: header, as: SnapshotHeader.self)
    }
  }
}
