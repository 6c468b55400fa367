import Memory
import TestSupport
import Testing

@testable import Model

private struct EntryList: TensorVisitor {
  var entries: [TensorEntry] = []

  mutating func visit(_ tensor: TensorEntry) throws(ModelError) { entries.append(tensor) }
}

@Suite struct TensorTests {
  private static let types: [TensorType] = [
    .float32, .float16, .bfloat16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_nl, .q2_k,
    .q3_k, .q4_k, .q5_k, .q6_k, .iq4_xs, .mxfp4,
  ]

  @Test(arguments: types, [false, true]) func fillsTheTable(type: TensorType, isTied: Bool) throws {
    let builder = GGUFBuilder(type: type, layerCount: 3, isTied: isTied)
    let bytes = builder.build()
    let dataOffset = (builder.header.count + 31) / 32 * 32
    try withModel(builder) { model in
      #expect(model.shape.isOutputTied == isTied)
      var measuring = Carver.measuring
      _ = TensorTable(shape: model.shape, carver: &measuring)
      let arena = try Arena(plan: measuring.measured())
      var carver = arena.carver()
      var table = TensorTable(shape: model.shape, carver: &carver)
      carver.seal()
      let buffer = ReadBuffer()
      unsafe try table.fill(from: model, buffer: buffer.bytes)
      #expect(table[.tokenEmbedding].fileOffset == dataOffset)
      let width = type.blockElementCount == 256 ? 256 : 32
      #expect(table.outputHead.rowCount == 12 && table.outputHead.columnCount == width)
      let down = table[.layer(2, .down)]
      #expect(down.columnCount == 2 * width && down.rowCount == width && down.type == type)
      #expect(down.fileOffset + down.rowCount * down.rowByteCount == bytes.count)
      #expect(
        down.fileOffset(row: 1) - down.fileOffset == type.rowByteCount(columnCount: 2 * width))
      #expect(table[.layer(0, .attentionNorm)].type == .float32)
      #expect(table[.layer(0, .attentionNorm)].rowCount == 1)
      #expect(table[.outputNorm].columnCount == width)
      try readRow(down, of: model, expected: bytes)
    }
  }

  private func readRow(
    _ tensor: TensorLocation, of model: borrowing ModelFile, expected bytes: [UInt8]
  ) throws {
    let row = ReadBuffer(byteCount: tensor.rowByteCount)
    let last = tensor.fileOffset(row: tensor.rowCount - 1)
    unsafe try model.read(into: row.bytes, at: last)
    #expect(unsafe Array(row.bytes) == Array(bytes[last...]))
    #expect(throws: ModelError.self) {
      unsafe try model.read(into: row.bytes, at: last + 1)
    }
  }

  @Test func walksAllTensors() throws {
    var builder = GGUFBuilder(type: .q4_1)
    builder.tensors.append(
      TensorSpec(name: "blk.9.attn_rot_embd.weight", extents: [256, 2, 1, 3], type: 12))
    try withModel(builder) { model in
      var list = EntryList()
      let buffer = ReadBuffer()
      unsafe try model.forEachTensor(buffer: buffer.bytes, &list)
      #expect(list.entries.map { string($0.name) } == builder.tensors.map(\.name))
      let extra = try #require(list.entries.last)
      #expect("\(extra.type.name)" == "Q4_K" && extra.byteCount == 144 * 6)
      #expect(extra.shape.dimensionCount == 4 && extra.shape.rowCount == 6)
      #expect(extra.fileOffset + extra.byteCount == builder.build().count)
    }
  }

  @Test func everyNeededTensorMustBeThere() {
    let count = GGUFBuilder().tensors.count
    for index in 0..<count {
      var builder = GGUFBuilder()
      let name = builder.tensors.remove(at: index).name
      #expect(complaint(builder) == "tensor '\(name)' is missing")
      builder = GGUFBuilder()
      builder.tensors.append(builder.tensors[index])
      #expect(complaint(builder) == "tensor '\(name)' is repeated, expected it once")
    }
  }

  @Test func everyShapeIsChecked() throws {
    let count = GGUFBuilder(isTied: false).tensors.count
    for index in 0..<count {
      var builder = GGUFBuilder(isTied: false)
      builder.tensors[index].extents.append(1)
      #expect(complaint(builder) == nil)
      builder.tensors[index].extents[0] += 32
      let name = builder.tensors[index].name
      #expect(complaint(builder)?.hasPrefix("tensor '\(name)' has the shape [") == true)
      builder = GGUFBuilder(isTied: false)
      builder.tensors[index].extents.append(2)
      #expect(complaint(builder)?.hasPrefix("tensor '\(name)' has the shape [") == true)
    }
    var builder = GGUFBuilder()
    builder.change("blk.1.ffn_down.weight") { $0.extents = [32, 64] }
    #expect(
      complaint(builder)
        == "tensor 'blk.1.ffn_down.weight' has the shape [32, 64], expected [64, 32]")
  }

  @Test func refusesTypes() {
    var builder = GGUFBuilder()
    builder.change("blk.0.attn_q.weight") { $0.type = 24 }
    #expect(
      complaint(builder)
        == "tensor 'blk.0.attn_q.weight' has the unsupported type I8, expected "
        + "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K, IQ4_NL, IQ4_XS or MXFP4")
    for code: UInt32 in [4, 5, 31, 33, 99, .max] {
      builder.change("blk.0.attn_q.weight") { $0.type = code }
      #expect(
        complaint(builder)?.hasPrefix("tensor 'blk.0.attn_q.weight' has the unknown type \(code)")
          == true)
    }
    builder = GGUFBuilder()
    builder.change("blk.0.attn_norm.weight") { $0.type = TensorType.q8_0.rawValue }
    #expect(
      complaint(builder)
        == "tensor 'blk.0.attn_norm.weight' has the unsupported type Q8_0, expected F32, F16 or "
        + "BF16")
    builder.change("blk.0.attn_norm.weight") { $0.type = TensorType.bfloat16.rawValue }
    #expect(complaint(builder) == nil)
    builder.change("blk.0.attn_norm.weight") { $0.type = 12 }
    #expect(
      complaint(builder)
        == "tensor 'blk.0.attn_norm.weight' of type Q4_K has rows of 32 elements, expected a "
        + "multiple of 256")
  }

  /// A row is a whole count of blocks, of whatever type.
  @Test(arguments: types.filter { !$0.isFloat }) func refusesPartialBlocks(type: TensorType) {
    let block = type.blockElementCount
    for columnCount in [block - 4, block + 4, 3 * block / 2] {
      var builder = GGUFBuilder()
      builder.change("blk.0.attn_q.weight") {
        $0.type = type.rawValue
        $0.extents = [UInt64(columnCount), 32]
      }
      #expect(
        complaint(builder)
          == "tensor 'blk.0.attn_q.weight' of type \(type.name) has rows of \(columnCount) elements,"
          + " expected a multiple of \(block)")
    }
  }

  /// A file that ends within the last row of its last tensor.
  @Test(arguments: types) func refusesTruncatedRows(type: TensorType) {
    let bytes = GGUFBuilder(type: type, layerCount: 1).build()
    #expect(complaint(bytes) == nil)
    let line = complaint(Array(bytes.dropLast()))
    #expect(line?.hasPrefix("tensor 'blk.0.ffn_down.weight' has ") == true)
    #expect(line?.contains(" of the data, expected them within its ") == true)
  }

  @Test func refusesHostileExtents() {
    for extent: UInt64 in [0, 1 << 63, .max] {
      var builder = GGUFBuilder()
      builder.change("output_norm.weight") { $0.extents = [extent] }
      #expect(
        complaint(builder)
          == "tensor 'output_norm.weight' has a dimension of \(extent), expected 1 to 2^63 - 1")
    }
    for extents: [UInt64] in [
      [1 << 62], [1 << 32, 1 << 32], [1 << 31, 1 << 31, 4], [1 << 62, 1, 1, 2],
    ] {
      var builder = GGUFBuilder()
      builder.tensors.append(TensorSpec(name: "extra", extents: extents, type: 0))
      #expect(
        complaint(builder)
          == "tensor 'extra' has 2^63 bytes or more, expected less than the file")
    }
    for count in [0, 5] {
      var builder = GGUFBuilder()
      builder.tensors.append(
        TensorSpec(name: "extra", extents: [UInt64](repeating: 1, count: count), type: 0))
      #expect(complaint(builder) == "tensor 'extra' has \(count) dimensions, expected 1 to 4")
    }
  }

  @Test func refusesOffsets() {
    let size = GGUFBuilder().build().count
    let offsets: [UInt64] = [
      UInt64(size) / 32 * 32, 1 << 32, (1 << 63) - 32, 1 << 63, .max - 31,
    ]
    for offset in offsets {
      var builder = GGUFBuilder()
      builder.change("blk.0.attn_q.weight") { $0.offset = offset }
      let line = complaint(builder)
      #expect(
        line?.hasPrefix("tensor 'blk.0.attn_q.weight' has 4096 bytes at offset \(offset) of the")
          == true)
    }
    for offset: UInt64 in [1, 16, 33, .max] {
      var builder = GGUFBuilder()
      builder.change("blk.0.attn_q.weight") { $0.offset = offset }
      #expect(
        complaint(builder)
          == "tensor 'blk.0.attn_q.weight' has the offset \(offset), expected a multiple of 32")
    }
    var builder = GGUFBuilder()
    builder.tensors.append(TensorSpec(name: "extra", extents: [1 << 20, 3], type: 0))
    #expect(complaint(builder)?.hasPrefix("tensor 'extra' has 12582912 bytes at offset") == true)
  }

  @Test func limitsNames() {
    var builder = GGUFBuilder()
    builder.tensors.append(
      TensorSpec(name: Self.harmless(byteCount: 64), extents: [1], type: 0))
    #expect(complaint(builder) == nil)
    for name in ["", Self.harmless(byteCount: 65)] {
      builder.tensors[builder.tensors.count - 1].name = name
      #expect(complaint(builder)?.hasPrefix("the length of a tensor's name before") == true)
    }
  }

  /// The name of a tensor that is stepped over.
  private static func harmless(byteCount: Int) -> String {
    let end = ".attn_rot_embd.weight"
    return "blk." + String(repeating: "1", count: byteCount - end.utf8.count - 4) + end
  }

  private static let refused: [(String, String)] = [
    ("blk.0.attn_q.scale", "is not supported: scales of matrices"),
    ("blk.1.attn_sub_norm.weight", "is not supported: a norm within attention"),
    ("blk.1.ffn_sub_norm.weight", "is not supported: a norm within the feed-forward part"),
    ("blk.0.attn_sinks.weight", "is not supported: attention sinks"),
    ("blk.0.ffn_up_exps.weight", "is not supported: the layer has no experts"),
    ("blk.0.attn_output.bias", "is not supported: only queries, keys and values may have a bias"),
    ("output_norm.bias", "is not supported: only queries, keys and values may have a bias"),
    ("blk.1.attn_q.bias", "is not supported: the first layer has no bias"),
    ("blk.2.attn_q.weight", "belongs to no layer: block_count is 2"),
    ("blk.999999999.ffn_up.weight", "belongs to no layer: block_count is 2"),
  ]

  @Test(arguments: refused.indices) func refusesByName(index: Int) {
    let (name, reason) = Self.refused[index]
    var builder = GGUFBuilder()
    builder.tensors.append(TensorSpec(name: name, extents: [32], type: 0))
    #expect(complaint(builder) == "tensor '\(name)' \(reason)")
  }

  /// Biases come all together, and where the architecture has them; so do norms of heads.
  @Test func checksBiasesAndHeadNorms() throws {
    for architecture in [Architecture.llama, .qwen2] {
      let whole = GGUFBuilder(architecture: architecture, hasBias: true)
      try withModel(whole) { #expect($0.shape.layer(0).hasBias) }
      for name in ["blk.0.attn_k.bias", "blk.1.attn_v.bias", "blk.1.attn_q.bias"] {
        var builder = whole
        builder.tensors.removeAll { $0.name == name }
        #expect(complaint(builder) == "tensor '\(name)' is missing")
      }
    }
    var builder = GGUFBuilder(architecture: .qwen2)
    builder.tensors.removeAll { $0.name == "blk.0.attn_q.bias" }
    #expect(complaint(builder) == "tensor 'blk.0.attn_q.bias' is missing")
    builder = GGUFBuilder(architecture: .qwen3)
    builder.tensors.removeAll { $0.name == "blk.1.attn_k_norm.weight" }
    #expect(complaint(builder) == "tensor 'blk.1.attn_k_norm.weight' is missing")
    builder = GGUFBuilder()
    builder.tensors.append(TensorSpec(name: "blk.0.attn_q_norm.weight", extents: [8], type: 0))
    #expect(
      complaint(builder)
        == "tensor 'blk.0.attn_q_norm.weight' is not supported: this architecture has no norms of "
        + "heads")
  }

  @Test func readsRopeFactors() throws {
    var builder = GGUFBuilder()
    builder.tensors.append(TensorSpec(name: "rope_freqs.weight", extents: [4], type: 0))
    try withModel(builder) { #expect($0.shape.ropeTables[0].factors == .all) }
    builder.tensors[builder.tensors.count - 1].extents = [8]
    #expect(complaint(builder)?.contains("expected") == true)
  }

  /// Factors for short texts and for long ones come together, and are chosen between by the run.
  @Test func readsLongRopeFactors() throws {
    var builder = GGUFBuilder()
    builder.set("llama.rope.scaling.original_context_length", .uint32(32))
    builder.tensors.append(TensorSpec(name: "rope_factors_long.weight", extents: [4], type: 0))
    #expect(complaint(builder) == "tensor 'rope_factors_short.weight' is missing")
    builder.tensors.append(TensorSpec(name: "rope_factors_short.weight", extents: [4], type: 0))
    let shape = try withModel(builder) { $0.shape }
    #expect(shape.ropeTables.count == 2)
    #expect(shape.ropeTables[0].factors == .short && shape.ropeTables[1].factors == .long)
    for (count, table) in [(32, 0), (33, 1), (nil, 1)] as [(Int?, Int)] {
      var chosen = shape
      chosen.chooseRopeFactors(positionCount: count)
      #expect(chosen.layer(0).ropeTable == table)
      #expect(chosen.contextLength == (table == 0 ? 32 : 128))
    }
    builder.tensors.append(TensorSpec(name: "rope_freqs.weight", extents: [4], type: 0))
    #expect(complaint(builder)?.contains("two kinds of factors") == true)
  }

  /// Whatever is not known to change nothing is refused.
  @Test(
    arguments: [
      "blk.00.attn_q.weight", "blk..attn_q.weight", "blk.0.attn_q", "blk.0attn_q.weight",
      "blk.9999999999.attn_q.weight", "blk.0.attn_q.weight2", "blk.-1.attn_q.weight", "blk.",
      "token_embd.weight ", "mtp.weight", "blk.0.attn_gates.weight", "rope_freqs.weights",
      "attn_rot_embd.weight", "blk.0.attn_rot_embd.weights", "attn_sinks",
    ])
  func refusesOtherNames(name: String) {
    var builder = GGUFBuilder()
    builder.tensors.append(TensorSpec(name: name, extents: [32], type: 0))
    #expect(
      complaint(builder)
        == "tensor '\(name)' is not supported: a tensor that is not known, which may change what "
        + "the model computes")
  }

  @Test(arguments: ["blk.0.attn_rot_embd.weight", "blk.17.attn_rot_embd.weight"])
  func stepsOverWhatChangesNothing(name: String) {
    var builder = GGUFBuilder()
    builder.tensors.append(TensorSpec(name: name, extents: [32], type: 0))
    #expect(complaint(builder) == nil)
  }

  /// Norms after a part and factors of frequencies belong to some architectures only.
  @Test func refusesWhatTheArchitectureLacks() {
    for (name, part) in [("attention", "attention"), ("ffw", "the feed-forward part")] {
      var builder = GGUFBuilder()
      let tensor = "blk.1.post_\(name)_norm.weight"
      builder.tensors.append(TensorSpec(name: tensor, extents: [32], type: 0))
      #expect(
        complaint(builder)
          == "tensor '\(tensor)' is not supported: this architecture has no norm after \(part)")
    }
    for architecture in [Architecture.qwen2, .qwen3] {
      var builder = GGUFBuilder(architecture: architecture)
      builder.tensors.append(TensorSpec(name: "rope_freqs.weight", extents: [4], type: 0))
      #expect(
        complaint(builder)
          == "tensor 'rope_freqs.weight' is not supported: this architecture has no factors of "
          + "rotary frequencies")
    }
  }

  @Test func namesAndIndicesGoBothWays() {
    for index in 0..<TensorSlot.countMax {
      let slot = TensorSlot(index: index)
      #expect(slot.index == index)
      #expect(TensorSlot(name: slot.name)?.index == index)
    }
    #expect(string(TensorSlot.layer(511, .down).name) == "blk.511.ffn_down.weight")
  }

  @Test func countsAreThoseOfTheCases() {
    #expect(LayerTensor(rawValue: LayerTensor.count - 1) != nil)
    #expect(LayerTensor(rawValue: LayerTensor.count) == nil)
    #expect(Architecture(rawValue: Architecture.count - 1) != nil)
    #expect(Architecture(rawValue: Architecture.count) == nil)
  }

  @Test func namesATensorThatIsNotFinite() {
    let error = ModelError.notFinite(tensor: TensorSlot.layer(3, .up).name)
    #expect(
      message(error)
        == "tensor 'blk.3.ffn_up.weight' has an infinite or NaN value, expected finite numbers")
    #expect(error.exitCode == .malformedData)
  }

  @Test func largestLayerCount() throws {
    try withModel(GGUFBuilder(type: .q4_0, layerCount: 256)) { model in
      #expect(model.shape.layerCount == 256)
    }
    #expect(
      complaint(GGUFBuilder(type: .q4_0, layerCount: 257))
        == "key 'llama.block_count' is 257, expected 1 to 256")
  }
}
