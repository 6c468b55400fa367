import Foundation
import KVCache
import Memory
import Profile

@testable import Inference
@testable import Model
@testable import Platform

/// A saved cache, whose length and checksum are made right so that what lies behind them is reached.
struct SnapshotTarget: FuzzTarget {
  private static let policies: [Policy] = [.keydiff, .h2o, .snapkv, .l2]

  static var seeds: [[UInt8]] {
    policies.indices.map { index in
      let path = NSTemporaryDirectory() + "edge-infer-snapshot-\(UUID().uuidString)"
      defer { unlink(path) }
      let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      var out = TextOutput(descriptor: descriptor)
      var run = try! SavingRun.start(policy: policies[index])
      run.forward(blocks: 3)
      run.engine.save(to: &out)
      out.flush()
      close(descriptor)
      return [UInt8(index)] + [UInt8](try! Data(contentsOf: URL(fileURLWithPath: path)))
    }
  }

  private let file = NamelessFile()
  private let runs: [OneRun]

  init() throws { runs = try Self.policies.map { OneRun(try SavingRun.start(policy: $0)) } }

  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws {
    guard let first = input.first else { return }
    var bytes = Array(input.dropFirst())
    if first & 0x80 == 0 { Self.repair(&bytes) }
    bytes.withUnsafeBufferPointer { file.write($0) }
    let run = runs[Int(first) % runs.count]
    try file.path.withCString { path in
      let input = try InputFile(path: path)
      do {
        try run.value.engine.restore(from: input)
      } catch let error as SnapshotError {
        require(error.exitCode == .malformedData, "a bad snapshot is told by 65")
      }
    }
    run.value.forward(blocks: 1)
  }

  /// The magic number, the version, the length and the checksum.
  private static func repair(_ bytes: inout [UInt8]) {
    guard bytes.count >= SnapshotHeader.byteCount else { return }
    bytes.withUnsafeMutableBytes { raw in
      var header = raw.loadUnaligned(as: SnapshotHeader.self)
      header.magic = SnapshotHeader.magic
      header.version = SnapshotHeader.version
      header.payloadByteCount = UInt64(raw.count - SnapshotHeader.byteCount)
      var hash = header.startHash()
      hash.update(UnsafeRawBufferPointer(rebasing: raw[SnapshotHeader.byteCount...]))
      header.checksum = hash.finish()
      raw.storeBytes(of: header, as: SnapshotHeader.self)
    }
  }
}

private final class OneRun {
  var value: SavingRun
  init(_ value: consuming SavingRun) { self.value = value }
}

/// A small model in an arena, with a policy.
private struct SavingRun: ~Copyable {
  private static let blockSize = 8
  var engine: Engine
  let arena: Arena

  static func start(policy: Policy) throws -> SavingRun {
    let file = NamelessFile()
    HostileFiles.bases[0].builder.build().withUnsafeBufferPointer { file.write($0) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
    defer { buffer.deallocate() }
    let path = strdup(file.path)!
    defer { free(path) }
    let model = try ModelFile(path: path, buffer: buffer)
    let settings = RunSettings(
      blockSize: Self.blockSize, cacheBudget: 8, policy: policy,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: 1, logitRowCount: 1,
      l2ByteCount: 1 << 18)
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: model.shape, settings: settings)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let layout = EngineLayout(carver: &carver, shape: model.shape, settings: settings)
    carver.seal()
    let engine = try Engine(layout: layout, cores: [Int32]().span)
    try engine.load(model, into: arena, buffer: buffer)
    return SavingRun(engine: engine, arena: arena)
  }

  mutating func forward(blocks: Int) {
    for block in 0..<blocks {
      for index in 0..<Self.blockSize {
        engine.block[index] = Int32((block * Self.blockSize + index) * 7 % 12)
      }
      _ = try? engine.append(Self.blockSize)
      engine.makeLogits(firstRow: Self.blockSize - 1, rowCount: 1)
      _ = engine.logits(0).best()
    }
  }
}
