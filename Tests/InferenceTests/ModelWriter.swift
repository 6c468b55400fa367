import Foundation
import Model

/// A tensor of a model that a test writes.
struct WrittenTensor {
  let name: String
  let columnCount: Int
  let rowCount: Int
  var type: TensorType
  /// Encoded rows.
  var bytes: [UInt8]

  /// The same numbers as F32.
  var widened: WrittenTensor {
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
struct ModelWriter {
  static let vocabularyCount = 40
  private static let width = 256
  private static let layerCount = 2
  var tensors: [WrittenTensor] = []

  /// - Parameter types: of the matrices, taken in turn; `output.weight` is one of them.
  init(types: [TensorType], seed: UInt64) {
    var random = SeededGenerator(state: seed)
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
  var widened: ModelWriter {
    var model = self
    model.tensors = tensors.map(\.widened)
    return model
  }

  /// Writes the model into a folder, in as many files as there are counts of tensors.
  /// - Returns: the path of the first.
  func write(to folder: URL, tensorCounts: [Int]) throws -> String {
    var rest = tensors[...]
    var paths: [String] = []
    for (index, count) in tensorCounts.enumerated() {
      let name = String(format: "m-%05d-of-%05d.gguf", index + 1, tensorCounts.count)
      let file = folder.appendingPathComponent(name)
      try data(rest.prefix(count), index, of: tensorCounts.count).write(to: file)
      rest = rest.dropFirst(count)
      paths.append(file.path)
    }
    return paths[0]
  }

  private func data(_ part: ArraySlice<WrittenTensor>, _ index: Int, of count: Int) -> Data {
    var out = Data("GGUF".utf8)
    out.append(number: UInt32(3))
    out.append(number: UInt64(part.count))
    appendKeys(index, of: count, to: &out)
    var offset = 0
    for tensor in part {
      out.append(text: tensor.name)
      out.append(number: UInt32(2))
      out.append(number: UInt64(tensor.columnCount))
      out.append(number: UInt64(tensor.rowCount))
      out.append(number: tensor.type.rawValue)
      out.append(number: UInt64(offset))
      offset = (offset + tensor.bytes.count + 31) / 32 * 32
    }
    for tensor in part {
      out.pad()
      out.append(contentsOf: tensor.bytes)
    }
    return out
  }

  private func appendKeys(_ index: Int, of count: Int, to out: inout Data) {
    var keys = index == 0 ? Self.keys : []
    if count > 1 {
      keys += [("split.no", index), ("split.count", count), ("split.tensors.count", tensors.count)]
    }
    out.append(number: UInt64(keys.count + (index == 0 ? 2 : 0)))
    if index == 0 {
      out.append(text: "general.architecture")
      out.append(number: UInt32(8))
      out.append(text: "llama")
      out.append(text: "llama.attention.layer_norm_rms_epsilon")
      out.append(number: UInt32(6))
      out.append(number: Float(1e-5).bitPattern)
    }
    for (key, value) in keys {
      out.append(text: key)
      out.append(number: UInt32(4))
      out.append(number: UInt32(value))
    }
  }

  /// Those that are whole numbers.
  private static let keys = [
    ("llama.block_count", layerCount), ("llama.context_length", 512),
    ("llama.embedding_length", width), ("llama.feed_forward_length", 512),
    ("llama.attention.head_count", 4), ("llama.attention.head_count_kv", 2),
    ("llama.vocab_size", vocabularyCount),
  ]
}

extension Data {
  fileprivate mutating func append(number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(text: String) {
    append(number: UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  fileprivate mutating func pad() {
    append(contentsOf: [UInt8](repeating: 0, count: (32 - count % 32) % 32))
  }
}

extension WrittenTensor {
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
    return WrittenTensor(
      name: name, columnCount: columnCount, rowCount: rowCount, type: type, bytes: bytes)
  }
}

extension TensorType {
  /// Where a block's Float16 numbers lie.
  var scaleOffsets: [Int] {
    switch self {
    case .float32, .float16, .bfloat16: []
    case .q4_0, .q5_0, .q8_0, .iq4_nl, .iq4_xs: [0]
    case .q4_1, .q5_1, .q4_k, .q5_k: [0, 2]
    case .q2_k: [80, 82]
    case .q3_k: [108]
    case .q6_k: [208]
    }
  }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
