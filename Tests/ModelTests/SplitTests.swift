import Foundation
import Memory
import Platform
import TestSupport
import Testing

@testable import Model

/// Models in several files, as gguf-split writes them.
@Suite struct SplitTests {
  @Test(arguments: [[5, 15], [7, 7, 6], [0, 20], [0, 1, 0, 19], [20, 0], Self.single])
  func equalsTheWhole(tensorCounts: [Int]) throws {
    let builder = GGUFBuilder(type: .q4_k)
    let whole = try contents(PartFolder(builder))
    let folder = try PartFolder(builder.split(tensorCounts))
    let split = try contents(folder)
    #expect(split.shape == whole.shape)
    #expect(split.names == whole.names)
    #expect(split.rows == whole.rows)
    #expect(split.tokens == whole.tokens)
    try withModel(folder.path(0)) { model in
      #expect(model.partCount == tensorCounts.count && model.tensorCount == 20)
      #expect(string(model.name) == "tiny")
      let sizes = try tensorCounts.indices.map { try folder.byteCount($0) }
      #expect(model.byteCount == sizes.reduce(0, +))
    }
  }

  /// The most parts there may be: each tensor in a file, the rest without any.
  private static let single =
    [Int](repeating: 1, count: 20) + [Int](repeating: 0, count: GGUF.partCountMax - 20)

  @Test func partsHaveTheirOwnAlignmentAndVersion() throws {
    let builder = GGUFBuilder(type: .q6_k)
    let whole = try contents(PartFolder(builder))
    var parts = builder.split([4, 8, 8])
    parts[1].alignment = 4096
    parts[1].set("general.alignment", .uint32(4096))
    parts[2].version = 2
    let split = try contents(PartFolder(parts))
    #expect(split.rows == whole.rows)
  }

  /// Metadata of the model come from the first part, whatever the others say.
  @Test func metadataComeFromTheFirstPart() throws {
    var parts = GGUFBuilder().split([10, 10])
    parts[1].set("general.name", .string("other"))
    parts[1].set("llama.block_count", .uint32(77))
    parts[1].remove("split.tensors.count")
    let folder = try PartFolder(parts)
    try withModel(folder.path(0)) { model in
      #expect(string(model.name) == "tiny" && model.shape.layerCount == 2)
    }
  }

  /// What gguf-split leaves behind when it merges, and a count of 1, are models in one file.
  @Test(arguments: [0, 1] as [UInt16]) func oneFileIsNoPart(count: UInt16) throws {
    var builder = GGUFBuilder()
    builder.set("split.no", .uint16(0))
    builder.set("split.count", .uint16(count))
    builder.set("split.tensors.count", .int32(3))
    try withModel(builder) { model in #expect(model.partCount == 1) }
  }

  @Test func namesAMissingPart() throws {
    for index in 1..<4 {
      let folder = try PartFolder(GGUFBuilder().split([5, 5, 5, 5]))
      folder.remove(index)
      let error = try #require(openingError(folder.path(0)))
      #expect(error.exitCode == .missingFile)
      #expect(
        message(error)
          == "part \(index + 1) of 4, 'tiny-0000\(index + 1)-of-00004.gguf': cannot open: no such "
          + "file or directory (errno 2)")
    }
  }

  /// Long names are shown by their ends: the number is what tells.
  @Test func namesAMissingPartWithALongName() throws {
    let stem = String(repeating: "x", count: 100) + "abc"
    let folder = try PartFolder(GGUFBuilder().split([10, 10]), stem: stem)
    folder.remove(1)
    let line = try #require(complaint(folder, exitCode: .missingFile))
    #expect(line.hasPrefix("part 2 of 2, '...xxx"))
    #expect(line.contains("xxxabc-00002-of-00002.gguf': cannot open"))
  }

