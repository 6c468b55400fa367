import Foundation
import Tokenizer

@testable import Model
@testable import Platform

/// A packed model, whose checksums are made right so that what lies behind them is reached.
struct PackedTarget: FuzzTarget {
  static var seeds: [[UInt8]] {
    HostileFiles.bases.map { base in
      let source = NamelessFile()
      base.builder.build().withUnsafeBufferPointer { source.write($0) }
      let path = NSTemporaryDirectory() + "edge-infer-packed-\(UUID().uuidString)"
      defer { unlink(path) }
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
      defer { buffer.deallocate() }
      var use = ModelUse()
      use.packedPath = path
      _ = try! source.path.withCString { try use.run($0, buffer: buffer) }
      return [0] + [UInt8](try! Data(contentsOf: URL(fileURLWithPath: path)))
    }
  }

  private let file = NamelessFile()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)

  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws {
    guard let first = input.first else { return }
    var bytes = Array(input.dropFirst())
    if first & 0x80 == 0 { Self.repair(&bytes) }
    bytes.withUnsafeBufferPointer { file.write($0) }
    do {
      _ = try file.path.withCString { try ModelUse().run($0, buffer: buffer) }
    } catch let error as ModelError {
      require(error.exitCode == .malformedData, "a bad packed model is told by 65")
    } catch let error as TokenizerError {
      require(error.exitCode == .malformedData, "a bad tokenizer is told by 65")
    }
  }

  /// The magic number, version, build and the checksums of all parts that lie in the file.
  private static func repair(_ bytes: inout [UInt8]) {
    guard bytes.count >= PackedHeader.byteCount else { return }
    bytes.withUnsafeMutableBytes { raw in
      var header = raw.loadUnaligned(as: PackedHeader.self)
      header.magic = PackedHeader.magic
      header.version = PackedHeader.version
      header.buildName = PackedHeader().buildName
      let limit = UInt64(raw.count)
      let counts = [
        header.metadataByteCount, header.tokenizerByteCount, header.headBudgetsByteCount,
      ]
      if counts.allSatisfy({ $0 <= limit }) {
        let parts = UnsafeRawBufferPointer(rebasing: raw[PackedHeader.byteCount...])
        header.metadataChecksum = hash(parts, 0, Int(header.metadataByteCount))
        header.tokenizerChecksum =
          hash(parts, header.tokenizerOffset, Int(header.tokenizerByteCount))
        if header.weightByteCount <= limit && header.weightByteCount % 128 == 0
          && header.weightOffset + Int(header.weightByteCount) <= parts.count
        {
          let start = header.weightOffset
          let weights = parts[start..<start + Int(header.weightByteCount)]
          let image = UnsafeRawBufferPointer(rebasing: weights)
          header.weightChecksum = (0..<PackedChecksum.chunkCount(image.count))
            .reduce(0) { $0 &+ PackedChecksum.chunk($1, of: image) }
        }
      }
      header.checksum = header.expectedChecksum()
      raw.storeBytes(of: header, as: PackedHeader.self)
    }
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> UInt64 {
    var hash = XXHash64()
    if start <= bytes.count && count <= bytes.count - start {
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
    }
    return hash.finish()
  }
}
