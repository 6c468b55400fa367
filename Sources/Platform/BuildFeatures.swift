import CInstructions

/// What this program was compiled to use. It runs only on processors that have all of it: see
/// `missing(from:)`.
public enum BuildFeatures {
  public static var isArm: Bool {
    #if arch(arm64)
      true
    #else
      false
    #endif
  }

  /// To be compared with a device profile.
  public static var usesDotProduct: Bool { isArm && edge_has_dot_product() }
  public static var hasFloat16Arithmetic: Bool {
    edge_built_with_fp16() || edge_built_with_avx512_fp16()
  }
  public static var usesInt8MatrixMultiply: Bool { edge_built_with_i8mm() }

  /// The kernel path.
  public static var name: StaticString {
    #if arch(x86_64)
      edge_has_vnni() ? "AVX-512 VNNI" : edge_built_with_avx2() ? "AVX2" : "portable x86-64"
    #else
      edge_built_with_i8mm()
        ? "NEON int8 matrix multiply" : edge_has_dot_product() ? "NEON dot product" : "NEON"
    #endif
  }

  /// An instruction set that this program was compiled for and a processor lacks, or nil.
  @export(interface)
  public static func missing(from processor: ProcessorFeatures) -> StaticString? {
    #if arch(x86_64)
      if edge_built_with_avx2() && processor.vectorWidthBits < 256 {
        return "AVX2 with FMA and F16C"
      }
      if edge_built_with_avx512() && processor.vectorWidthBits < 512 { return "AVX-512" }
      if edge_has_vnni() && !processor.hasDotProduct { return "AVX-512 VNNI" }
      if edge_built_with_avx512_fp16() && !processor.hasAVX512FP16 { return "AVX-512 FP16" }
      return nil
    #else
      if edge_built_with_atomics() && !processor.hasAtomics {
        return "atomic instructions (ARMv8.1)"
      }
      if edge_has_dot_product() && !processor.hasDotProduct { return "dot product instructions" }
      if edge_built_with_fp16() && !processor.hasFloat16Arithmetic { return "FP16 arithmetic" }
      if edge_built_with_i8mm() && !processor.hasInt8MatrixMultiply {
        return "int8 matrix multiply (i8mm)"
      }
      if edge_built_with_bf16() && !processor.hasBFloat16 { return "BF16 instructions" }
      return nil
    #endif
  }

  /// What to do about a processor for which `missing` names something.
  @export(interface)
  public static func advice(for processor: ProcessorFeatures) -> StaticString {
    #if arch(x86_64)
      processor.vectorWidthBits < 256
        ? "no build runs on it: x86-64 needs AVX2 with FMA and F16C"
        : """
        build it on this machine with swift build -c release; with --toolset \
        Toolchain/x86-64-v3.json it runs on all processors with AVX2
        """
    #else
      "build it with Toolchain/build-device and the profile of this board"
    #endif
  }
}