  @Test func namesTheFirstPart() throws {
    let folder = try PartFolder(GGUFBuilder().split([7, 7, 6]))
    for index in 1..<3 {
      #expect(
        complaint(folder, opening: index)
          == "key 'split.no' is \(index): this is part \(index + 1) of a split model, which is "
          + "opened by part 1 of 3, 'tiny-00001-of-00003.gguf'")
    }
    folder.rename(2, to: "other.gguf")
    let error = try #require(openingError(folder.path("other.gguf")))
    #expect(message(error).hasSuffix("is opened by part 1 of 3, 'NAME-00001-of-00003.gguf'"))
  }

  @Test func theFirstPartsNameMustGiveTheOthers() throws {
    for name in [
      "other.gguf", "tiny-00002-of-00003.gguf", "tiny-00001-of-00002.gguf", "x.gguf",
      "tiny-00001-of-00003.GGUF", "tiny-1-of-3.gguf",
    ] {
      let folder = try PartFolder(GGUFBuilder().split([7, 7, 6]))
      folder.rename(0, to: name)
      let error = try #require(openingError(folder.path(name)))
      #expect(error.exitCode == .malformedData)
      #expect(
        message(error)
          == "key 'split.count' is 3: the other parts are not to be found unless this file's name "
          + "ends in '-00001-of-00003.gguf'")
    }
  }

  /// What is wrong with the second of three parts, or with all.
  private static let faults: [(String, @Sendable (inout [GGUFBuilder]) -> Void)] = [
    (
      "part 2 of 3, NAME: key 'split.count' is 4, expected the same as in the first part, which is 3",
      { $0[1].set("split.count", .uint16(4)) }
    ),
    (
      "part 2 of 3, NAME: key 'split.count' is 1, expected the same as in the first part, which is 3",
      { $0[1].set("split.count", .uint16(1)) }
    ),
    ("part 2 of 3, NAME: key 'split.count' is missing", { $0[1].remove("split.count") }),
    (
      "part 2 of 3, NAME: key 'split.count' is of type STRING, expected an integer",
      { $0[1].set("split.count", .string("3")) }
    ),
    (
      "part 2 of 3, NAME: key 'split.no' is 2, expected the same as its place among the parts, "
        + "which is 1",
      { $0[1].set("split.no", .uint16(2)) }
    ),
    (
      "part 2 of 3, NAME: key 'split.no' is 3, expected 0 to 2",
      { $0[1].set("split.no", .uint16(3)) }
    ),
    ("part 2 of 3, NAME: key 'split.no' is missing", { $0[1].remove("split.no") }),
    (
      "part 2 of 3, NAME: key 'split.tensors.count' is 21, expected the same as in the first part, "
        + "which is 20",
      { $0[1].set("split.tensors.count", .int32(21)) }
    ),
    (
      "part 2 of 3, NAME: key 'general.architecture' is 'bert', expected 'llama', "
        + "'qwen2', 'qwen3', 'gemma3', 'smollm3', 'granite', 'minicpm', 'phi3', 'mistral3', "
        + "'lfm2', 'qwen3moe', 'granitemoe', 'lfm2moe', "
        + "'qwen35', 'gemma4' or 'gpt-oss'",
      { $0[1].set("general.architecture", .string("bert")) }
    ),
    (
      "part 2 of 3, NAME: GGUF version is 1, expected 2 or 3", { $0[1].version = 1 }
    ),
    (
      "part 2 of 3, NAME: not a GGUF model: it starts with 'Once', expected 'GGUF'",
      { $0[1].magic = Array("Once".utf8) }
    ),
    ("key 'split.no' is missing", { $0[0].remove("split.no") }),
    ("key 'split.no' is -1, expected 0 to 2", { $0[0].set("split.no", .int16(-1)) }),
    ("key 'split.count' is 65, expected 0 to 64", { $0[0].set("split.count", .uint16(65)) }),
    ("key 'split.count' is -1, expected 0 to 64", { $0[0].set("split.count", .int16(-1)) }),
    ("key 'split.tensors.count' is missing", { $0[0].remove("split.tensors.count") }),
    (
      "key 'split.tensors.count' is 20, expected the same as the count of tensors in all parts, "
        + "which is 19",
      { $0[1].tensors.removeLast() }
    ),
    (
      "key 'split.tensors.count' is 20, expected the same as the count of tensors in all parts, "
        + "which is 21",
      { $0[1].tensors.append($0[0].tensors[0]) }
    ),
    (
      "part 2 of 3, NAME: tensor 'token_embd.weight' is repeated, expected it once",
      { $0[1].tensors[0] = $0[0].tensors[0] }
    ),
    (
      "part 2 of 3, NAME: tensor 'blk.9.attn_q.weight' belongs to no layer: block_count is 2",
      { $0[1].tensors[0].name = "blk.9.attn_q.weight" }
    ),
    (
      "tensor 'blk.0.ffn_norm.weight' is missing",
      { $0[1].tensors[0].name = "blk.0.attn_rot_embd.weight" }
    ),
    (
      "part 2 of 3, NAME: tensor 'blk.0.ffn_norm.weight' has 128 bytes at offset 1099511627776 of "
        + "the data, expected them within its SIZE bytes",
      { $0[1].tensors[0].offset = 1 << 40 }
    ),
  ]

  @Test(arguments: faults.indices) func namesFileAndField(index: Int) throws {
    let (expected, spoil) = Self.faults[index]
    var parts = GGUFBuilder().split([7, 7, 6])
    spoil(&parts)
    let size = parts[1].build().count - (parts[1].header.count + 31) / 32 * 32
    let line =
      expected
      .replacingOccurrences(of: "NAME", with: "'tiny-00002-of-00003.gguf'")
      .replacingOccurrences(of: "SIZE", with: "\(size)")
    #expect(try complaint(PartFolder(parts)) == line)
  }

  /// No part may be cut, wherever it ends.
  @Test func refusesTruncatedParts() throws {
    let parts = GGUFBuilder(type: .q8_0, layerCount: 1).split([4, 5, 2])
    let folder = try PartFolder(parts)
    let buffer = ReadBuffer()
    #expect(openingError(folder.path(0), buffer: buffer) == nil)
    for index in 1..<3 {
      for count in (0..<parts[index].build().count).reversed() {
        folder.cut(index, to: count)
        let error = openingError(folder.path(0), buffer: buffer)
        #expect(
          error?.exitCode == .malformedData && error?.part?.number == index + 1, "cut at \(count)")
      }
      try folder.write(index, parts[index].build())
    }
  }

  /// A part that is cut while it is open.
  @Test func readingNamesThePart() throws {
    let folder = try PartFolder(GGUFBuilder().split([7, 13]))
    try withModel(folder.path(0)) { model in
      folder.cut(1, to: 1000)
      let row = ReadBuffer(byteCount: 128)
      do throws(ModelError) {
        unsafe try model.read(into: row.bytes, at: 4096, part: 1)
        Issue.record("the file has no such bytes")
      } catch {
        #expect(message(error).hasPrefix("part 2 of 2, 'tiny-00002-of-00002.gguf': truncated: "))
      }
    }
  }

  /// Parts of different models, and parts in disorder, are not taken for one.
  @Test(arguments: 0..<6 as Range<UInt64>) func spoiledParts(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let builder = GGUFBuilder(type: .q4_0, layerCount: 1)
    let parts = builder.split([3, 4, 4])
    let files = parts.map { $0.build() }
    let folder = try PartFolder(parts)
    let buffer = ReadBuffer()
    var acceptedCount = 0
    for _ in 0..<300 {
      let index = Int.random(in: 0..<3, using: &generator)
      var bytes = files[index]
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(
          in: 0..<min(parts[index].header.count, bytes.count), using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.removeSubrange(place..<min(place + 9, bytes.count))
        case 2: bytes.removeSubrange(place...)
        default: bytes = files[Int.random(in: 0..<3, using: &generator)]
        }
        if bytes.isEmpty { break }
      }
      try folder.write(index, bytes)
      if let error = openingError(folder.path(0), buffer: buffer) {
        #expect(error.exitCode == .malformedData)
        _ = message(error)
      } else {
        acceptedCount += 1
      }
      try folder.write(index, files[index])
    }
    #expect(acceptedCount < 150)
    #expect(openingError(folder.path(0), buffer: buffer) == nil)
  }

  private func complaint(
    _ folder: PartFolder, opening index: Int = 0, exitCode: ExitCode = .malformedData
  ) -> String? {
    guard let error = openingError(folder.path(index)) else { return nil }
    #expect(error.exitCode == exitCode)
    return message(error)
  }
}

