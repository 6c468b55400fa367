import Foundation
import Memory
import Model
import Profile
import TestSupport
import Testing

@testable import Inference

/// Model files that change while they are loaded, and numbers in them that are none.
@Suite struct LoadFaultTests {
  private static let types: [TensorType] = [
    .q4_k, .q6_k, .q2_k, .q3_k, .q5_k, .iq4_xs, .iq4_nl, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0,
    .mxfp4,
  ]
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// Opens the model, changes the file, and loads; one block if it loads.
  private func load(
    _ path: String, threads: Int = 2, change: (String) throws -> Void
  ) throws -> ModelError? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    defer { buffer.deallocate() }
    let cPath = strdup(path)!
    defer { free(cPath) }
    let model = try ModelFile(path: cPath, buffer: buffer)
    let settings = settings(.keydiff, block: 8, budget: 8, threads: threads)
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: model.shape, settings: settings)
    let arena = try Arena(plan: measuring.measured())
    var failure: ModelError?
    do {
      var carver = arena.carver()
      let layout = EngineLayout(carver: &carver, shape: model.shape, settings: settings)
      carver.seal()
      var engine = try Engine(layout: layout, cores: [Int32]().span)
      try change(path)
      try engine.load(model, into: arena, buffer: buffer)
      for index in 0..<8 { engine.block[index] = Int32(index) }
      for _ in 0..<3 { _ = try engine.append(8) }
      engine.makeLogits(firstRow: 7, rowCount: 1)
      _ = engine.logits(0).best()
    } catch let error as ModelError { failure = error }
    arena.unmap()
    return failure
  }

  /// Shorter by anything from nothing to all: told as truncated, or as the directory's other fault.
  @Test(arguments: [1, 2]) func truncatedAfterOpening(threads: Int) throws {
    let model = ModelWriter(types: [.q4_0, .q8_0], seed: 3)
    let path = try model.write(to: folder)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    for cut in [0, 1, 23, 24, 100, 1000, 2000, bytes.count / 2, bytes.count - 1] {
      try bytes.write(to: URL(fileURLWithPath: path))
      let error = try load(path, threads: threads) { #expect(truncate($0, cut) == 0) }
      #expect(error?.exitCode == .malformedData, "\(cut)")
    }
  }

  /// Another model, noise or holes under the same name: an error, or other numbers, and no trap.
  @Test(arguments: 0..<24 as Range<UInt64>) func rewrittenAfterOpening(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let path = try ModelWriter(types: [.q4_0, .q8_0], seed: 3)
      .write(to: folder)
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    switch seed % 4 {
    case 0:  // Of the header.
      for _ in 0..<20 { bytes[Int.random(in: 0..<2000, using: &random)] = random.byte() }
    case 1:  // Of all.
      for _ in 0..<2000 { bytes[Int.random(in: 2000..<bytes.count, using: &random)] = 0xFF }
    case 2: bytes = [UInt8](repeating: 0, count: bytes.count)
    default: bytes = bytes.map { _ in random.byte() }
    }
    let error = try load(path) { path in
      let handle = FileHandle(forWritingAtPath: path)!
      try handle.write(contentsOf: bytes)
      try handle.close()
    }
    if let error { #expect(error.exitCode == .malformedData) }
    if seed % 4 >= 2 { #expect(error != nil) }
  }

  /// Written by another process again and again while threads read it.
  @Test func rewrittenWhileLoading() throws {
    let path = try ModelWriter(types: [.q4_0, .q8_0], seed: 3)
      .write(to: folder)
    let sound = try Data(contentsOf: URL(fileURLWithPath: path))
    let writer = Process()
    writer.executableURL = URL(fileURLWithPath: "/bin/sh")
    let copy = folder.path("copy")
    try sound.write(to: URL(fileURLWithPath: copy))
    writer.arguments = [
      "-c",
      "while :; do dd if=/dev/urandom of=\"$0\" bs=4k count=9 seek=7 conv=notrunc; "
        + "dd if=\"$1\" of=\"$0\"; done 2>/dev/null", path, copy,
    ]
    try writer.run()
    defer { writer.terminate() }
    for _ in 0..<60 {
      do {
        if let error = try load(path, change: { _ in }) {
          #expect(error.exitCode == .malformedData)
        }
      } catch let error as ModelError {
        #expect(error.exitCode == .malformedData)
      }
    }
  }

  /// NaN and infinite scales are refused with the tensor's name; zero, tiny and huge ones are numbers.
  @Test(arguments: types) func scales(type: TensorType) throws {
    let patterns: [(bits: UInt16, isFinite: Bool)] = [
      (0x7E00, false), (0xFE00, false), (0x7C01, false), (0x7C00, false), (0xFC00, false),
      (0x0000, true), (0x8000, true), (0x0001, true), (0x7BFF, true), (0xFBFF, true),
    ]
    let sound = ModelWriter(types: [type], seed: 9)
    for place in type.scaleOffsets {
      for (bits, isFinite) in patterns {
        var model = sound
        let index = model.tensors.firstIndex { $0.name == "blk.1.attn_k.weight" }!
        // Of a block in the midst of a row.
        let start = model.tensors[index].bytes.count / 2 / type.blockByteCount * type.blockByteCount
        model.tensors[index].bytes[start + place] = UInt8(truncatingIfNeeded: bits)
        model.tensors[index].bytes[start + place + 1] = UInt8(bits >> 8)
        if !isFinite { model.tensors[index].makeNonzero(start) }
        let path = try model.write(to: folder)
        let error = try load(path) { _ in }
        if isFinite {
          #expect(error == nil, "\(type), \(bits)")
        } else if case .notFinite(let name)? = error?.fault {
          #expect((0..<name.count).map { name[$0] } == Array("blk.1.attn_k.weight".utf8))
        } else {
          Issue.record("\(type), scale \(bits) at \(place) was taken: \(String(describing: error))")
        }
      }
    }
  }

  @Test(arguments: ["blk.0.attn_norm.weight", "blk.1.ffn_norm.weight", "output_norm.weight"])
  func norms(name: String) throws {
    let model = ModelWriter(types: [.q8_0], seed: 9)
    let index = model.tensors.firstIndex { $0.name == name }!
    for value in [Float.nan, -.nan, .infinity, -.infinity, 0, 3e38, .leastNonzeroMagnitude] {
      for place in [0, 17, 255] {
        var changed = model
        changed.tensors[index].bytes.replaceSubrange(
          4 * place..<4 * place + 4,
          with: withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init))
        let path = try changed.write(to: folder)
        let error = try load(path) { _ in }
        #expect((error == nil) == value.isFinite, "\(value) at \(place)")
      }
    }
  }

  /// Weights near the largest Float32: what is computed is infinite or NaN, and every policy ends all
  /// the same.
  @Test(arguments: 0..<Policy.count) func hugeWeights(policy index: Int) throws {
    var model = ModelWriter(types: [.float32], seed: 9)
    for index in model.tensors.indices {
      let count = model.tensors[index].bytes.count / 4
      let values = (0..<count).map { Float($0 % 3 - 1) * 1e36 }
      model.tensors[index].bytes = values.withUnsafeBytes(Array.init)
    }
    let path = try model.write(to: folder)
    let policy = Policy(rawValue: index)!
    var fixture = try Fixture.open(path, settings(policy, block: 8, budget: 24))
    for _ in 0..<(policy == .full ? 4 : 8) {
      for index in 0..<8 { fixture.engine.block[index] = Int32(index) }
      _ = try fixture.engine.append(8)
      fixture.engine.makeLogits(firstRow: 7, rowCount: 1)
      let best = fixture.engine.logits(0).best()
      #expect(best >= 0 && Int(best) < ModelWriter.vocabularyCount)
    }
  }
}

extension WrittenTensor {
  /// Sets all bits of a block beside its scales, so that a scale counts.
  fileprivate mutating func makeNonzero(_ start: Int) {
    let scales = Set(type.scaleOffsets.flatMap { [$0, $0 + 1] })
    for place in 0..<type.blockByteCount where !scales.contains(place) {
      bytes[start + place] = 0x77
    }
  }
}
