import Foundation
import Platform
import TestSupport
import Testing

@testable import Board

/// Sensors of recorded boards, and of boards whose files are damaged.
struct HealthTests {
  /// Opens a board's sensors and asks them.
  private func sensors(
    _ tree: KernelTree, _ cores: ClosedRange<Int> = 0...3, _ body: (OpenSensors) throws -> Void
  ) rethrows {
    defer { withExtendedLifetime(tree) {} }
    try body(OpenSensors(tree, cores))
  }

  private func reasons(_ throttling: Throttling) -> [Throttling.Reason] {
    (0..<Throttling.Reason.count).map { Throttling.Reason(rawValue: $0)! }
      .filter(throttling.contains)
  }

  private func thermometer(_ sensors: OpenSensors) -> String {
    written { sensors.writeThermometer(to: &$0) }
  }

  @Test func raspberryPi4() throws {
    let tree = try KernelTree(Sensors.pi4)
    try sensors(tree) { sensors in
      #expect(sensors.hasTemperature && sensors.hasFrequency && sensors.hasThrottling)
      #expect(sensors.meter.kind == .none)
      #expect(thermometer(sensors) == "\"cpu-thermal\"")
      let sample = sensors.read()
      #expect(sample.millidegrees == 48_199 && sample.kilohertz == 1_800_000)
      #expect(!sample.throttling.isActive)
      let alarm = Sensors.monitor + "1/in0_lcrit_alarm"
      try tree.write(alarm, "1\n")
      #expect(reasons(sensors.read().throttling) == [.underVoltage])
      try tree.write(alarm, "0\n")
      #expect(!sensors.read().throttling.isActive)
    }
  }

  /// Bits of get_throttled, as documented, in the form of older and newer kernels.
  @Test(arguments: [
    ("0\n", []), ("1\n", [0]), ("2\n", [1]), ("4\n", [2]), ("8\n", [3]), ("f\n", [0, 1, 2, 3]),
    ("50005\n", [0, 2]), ("0x50005\n", [0, 2]), ("e0000\n", []), ("E0008\n", [3]), ("10\n", []),
    ("fffffff0\n", []),
  ])
  func firmwareBits(text: String, expected: [Int]) throws {
    for (files, path) in [
      (Sensors.pi4, Sensors.throttled), (Sensors.pi5, Sensors.throttledPi5),
    ] {
      let tree = try KernelTree(files)
      try tree.write(path, text)
      sensors(tree) { sensors in
        #expect(reasons(sensors.read().throttling).map(\.rawValue) == expected)
      }
    }
  }

  /// Bits 16 to 19: what came and went between two samples counts, what was before does not.
  @Test func whatHasOccurred() throws {
    let tree = try KernelTree(Sensors.pi5)
    try tree.write(Sensors.throttledPi5, "50000\n")
    try sensors(tree) { sensors in
      let first = sensors.read()
      #expect(!first.throttling.isActive)
      #expect(first.throttling.hasOccurred(.underVoltage))
      #expect(first.throttling.hasOccurred(.throttled))
      #expect(!first.throttling.hasOccurred(.frequencyCapped))
      let second = sensors.read(after: first)
      #expect(!second.throttling.isActive)
      try tree.write(Sensors.throttledPi5, "70000\n")
      let third = sensors.read(after: second)
      #expect(reasons(third.throttling) == [.frequencyCapped])
      #expect(!sensors.read(after: third).throttling.isActive)
      try tree.write(Sensors.throttledPi5, "f0000\n")
      #expect(reasons(sensors.read(after: third).throttling) == [.softTemperatureLimit])
    }
  }

  /// Trip points for fans are no throttling.
  @Test func raspberryPi5() throws {
    let tree = try KernelTree(Sensors.pi5)
    try sensors(tree) { sensors in
      try tree.write(Sensors.zone + "0/temp", "84500\n")
      let hot = sensors.read()
      #expect(hot.millidegrees == 84_500 && !hot.throttling.isActive)
      try tree.write(Sensors.zone + "0/temp", "110000\n")
      #expect(reasons(sensors.read().throttling) == [.hotTrip])
    }
  }