/// All that a model's files hold.
private struct Contents {
  var shape = ""
  var names: [String] = []
  var rows: [[UInt8]] = []
  var tokens: [String] = []
}

private struct NameList: TensorVisitor {
  var names: [String] = []

  mutating func visit(_ tensor: TensorEntry) throws(ModelError) {
    names.append(string(tensor.name))
  }
}

private func contents(_ folder: PartFolder) throws -> Contents {
  try withModel(folder.path(0)) { model in
    var contents = Contents()
    contents.shape = "\(model.shape)"
    let buffer = ReadBuffer()
    var (names, tokens) = (NameList(), TokenList())
    unsafe try model.forEachTensor(buffer: buffer.bytes, &names)
    unsafe try model.forEachToken(buffer: buffer.bytes, &tokens)
    (contents.names, contents.tokens) = (names.names, tokens.strings)
    var measuring = Carver.measuring
    _ = TensorTable(shape: model.shape, carver: &measuring)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    var table = TensorTable(shape: model.shape, carver: &carver)
    unsafe try table.fill(from: model, buffer: buffer.bytes)
    for index in 0..<TensorSlot.count(layerCount: model.shape.layerCount) {
      let slot = TensorSlot(index: index)
      if case .output = slot, model.shape.isOutputTied { continue }
      let tensor = table[slot]
      let rows = ReadBuffer(byteCount: tensor.rowCount * tensor.rowByteCount)
      unsafe try model.read(into: rows.bytes, at: tensor.fileOffset, part: Int(tensor.part))
      contents.rows.append(unsafe Array(rows.bytes))
    }
    return contents
  }
}

/// A folder with the parts of a model, which is removed with this value.
final class PartFolder {
  private let folder: Folder
  private let stem: String
  private let count: Int

  init(_ parts: [GGUFBuilder], stem: String = "tiny") throws {
    (self.stem, count) = (stem, parts.count)
    folder = try Folder(inMemory: true)
    for (index, part) in parts.enumerated() { try write(index, part.build()) }
  }

  convenience init(_ whole: GGUFBuilder) throws { try self.init([whole]) }

  func path(_ name: String) -> String { folder.path(name) }

  func path(_ index: Int) -> String {
    path("\(stem)-" + String(format: "%05d-of-%05d.gguf", index + 1, count))
  }

  func write(_ index: Int, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path(index)))
  }

  func byteCount(_ index: Int) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path(index))[.size] as! Int
  }

  func remove(_ index: Int) { #expect(unlink(path(index)) == 0) }

  func cut(_ index: Int, to byteCount: Int) { #expect(truncate(path(index), byteCount) == 0) }

  func rename(_ index: Int, to name: String) {
    #expect(Foundation.rename(path(index), path(name)) == 0)
  }
}
