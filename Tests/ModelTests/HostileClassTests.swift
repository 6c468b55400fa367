import Foundation
import TestSupport
import Testing
import Tokenizer

@testable import Model

/// The classes of faults that readers of GGUF files were published with, each by its name.
@Suite struct HostileClassTests {
  private func changed(_ change: (inout GGUFBuilder) -> Void) -> GGUFBuilder {
    var builder = HostileFiles.bases[0].builder
    change(&builder)
    return builder
  }

  /// Refused when the header is read, before memory is planned.
  private func expectRefused(
    _ file: TemporaryFile, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let start = Date()
    guard let error = openingError(file.path) else {
      Issue.record("the file was taken", sourceLocation: sourceLocation)
      return
    }
    #expect(error.exitCode == .malformedData, sourceLocation: sourceLocation)
    let line = message(error)
    #expect(line.contains(words), "\(line)", sourceLocation: sourceLocation)
    #expect(Date().timeIntervalSince(start) < 1, sourceLocation: sourceLocation)
  }

  /// CVE-2024-21802 and its kin: counts of tensors and keys, and lengths of strings, whose sizes wrap
  /// when memory for them is taken.
  @Test(
    arguments: [
      .max, .max - 1, 1 << 63, 1 << 61, .max / 88 + 1, .max / 24 + 1, 1 << 32, 1 << 31,
    ] as [UInt64])
  func countsThatWrapInBytes(count: UInt64) {
    expectRefused(
      TemporaryFile(changed { $0.tensorCount = count }.build()), "the count of tensors")
    expectRefused(TemporaryFile(changed { $0.keyCount = count }.build()), "the count of keys")
    let text = changed { $0.set("general.name", .raw(type: 8, bytes: littleEndian(count))) }
    expectRefused(TemporaryFile(text.build()), "truncated")
    for type in [0, 4, 8, 10] as [UInt32] {
      let list = changed { $0.set("some.array", .raw(type: 9, bytes: array(type, count, []))) }
      expectRefused(TemporaryFile(list.build()), "truncated")
    }
    let name = changed { $0.tensors[0].name = "" }.build()
    // The last eight bytes before the first entry's dimensions are the length of its name.
    let field = HeaderFields(name).all.first { $0.kind == .tensorNameLength }!
    var spoiled = name
    spoiled.replaceSubrange(field.offset..<field.offset + 8, with: littleEndian(count))
    expectRefused(TemporaryFile(spoiled), "the length of a tensor's name")
  }

  /// CVE-2025-49847: tokens whose length is cut to 32 bits; the file has these bytes, as holes.
  @Test(arguments: [4097, (1 << 31) - 1, (1 << 31) + 5, (1 << 32) + 5] as [UInt64])
  func vocabularyOverflow(byteCount: UInt64) {
    let elements = lengthAndBytes("a") + littleEndian(byteCount)
    let file = TemporaryFile(
      changed {
        $0.keys.removeAll { $0.name == "tokenizer.ggml.tokens" }
        $0.keys.append(("tokenizer.ggml.tokens", .raw(type: 9, bytes: array(8, 2, elements))))
      }.header)
    file.extend(to: 1 << 34)
    let error = openingError(file.path)
    #expect(error?.exitCode == .malformedData)
  }

  /// A count of tokens, scores or merges that is not that of the vocabulary.
  @Test func listsOfDifferentLengths() {
    for count in [0, 1, 11, 13, 5000] {
      expectRefused(
        TemporaryFile(
          changed {
            $0.set("tokenizer.ggml.token_type", .int32s([Int32](repeating: 1, count: count)))
          }.build()), "tokenizer.ggml.token_type")
      expectRefused(
        TemporaryFile(
          changed {
            $0.set("tokenizer.ggml.scores", .float32s([Float](repeating: 0, count: count)))
          }.build()), "tokenizer.ggml.scores")
    }
    for count in [13, 5000] {
      let texts = (0..<count).map { "t\($0)" }
      expectRefused(
        TemporaryFile(changed { $0.set("tokenizer.ggml.tokens", .strings(texts)) }.build()),
        "tokenizer.ggml.")
    }
  }

  /// An id of no token falls back to the tokenizer's default; one that is no Int64 is refused.
  @Test(
    arguments: ["bos", "eos", "eot", "eom", "fim_pad", "fim_rep", "fim_sep", "unknown"],
    [12, 1 << 31, 1 << 63, .max] as [UInt64])
  func tokenIDsOutsideTheVocabulary(name: String, id: UInt64) throws {
    let key = "tokenizer.ggml.\(name)_token_id"
    for value in [GGUFValue.uint64(id), .int64(-1)] {
      let file = TemporaryFile(changed { $0.set(key, value) }.build())
      if case .uint64(let id) = value, id >> 63 == 1 {
        expectRefused(file, key)
        continue
      }
      try withModel(file.path) { model in
        #expect(model.tokenizer.wrongID.map { string($0) } == key)
      }
    }
  }

