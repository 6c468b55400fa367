import Platform

/// The bounds of a profile's fields, which command-line overrides are held to as well.
public enum ProfileLimits {
  /// Bytes of a board's name: what fits on a line of a report.
  public static let boardByteCountMax = 96
  /// Bytes of a model's path: as long as any that a person writes, and a quarter of PATH_MAX.
  public static let modelByteCountMax = 1023
  /// Bytes of the path of a file of head budgets: a file's name, or a short path.
  public static let headBudgetsByteCountMax = 255
  /// The smallest cap, in MiB: the program with thread stacks and a toy model.
  public static let ramCapMiBMin = 16
  /// The largest cap, in MiB: 1 TiB. In bytes it is far inside Int.
  public static let ramCapMiBMax = 1_048_576
  /// The width of a NEON register in bits. SVE boards have it too, and the kernels use no SVE.
  public static let neonWidthBits = 128
  /// The width of an AVX2 register in bits.
  public static let avx2WidthBits = 256
  /// The width of an AVX-512 register in bits.
  public static let avx512WidthBits = 512
  /// Threads, with the calling one: `Team.memberCountMax`.
  public static let threadCountMax = 64
  /// The highest core number that the kernel's affinity mask of 1,024 bits can name.
  public static let coreMax = 1023
  /// The smallest second-level cache, in KiB: less than any core with NEON has.
  public static let l2CacheKiBMin = 16
  /// The largest second-level cache, in KiB: 256 MiB.
  public static let l2CacheKiBMax = 262_144
  /// Prompt tokens in a block: beyond some hundred, a larger block only costs memory.
  public static let blockSizeMax = 4096
  /// Slots that a layer and KV head keep, and so the longest prompt under `full`.
  public static let cacheBudgetMax = 1_048_576
}

/// The fields of a device profile, in the order of the file.
public enum ProfileField: Int, Sendable {
  case board
  case ramCapMiB
  case neonWidthBits
  case avxWidthBits
  case fp16
  case dotProduct
  case i8mm
  case threads
  case cores
  case l2CacheKiB
  case model
  case blockSize
  case cacheBudget
  case weights
  case policy
  case headBudgets
  case speculate
  case decodeThreads
  case expertsMiB

  public static let count = 19

  /// Whether a profile may lack the field.
  var isOptional: Bool {
    self == .weights || self == .headBudgets || self == .speculate || self == .decodeThreads
      || self == .expertsMiB
  }

  public var name: StaticString {
    switch self {
    case .board: "board"
    case .ramCapMiB: "ramCapMiB"
    case .neonWidthBits: "neonWidthBits"
    case .avxWidthBits: "avxWidthBits"
    case .fp16: "fp16"
    case .dotProduct: "dotProduct"
    case .i8mm: "i8mm"
    case .threads: "threads"
    case .cores: "cores"
    case .l2CacheKiB: "l2CacheKiB"
    case .model: "model"
    case .blockSize: "blockSize"
    case .cacheBudget: "cacheBudget"
    case .weights: "weights"
    case .policy: "policy"
    case .headBudgets: "headBudgets"
    case .speculate: "speculate"
    case .decodeThreads: "decodeThreads"
    case .expertsMiB: "expertsMiB"
    }
  }

  /// The field of that name, or nil.
  public init?(name: Span<UInt8>) {
    for index in 0..<Self.count {
      if let field = ProfileField(rawValue: index), matches(name, field.name) {
        self = field
        return
      }
    }
    return nil
  }

  /// The bounds of a whole number (for `cores`, of each one), or of a string's byte count; nil for
  /// the other fields.
  public var range: ClosedRange<Int>? {
    switch self {
    case .board: 1...ProfileLimits.boardByteCountMax
    case .model: 1...ProfileLimits.modelByteCountMax
    case .headBudgets: 1...ProfileLimits.headBudgetsByteCountMax
    case .ramCapMiB: ProfileLimits.ramCapMiBMin...ProfileLimits.ramCapMiBMax
    case .neonWidthBits: ProfileLimits.neonWidthBits...ProfileLimits.neonWidthBits
    case .avxWidthBits: ProfileLimits.avx2WidthBits...ProfileLimits.avx512WidthBits
    case .expertsMiB: 1...ProfileLimits.ramCapMiBMax
    case .threads, .decodeThreads: 1...ProfileLimits.threadCountMax
    case .cores: 0...ProfileLimits.coreMax
    case .l2CacheKiB: ProfileLimits.l2CacheKiBMin...ProfileLimits.l2CacheKiBMax
    case .blockSize: 1...ProfileLimits.blockSizeMax
    case .cacheBudget: 1...ProfileLimits.cacheBudgetMax
    case .fp16, .dotProduct, .i8mm, .weights, .policy, .speculate: nil
    }
  }

  /// Whether the field may have this whole number (for a string: this byte count).
  @export(interface)
  public func allows(_ value: Int) -> Bool {
    guard let range, range.contains(value) else { return false }
    if self != .avxWidthBits { return true }
    return value == ProfileLimits.avx2WidthBits || value == ProfileLimits.avx512WidthBits
  }

  /// What a right value is, as the end of a sentence.
  func writeRule(to out: inout TextOutput) {
    switch self {
    case .board: writeRange(to: &out, "a string of ", " bytes without control characters")
    case .model, .headBudgets: writeRange(to: &out, "a string of ", " bytes without NUL")
    case .neonWidthBits: out.write("128")
    case .avxWidthBits: out.write("256 or 512")
    case .fp16, .dotProduct, .i8mm: out.write("true or false")
    case .cores: writeRange(to: &out, "a list of different core numbers, each ", "")
    case .weights: out.write("one of int8, file")
    case .speculate: out.write("one of off, lookup")
    case .policy: Self.writePolicyNames(to: &out)
    case .ramCapMiB, .threads, .decodeThreads, .l2CacheKiB, .blockSize, .cacheBudget,
      .expertsMiB:
      writeRange(to: &out, "a whole number, ", "")
    }
  }

  private func writeRange(
    to out: inout TextOutput, _ before: StaticString, _ after: StaticString
  ) {
    guard let range else { return }
    out.write(before)
    out.write(range.lowerBound)
    out.write(" to ")
    out.write(range.upperBound)
    out.write(after)
  }

  private static func writePolicyNames(to out: inout TextOutput) {
    out.write("one of")
    for index in 0..<Policy.count {
      guard let policy = Policy(rawValue: index) else { continue }
      out.write(index == 0 ? " " : ", ")
      out.write(policy.name)
    }
  }
}
