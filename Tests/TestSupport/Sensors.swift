/// The sensors' files of boards, by their paths below the root. Names, trip points and ranges are
/// those of Linux' device trees and drivers (bcm2711.dtsi, bcm2712-rpi-5-b.dts, tegra234.dtsi, tegra234-p3767.dtsi, rk3588s.dtsi of Rockchip's kernel,
/// raspberrypi.c, raspberrypi-hwmon.c, ina3221.c, therm_throt.c, intel_rapl_common.c).
public enum Sensors {
  public static let throttled = "sys/devices/platform/soc/soc:firmware/get_throttled"
  public static let throttledPi5 =
    "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"
  public static let zone = "sys/class/thermal/thermal_zone"
  public static let monitor = "sys/class/hwmon/hwmon"
  public static let package = "sys/class/powercap/intel-rapl:0"

  public static func core(_ number: Int, _ file: String) -> String {
    "sys/devices/system/cpu/cpu\(number)/" + file
  }

  public static func zone(
    _ number: Int, _ type: String, _ millidegrees: Int, policy: String = "step_wise",
    trips: [(String, Int)] = []
  ) -> [String: String] {
    var files = [
      zone + "\(number)/type": type + "\n", zone + "\(number)/temp": "\(millidegrees)\n",
      zone + "\(number)/policy": policy + "\n",
    ]
    for (index, (type, temperature)) in trips.enumerated() {
      files[zone + "\(number)/trip_point_\(index)_type"] = type + "\n"
      files[zone + "\(number)/trip_point_\(index)_temp"] = "\(temperature)\n"
    }
    return files
  }

  /// Cores that always have the same frequency.
  public static func clock(_ cores: ClosedRange<Int>, _ kilohertz: Int) -> [String: String] {
    var files: [String: String] = [:]
    for number in cores {
      files[core(number, "cpufreq/scaling_cur_freq")] = "\(kilohertz)\n"
      files[core(number, "cpufreq/related_cpus")] =
        cores.map(String.init).joined(separator: " ") + " \n"
    }
    return files
  }

  private static func all(_ parts: [[String: String]]) -> [String: String] {
    parts.reduce(into: [:]) { $0.merge($1) { $1 } }
  }

  public static let pi4 = all([
    zone(0, "cpu-thermal", 48_199, trips: [("critical", 110_000)]), clock(0...3, 1_800_000),
    [
      throttled: "0\n", monitor + "0/name": "cpu_thermal\n", monitor + "1/name": "rpi_volt\n",
      monitor + "1/in0_lcrit_alarm": "0\n",
    ],
  ])

  public static let pi5 = all([
    zone(
      0, "cpu-thermal", 52_650,
      trips: [
        ("critical", 110_000), ("active", 50_000), ("active", 60_000), ("active", 67_500),
        ("active", 75_000),
      ]), clock(0...3, 2_400_000),
    [
      throttledPi5: "0\n", monitor + "2/name": "rpi_volt\n",
      monitor + "2/in0_lcrit_alarm": "0\n",
    ],
  ])

  public static let orinNano = all([
    zone(
      0, "cpu-thermal", 51_250,
      trips: [("passive", 99_000), ("hot", 102_000), ("critical", 104_500)]),
    zone(1, "gpu-thermal", 90_000, trips: [("passive", 50_000)]),
    zone(5, "soc0-thermal", 50_000, trips: [("passive", 99_000), ("critical", 104_500)]),
    zone(8, "tj-thermal", 60_000, trips: [("active", 45_000), ("critical", 104_500)]),
    clock(0...3, 1_510_400), clock(4...5, 1_344_000),
    [
      monitor + "0/name": "pwmfan\n", monitor + "1/name": "ina3221\n",
      monitor + "1/in1_label": "VDD_IN\n", monitor + "1/in1_input": "5000\n",
      monitor + "1/curr1_input": "1200\n", monitor + "1/in2_label": "VDD_CPU_GPU_CV\n",
      monitor + "1/in2_input": "5000\n", monitor + "1/curr2_input": "300\n",
      monitor + "1/in3_label": "VDD_SOC\n", monitor + "1/in3_input": "5000\n",
      monitor + "1/curr3_input": "200\n",
    ],
  ])

  public static let rk3588 = all([
    zone(
      0, "soc-thermal", 46_230, policy: "power_allocator",
      trips: [("passive", 75_000), ("passive", 85_000), ("critical", 115_000)]),
    zone(1, "bigcore0-thermal", 47_153, trips: [("critical", 115_000)]),
    zone(2, "bigcore1-thermal", 47_200, trips: [("critical", 115_000)]),
    zone(3, "littlecore-thermal", 46_000), zone(4, "gpu-thermal", 95_000),
    clock(0...3, 408_000), clock(4...5, 2_304_000), clock(6...7, 2_352_000),
  ])

  public static let x86 = all([
    zone(0, "acpitz", 27_800, trips: [("critical", 119_000)]), zone(1, "iwlwifi_1", 99_000),
    zone(2, "x86_pkg_temp", 55_000, trips: [("passive", 40_000), ("passive", 0)]),
    clock(0...0, 4_100_000), clock(1...1, 4_000_000),
    [
      core(0, "thermal_throttle/core_throttle_count"): "7\n",
      core(1, "thermal_throttle/core_throttle_count"): "3\n",
      core(0, "thermal_throttle/package_throttle_count"): "12\n",
      package + "/name": "package-0\n", package + "/energy_uj": "262143000000\n",
      package + "/max_energy_range_uj": "262143328850\n",
      "sys/class/powercap/intel-rapl:0:0/name": "core\n",
      "sys/class/powercap/intel-rapl:1/name": "psys\n",
      "sys/class/powercap/intel-rapl:1/energy_uj": "5\n",
    ],
  ])
}