  /// SentencePiece's own ids of the marks, in a vocabulary that is too small for them.
  @Test(arguments: [1, 2]) func defaultIDsOutsideTheVocabulary(count: Int) throws {
    var builder = HostileFiles.bases[2].builder
    builder.set("llama.vocab_size", .uint32(UInt32(count)))
    builder.set("tokenizer.ggml.tokens", .strings(["a", "b"].suffix(count)))
    builder.set("tokenizer.ggml.token_type", .int32s([Int32](repeating: 1, count: count)))
    builder.set("tokenizer.ggml.scores", .float32s([Float](repeating: 0, count: count)))
    for name in ["bos", "eos", "eot", "eom", "unknown"] {
      builder.remove("tokenizer.ggml.\(name)_token_id")
    }
    builder.remove("tokenizer.ggml.add_bos_token")
    builder.change("token_embd.weight") { $0.extents[1] = UInt64(count) }
    builder.fillSoundly()
    let file = TemporaryFile(builder.build())
    try withModel(file.path) { model in
      #expect(model.tokenizer.bosID == (count > 1 ? 1 : nil) && model.tokenizer.eosID == nil)
    }
    let buffer = ReadBuffer()
    let outcome = try file.path.withCString { unsafe try ModelUse().run($0, buffer: buffer.bytes) }
    #expect(outcome == .ran)
  }

  /// CVE-2025-53630 and CVE-2026-27940: bytes of tensors that are sound one by one, and whose sum,
  /// or whose sum with what stands around it, wraps.
  @Test func sumsOfTensorsThatWrap() {
    for (extents, count) in [
      ([1 << 61], 2), ([1 << 61], 9), ([(1 << 62) / 4], 4), ([1 << 40, 1 << 20], 3),
      ([.max >> 3 & ~31], 1), ([.max >> 2 & ~31], 1),
    ] as [([UInt64], Int)] {
      let file = changed { base in
        for index in 0..<count {
          base.tensors.append(
            TensorSpec(name: "extra.\(index)", extents: extents, type: 0, offset: 0))
        }
      }
      expectRefused(TemporaryFile(file.build()), "extra.0")
    }
  }

  /// CVE-2026-33298: dimensions whose product, in elements or in bytes, wraps to a small number.
  @Test func dimensionsThatWrap() {
    let shapes: [[UInt64]] = [
      [1 << 32, 1 << 32], [1 << 16, 1 << 16, 1 << 16, 1 << 16], [32, 1 << 59], [32, (1 << 57) + 1],
      [1 << 62, 4], [.max >> 1 & ~31, 2], [1 << 31, 1 << 31, 4], [32, 1 << 62, 1 << 62, 1 << 62],
      [1 << 63], [.max], [32, .max], [0, 0], [32, 0],
    ]
    for extents in shapes {
      for type in [0, 1, 2, 8, 12, 14] as [UInt32] {
        let file = changed {
          $0.change("blk.0.ffn_up.weight") { tensor in
            tensor.extents = extents
            tensor.type = type
          }
        }
        expectRefused(TemporaryFile(file.build()), "blk.0.ffn_up.weight")
        let extra = changed {
          $0.tensors.append(TensorSpec(name: "extra", extents: extents, type: type))
        }
        expectRefused(TemporaryFile(extra.build()), "extra")
      }
    }
  }

  /// CVE-2026-7482: tensors whose data are not, or not all, in the file.
  @Test func dataPastTheEnd() {
    let whole = HostileFiles.bases[0].builder.build()
    for cut in [1, 31, 32, 4096, whole.count / 2] {
      expectRefused(TemporaryFile(Array(whole[..<(whole.count - cut)])), "tensor '")
    }
    let end = UInt64(whole.count + 31) / 32 * 32
    let offsets: [UInt64] = [end, end + 32, 1 << 32, 1 << 62, 1 << 63, .max - 31]
    for offset in offsets {
      let file = changed { $0.change("blk.0.ffn_down.weight") { $0.offset = offset } }
      expectRefused(TemporaryFile(file.build()), "blk.0.ffn_down.weight")
    }
  }

  @Test func dataThatOverlap() {
    let count = HostileFiles.bases[0].builder.tensors.count
    for index in 1..<count {
      let file = changed { $0.tensors[index].offset = 0 }
      expectRefused(TemporaryFile(file.build()), "has data at offset 0, expected them behind")
    }
    let file = changed { $0.change("output_norm.weight") { $0.offset = 32 } }
    expectRefused(TemporaryFile(file.build()), "tensor 'output_norm.weight' has data at offset 32")
  }

