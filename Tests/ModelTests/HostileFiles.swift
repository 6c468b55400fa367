import TestSupport

@testable import Model

/// A malformed file, or one that looks so.
struct HostileFile {
  let name: String
  /// Whether it must be refused; others may also be a model.
  let mustFail: Bool
  private let make: () -> [UInt8]

  init(name: String, mustFail: Bool = false, _ make: @escaping () -> [UInt8]) {
    (self.name, self.mustFail, self.make) = (name, mustFail, make)
  }

  /// Made when they are asked for: all files together are large.
  var bytes: [UInt8] { make() }
}

/// Makes malformed files, always the same ones.
enum HostileFiles {
  /// The sound models that files are made from.
  static let bases: [(name: String, builder: GGUFBuilder)] = [
    ("llama", rich(GGUFBuilder(layerCount: 1))),
    ("qwen3", rich(GGUFBuilder(architecture: .qwen3, type: .q8_0, layerCount: 1, isTied: false))),
    ("pieces", pieces),
  ]

  /// Has the keys that are read and that the builder does not write.
  private static func rich(_ base: GGUFBuilder) -> GGUFBuilder {
    var builder = base
    let name = builder.architecture
    builder.set(
      "tokenizer.ggml.tokens",
      .strings(["<unk>", "<s>", "</s>", "a", "b", "c", "ab", "bc", "abc", "1", "2", "x"]))
    builder.fillSoundly()
    builder.set("general.alignment", .uint32(32))
    builder.set("split.no", .uint16(0))
    builder.set("split.count", .uint16(1))
    builder.set("split.tensors.count", .int32(11))
    builder.set("\(name).attention.key_length", .uint32(8))
    builder.set("\(name).attention.value_length", .uint32(8))
    builder.set("\(name).attention.sliding_window", .uint32(0))
    builder.set("\(name).expert_count", .uint32(0))
    builder.set("\(name).rope.scaling.type", .string("yarn"))
    builder.set("\(name).rope.scaling.factor", .float32(4))
    builder.set("\(name).rope.scale_linear", .float32(4))
    builder.set("\(name).rope.scaling.original_context_length", .uint32(64))
    builder.set("\(name).rope.scaling.attn_factor", .float32(1))
    builder.set("\(name).rope.scaling.yarn_beta_fast", .float32(32))
    builder.set("\(name).rope.scaling.yarn_beta_slow", .float32(1))
    builder.set("tokenizer.ggml.eom_token_id", .uint32(2))
    return builder
  }

  private static var pieces: GGUFBuilder {
    var builder = rich(GGUFBuilder(layerCount: 1))
    let texts = ["<unk>", "<s>", "</s>", "<0x61>", "a", "b", "ab", "\u{2581}", "c", "x", "y", "z"]
    builder.set("tokenizer.ggml.model", .string("llama"))
    builder.set("tokenizer.ggml.tokens", .strings(texts))
    builder.set("tokenizer.ggml.token_type", .int32s([2, 3, 3, 6, 1, 1, 1, 1, 1, 1, 5, 4]))
    builder.set("tokenizer.ggml.scores", .float32s((0..<12).map { -Float($0) }))
    builder.set("llama.rope.scaling.type", .string("linear"))
    builder.tensors.append(
      TensorSpec(name: "rope_freqs.weight", extents: [4], type: 0))
    builder.fillSoundly()
    builder.set("split.tensors.count", .int32(12))
    return builder
  }

  /// Every field of every base in turn, at every telling value.
  static func fields(of base: GGUFBuilder) -> [HostileFile] {
    let bytes = base.build()
    return HeaderFields(bytes).all.flatMap { field in
      field.spoiled(bytes).map { value in
        HostileFile(name: "\(field.kind) of '\(field.owner)' = \(value)") {
          var spoiled = bytes
          spoiled.replaceSubrange(field.offset..<field.offset + field.byteCount, with: value)
          return spoiled
        }
      }
    }
  }

  /// Ends at every byte of the header, and within the data.
  static func truncations(of base: GGUFBuilder) -> [HostileFile] {
    let bytes = base.build()
    let end = HeaderFields(bytes).headerByteCount
    let ends = Array(0..<end) + [end, end + 1, end + 31, bytes.count - 1, bytes.count / 2]
    return ends.map { end in
      HostileFile(name: "ends at \(end)", mustFail: true) { Array(bytes[..<end]) }
    }
  }

