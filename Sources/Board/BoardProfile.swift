import Profile
import Text

/// What a profile's maker may choose.
public struct ProfileWishes: Sendable {
  /// 1 to 1,023 bytes of UTF-8 without NUL.
  public var model: FixedText<1024>
  /// MiB that stay for others; nil for the rule of `MemoryFacts`.
  public var reserveMiB: Int?

  public init(model: FixedText<1024>, reserveMiB: Int?) {
    self.model = model
    self.reserveMiB = reserveMiB
  }
}

extension BoardFacts {
  /// The second-level cache where the kernel does not say: the smallest of the published boards'
  /// cores. Blocks that are cut for less than there is cost little.
  static let l2KiBDefault = 256

  /// MiB kept back for others.
  public func reserveMiB(_ wishes: ProfileWishes) -> Int {
    wishes.reserveMiB ?? memory.reserveMiBDefault
  }

  /// The machine's profile; `capMiB`, which must be one that a profile allows, is taken in place of
  /// what the memory gives. Blocks and budgets go by the cap as in the published profiles: B = 64
  /// and N = 1,024 below 512 MiB, N = 4,096 from 12 GiB on, else B = 128 and N = 2,048.
  @export(interface)
  public func profile(
    _ wishes: ProfileWishes, capMiB: Int? = nil
  ) throws(BoardError) -> DeviceProfile {
    let cap: Int
    if let capMiB {
      cap = capMiB
    } else {
      cap = try memory.capMiB(reserveMiB: reserveMiB(wishes))
    }
    let (isSmall, isLarge) = (cap < 512, cap >= 12 * 1024)
    var profile = DeviceProfile(
      board: name, ramCapMiB: cap,
      vectorWidth: instructions.isArm
        ? .neon(bits: instructions.vectorWidthBits) : .avx(bits: instructions.vectorWidthBits),
      l2CacheKiB: cores.l2KiB ?? Self.l2KiBDefault, model: wishes.model,
      blockSize: isSmall ? 64 : 128, cacheBudget: isSmall ? 1024 : isLarge ? 4096 : 2048,
      policy: .keydiffStream)
    profile.setInstructions(
      fp16: instructions.fp16, dotProduct: instructions.dotProduct, i8mm: instructions.i8mm)
    for index in 0..<cores.count where cores.chosen.contains(cores[index].number) {
      profile.bindThread(toCore: cores[index].number)
    }
    return profile
  }
}
