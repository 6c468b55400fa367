import Foundation

@testable import Model

/// A metadata value as a test writes it; `raw` is for values that no writer would make.
public enum GGUFValue: Sendable {
  case uint8(UInt8)
  case int8(Int8)
  case uint16(UInt16)
  case int16(Int16)
  case uint32(UInt32)
  case int32(Int32)
  case uint64(UInt64)
  case int64(Int64)
  case float32(Float)
  case float64(Double)
  case bool(Bool)
  case string(String)
  case strings([String])
  case int32s([Int32])
  case float32s([Float])
  case raw(type: UInt32, bytes: [UInt8])

  public var typeCode: UInt32 {
    switch self {
    case .uint8: 0
    case .int8: 1
    case .uint16: 2
    case .int16: 3
    case .uint32: 4
    case .int32: 5
    case .float32: 6
    case .bool: 7
    case .string: 8
    case .strings, .int32s, .float32s: 9
    case .uint64: 10
    case .int64: 11
    case .float64: 12
    case .raw(let type, _): type
    }
  }

  public var bytes: [UInt8] {
    switch self {
    case .uint8(let value): littleEndian(value)
    case .int8(let value): littleEndian(value)
    case .uint16(let value): littleEndian(value)
    case .int16(let value): littleEndian(value)
    case .uint32(let value): littleEndian(value)
    case .int32(let value): littleEndian(value)
    case .uint64(let value): littleEndian(value)
    case .int64(let value): littleEndian(value)
    case .float32(let value): littleEndian(value.bitPattern)
    case .float64(let value): littleEndian(value.bitPattern)
    case .bool(let value): [value ? 1 : 0]
    case .string(let text): lengthAndBytes(text)
    case .strings(let texts): array(8, texts.count, texts.flatMap(lengthAndBytes))
    case .int32s(let values): array(5, values.count, values.flatMap(littleEndian))
    case .float32s(let values):
      array(6, values.count, values.flatMap { littleEndian($0.bitPattern) })
    case .raw(_, let bytes): bytes
    }
  }
}

public func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian, Array.init)
}

public func lengthAndBytes(_ text: String) -> [UInt8] {
  littleEndian(UInt64(text.utf8.count)) + Array(text.utf8)
}

/// An array value: type of the elements, count, elements.
public func array(_ type: UInt32, _ count: Int, _ elements: [UInt8]) -> [UInt8] {
  littleEndian(type) + littleEndian(UInt64(count)) + elements
}

public struct TensorSpec: Sendable {
  public var name: String
  public var extents: [UInt64]
  public var type: UInt32
  /// In place of the next free offset.
  public var offset: UInt64? = nil
  /// In place of the pattern.
  public var data: [UInt8]? = nil

  public init(
    name: String, extents: [UInt64], type: UInt32, offset: UInt64? = nil, data: [UInt8]? = nil
  ) {
    (self.name, self.extents, self.type) = (name, extents, type)
    (self.offset, self.data) = (offset, data)
  }
}

/// Makes a GGUF file, sound or spoiled.
public struct GGUFBuilder: Sendable {
  public var magic = Array("GGUF".utf8)
  public var version: UInt32 = 3
  public var keys: [(name: String, value: GGUFValue)] = []
  public var tensors: [TensorSpec] = []
  public var keyCount: UInt64? = nil
  public var tensorCount: UInt64? = nil
  public var alignment = 32

  public static let embedding = 32
  public static let vocabulary = 12

  /// A file of these keys and tensors.
  public init(keys: [(name: String, value: GGUFValue)], tensors: [TensorSpec]) {
    (self.keys, self.tensors) = (keys, tensors)
  }

