import Foundation
import TestSupport
import Testing

@testable import Platform

struct TextOutputTests {
  @Test(arguments: [0, 1, -1, 9, 10, -10, 12_345, Int.max, Int.min])
  func integers(value: Int) {
    #expect(written { $0.write(value) } == "\(value)")
    #expect(
      written { $0.write(value, width: 22) } == String(repeating: " ", count: 22 - "\(value)".count)
        + "\(value)")
  }

  @Test(arguments: [0.0, 0.5, 0.125, 1.0 / 3, 99.996, 12_345.678, -2.5, -0.001, 1e8])
  func decimals(value: Double) {
    for decimals in 0...6 {
      let scale = pow(10, Double(decimals))
      let read = Double(written { $0.write(value, decimals: decimals) })!
      #expect(abs(read - value) <= 0.5 / scale + 1e-9)
    }
  }

  @Test func notFiniteNumbersAreNamed() {
    #expect(written { $0.write(Double.nan, decimals: 2) } == "nan")
    #expect(written { $0.write(-Double.infinity, decimals: 2) } == "-inf")
  }

  @Test func columnsAreAligned() {
    #expect(written { $0.write(9.996, decimals: 2, width: 8) } == "   10.00")
    #expect(written { $0.write(-1.5, decimals: 1, width: 6) } == "  -1.5")
    #expect(written { $0.write("abc", width: 5) } == "abc  ")
  }

  @Test func jsonStringsAreValidJSON() throws {
    let text = "quote \" backslash \\ tab \t newline \n bell \u{7} é 😀"
    let json = written { $0.write(jsonString: Array(text.utf8).span) }
    let decoded = try JSONSerialization.jsonObject(
      with: Data(json.utf8), options: .fragmentsAllowed)
    #expect(decoded as? String == text)
  }

  @Test func textLongerThanTheBufferArrivesWhole() {
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 3 * TextOutput.bufferByteCount + 7)
    #expect(written { $0.write(line.span) }.utf8.count == line.count)
  }

  @Test func aFailedWriteIsRemembered() {
    var output = TextOutput(descriptor: -1)
    output.write("lost")
    output.flush()
    #expect(output.failure == EBADF)
  }

  @Test func excerptsAreCutAndShownSafely() {
    let bytes = [UInt8](repeating: 0x1B, count: Excerpt.byteCountMax + 1)
    let shown = written { $0.write(quoted: Excerpt(bytes.span)) }
    #expect(shown == "'" + String(repeating: "\\x1b", count: Excerpt.byteCountMax) + "…'")
  }
}