  @Test(arguments: [1, 2, 4, 8, 16, 31, 33]) func dataThatAreUnaligned(offset: UInt64) {
    let file = changed { $0.change("token_embd.weight") { $0.offset = offset } }
    expectRefused(TemporaryFile(file.build()), "a multiple of 32")
  }

  @Test(arguments: [0, 3, 1 << 31, 1 << 32, 1 << 63, .max] as [UInt64])
  func alignments(value: UInt64) {
    let file = changed { $0.set("general.alignment", .uint64(value)) }
    expectRefused(TemporaryFile(file.build()), "general.alignment")
  }

  @Test func bigEndian() {
    var bytes = HostileFiles.bases[0].builder.build()
    bytes.replaceSubrange(4..<8, with: [0, 0, 0, 3])
    expectRefused(TemporaryFile(bytes), "big-endian")
    bytes.replaceSubrange(0..<4, with: Array("FUGG".utf8))
    expectRefused(TemporaryFile(bytes), "big-endian")
  }

  /// Holes cost nothing to send and would take hours to walk.
  @Test func stringsWithoutEnd() {
    let file = TemporaryFile(
      changed { $0.keys = [("some.texts", .raw(type: 9, bytes: array(8, 1 << 38, [])))] }.header)
    file.extend(to: 1 << 42)
    expectRefused(file, "274877906944 strings, expected at most")
    let many = TemporaryFile(
      changed {
        $0.keyCount = 60_000
        $0.keys = [("some.texts", .raw(type: 9, bytes: array(8, 1 << 22, [])))]
      }.header)
    many.extend(to: 1 << 42)
    expectRefused(many, "the size of the metadata")
  }

  @Test func splitFactsThatContradict() {
    for (number, count, tensors) in [
      (1, 2, 11), (2, 2, 11), (0, 65, 11), (0, .max, 11), (0, 2, 11), (-1, 3, 11), (.min, 2, 1),
    ] as [(Int64, Int64, Int64)] {
      let file = changed {
        $0.set("split.no", .int64(number))
        $0.set("split.count", .int64(count))
        $0.set("split.tensors.count", .int64(tensors))
      }
      expectRefused(TemporaryFile(file.build()), "split.")
    }
  }

  @Test(arguments: [
    "llama.rope.freq_base", "llama.rope.scaling.factor",
    "llama.rope.scaling.attn_factor", "llama.rope.scaling.yarn_beta_fast",
    "llama.rope.scaling.yarn_beta_slow", "llama.attention.layer_norm_rms_epsilon",
  ])
  func numbersThatAreNone(key: String) {
    for value in [Float.nan, .infinity, -.infinity, -1] {
      expectRefused(TemporaryFile(changed { $0.set(key, .float32(value)) }.build()), key)
    }
  }

  @Test func factorsOfFrequencies() throws {
    for value in [Float.nan, .infinity, 0, -1, 1e-38, .leastNonzeroMagnitude, 3e38] {
      var builder = HostileFiles.bases[2].builder
      builder.change("rope_freqs.weight") {
        $0.data = [1, 1, value, 1].flatMap { littleEndian($0.bitPattern) }
      }
      let (file, buffer) = (TemporaryFile(builder.build()), ReadBuffer())
      let error = #expect(throws: ModelError.self) {
        _ = try file.path.withCString { unsafe try ModelUse().run($0, buffer: buffer.bytes) }
      }
      #expect(try message(#require(error)).hasPrefix("tensor 'rope_freqs.weight' "))
    }
  }

  @Test(arguments: [0, 3, 5, 7, 257, 1 << 31, 1 << 63] as [UInt64])
  func headCounts(count: UInt64) {
    for key in ["llama.attention.head_count", "llama.attention.head_count_kv"] {
      expectRefused(TemporaryFile(changed { $0.set(key, .uint64(count)) }.build()), "llama.")
    }
  }

  @Test(arguments: [0, 1 << 31, 1 << 63, .max] as [UInt64])
  func contextLengths(count: UInt64) {
    let file = changed { $0.set("llama.context_length", .uint64(count)) }
    expectRefused(TemporaryFile(file.build()), "llama.context_length")
  }
}

extension TemporaryFile {
  /// The new bytes are a hole.
  fileprivate func extend(to byteCount: Int) { #expect(truncate(path, byteCount) == 0) }
}

/// As the builder's, with a count that need not be that of the elements.
private func array(_ type: UInt32, _ count: UInt64, _ elements: [UInt8]) -> [UInt8] {
  littleEndian(type) + littleEndian(count) + elements
}