  /// A valid model: two layers, 32 wide, 4 query and 2 KV heads of 8, 64 hidden, 12 tokens; eight times as wide for
  /// types with blocks of 256.
  public init(
    architecture: Architecture = .llama, type: TensorType = .float32, layerCount: Int = 2,
    isTied: Bool = true, hasBias: Bool? = nil
  ) {
    keys = Self.validKeys(layerCount: layerCount)
    let row = UInt64(max(Self.embedding, type.blockElementCount))
    if row != Self.embedding {
      set("llama.embedding_length", .uint32(UInt32(row)))
      set("llama.feed_forward_length", .uint32(UInt32(2 * row)))
      set("llama.rope.dimension_count", .uint32(UInt32(row / 4)))
    }
    let name = "\(architecture.name)"
    keys[0].value = .string(name)
    for index in keys.indices where keys[index].name.hasPrefix("llama.") {
      keys[index].name = name + keys[index].name.dropFirst("llama".count)
    }
    add("token_embd.weight", [row, UInt64(Self.vocabulary)], type)
    let normName = architecture == .lfm2 ? "token_embd_norm.weight" : "output_norm.weight"
    add(normName, [row], .float32)
    if architecture == .qwen35 {
      for (key, value) in [
        ("group_count", 1), ("time_step_rank", 2), ("state_size", 16), ("inner_size", 32),
        ("conv_kernel", 4),
      ] as [(String, UInt32)] { set("qwen35.ssm." + key, .uint32(value)) }
      set("qwen35.full_attention_interval", .uint32(2))
    }
    if architecture == .gemma4 { addLayerInputs(layerCount, row) }
    let hasExperts = [.qwen3moe, .gptOSS].contains(architecture)
    if hasExperts {
      set(name + ".expert_count", .uint32(4))
      set(name + ".expert_used_count", .uint32(2))
      set(name + ".expert_feed_forward_length", .uint32(UInt32(row)))
    }
    if architecture == .gptOSS { set("gpt-oss.attention.sliding_window", .uint32(20)) }
    if architecture == .lfm2 {
      set("lfm2.attention.head_count_kv", .int32s((0..<layerCount).map { $0 % 2 == 0 ? 0 : 2 }))
      set("lfm2.shortconv.l_cache", .uint32(3))
    }
    if !isTied { add("output.weight", [row, UInt64(Self.vocabulary)], type) }
    for layer in 0..<layerCount {
      let prefix = "blk.\(layer)."
      add(prefix + "attn_norm.weight", [row], .float32)
      let convolves = architecture == .lfm2 && layer % 2 == 0
      let hasDelta = architecture == .qwen35 && layer % 2 == 0
      if hasDelta {
        addDeltaRule(prefix, row, type)
      } else if convolves {
        add(prefix + "shortconv.in_proj.weight", [row, 3 * row], type)
        add(prefix + "shortconv.conv.weight", [3, row], .float32)
        add(prefix + "shortconv.out_proj.weight", [row, row], type)
      } else if architecture == .phi3 {
        add(prefix + "attn_qkv.weight", [row, 2 * row], type)
      } else {
        add(prefix + "attn_q.weight", [row, architecture == .qwen35 ? 2 * row : row], type)
        add(prefix + "attn_k.weight", [row, row / 2], type)
        add(prefix + "attn_v.weight", [row, row / 2], type)
      }
      if !convolves && !hasDelta { add(prefix + "attn_output.weight", [row, row], type) }
      let secondNorm =
        [.qwen35, .gptOSS].contains(architecture) ? "post_attention_norm.weight" : "ffn_norm.weight"
      add(prefix + secondNorm, [row], .float32)
      if hasExperts {
        add(prefix + "ffn_gate_inp.weight", [row, 4], .float32)
        add(prefix + "ffn_gate_exps.weight", [row, row, 4], type)
        add(prefix + "ffn_up_exps.weight", [row, row, 4], type)
        add(prefix + "ffn_down_exps.weight", [row, row, 4], type)
      } else {
        if architecture != .phi3 { add(prefix + "ffn_gate.weight", [row, 2 * row], type) }
        add(prefix + "ffn_up.weight", [row, architecture == .phi3 ? 4 * row : 2 * row], type)
        add(prefix + "ffn_down.weight", [2 * row, row], type)
      }
      if architecture == .gptOSS { addSinksAndBiases(prefix, row) }
      if hasBias ?? [.qwen2, .gptOSS].contains(architecture) {
        add(prefix + "attn_q.bias", [row], .float32)
        add(prefix + "attn_k.bias", [row / 2], .float32)
        add(prefix + "attn_v.bias", [row / 2], .float32)
      }
      if architecture == .gemma4 {
        add(prefix + "inp_gate.weight", [row, 16], .float32)
        add(prefix + "proj.weight", [16, row], .float32)
        add(prefix + "post_norm.weight", [row], .float32)
        add(prefix + "layer_output_scale.weight", [1], .float32)
      }
      if [.gemma3, .gemma4].contains(architecture) {
        add(prefix + "post_attention_norm.weight", [row], .float32)
        add(prefix + "post_ffw_norm.weight", [row], .float32)
      }
      let hasHeadNorms = [.qwen3, .gemma3, .lfm2, .qwen3moe, .qwen35, .gemma4]
        .contains(architecture)
      if hasHeadNorms && !convolves && !hasDelta {
        add(prefix + "attn_q_norm.weight", [row / 4], .float32)
        add(prefix + "attn_k_norm.weight", [row / 4], .float32)
      }
    }
  }

