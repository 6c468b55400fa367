import Testing

@testable import LabReport

@Suite struct TicksTests {
  /// Expected by hand: the least of 1, 2, 5 times a power of ten that is enough.
  @Test(arguments: [
    (10.0, 5, 2.0), (10, 10, 1), (11, 10, 2), (0.3, 3, 0.1), (1, 6, 0.2), (7_639, 6, 2_000),
    (0.0123, 4, 0.005), (99, 1, 100),
  ])
  func step(range: Double, count: Int, expected: Double) {
    #expect(abs(Ticks.step(range, count: count) / expected - 1) < 1e-9)
  }

  @Test func linear() {
    #expect(Ticks.linear(from: 0, to: 10, count: 5) == [0, 2, 4, 6, 8, 10])
    #expect(Ticks.linear(from: -3, to: 3, count: 3) == [-2, 0, 2])
    #expect(Ticks.linear(from: 5, to: 5, count: 5) == [5])
    #expect(Ticks.linear(from: .nan, to: 1, count: 5) == [])
    #expect(Ticks.linear(from: 0, to: .infinity, count: 5) == [0])
    #expect(Ticks.linear(from: 0, to: Double.leastNonzeroMagnitude, count: 5).count <= 2)
  }

  @Test func powersOfTwo() {
    #expect(Ticks.powersOfTwo(from: 512, to: 8_192, count: 6) == [512, 1_024, 2_048, 4_096, 8_192])
    #expect(Ticks.powersOfTwo(from: 500, to: 1_000, count: 6) == [512])
    #expect(Ticks.powersOfTwo(from: 1, to: 1_024, count: 4) == [1, 8, 64, 512])
    #expect(Ticks.powersOfTwo(from: 0, to: 4, count: 4) == [])
  }

  @Test func decades() {
    #expect(Ticks.decades(from: 1, to: 20, count: 6) == [1, 2, 5, 10, 20])
    #expect(Ticks.decades(from: 0.5, to: 2_000, count: 6) == [1, 10, 100, 1_000])
    #expect(Ticks.decades(from: -1, to: 1, count: 6) == [])
  }

  @Test func decadesAround() {
    #expect(Ticks.decadesAround(0.3, 7) == (0.2, 10))
    #expect(Ticks.decadesAround(1.2, 1.3) == (1, 2))
    #expect(Ticks.decadesAround(100, 100) == (100, 200))
    #expect(Ticks.decadesAround(60, 900) == (50, 1_000))
  }

  @Test func labels() {
    let scale = Scale(.fromZero, [0.3], from: 0, to: 100, count: 3)
    #expect(scale.ticks.map(\.label) == ["0.0", "0.1", "0.2", "0.3"])
    #expect(abs(scale.place(0.15) - 50) < 1e-9)
    let lengths = Scale(.lengths, [512, 7_639, 1_024], from: 0, to: 1, count: 6)
    #expect(lengths.ticks.map(\.label) == ["512", "1024", "7639"])
    let share = Scale(.percent, [25, 50], from: 0, to: 1, count: 6)
    #expect(share.ticks.map(\.label) == ["0", "25", "50", "75", "100"])
  }

  /// The way from 512 to 1024 is that from 1024 to 2048.
  @Test func lengthsHaveEqualDoublings() {
    let scale = Scale(.lengths, [512, 2_048], from: 10, to: 20, count: 6)
    #expect(abs(scale.place(1_024) - 15) < 1e-9)
  }

  @Test(arguments: [Axis.Kind.linear, .fromZero, .unit, .percent, .lengths, .factors])
  func anyValuesMakeAScale(kind: Axis.Kind) {
    let cases: [[Double]] = [
      [], [0], [3], [-5], [.nan], [.infinity, 1], [1e300, -1e300], [Double.leastNonzeroMagnitude],
      [1, 1 + 1e-15],
    ]
    for values in cases {
      let scale = Scale(kind, values, from: 0, to: 100, count: 6)
      #expect(scale.low < scale.high)
      #expect(scale.ticks.count < 40)
      for value in values where scale.has(value) {
        let place = scale.place(value)
        #expect(place >= -1e-6 && place <= 100 + 1e-6, "\(values)")
      }
    }
  }
}

@Suite struct FormatTests {
  @Test func numbers() {
    #expect(Format.count(1_234_567) == "1,234,567")
    #expect(Format.count(-12) == "-12")
    #expect(Format.count(123_456) == "123,456")
    #expect(Format.number(3.14159) == "3.142")
    #expect(Format.number(-0.00001234, digits: 3) == "-0.0000123")
    #expect(Format.number(12_345.678) == "12,346")
    #expect(Format.number(.nan) == "–")
    #expect(Format.number(1e300) == "1.000e+300")
    #expect(Format.coordinate(-0.001) == "0")
    #expect(Format.coordinate(12.5) == "12.5")
    #expect(Format.coordinate(.infinity) == "0")
    #expect(Format.duration(1_234) == "1.23\u{A0}ms")
    #expect(Format.duration(751_234.5) == "751\u{A0}ms")
    #expect(Format.duration(1_234_567) == "1.235\u{A0}s")
    #expect(Format.bytes(104_857_600) == "100.00\u{A0}MiB")
    #expect(Format.bytes(1_536) == "1.5\u{A0}KiB")
    #expect(Format.percent(0.0625, decimals: 2) == "6.25\u{A0}%")
    #expect(Format.list(["a", "b", "c"]) == "a, b and c")
    #expect(Format.list(["a"]) == "a" && Format.list([]) == "")
  }

  @Test func longTextsAreCut() {
    #expect(TextWidth.fitted("short", to: 100) == "short")
    let cut = TextWidth.fitted(String(repeating: "long", count: 50), to: 100)
    #expect(cut.hasSuffix("…") && TextWidth.of(cut) <= 100)
  }
}
