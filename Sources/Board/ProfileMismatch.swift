import Profile

/// What a profile asks for and a processor lacks.
public enum ProfileMismatch: Equatable, Sendable {
  case neon
  case avx2
  case avx512
  case dotProduct
  case float16
  case int8MatrixMultiply

  /// The feature, as an error names it.
  public var name: StaticString {
    switch self {
    case .neon: "NEON (an aarch64 CPU)"
    case .avx2: "AVX2 (an x86-64 CPU)"
    case .avx512: "AVX-512"
    case .dotProduct: "dot product instructions"
    case .float16: "FP16 arithmetic"
    case .int8MatrixMultiply: "i8mm instructions"
    }
  }
}

extension Instructions {
  /// The worst of what `profile` asks for and a processor of these instructions lacks: another
  /// architecture comes before narrower vectors, and those before single features. A profile of
  /// another architecture also asks for features that are missing here, and naming one of them would
  /// hide that the profile is another board's.
  @export(interface)
  public func mismatch(with profile: DeviceProfile) -> ProfileMismatch? {
    switch profile.vectorWidth {
    case .neon(let bits):
      if !isArm || vectorWidthBits < bits { return .neon }
    case .avx(let bits):
      if isArm || vectorWidthBits < bits { return bits == 512 ? .avx512 : .avx2 }
    }
    if profile.dotProduct && !dotProduct { return .dotProduct }
    if profile.fp16 && !fp16 { return .float16 }
    if profile.i8mm && !i8mm { return .int8MatrixMultiply }
    return nil
  }
}