  /// Every second layer, from the first on, sees a window; the last two have keys of the two before.
  private mutating func addLayerInputs(_ layerCount: Int, _ row: UInt64) {
    set("gemma4.embedding_length_per_layer_input", .uint32(16))
    set("gemma4.attention.sliding_window", .uint32(20))
    set(
      "gemma4.attention.sliding_window_pattern",
      .raw(type: 9, bytes: array(7, layerCount, (0..<layerCount).map { $0 % 2 == 0 ? 1 : 0 })))
    set("gemma4.attention.shared_kv_layers", .uint32(layerCount > 3 ? 2 : 0))
    for key in [
      "attention.key_length_swa", "attention.value_length_swa", "rope.dimension_count_swa",
    ] { set("gemma4." + key, .uint32(UInt32(row / 4))) }
    let count = UInt64(16 * layerCount)
    add("per_layer_token_embd.weight", [count, UInt64(Self.vocabulary)], .float32)
    add("per_layer_model_proj.weight", [row, count], .float32)
    add("per_layer_proj_norm.weight", [16], .float32)
  }

  private mutating func addSinksAndBiases(_ prefix: String, _ row: UInt64) {
    add(prefix + "attn_sinks.weight", [4], .float32)
    add(prefix + "attn_output.bias", [row], .float32)
    add(prefix + "ffn_gate_inp.bias", [4], .float32)
    for name in ["gate", "up", "down"] {
      add(prefix + "ffn_\(name)_exps.bias", [row, 4], .float32)
    }
  }

  /// One head of queries and keys and two of values, of 16 elements each.
  private mutating func addDeltaRule(_ prefix: String, _ row: UInt64, _ type: TensorType) {
    add(prefix + "attn_qkv.weight", [row, 64], type)
    add(prefix + "attn_gate.weight", [row, 32], type)
    add(prefix + "ssm_conv1d.weight", [4, 64], .float32)
    add(prefix + "ssm_dt.bias", [2], .float32)
    add(prefix + "ssm_a", [2], .float32)
    add(prefix + "ssm_beta.weight", [row, 2], .float32)
    add(prefix + "ssm_alpha.weight", [row, 2], .float32)
    add(prefix + "ssm_norm.weight", [16], .float32)
    add(prefix + "ssm_out.weight", [32, row], type)
  }

  private mutating func add(_ name: String, _ extents: [UInt64], _ type: TensorType) {
    tensors.append(TensorSpec(name: name, extents: extents, type: type.rawValue))
  }

  public static func validKeys(layerCount: Int) -> [(name: String, value: GGUFValue)] {
    let texts = ["<unk>", "<s>", "</s>", "a", "b", "c", "ab", "bc", "abc", " ", "", "x"]
    return [
      ("general.architecture", .string("llama")),
      ("general.name", .string("tiny")),
      ("llama.block_count", .uint32(UInt32(layerCount))),
      ("llama.context_length", .uint32(128)),
      ("llama.embedding_length", .uint32(32)),
      ("llama.feed_forward_length", .uint32(64)),
      ("llama.attention.head_count", .uint32(4)),
      ("llama.attention.head_count_kv", .uint32(2)),
      ("llama.attention.layer_norm_rms_epsilon", .float32(1e-5)),
      ("llama.rope.freq_base", .float32(10_000)),
      ("llama.rope.dimension_count", .uint32(8)),
      ("llama.vocab_size", .uint32(UInt32(vocabulary))),
      ("tokenizer.ggml.model", .string("gpt2")),
      ("tokenizer.ggml.pre", .string("smollm")),
      ("tokenizer.ggml.tokens", .strings(texts)),
      ("tokenizer.ggml.token_type", .int32s([2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 4])),
      ("tokenizer.ggml.scores", .float32s([Float](repeating: 0, count: vocabulary))),
      ("tokenizer.ggml.merges", .strings(["a b", "b c", "ab c"])),
      ("tokenizer.ggml.bos_token_id", .uint32(1)),
      ("tokenizer.ggml.eos_token_id", .uint32(2)),
      ("tokenizer.ggml.eot_token_id", .uint32(2)),
      ("tokenizer.ggml.unknown_token_id", .uint32(0)),
      ("tokenizer.ggml.add_bos_token", .bool(true)),
      ("tokenizer.ggml.add_eos_token", .bool(false)),
      ("tokenizer.ggml.add_space_prefix", .bool(false)),
      ("tokenizer.chat_template", .string("{{ messages }}")),
    ]
  }

