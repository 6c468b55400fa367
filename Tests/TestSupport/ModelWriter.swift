import Foundation
import Model

/// A tensor of a model that a test writes.
public struct WrittenTensor: Sendable {
  public let name: String
  public let columnCount: Int
  public let rowCount: Int
  public var type: TensorType
  /// Encoded rows.
  public var bytes: [UInt8]

  /// The same numbers as F32.
  public var widened: WrittenTensor {
    let count = columnCount * rowCount
    let values = [Float](unsafeUninitializedCapacity: count) { target, used in
      bytes.withUnsafeBytes {
        dequantize(type, from: $0.baseAddress!, count: count, into: target.baseAddress!)
      }
      used = count
    }
    var tensor = self
    tensor.type = .float32
    tensor.bytes = values.withUnsafeBytes(Array.init)
    return tensor
  }
}

/// A small llama model without a tokenizer, its matrices of many types: two layers, 256 wide, 4 query
/// and 2 KV heads of 64, 512 hidden, 40 tokens. Bits are random; scales are small.
public struct ModelWriter: Sendable {
  public static let vocabularyCount = 40
  private static let width = 256
  private static let layerCount = 2
  public var tensors: [WrittenTensor] = []
  private var keys = Self.keys

  /// - Parameter types: of the matrices, taken in turn; `output.weight` is one of them.
  public init(types: [TensorType], seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var count = 0
    func add(_ name: String, _ columnCount: Int, _ rowCount: Int) {
      let type = types[count % types.count]
      count += 1
      tensors.append(.random(name, columnCount, rowCount, type, &random))
    }
    func addNorm(_ name: String) {
      tensors.append(.random(name, Self.width, 1, .float32, &random))
    }
    add("token_embd.weight", Self.width, Self.vocabularyCount)
    for layer in 0..<Self.layerCount {
      let prefix = "blk.\(layer)."
      addNorm(prefix + "attn_norm.weight")
      add(prefix + "attn_q.weight", Self.width, 256)
      add(prefix + "attn_k.weight", Self.width, 128)
      add(prefix + "attn_v.weight", Self.width, 128)
      add(prefix + "attn_output.weight", 256, Self.width)
      addNorm(prefix + "ffn_norm.weight")
      add(prefix + "ffn_gate.weight", Self.width, 512)
      add(prefix + "ffn_up.weight", Self.width, 512)
      add(prefix + "ffn_down.weight", 512, Self.width)
    }
    addNorm("output_norm.weight")
    add("output.weight", Self.width, Self.vocabularyCount)
  }

  /// The same numbers as F32.
  public var widened: ModelWriter {
    var model = self
    model.tensors = tensors.map(\.widened)
    return model
  }

  /// Gives a key of the metadata a value.
  public mutating func set(_ name: String, _ value: GGUFValue) {
    keys.removeAll { $0.name == name }
    keys.append((name, value))
  }

  /// Adds a vector of numbers that are all equal.
  public mutating func addVector(_ name: String, count: Int, value: Float) {
    let values = [Float](repeating: value, count: count)
    tensors.append(
      WrittenTensor(
        name: name, columnCount: count, rowCount: 1, type: .float32,
        bytes: values.withUnsafeBytes(Array.init)))
  }

  /// Writes the model into a folder, in as many files as there are counts of tensors.
  /// - Returns: the path of the first.
  public func write(to folder: Folder, tensorCounts: [Int]? = nil) throws -> String {
    let counts = tensorCounts ?? [tensors.count]
    let whole = GGUFBuilder(keys: keys, tensors: tensors.map(\.spec))
    let parts = counts.count == 1 ? [whole] : whole.split(counts)
    let paths = try parts.enumerated().map { index, part in
      try folder.write(
        String(format: "m-%05d-of-%05d.gguf", index + 1, parts.count), Data(part.build()))
    }
    return paths[0]
  }

  private static let keys: [(name: String, value: GGUFValue)] = [
    ("general.architecture", .string("llama")),
    ("llama.attention.layer_norm_rms_epsilon", .float32(1e-5)),
    ("llama.block_count", .uint32(UInt32(layerCount))), ("llama.context_length", .uint32(512)),
    ("llama.embedding_length", .uint32(UInt32(width))),
    ("llama.feed_forward_length", .uint32(512)),
    ("llama.attention.head_count", .uint32(4)), ("llama.attention.head_count_kv", .uint32(2)),
    ("llama.vocab_size", .uint32(UInt32(vocabularyCount))),
  ]
}

extension WrittenTensor {
  fileprivate var spec: TensorSpec {
    TensorSpec(
      name: name, extents: [UInt64(columnCount), UInt64(rowCount)], type: type.rawValue,
      data: bytes)
  }

  /// Random bits; norms are numbers near 1.
  fileprivate static func random(
    _ name: String, _ columnCount: Int, _ rowCount: Int, _ type: TensorType,
    _ random: inout SeededGenerator
  ) -> WrittenTensor {
    let byteCount = type.rowByteCount(columnCount: columnCount)! * rowCount
    var bytes = (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
    if type.isFloat {
      let values = (0..<columnCount * rowCount).map { _ in
        Float.random(in: 0.5...1.5, using: &random)
      }
      bytes = values.withUnsafeBytes(Array.init)
    }
    for block in stride(from: 0, to: byteCount, by: type.blockByteCount) {
      for place in type.scaleOffsets {
        // From 0.00049 to 0.00098.
        bytes[block + place + 1] = 0x10 | bytes[block + place + 1] & 0x83
      }
    }
    if type == .mxfp4 {
      for block in stride(from: 0, to: byteCount, by: type.blockByteCount) {
        // Scales from 2^-12 to 2^-9.
        bytes[block] = 116 | bytes[block] & 3
      }
    }
    return WrittenTensor(
      name: name, columnCount: columnCount, rowCount: rowCount, type: type, bytes: bytes)
  }
}

extension TensorType {
  /// Where a block's Float16 numbers lie.
  public var scaleOffsets: [Int] {
    switch self {
    case .float32, .float16, .bfloat16, .mxfp4: []
    case .q4_0, .q5_0, .q8_0, .iq4_nl, .iq4_xs: [0]
    case .q4_1, .q5_1, .q4_k, .q5_k: [0, 2]
    case .q2_k: [80, 82]
    case .q3_k: [108]
    case .q6_k: [208]
    }
  }
}
