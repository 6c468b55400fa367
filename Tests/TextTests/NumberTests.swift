import Foundation
import Testing
import Text

struct NumberTests {
  private func integer(_ text: String) -> Int? { parseInteger(Array(text.utf8).span) }

  @Test func integers() {
    for value in [0, 1, -1, 42, Int.max, Int.min, Int.max - 1, Int.min + 1] {
      #expect(integer("\(value)") == value)
      #expect(written { $0.write(value) } == "\(value)")
    }
    #expect(integer("9223372036854775808") == Int.max)
    #expect(integer("-9223372036854775809") == Int.min)
    #expect(integer(String(repeating: "9", count: 300)) == Int.max)
    for text in ["", "-", "+1", " 1", "1 ", "1.0", "0x10", "a", "--1"] {
      #expect(integer(text) == nil, "\(text)")
    }
  }

  @Test func counts() {
    #expect(decimalCount("0012") == 12)
    #expect(decimalCount("1f") == nil)
    #expect(hexadecimalCount("1fA") == 0x1fa)
    #expect(hexadecimalCount("") == nil)
    #expect(hexadecimalCount(String(repeating: "f", count: 17)) == Int.max)
  }

  @Test func unsignedNumbersAndZerosInFront() {
    #expect(written { $0.write(UInt64.max) } == "\(UInt64.max)")
    #expect(written { $0.write(7, digitCount: 4) } == "0007")
    #expect(written { $0.write(12_345, digitCount: 4) } == "12345")
    #expect(written { $0.write(0, digitCount: 1) } == "0")
    #expect(written { $0.write(hexadecimal: 0xfe) } == "00000000000000fe")
  }

  /// As C's printf rounds, where the decimal fraction is no tie.
  @Test func decimals() {
    for value in [0, 0.1, 0.999, 1.5, 12.3456, -7.125001, 123_456.789] {
      for decimals in 0...6 {
        let expected = String(format: "%.\(decimals)f", value)
        if value == 1.5 && decimals == 0 { continue }
        #expect(written { $0.write(value, decimals: decimals) } == expected)
      }
    }
  }
}
