import CInstructions
import CPlatform

/// What this machine's processor can do, as the kernel and the processor itself say.
public struct Processor: Sendable {
  public let hasDotProduct: Bool
  public let hasFloat16Arithmetic: Bool
  public let hasInt8MatrixMultiply: Bool
  /// 128 for NEON; 256 or 512 for AVX, 128 for less.
  public let vectorWidthBits: Int
  public static var isArm: Bool {
    #if arch(arm64)
      true
    #else
      false
    #endif
  }

  #if arch(x86_64)
    private let hasAVX512FP16: Bool

    public init() {
      let leaf1 = edge_cpuid(1, 0, 2)
      let hasSavedStates = leaf1 & 1 << 27 != 0
      let saved = hasSavedStates ? edge_xgetbv() : 0
      let fma = leaf1 & 1 << 12 != 0
      let f16c = leaf1 & 1 << 29 != 0
      let leaf7EBX = edge_cpuid(7, 0, 1)
      let leaf7ECX = edge_cpuid(7, 0, 2)
      let avx2 = saved & 0x6 == 0x6 && fma && f16c && leaf7EBX & 1 << 5 != 0
      // F, DQ, BW, VL
      let bits: UInt32 = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31
      let avx512 = avx2 && saved & 0xE6 == 0xE6 && leaf7EBX & bits == bits
      vectorWidthBits = avx512 ? 512 : avx2 ? 256 : 128
      hasDotProduct = avx512 && leaf7ECX & 1 << 11 != 0
      hasAVX512FP16 = avx512 && edge_cpuid(7, 0, 3) & 1 << 23 != 0
      hasFloat16Arithmetic = hasAVX512FP16
      hasInt8MatrixMultiply = false
    }

    /// An instruction set that this program was compiled for and the processor lacks, or nil.
    public var missingForBuild: StaticString? {
      if edge_built_with_avx2() && vectorWidthBits < 256 { return "AVX2 with FMA and F16C" }
      if edge_built_with_avx512() && vectorWidthBits < 512 { return "AVX-512" }
      if edge_has_vnni() && !hasDotProduct { return "AVX-512 VNNI" }
      if edge_built_with_avx512_fp16() && !hasAVX512FP16 { return "AVX-512 FP16" }
      return nil
    }
  #else
    private let hasAtomics: Bool
    private let hasBFloat16: Bool

    /// Bits of AT_HWCAP and AT_HWCAP2: Linux, Documentation/arch/arm64/elf_hwcaps.rst.
    public init() {
      let first = getauxval(UInt(AT_HWCAP))
      let second = getauxval(UInt(AT_HWCAP2))
      vectorWidthBits = 128
      hasAtomics = first & 1 << 8 != 0
      hasFloat16Arithmetic = first & 1 << 10 != 0
      hasDotProduct = first & 1 << 20 != 0
      hasInt8MatrixMultiply = second & 1 << 13 != 0
      hasBFloat16 = second & 1 << 14 != 0
    }

    public var missingForBuild: StaticString? {
      if edge_built_with_atomics() && !hasAtomics { return "atomic instructions (ARMv8.1)" }
      if edge_has_dot_product() && !hasDotProduct { return "dot product instructions" }
      if edge_built_with_fp16() && !hasFloat16Arithmetic { return "FP16 arithmetic" }
      if edge_built_with_i8mm() && !hasInt8MatrixMultiply { return "int8 matrix multiply (i8mm)" }
      if edge_built_with_bf16() && !hasBFloat16 { return "BF16 instructions" }
      return nil
    }
  #endif

  /// What this build uses, to be compared with a device profile.
  public static var buildUsesDotProduct: Bool { Processor.isArm && edge_has_dot_product() }
  public static var buildHasFloat16Arithmetic: Bool {
    edge_built_with_fp16() || edge_built_with_avx512_fp16()
  }
  public static var buildUsesInt8MatrixMultiply: Bool { edge_built_with_i8mm() }

  /// The kernel path of this build.
  public static var buildName: StaticString {
    #if arch(x86_64)
      edge_has_vnni() ? "AVX-512 VNNI" : edge_built_with_avx2() ? "AVX2" : "portable x86-64"
    #else
      edge_built_with_i8mm()
        ? "NEON int8 matrix multiply" : edge_has_dot_product() ? "NEON dot product" : "NEON"
    #endif
  }
}
