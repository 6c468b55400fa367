import Foundation
import Testing
import Text

/// Doubles as text and back.
@Suite struct NumberTextTests {
  private struct Collector: ByteSink {
    var bytes: [UInt8] = []
    mutating func write(byte: UInt8) { bytes.append(byte) }
  }

  private func written(_ value: Double) -> String {
    var out = Collector()
    out.write(python: value)
    return String(decoding: out.bytes, as: UTF8.self)
  }

  private func read(_ text: String) -> Double {
    var number = JSONNumber()
    for byte in text.utf8 {
      let isTaken = number.take(byte)
      #expect(isTaken)
    }
    return number.double
  }

  @Test(arguments: [
    (1.0, "1.0"), (0.1, "0.1"), (-0.0, "-0.0"), (1e16, "1e+16"), (1e15, "1000000000000000.0"),
    (1e-5, "1e-05"), (0.0001, "0.0001"), (.leastNonzeroMagnitude, "5e-324"), (1.5e300, "1.5e+300"),
    (1.7976931348623157e308, "1.7976931348623157e+308"), (0.1 + 0.2, "0.30000000000000004"),
    (2.2250738585072014e-308, "2.2250738585072014e-308"),
    (9_007_199_254_740_992, "9007199254740992.0"),
    (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"), (123456.789, "123456.789"),
  ])
  func writes(_ value: Double, _ text: String) {
    #expect(written(value) == text)
  }

  /// Swift's own shortest digits and its own reader are the reference.
  @Test func everyPatternComesBack() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<3000 {
      let value = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &generator))
      if !value.isFinite { continue }
      let text = written(value.magnitude)
      #expect(Double(text) == value.magnitude, "\(value.bitPattern)")
      #expect(read("\(value.magnitude)".replacing("+", with: "")) == value.magnitude)
      #expect(
        text.filter { $0.isNumber }.count <= "\(value.magnitude)".filter { $0.isNumber }.count + 1)
    }
  }

  @Test(arguments: [
    "9007199254740993", "9007199254740992.9999", "1.00000000000000011102230246251565",
    "123456789012345678", "2.2250738585072011e-308", "4.9e-324", "1e23", "8.5e-8", "0.1e-300",
  ])
  func readsTheNearest(_ text: String) {
    #expect(read(text) == Double(text))
  }
}