  /// Every key with a value of every type, in arrays, and in arrays of arrays.
  static func valueTypes(of base: GGUFBuilder) -> [HostileFile] {
    let eights = [UInt8](repeating: 1, count: 8)
    let values: [(String, GGUFValue)] =
      (0...14 as ClosedRange<UInt32>).filter { $0 != 9 }.map { type in
        let bytes = type == 8 ? lengthAndBytes("x") : Array(eights[..<width(type)])
        return ("type \(type)", .raw(type: type, bytes: bytes))
      }
      + (0...14 as ClosedRange<UInt32>).map { type in
        let one = type == 8 ? lengthAndBytes("x") : Array(eights[..<width(type)])
        return ("array of \(type)", .raw(type: 9, bytes: array(type, 1, one)))
      } + [
        ("empty array", .raw(type: 9, bytes: array(8, 0, []))),
        ("nested array", .raw(type: 9, bytes: array(9, 1, array(9, 1, array(4, 0, []))))),
        ("deep arrays", .raw(type: 9, bytes: (0..<5000).flatMap { _ in array(9, 1, []) })),
        ("strings without end", .raw(type: 9, bytes: array(8, .max, []))),
      ]
    return base.keys.indices.flatMap { index in
      values.map { name, value in
        var builder = base
        builder.keys[index].value = value
        return HostileFile(
          name: "\(base.keys[index].name) as \(name)",
          mustFail: name == "nested array" || name == "deep arrays"
        ) { [builder] in builder.build() }
      }
    }
  }

  private static func width(_ type: UInt32) -> Int {
    switch type {
    case 0, 1, 7: 1
    case 2, 3: 2
    case 10, 11, 12: 8
    default: 4
    }
  }

  /// Each number that is read, with values of its own type and of the widest ones.
  static func numbers(of base: GGUFBuilder) -> [HostileFile] {
    let values: [GGUFValue] = [
      .uint64(0), .uint64(1), .uint64(2), .uint64(3), .uint64(5), .uint64(7), .uint64(1 << 16),
      .uint64(1 << 20), .uint64((1 << 31) - 1), .uint64(1 << 31), .uint64(1 << 32),
      .uint64(1 << 62), .uint64(1 << 63), .uint64(.max), .int64(-1), .int64(.min), .int32(-1),
      .float32(.nan), .float32(.infinity), .float32(-1), .float32(0), .float32(1),
      .float32(1e-38), .float32(.leastNonzeroMagnitude), .float32(3e38), .float64(1e300),
      .float64(1e-300),
      .float64(.nan), .float64(1), .float64(2), .float64(1e6), .float64(1e-6),
    ]
    return base.keys.indices.flatMap { index -> [HostileFile] in
      switch base.keys[index].value {
      case .string, .strings, .int32s, .float32s, .raw, .bool: return []
      default: break
      }
      return values.map { value in
        var builder = base
        builder.keys[index].value = value
        return HostileFile(name: "\(base.keys[index].name) = \(value)") { [builder] in
          builder.build()
        }
      }
    }
  }

  /// Keys and tensors left out, twice, with names of no byte, of 64 KiB and of a tensor's limit.
  static func names(of base: GGUFBuilder) -> [HostileFile] {
    var files: [HostileFile] = []
    func add(_ name: String, mustFail: Bool = false, _ change: (inout GGUFBuilder) -> Void) {
      var builder = base
      change(&builder)
      files.append(
        HostileFile(name: name, mustFail: mustFail) { [builder] in builder.build() })
    }
    let long = String(repeating: "k", count: 65_536)
    for (index, key) in base.keys.enumerated() {
      add("without \(key.name)") { $0.keys.remove(at: index) }
      add("\(key.name) twice", mustFail: true) { $0.keys.append(key) }
      add("\(key.name) empty", mustFail: true) { $0.keys[index].name = "" }
      add("\(key.name) of 64 KiB", mustFail: true) { $0.keys[index].name = long }
      add("\(key.name) cut") { $0.keys[index].name.removeLast() }
    }
    for (index, tensor) in base.tensors.enumerated() {
      let optional = tensor.name == "output.weight" || tensor.name == "rope_freqs.weight"
      add("without \(tensor.name)", mustFail: !optional) { $0.tensors.remove(at: index) }
      add("\(tensor.name) twice", mustFail: true) { $0.tensors.append(tensor) }
      add("\(tensor.name) empty", mustFail: true) { $0.tensors[index].name = "" }
      add("\(tensor.name) of 64 KiB", mustFail: true) { $0.tensors[index].name = long }
      add("\(tensor.name) in another layer") {
        $0.tensors[index].name = "blk.999999999.attn_q.weight"
      }
    }
    return files
  }
}

extension GGUFBuilder {
  var architecture: String {
    if case .string(let name) = keys[0].value { name } else { "llama" }
  }

  /// Gives all tensors, of F32 or Q8_0, numbers between -1 and 2.
  mutating func fillSoundly() {
    for index in tensors.indices {
      let count = Int(tensors[index].extents.reduce(1, *))
      if tensors[index].type == TensorType.float32.rawValue {
        let isFactor = tensors[index].name == "rope_freqs.weight"
        tensors[index].data = (0..<count).flatMap {
          littleEndian((isFactor ? 2 : Float($0 * 37 % 17 - 5) / 16 + 0.25).bitPattern)
        }
      } else {
        tensors[index].data = (0..<count / 32).flatMap { block -> [UInt8] in
          let scale = littleEndian(Float16(0.005).bitPattern)
          return scale + (0..<32).map { UInt8(truncatingIfNeeded: (block + $0) * 37) }
        }
      }
    }
  }
}
