import Foundation
import Platform
import TestSupport
import Testing

@testable import Model

/// The file format of packed models; that they run as the GGUF file does is shown in ProgramTests.
@Suite struct PackedModelTests {
  private static let weights = (0..<3 * 16_384).map { UInt8(truncatingIfNeeded: $0 &* 167 >> 3) }
  private static let tables = (0..<777).map { UInt8(truncatingIfNeeded: $0 &* 31) }
  private static let builder = GGUFBuilder(type: .q4_k)

  private static var numbers: PackedModel.Numbers { [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }

  private static func checksum(_ weights: [UInt8]) -> UInt64 {
    weights.withUnsafeBytes { image in
      (0..<PackedChecksum.chunkCount(image.count))
        .reduce(0) { unsafe $0 &+ PackedChecksum.chunk($1, of: image) }
    }
  }

  /// Packs the model at `path`.
  private func pack(
    _ path: String, tables: [UInt8], headBudgets: [UInt8] = []
  ) throws -> [UInt8] {
    let target = TemporaryFile()
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: target.path))
    let buffer = ReadBuffer()
    try withModel(path) { model in
      var out = TextOutput(descriptor: file.fileDescriptor)
      try Self.weights.withUnsafeBytes { weights in
        try tables.withUnsafeBytes { tables in
          try headBudgets.withUnsafeBytes { budgets in
            var contents = unsafe PackedContents(
              weights: weights, weightChecksum: Self.checksum(Self.weights), tokenizer: tables,
              vocabulary: Self.numbers, keepsCodes: false)
            unsafe contents.headBudgets = budgets
            try unsafe model.writePacked(contents, to: &out, buffer: buffer.bytes)
          }
        }
      }
      out.flush()
    }
    try file.close()
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: target.path)))
  }

  private func packed(tables: [UInt8] = Self.tables) throws -> [UInt8] {
    let source = TemporaryFile(Self.builder.build())
    return try pack(source.path, tables: tables)
  }

  private func read(_ image: PackedImage, _ model: borrowing ModelFile) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: image.byteCount)
    try bytes.withUnsafeMutableBytes { try unsafe model.read(into: $0, at: image.offset) }
    return bytes
  }

  /// A hash by the definition, in one go.
  private func hash(_ bytes: [UInt8]) -> UInt64 {
    var hash = XXHash64()
    bytes.withUnsafeBytes { unsafe hash.update($0) }
    return hash.finish()
  }

  @Test(arguments: [[20], [7, 7, 6]]) func isTheModelAndItsImages(parts: [Int]) throws {
    let folder = try PartFolder(Self.builder.split(parts))
    let source = try parts.indices.flatMap {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path($0))))
    }
    // An int8 image says nothing of the source's codes.
    let whole = try withModel(Self.builder) {
      var shape = $0.shape
      shape.coded = CodedTensors()
      return String(describing: shape)
    }
    let file = TemporaryFile(try pack(folder.path(0), tables: Self.tables))
    try withModel(file.path) { model in
      let found = model.packed
      let packed = try #require(found)
      #expect(
        String(describing: model.shape) == whole && model.partCount == 1
          && string(model.name) == "tiny")
      #expect(packed.sourceByteCount == source.count && packed.sourceHash == hash(source))
      #expect(packed.vocabulary.span.indices.allSatisfy { packed.vocabulary[$0] == UInt64($0 + 1) })
      let weights = try read(packed.weights, model)
      #expect(weights == Self.weights)
      #expect(packed.weights.checksum == Self.checksum(Self.weights))
      #expect((PackedHeader.byteCount + packed.weights.offset) % 16_384 == 0)
      let tables = try #require(packed.tokenizer)
      let bytes = try read(tables, model)
      #expect(bytes == Self.tables && tables.checksum == hash(Self.tables))
    }
  }

  @Test func tablesMayBeMissing() throws {
    let file = TemporaryFile(try packed(tables: []))
    try withModel(file.path) {
      let tables = $0.packed?.tokenizer
      #expect(tables == nil)
    }
  }

  /// The text of head budgets, of any length up to the buffer, lies behind the tables and is whole or
  /// refused; the other parts are as without it.
  @Test(arguments: [[], Self.tables]) func headBudgetsAreRead(tables: [UInt8]) throws {
    let source = TemporaryFile(Self.builder.build())
    for count in [16, 63, 64, 1000] {
      let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ 32) }
      let bytes = try pack(source.path, tables: tables, headBudgets: text)
      #expect(try headBudgets(in: bytes) == text)
      let file = TemporaryFile(bytes)
      try withModel(file.path) { model in
        let found = model.packed
        let packed = try #require(found)
        let weights = try read(packed.weights, model)
        #expect(weights == Self.weights && packed.headBudgets?.byteCount == count)
      }
      let place = try #require(Data(bytes).firstRange(of: Data(text))?.lowerBound)
      var changed = bytes
      changed[place + count / 2] ^= 1
      #expect(throws: ModelError.self) { _ = try headBudgets(in: changed) }
    }
    let long = try pack(
      source.path, tables: tables, headBudgets: [UInt8](repeating: 32, count: 1001))
    #expect(throws: ModelError.self) { _ = try headBudgets(in: long) }
    #expect(try headBudgets(in: pack(source.path, tables: tables)) == [])
    #expect(try headBudgets(in: Self.builder.build()) == [])
  }

  private func headBudgets(in bytes: [UInt8]) throws -> [UInt8] {
    let copy = TemporaryFile(bytes)
    let file = try InputFile(path: Array(copy.path.utf8CString))
    var target = [UInt8](repeating: 0, count: 1000)
    let count = try target.withUnsafeMutableBytes {
      unsafe try PackedModel.readHeadBudgets(of: file, into: $0)
    }
    return Array(target[..<count])
  }

  @Test func mapsItsWeights() throws {
    let file = TemporaryFile(try packed())
    let memory = mmap(nil, 3 * 16_384, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    defer { munmap(memory, 3 * 16_384) }
    try withModel(file.path) { model in
      let target = UnsafeMutableRawBufferPointer(start: memory, count: 3 * 16_384)
      let isMapped = model.map(model.packed!.weights, over: target)
      #expect(isMapped)
      #expect(target.elementsEqual(Self.weights))
    }
  }

  @Test func eachChunkOfTheChecksumCounts() {
    var generator = SeededGenerator(seed: 1)
    let bytes = (0..<(3 << 20) + 256).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let whole = Self.checksum(bytes)
    for place in [0, 5, 262_144, 1 << 20, (1 << 20) + 1, 2_500_000, (3 << 20) + 255] {
      var changed = bytes
      changed[place] ^= 1
      #expect(Self.checksum(changed) != whole)
    }
    var swapped = bytes
    for index in 0..<1 << 20 { swapped.swapAt(index, index + 1 << 20) }
    #expect(Self.checksum(swapped) != whole)
  }

  /// Cut anywhere it is refused, and with any byte changed before the images.
  @Test func damageIsFound() throws {
    let bytes = try packed()
    for count in [8, 100, 4095, 4096, 4097, bytes.count / 2, bytes.count - 1] {
      let text = try #require(complaint(Array(bytes[..<count])))
      #expect(text.contains("truncated") || text.contains("damaged"), "\(text)")
    }
    #expect(try #require(complaint(bytes + [0])).contains("truncated or too long"))
    let header = MemoryLayout<PackedHeader>.size
    for place in Array(8..<header) + Array(4096..<4096 + Self.builder.header.count) {
      var changed = bytes
      changed[place] ^= 0x41
      let text = try #require(complaint(changed), "byte \(place)")
      #expect(text.contains(place < 16 ? "version" : "checksum"), "byte \(place): \(text)")
    }
  }

  @Test func anotherBuildsIsRefused() throws {
    var bytes = try packed()
    bytes[16] ^= 0x41
    sign(&bytes)
    let text = try #require(complaint(bytes))
    #expect(text.contains("a packed model for '") && text.contains("this program is built for"))
  }

  /// Packed by a program that described the layers in another way.
  @Test func anotherDescriptionIsRefused() throws {
    var bytes = try packed()
    let place = MemoryLayout<PackedHeader>.offset(of: \.shapeFingerprint)!
    bytes[place] ^= 0x41
    sign(&bytes)
    #expect(
      complaint(bytes)
        == "a packed model whose layers are described otherwise than this program does")
  }

  private func sign(_ bytes: inout [UInt8]) {
    let end = MemoryLayout<PackedHeader>.size - 8
    bytes.replaceSubrange(end..<end + 8, with: littleEndian(hash(Array(bytes[..<end]))))
  }

  /// Every word at telling values, with a checksum that is right: an error or a model.
  @Test func wordsOfTheHeader() throws {
    let bytes = try packed()
    var openedCount = 0
    for place in stride(from: 48, to: MemoryLayout<PackedHeader>.size - 8, by: 8) {
      for word: UInt64 in [0, 1, 63, 4096, 1 << 31, 1 << 61, 1 << 62, 1 << 63, .max - 4096, .max] {
        var changed = bytes
        changed.replaceSubrange(place..<place + 8, with: littleEndian(word))
        sign(&changed)
        if complaint(changed) == nil { openedCount += 1 }
      }
    }
    #expect(openedCount > 0)
  }
}
