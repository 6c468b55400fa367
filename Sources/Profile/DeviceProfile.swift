import Platform

/// The vector registers that a board's CPU must have.
public enum VectorWidth: Sendable, Equatable {
  case neon(bits: Int)
  case avx(bits: Int)
}

/// What the runtime may use of a board, and the settings that suit it. Every value is inside
/// `ProfileLimits`.
public struct DeviceProfile: Sendable {
  /// The largest profile file, in bytes.
  public static let fileByteCountMax = JSONScanner.byteCountMax

  /// The board's name, 1 to 96 bytes of UTF-8.
  public internal(set) var board = FixedText<97>()
  /// The bound of the whole process's resident size, in MiB.
  public internal(set) var ramCapMiB = ProfileLimits.ramCapMiBMin
  public internal(set) var vectorWidth = VectorWidth.neon(bits: ProfileLimits.neonWidthBits)
  /// Whether the CPU computes in Float16 (Armv8.2 FEAT_FP16).
  public internal(set) var fp16 = false
  /// Whether the CPU has int8 dot products (Armv8.2 FEAT_DotProd).
  public internal(set) var dotProduct = false
  /// Whether the CPU has int8 matrix products (Armv8.6 FEAT_I8MM).
  public internal(set) var i8mm = false
  /// Threads, with the calling one.
  public internal(set) var threads = 1
  private var coreNumbers = InlineArray<64, Int32>(repeating: 0)
  /// 0, where the threads are not bound to cores, or `threads`.
  public private(set) var coreCount = 0
  /// The second-level cache that a core reads through, in KiB, shared with other cores or not.
  public internal(set) var l2CacheKiB = ProfileLimits.l2CacheKiBMin
  /// The model's path as given, 1 to 1,023 bytes without NUL.
  public internal(set) var model = FixedText<1024>()
  /// B: prompt tokens in a block.
  public internal(set) var blockSize = 1
  /// N: slots that a layer and KV head keep after eviction.
  public internal(set) var cacheBudget = 1
  /// What the model's weights are held in; optional in a file.
  public internal(set) var weights = WeightFormat.int8
  public internal(set) var policy = Policy.full
  /// The path of the file of head budgets as given, without NUL; empty for equal budgets.
  public var headBudgets = FixedText<256>()
  /// Where proposed tokens come from; optional in a file.
  public internal(set) var proposals = ProposalSource.lookup
  /// The first of the threads, which generate tokens while the others sleep; 0: all. Optional in a file.
  public internal(set) var decodeThreads = 0
  /// Of a packed model's experts, which then stay in its file, so many MiB may be in memory at a time; 0: all are
  /// in memory. Optional in a file.
  public internal(set) var expertsMiB = 0

  init() {}

  /// Reads a profile file's text; the format is in README.md.
  @export(interface)
  public init(json: Span<UInt8>) throws(ProfileError) {
    self = try ProfileReader.read(json)
  }

  /// `ramCapMiB` in bytes.
  public var ramCapByteCount: Int { ramCapMiB * 1024 * 1024 }

  /// A thread's part of the second-level cache, in bytes. Arm cores without the dot product
  /// (Cortex-A53, A57, A72) share that of their cluster, later ones and those of x86 have their own.
  public var l2ByteCountPerThread: Int {
    let byteCount = l2CacheKiB * 1024
    if case .neon = vectorWidth, !dotProduct { return byteCount / threads }
    return byteCount
  }

  /// The core of each thread, or none where the threads are not bound. Inlined as `FixedText.bytes` is.
  public var cores: Span<Int32> {
    @_lifetime(borrow self)
    @inline(__always)
    borrowing get { coreNumbers.span.extracting(0..<coreCount) }
  }

  mutating func append(core: Int) {
    coreNumbers[coreCount] = Int32(core)
    coreCount += 1
  }

  mutating func unbind() { coreCount = 0 }

  /// Sets the thread count. The first cores stay; where there are too few, none does.
  mutating func setThreads(_ count: Int) {
    threads = count
    coreCount = count <= coreCount ? count : 0
    decodeThreads = min(decodeThreads, count)
  }
}

extension DeviceProfile {
  /// Writes the profile as a JSON object, a field a line, as `init(json:)` reads it. The first
  /// line is not indented and the last has no line end.
  @export(interface)
  public func writeJSON(to out: inout TextOutput, indentation: Int = 0) {
    out.write("{")
    for index in 0..<ProfileField.count {
      guard let field = ProfileField(rawValue: index), isPresent(field) else { continue }
      out.write(index == 0 ? "\n" : ",\n")
      out.write(spaces: indentation + 2)
      out.write(jsonString: field.name)
      out.write(": ")
      writeValue(of: field, to: &out)
    }
    out.write("\n")
    out.write(spaces: indentation)
    out.write("}")
  }

  private func isPresent(_ field: ProfileField) -> Bool {
    switch (field, vectorWidth) {
    case (.neonWidthBits, .avx), (.avxWidthBits, .neon): false
    case (.weights, _): weights != .int8
    case (.headBudgets, _): headBudgets.count > 0
    case (.speculate, _): proposals != .lookup
    case (.decodeThreads, _): decodeThreads != 0
    case (.expertsMiB, _): expertsMiB != 0
    default: true
    }
  }

  private func writeValue(of field: ProfileField, to out: inout TextOutput) {
    switch field {
    case .board: out.write(jsonString: board.bytes)
    case .ramCapMiB: out.write(ramCapMiB)
    case .neonWidthBits, .avxWidthBits:
      switch vectorWidth {
      case .neon(let bits), .avx(let bits): out.write(bits)
      }
    case .fp16: out.write(fp16 ? "true" : "false")
    case .dotProduct: out.write(dotProduct ? "true" : "false")
    case .i8mm: out.write(i8mm ? "true" : "false")
    case .threads: out.write(threads)
    case .cores: writeCores(to: &out)
    case .l2CacheKiB: out.write(l2CacheKiB)
    case .model: out.write(jsonString: model.bytes)
    case .blockSize: out.write(blockSize)
    case .cacheBudget: out.write(cacheBudget)
    case .weights: out.write(jsonString: weights.name)
    case .policy: out.write(jsonString: policy.name)
    case .headBudgets: out.write(jsonString: headBudgets.bytes)
    case .speculate: out.write(jsonString: proposals.name)
    case .decodeThreads: out.write(decodeThreads)
    case .expertsMiB: out.write(expertsMiB)
    }
  }

  private func writeCores(to out: inout TextOutput) {
    out.write("[")
    for index in 0..<coreCount {
      if index > 0 { out.write(", ") }
      out.write(Int(coreNumbers[index]))
    }
    out.write("]")
  }
}
