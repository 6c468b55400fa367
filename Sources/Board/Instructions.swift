import Platform

/// What the processor computes with, in a profile's terms.
public struct Instructions: Sendable, Equatable {
  public internal(set) var isArm = false
  /// 128 for NEON; 256 or 512 for AVX; 0 for less than a profile can state.
  public internal(set) var vectorWidthBits = 0
  public internal(set) var fp16 = false
  /// On x86-64, AVX-512 VNNI.
  public internal(set) var dotProduct = false
  public internal(set) var i8mm = false

  init() {}

  /// Of the machine that the program runs on: the auxiliary vector on aarch64, CPUID on x86-64.
  @export(interface)
  public init(_ processor: ProcessorFeatures) {
    isArm = BuildFeatures.isArm
    let isEnough = isArm || processor.vectorWidthBits >= 256
    vectorWidthBits = isEnough ? processor.vectorWidthBits : 0
    fp16 = processor.hasFloat16Arithmetic
    dotProduct = processor.hasDotProduct
    i8mm = processor.hasInt8MatrixMultiply
  }

  /// Of the machine that /proc/cpuinfo tells of: the line `Features` of an Arm processor, whose
  /// words are the names of the auxiliary vector's bits, or `flags` of an x86 processor.
  init(cpuinfo file: inout KernelFile) throws(BoardError) {
    while file.peek() != nil {
      var key = Word()
      if file.readWord(into: &key) {
        if key.equals("Features") || key.equals("flags") {
          self.init(words: &file, isArm: key.equals("Features"))
          return
        }
      }
      file.skipLine()
    }
    throw .noInstructions
  }

  private init(words file: inout KernelFile, isArm: Bool) {
    var seen = SeenFeatures()
    var word = Word()
    while file.readWord(into: &word) { seen.insert(word) }
    self.isArm = isArm
    if isArm {
      vectorWidthBits = seen.has(.asimd) ? 128 : 0
      fp16 = seen.has(.asimdhp)
      dotProduct = seen.has(.asimddp)
      i8mm = seen.has(.i8mm)
    } else {
      let avx2 = seen.has(.avx2) && seen.has(.fma) && seen.has(.f16c)
      let avx512 =
        avx2 && seen.has(.avx512f) && seen.has(.avx512dq) && seen.has(.avx512bw)
        && seen.has(.avx512vl)
      vectorWidthBits = avx512 ? 512 : avx2 ? 256 : 0
      fp16 = avx512 && seen.has(.avx512fp16)
      dotProduct = avx512 && seen.has(.avx512vnni)
    }
  }
}

/// The words that say something. Of Linux: arch/arm64/kernel/cpuinfo.c, and
/// arch/x86/include/asm/cpufeatures.h.
private enum Feature: Int {
  case asimd
  case asimdhp
  case asimddp
  case i8mm
  case avx2
  case fma
  case f16c
  case avx512f
  case avx512dq
  case avx512bw
  case avx512vl
  case avx512fp16
  case avx512vnni

  static let count = 13

  var name: StaticString {
    switch self {
    case .asimd: "asimd"
    case .asimdhp: "asimdhp"
    case .asimddp: "asimddp"
    case .i8mm: "i8mm"
    case .avx2: "avx2"
    case .fma: "fma"
    case .f16c: "f16c"
    case .avx512f: "avx512f"
    case .avx512dq: "avx512dq"
    case .avx512bw: "avx512bw"
    case .avx512vl: "avx512vl"
    case .avx512fp16: "avx512_fp16"
    case .avx512vnni: "avx512_vnni"
    }
  }
}

private struct SeenFeatures {
  private var bits: UInt32 = 0

  mutating func insert(_ word: Word) {
    for index in 0..<Feature.count {
      if let feature = Feature(rawValue: index), word.equals(feature.name) {
        bits |= 1 << UInt32(index)
      }
    }
  }

  func has(_ feature: Feature) -> Bool { bits >> UInt32(feature.rawValue) & 1 != 0 }
}
