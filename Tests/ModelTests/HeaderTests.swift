import Foundation
import TestSupport
import Testing

@testable import Model

@Suite struct HeaderTests {
  @Test(arguments: [2, 3] as [UInt32]) func acceptsVersion(version: UInt32) throws {
    var builder = GGUFBuilder()
    builder.version = version
    try withModel(builder) { model in
      #expect(model.version == version)
      #expect(string(model.name) == "tiny")
      #expect(model.tensorCount == 20)
    }
  }

  @Test func refusesOtherVersions() {
    for version: UInt32 in [0, 1, 4, 0x0000_0103, .max] {
      var builder = GGUFBuilder()
      builder.version = version
      #expect(complaint(builder) == "GGUF version is \(version), expected 2 or 3")
    }
    for version: UInt32 in [1, 2, 3] {
      var builder = GGUFBuilder()
      builder.version = version.byteSwapped
      #expect(complaint(builder) == "a big-endian GGUF file, expected a little-endian one")
    }
    var builder = GGUFBuilder()
    builder.magic = Array("FUGG".utf8)
    #expect(complaint(builder) == "a big-endian GGUF file, expected a little-endian one")
  }

  @Test func refusesOtherFiles() {
    let text = Array("Once upon a time there was a text.\n".utf8)
    #expect(complaint(text) == "not a GGUF model: it starts with 'Once', expected 'GGUF'")
    let zeros = [UInt8](repeating: 0, count: 4096)
    #expect(
      complaint(zeros)
        == "not a GGUF model: it starts with '\\x00\\x00\\x00\\x00', expected 'GGUF'")
    #expect(
      complaint([])
        == "truncated: the file ends at byte 0, within the magic number that starts at byte 0")
  }

  @Test func namesSystemFailures() throws {
    let missing = try #require(openingError("/nonexistent/model.gguf"))
    #expect(missing.exitCode == .missingFile)
    #expect(message(missing).hasPrefix("cannot open: no such file or directory"))
    let directory = try #require(openingError(NSTemporaryDirectory()))
    #expect(directory.exitCode == .inputOutput)
    #expect(message(directory).hasPrefix("cannot open: it is a directory"))
  }

  /// No part of a file is a model, wherever it ends.
  @Test func refusesEveryTruncation() {
    let builder = GGUFBuilder(type: .q8_0, layerCount: 1)
    let bytes = builder.build()
    let file = TemporaryFile(bytes)
    let buffer = ReadBuffer()
    #expect(openingError(file.path, buffer: buffer) == nil)
    for count in (0..<bytes.count).reversed() {
      file.cut(to: count)
      let error = openingError(file.path, buffer: buffer)
      #expect(error?.exitCode == .malformedData, "cut at \(count)")
    }
  }

  @Test func refusesHostileCounts() {
    for count: UInt64 in [65_537, 1 << 32, 1 << 63, .max] {
      var builder = GGUFBuilder()
      builder.keyCount = count
      #expect(
        complaint(builder) == "the count of keys before byte 24 is \(count), expected 0 to 65536")
      builder = GGUFBuilder()
      builder.tensorCount = count
      #expect(
        complaint(builder)
          == "the count of tensors before byte 16 is \(count), expected 0 to 65536")
    }
    for delta in [-1, 1] {
      var builder = GGUFBuilder()
      builder.keyCount = UInt64(builder.keys.count + delta)
      #expect(complaint(builder) != nil)
      builder = GGUFBuilder()
      builder.tensorCount = UInt64(builder.tensors.count + delta)
      #expect(complaint(builder) != nil)
    }
  }

  private static let hostileLengths: [UInt64] = [
    1 << 20, 1 << 32, (1 << 61) + 1, (1 << 63) - 8, 1 << 63, .max - 7, .max,
  ]

  @Test(arguments: hostileLengths) func refusesHostileLengths(length: UInt64) {
    let bytes = littleEndian(length)
    var builder = GGUFBuilder()
    builder.set("some.text", .raw(type: 8, bytes: bytes))
    #expect(complaint(builder)?.hasPrefix("truncated: ") == true)
    for type: UInt32 in 0...12 where type != 9 {
      builder.set("some.text", .raw(type: 9, bytes: littleEndian(type) + bytes))
      #expect(complaint(builder)?.hasPrefix("truncated: ") == true)
    }
    builder = GGUFBuilder()
    let whole = builder.build()
    // The length of the first key.
    let spoiled = Array(whole[..<24]) + bytes + Array(whole[32...])
    #expect(complaint(spoiled)?.hasPrefix("the length of a key before byte 32 is") == true)
  }

  @Test func refusesStringsBeyondTheFileWithinAnArray() {
    var builder = GGUFBuilder()
    let elements = lengthAndBytes("ok") + littleEndian(UInt64.max)
    builder.set("some.texts", .raw(type: 9, bytes: array(8, 2, elements)))
    #expect(complaint(builder)?.hasPrefix("truncated: ") == true)
  }

  @Test func refusesUnknownAndNestedTypes() {
    var builder = GGUFBuilder()
    builder.set("some.value", .raw(type: 13, bytes: []))
    #expect(
      complaint(builder) == "key 'some.value' has the unknown value type 13, expected 0 to 12")
    builder.set("some.value", .raw(type: 9, bytes: array(99, 0, [])))
    #expect(
      complaint(builder) == "key 'some.value' has the unknown value type 99, expected 0 to 12")
    builder.set("some.value", .raw(type: 9, bytes: array(9, 1, array(8, 0, []))))
    #expect(
      complaint(builder)
        == "key 'some.value' is an array of arrays, expected an array of plain values")
    builder.set("some.value", .raw(type: 7, bytes: [2]))
    #expect(complaint(builder) == "key 'some.value' is 2, expected a boolean: 0 or 1")
  }

  @Test func limitsKeyLengths() {
    var builder = GGUFBuilder()
    builder.keys.insert((String(repeating: "k", count: 65_535), .uint8(0)), at: 0)
    #expect(complaint(builder) == nil)
    builder.keys[0].name += "k"
    #expect(
      complaint(builder) == "the length of a key before byte 32 is 65536, expected 1 to 65535")
    builder.keys[0].name = ""
    #expect(complaint(builder) == "the length of a key before byte 32 is 0, expected 1 to 65535")
  }

  /// Values behind the end of one buffer, and longer than a buffer.
  @Test func readsAcrossBuffers() throws {
    var builder = GGUFBuilder()
    let long = String(repeating: "x", count: 40_000)
    builder.keys.insert(("some.text", .string(long)), at: 1)
    builder.keys.insert(("some.numbers", .int32s([Int32](repeating: 7, count: 9999))), at: 3)
    builder.keys.insert(("some.texts", .strings(["a", long, "", long])), at: 5)
    try withModel(builder) { model in #expect(model.shape.layerCount == 2) }
  }

  @Test(arguments: [8, 16, 64, 4096, 1 << 20]) func acceptsAlignment(alignment: Int) throws {
    var builder = GGUFBuilder()
    builder.alignment = alignment
    builder.set("general.alignment", .uint32(UInt32(alignment)))
    try withModel(builder) { model in #expect(model.tensorCount == 20) }
  }

  @Test(arguments: [-8, 0, 1, 4, 24, 48, 1 << 21, 1 << 62] as [Int64])
  func refusesAlignment(alignment: Int64) {
    var builder = GGUFBuilder()
    builder.set("general.alignment", .int64(alignment))
    #expect(
      complaint(builder)
        == "key 'general.alignment' is \(alignment), expected a power of two from 8 to 2^20")
  }
}