  @Test func orinNano() throws {
    let tree = try KernelTree(Sensors.orinNano)
    try sensors(tree, 0...5) { sensors in
      let sample = sensors.read()
      // The junction's sensor has no passive trip point, and the GPU is another device.
      #expect(sample.millidegrees == 51_250 && sample.kilohertz == 1_344_000)
      #expect(!sample.throttling.isActive)
      #expect(sensors.meter.kind == .rail)
      // 5 V · 1.2 A = 6 W, then 5 V · 2 A = 10 W: 8 W in the mean.
      try tree.write(Sensors.monitor + "1/curr1_input", "2000\n")
      let second = sensors.read()
      let energy = sensors.meter.microjoules(
        from: sample.energy, to: second.energy, nanoseconds: 500_000_000)
      #expect(energy == 4_000_000)
      try tree.write(Sensors.zone + "5/temp", "99000\n")
      #expect(reasons(sensors.read().throttling) == [.passiveTrip])
      #expect(sensors.read().millidegrees == 99_000)
      try tree.write(Sensors.zone + "0/temp", "102000\n")
      #expect(reasons(sensors.read().throttling) == [.passiveTrip, .hotTrip])
    }
  }

  @Test func channelsByTheirLabels() throws {
    var files = Sensors.orinNano
    files[Sensors.monitor + "1/in1_label"] = "VDD_SOC\n"
    files[Sensors.monitor + "1/in3_label"] = "VDD_IN\n"
    let other = try KernelTree(files)
    sensors(other) { sensors in
      let reading = sensors.read().energy
      // Rail 3: 5 V · 0.2 A.
      #expect(reading.microwatts == 1_000_000)
    }
    files[Sensors.monitor + "1/in3_label"] = "VDD_GPU\n"
    try sensors(KernelTree(files)) { #expect($0.meter.kind == .none) }
  }

  /// The power allocator slows down at the last passive trip point, other governors at the first.
  @Test func rk3588() throws {
    let tree = try KernelTree(Sensors.rk3588)
    try sensors(tree, 4...7) { sensors in
      let sample = sensors.read()
      #expect(sample.millidegrees == 47_200 && sample.kilohertz == 2_304_000)
      #expect(sensors.hasThrottling && sensors.meter.kind == .none)
      try tree.write(Sensors.zone + "0/temp", "80000\n")
      #expect(!sensors.read().throttling.isActive)
      try tree.write(Sensors.zone + "0/temp", "85000\n")
      #expect(reasons(sensors.read().throttling) == [.passiveTrip])
    }
    try tree.write(Sensors.zone + "0/temp", "80000\n")
    try tree.write(Sensors.zone + "0/policy", "step_wise\n")
    sensors(tree, 4...7) {
      #expect(reasons($0.read().throttling) == [.passiveTrip])
    }
    sensors(tree, 0...3) { #expect($0.read().kilohertz == 408_000) }
  }

  @Test func x86() throws {
    let tree = try KernelTree(Sensors.x86)
    try sensors(tree, 0...1) { sensors in
      let first = sensors.read()
      // Trip points of the package are for programs; radios are other devices.
      #expect(first.millidegrees == 55_000 && first.kilohertz == 4_000_000)
      #expect(!first.throttling.isActive && sensors.hasThrottling)
      #expect(sensors.meter.kind == .packages)
      try tree.write(Sensors.package + "/energy_uj", "262143328000\n")
      let second = sensors.read(after: first)
      #expect(!second.throttling.isActive)
      #expect(energy(sensors, first, second) == 328_000)
      // It began anew: 850 up to the range, and 150 from there.
      try tree.write(Sensors.package + "/energy_uj", "150\n")
      try tree.write(Sensors.core(1, "thermal_throttle/core_throttle_count"), "4\n")
      let third = sensors.read(after: second)
      #expect(energy(sensors, second, third) == 1_000)
      #expect(reasons(third.throttling) == [.processorThrottled])
      #expect(!sensors.read(after: third).throttling.isActive)
    }
  }

  private func energy(
    _ sensors: OpenSensors, _ first: HealthSample, _ last: HealthSample
  ) -> Int? {
    sensors.meter.microjoules(
      from: first.energy, to: last.energy, nanoseconds: 1_000_000_000)
  }

  @Test func severalPackages() throws {
    var files = Sensors.x86
    files["sys/class/powercap/intel-rapl:1/name"] = "package-1\n"
    files["sys/class/powercap/intel-rapl:1/max_energy_range_uj"] = "1000\n"
    let tree = try KernelTree(files)
    try sensors(tree, 0...1) { sensors in
      let first = sensors.read()
      try tree.write(Sensors.package + "/energy_uj", "262143000300\n")
      try tree.write("sys/class/powercap/intel-rapl:1/energy_uj", "25\n")
      #expect(energy(sensors, first, sensors.read()) == 320)
    }
  }

  /// Without the range a count that falls says nothing.
  @Test(arguments: [nil, "", "none", "0", "100", "99999999999999999999"])
  func unknownRange(text: String?) throws {
    var files = Sensors.x86
    files[Sensors.package + "/max_energy_range_uj"] = text
    let tree = try KernelTree(files)
    try sensors(tree, 0...1) { sensors in
      let first = sensors.read()
      try tree.write(Sensors.package + "/energy_uj", "262143000001\n")
      #expect(energy(sensors, first, sensors.read()) == 1)
      try tree.write(Sensors.package + "/energy_uj", "5\n")
      #expect(energy(sensors, first, sensors.read()) == nil)
    }
  }

  /// Desktops whose zones tell nothing of the processor.
  @Test func monitorsOfProcessors() throws {
    let tree = try KernelTree([
      Sensors.monitor + "0/name": "nvme\n", Sensors.monitor + "0/temp1_input": "90000\n",
      Sensors.monitor + "4/name": "k10temp\n", Sensors.monitor + "4/temp1_input": "61250\n",
    ])
    sensors(tree) { sensors in
      #expect(sensors.read().millidegrees == 61_250)
      #expect(thermometer(sensors) == "\"k10temp\"")
      #expect(!sensors.hasThrottling)
    }
  }

  @Test func nothingIsThere() throws {
    let tree = try KernelTree([:])
    sensors(tree) { sensors in
      #expect(sensors.isEmpty)
      let sample = sensors.read()
      #expect(sample.millidegrees == nil && sample.kilohertz == nil && sample.throttleCount == nil)
      #expect(!sample.throttling.isActive && sensors.readMillidegrees() == nil)
      #expect(energy(sensors, sample, sample) == nil)
    }
    let isEmpty = HealthSensors().isEmpty
    #expect(isEmpty)
  }

  /// What is no number, or one that cannot be, is not there.
  @Test(arguments: [
    "", "\n", "hot", "12xyz", "-", "--5", "99999999999999999999999", "9223372036854775807",
    "-9223372036854775808", "1 2", "\0", "0x", "1.5", String(repeating: "1", count: 5000),
    String(repeating: " ", count: 5000) + "5",
  ])
  func damagedFiles(text: String) throws {
    for files in [Sensors.pi4, Sensors.pi5, Sensors.orinNano, Sensors.rk3588, Sensors.x86] {
      let tree = try KernelTree(files)
      try sensors(tree, 0...7) { sensors in
        let before = sensors.read()
        for path in files.keys.sorted() { try tree.write(path, text) }
        let after = sensors.read(after: before)
        #expect(after.millidegrees == nil)
        #expect(after.kilohertz == nil)
        #expect(!after.throttling.isActive)
        if sensors.meter.kind != .none { #expect(energy(sensors, before, after) == nil) }
      }
      // Or from the start.
      sensors(tree, 0...7) { sensors in
        let sample = sensors.read()
        #expect(sample.millidegrees == nil && sample.kilohertz == nil)
        #expect(!sample.throttling.isActive)
      }
    }
  }

  /// Every file by itself: nothing stops, and what is read once it is whole again is what was read before.
  @Test func eachFileAlone() throws {
    for files in [Sensors.pi4, Sensors.pi5, Sensors.orinNano, Sensors.rk3588, Sensors.x86] {
      let tree = try KernelTree(files)
      var before: Int?
      sensors(tree, 0...7) { before = $0.read().millidegrees }
      for (path, text) in files {
        for damaged in ["", "text", "99999999999999999999"] {
          try tree.write(path, damaged)
          sensors(tree, 0...7) { _ = $0.read(after: $0.read()) }
        }
        try tree.remove(path)
        sensors(tree, 0...7) { _ = $0.read(after: $0.read()) }
        try tree.write(path, text)
        sensors(tree, 0...7) { #expect($0.read().millidegrees == before, "\(path)") }
      }
    }
  }

  /// Sensors stay open under names that are gone, and new ones are not there.
  @Test func vanishedFiles() throws {
    let tree = try KernelTree(Sensors.pi4)
    try sensors(tree) { sensors in
      try FileManager.default.removeItem(atPath: tree.path + "/sys")
      #expect(sensors.read().millidegrees == 48_199)
    }
    sensors(tree) { #expect($0.isEmpty) }
  }

  @Test func believableTemperatures() throws {
    let tree = try KernelTree(Sensors.pi4)
    try sensors(tree) { sensors in
      for (text, expected) in [
        ("-5000\n", -5_000), ("0\n", 0), ("200000\n", 200_000), ("200001\n", nil),
        ("-50001\n", nil), ("48199", 48_199), ("  48199 \n", 48_199), ("48199\0", 48_199),
      ] as [(String, Int?)] {
        try tree.write(Sensors.zone + "0/temp", text)
        #expect(sensors.read().millidegrees == expected)
        #expect(sensors.readMillidegrees() == expected)
      }
    }
  }

  /// More zones and cores than are kept.
  @Test func manySensors() throws {
    var files: [String: String] = [:]
    for number in 0..<40 {
      files.merge(Sensors.zone(number, "cpu\(number)-thermal", 40_000 + number)) { $1 }
      files.merge(Sensors.clock(number...number, 1_000_000 + number)) { $1 }
    }
    try sensors(KernelTree(files), 0...39) { sensors in
      #expect(sensors.read().millidegrees == 40_007)
      #expect(sensors.read().kilohertz == 1_000_000)
    }
  }
}

/// Sensors in a class: what `#expect` takes apart must be copyable.
private final class OpenSensors {
  private let sensors: HealthSensors

  init(_ tree: KernelTree, _ cores: ClosedRange<Int>) {
    var set = CoreSet()
    for core in cores { set.insert(core) }
    sensors = HealthSensors(below: KernelPath(root: Array(tree.path.utf8).span)!, of: set)
  }

  var isEmpty: Bool { sensors.isEmpty }
  var hasTemperature: Bool { sensors.hasTemperature }
  var hasFrequency: Bool { sensors.hasFrequency }
  var hasThrottling: Bool { sensors.hasThrottling }
  var meter: EnergyMeter { sensors.meter }

  func writeThermometer(to out: inout TextOutput) { sensors.writeThermometer(to: &out) }
  func read(after earlier: HealthSample? = nil) -> HealthSample { sensors.read(after: earlier) }
  func readMillidegrees() -> Int? { sensors.readMillidegrees() }
}