  /// Replaces or adds a key.
  public mutating func set(_ name: String, _ value: GGUFValue) {
    if let index = keys.firstIndex(where: { $0.name == name }) {
      keys[index].value = value
    } else {
      keys.append((name, value))
    }
  }

  public mutating func remove(_ name: String) { keys.removeAll { $0.name == name } }

  public mutating func change(_ name: String, _ body: (inout TensorSpec) -> Void) {
    body(&tensors[tensors.firstIndex { $0.name == name }!])
  }

  public var header: [UInt8] {
    var out = magic + littleEndian(version)
    out += littleEndian(tensorCount ?? UInt64(tensors.count))
    out += littleEndian(keyCount ?? UInt64(keys.count))
    for (name, value) in keys {
      out += lengthAndBytes(name) + littleEndian(value.typeCode) + value.bytes
    }
    var next = 0
    for tensor in tensors {
      out += lengthAndBytes(tensor.name) + littleEndian(UInt32(tensor.extents.count))
      out += tensor.extents.flatMap(littleEndian) + littleEndian(tensor.type)
      out += littleEndian(tensor.offset ?? UInt64(next))
      next = roundUp(next + byteCount(tensor))
    }
    return out
  }

  /// The whole file. The data are a pattern of bytes that repeats after 251.
  public func build() -> [UInt8] {
    var out = header
    let end = tensors.reduce(0) { roundUp($0) + byteCount($1) }
    out += [UInt8](repeating: 0, count: roundUp(out.count) - out.count)
    out += (0..<end).map { UInt8($0 % 251) }
    var next = header.count
    for tensor in tensors {
      next = roundUp(next)
      if let data = tensor.data { out.replaceSubrange(next..<next + data.count, with: data) }
      next += byteCount(tensor)
    }
    return out
  }

  /// The model cut into parts as gguf-split does: the first has the metadata. The tensors' data are
  /// those of `build`.
  /// - Parameter tensorCounts: of each part, together those of the model.
  public func split(_ tensorCounts: [Int]) -> [GGUFBuilder] {
    let whole = build()
    var (next, rest) = (header.count, tensors[...])
    return tensorCounts.enumerated().map { index, count in
      var part = self
      if index > 0 { part.keys = [] }
      part.set("split.no", .uint16(UInt16(index)))
      part.set("split.count", .uint16(UInt16(tensorCounts.count)))
      part.set("split.tensors.count", .int32(Int32(tensors.count)))
      part.tensors = rest.prefix(count).map { tensor in
        var tensor = tensor
        let start = roundUp(next)
        next = start + byteCount(tensor)
        tensor.data = Array(whole[start..<next])
        return tensor
      }
      rest = rest.dropFirst(count)
      return part
    }
  }

  private func byteCount(_ tensor: TensorSpec) -> Int {
    guard let type = StorageType(code: tensor.type) else { return 0 }
    var count = type.blockByteCount
    for (index, extent) in tensor.extents.enumerated() {
      let blocks =
        index == 0 ? Int(clamping: extent) / type.blockElementCount : Int(clamping: extent)
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: blocks)
      if isTooLarge || product > 1 << 20 { return 0 }
      count = product
    }
    return count
  }

  private func roundUp(_ value: Int) -> Int {
    (value + alignment - 1) / alignment * alignment
  }
}
