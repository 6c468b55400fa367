/// Machines as their kernels describe them, for trees of files that take the place of /. Sources:
/// /proc/cpuinfo, frequencies, clusters and memory as published of each board
/// (github.com/hrw/arm-socs-table, github.com/ThomasKaiser/sbc-bench, results/reviews); caches and
/// relative speeds from Linux' device trees (bcm2711.dtsi, bcm2712.dtsi, tegra234.dtsi,
/// rk3588-base.dtsi), where capacity = 1024 · dmips · frequency, relative to the fastest core.
public struct Machine: Sendable {
  /// Cores that are alike.
  public struct Kind: Sendable {
    public var cores: ClosedRange<Int>
    /// nil: Linux has no `cpu_capacity` there.
    public var capacity: Int?
    public var kilohertz: Int?
    public var l2: String
    /// Whether one second-level cache is for all of them.
    public var sharesL2 = false
    /// Neighbours of which each has so many hardware threads.
    public var threads = 1
  }

  public var kinds: [Kind]
  /// Words of `Features` or `flags`.
  public var instructions: String
  public var isArm = true
  public var model: String
  public var memoryKiB: (total: Int, available: Int)

  public static let armV82 =
    "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop "
    + "asimddp"

  public static let pi4 = Machine(
    kinds: [Kind(cores: 0...3, kilohertz: 1_800_000, l2: "1024K", sharesL2: true)],
    instructions: "fp asimd evtstrm crc32 cpuid", model: "Raspberry Pi 4 Model B Rev 1.5",
    memoryKiB: (3_884_360, 3_554_920))

  public static let pi5 = Machine(
    kinds: [Kind(cores: 0...3, kilohertz: 2_400_000, l2: "512K")],
    instructions: armV82, model: "Raspberry Pi 5 Model B Rev 1.0",
    memoryKiB: (8_242_176, 7_780_352))

  public static let jetsonOrinNano = Machine(
    kinds: [
      Kind(cores: 0...3, kilohertz: 1_510_400, l2: "256K"),
      Kind(cores: 4...5, kilohertz: 1_510_400, l2: "256K"),
    ],
    instructions: armV82 + " uscat ilrcpc flagm paca pacg",
    model: "NVIDIA Jetson Orin Nano Developer Kit", memoryKiB: (7_802_880, 6_402_048))

  public static let rk3588 = Machine(
    kinds: [
      Kind(cores: 0...3, capacity: 405, kilohertz: 1_800_000, l2: "128K"),
      Kind(cores: 4...5, capacity: 1003, kilohertz: 2_304_000, l2: "512K"),
      Kind(cores: 6...7, capacity: 1024, kilohertz: 2_352_000, l2: "512K"),
    ],
    instructions: armV82, model: "Orange Pi 5 Plus", memoryKiB: (8_135_680, 7_610_368))

  /// A laptop's processor of two fast cores with two hardware threads each and four slower ones.
  public static let x86 = Machine(
    kinds: [
      Kind(cores: 0...3, kilohertz: 4_400_000, l2: "1280K", threads: 2),
      Kind(cores: 4...7, kilohertz: 3_300_000, l2: "2048K", sharesL2: true),
    ],
    instructions: "fpu sse2 ssse3 fma sse4_1 sse4_2 xsave avx f16c rdrand avx2 avx_vnni",
    isArm: false, model: "20XW00A1GE", memoryKiB: (7_884_800, 5_242_880))

  /// A server with AVX-512 whose kernel states neither capacities nor frequencies.
  public static let server = Machine(
    kinds: [Kind(cores: 0...1, l2: "2048K")],
    instructions: "fma avx f16c avx2 avx512f avx512dq avx512bw avx512vl avx512_vnni avx512_fp16",
    isArm: false, model: "Standard PC (Q35 + ICH9, 2009)", memoryKiB: (8_000_000, 6_000_000))

  public var coreCount: Int { kinds.last!.cores.upperBound + 1 }

  /// The files by their paths below the root.
  public var files: [String: String] {
    var files = [
      "proc/meminfo": """
      MemTotal:       \(memoryKiB.total) kB
      MemFree:        \(memoryKiB.available / 2) kB
      MemAvailable:   \(memoryKiB.available) kB

      """,
      "proc/cpuinfo": (0..<coreCount).map(cpuinfo).joined(),
      "proc/self/status": "Name:\tprobe\nCpus_allowed:\tff\nCpus_allowed_list:\t0-1023\n",
      "proc/self/cgroup": "0::/user.slice/user-1000.slice/session-1.scope\n",
      "sys/devices/system/cpu/online": "0-\(coreCount - 1)\n",
    ]
    if isArm {
      files["proc/device-tree/model"] = model + "\0"
    } else {
      files["sys/class/dmi/id/product_name"] = model + "\n"
    }
    for kind in kinds {
      for core in kind.cores {
        for (name, text) in coreFiles(core, kind) {
          files["sys/devices/system/cpu/cpu\(core)/" + name] = text + "\n"
        }
      }
    }
    return files
  }

  private func cpuinfo(_ core: Int) -> String {
    if isArm {
      return """
        processor\t: \(core)
        BogoMIPS\t: 48.00
        Features\t: \(instructions)
        CPU implementer\t: 0x41
        CPU architecture: 8


        """
    }
    return """
      processor\t: \(core)
      vendor_id\t: GenuineIntel
      flags\t\t: \(instructions)
      bugs\t\t: spectre_v1 spectre_v2


      """
  }

  private func coreFiles(_ core: Int, _ kind: Kind) -> [String: String] {
    let first = core - (core - kind.cores.lowerBound) % kind.threads
    let siblings = kind.threads == 1 ? "\(core)" : "\(first)-\(first + kind.threads - 1)"
    let all = "\(kind.cores.lowerBound)-\(kind.cores.upperBound)"
    var files = [
      "topology/thread_siblings_list": siblings,
      // Arm kernels before 5.16 name clusters packages.
      "topology/core_siblings_list": isArm ? all : "0-\(coreCount - 1)",
    ]
    files["cpu_capacity"] = kind.capacity.map(String.init)
    files["cpufreq/cpuinfo_max_freq"] = kind.kilohertz.map(String.init)
    let caches = [
      ("1", "Data", "64K", siblings), ("1", "Instruction", "64K", siblings),
      ("2", "Unified", kind.l2, kind.sharesL2 ? all : siblings),
      ("3", "Unified", "3072K", "0-\(coreCount - 1)"),
    ]
    for (index, (level, type, size, sharing)) in caches.enumerated() {
      files["cache/index\(index)/level"] = level
      files["cache/index\(index)/type"] = type
      files["cache/index\(index)/size"] = size
      files["cache/index\(index)/shared_cpu_list"] = sharing
    }
    return files
  }
}
