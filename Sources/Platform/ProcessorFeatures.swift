import CInstructions
import CPlatform

/// What this machine's processor can do, as the kernel and the processor itself say. What the program
/// was compiled for is another matter: see `BuildFeatures`.
public struct ProcessorFeatures: Sendable {
  public let hasDotProduct: Bool
  public let hasFloat16Arithmetic: Bool
  public let hasInt8MatrixMultiply: Bool
  /// 128 for NEON; 256 or 512 for AVX, 128 for less.
  public let vectorWidthBits: Int

  #if arch(x86_64)
    let hasAVX512FP16: Bool

    @export(interface)
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
  #else
    let hasAtomics: Bool
    let hasBFloat16: Bool

    /// Bits of AT_HWCAP and AT_HWCAP2: Linux, Documentation/arch/arm64/elf_hwcaps.rst.
    @export(interface)
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
  #endif
}
