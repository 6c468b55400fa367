import Foundation
import Platform
import Testing

@testable import Generation

private struct Collected: ByteSink {
  var bytes: [UInt8] = []
  mutating func write(byte: UInt8) { bytes.append(byte) }
}

/// Stop texts in memory that stays.
private func stopTexts(_ texts: [String]) throws -> StopTexts {
  var stops = StopTexts()
  for text in texts { try stops.append(strdup(text)) }
  return stops
}

/// The text before the first stop text, by the definition: of stop texts that end at the same byte
/// the longest one counts.
private func expected(_ text: [UInt8], _ stops: [String]) -> [UInt8] {
  for end in 0...text.count {
    let lengths = stops.map { Array($0.utf8) }.filter { text[..<end].ends(with: $0) }.map(\.count)
    if let longest = lengths.max() { return Array(text[..<(end - longest)]) }
  }
  return text
}

extension Collection where Element: Equatable {
  fileprivate func ends(with suffix: [Element]) -> Bool {
    count >= suffix.count && Array(self.dropFirst(count - suffix.count)) == suffix
  }
}

@Suite("Stop texts")
struct StopFilterTests {
  private func filtered(_ text: [UInt8], _ stops: [String]) throws -> (
    text: [UInt8], isStopped: Bool
  ) {
    var filter = StopFilter(try stopTexts(stops))
    var sink = Collected()
    for byte in text { filter.write(byte: byte, to: &sink) }
    filter.finish(to: &sink)
    return (sink.bytes, filter.isStopped)
  }

  /// Texts of two letters have many beginnings of stop texts that do not go on.
  @Test func byTheDefinition() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<3_000 {
      func text(_ range: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: range, using: &random)).map { _ in
          UInt8.random(in: 97...98, using: &random)
        }
      }
      let stops = (0..<Int.random(in: 0...StopTexts.countMax, using: &random)).map { _ in
        String(decoding: text(1...6), as: UTF8.self)
      }
      let whole = text(0...40)
      let result = try filtered(whole, stops)
      #expect(result.text == expected(whole, stops), "\(whole) \(stops)")
      #expect(result.isStopped == (result.text.count < whole.count))
    }
  }

  /// As many texts as there may be, as long as they may be: all of each one counts.
  @Test func atTheLimits() throws {
    let stops = (0..<StopTexts.countMax).map {
      String(repeating: "a", count: StopTexts.byteCountMax - 1)
        + String(UnicodeScalar(UInt8(ascii: "b") + UInt8($0)))
    }
    for stop in stops {
      let result = try filtered(Array(("aaa" + stop + "b").utf8), stops)
      #expect(result.text == Array("aaa".utf8) && result.isStopped)
      let cut = try filtered(Array(stop.utf8.dropLast()), stops)
      #expect(cut.text == Array(stop.utf8.dropLast()) && !cut.isStopped)
    }
    var full = try stopTexts(stops)
    #expect(throws: StopTextError.tooMany) { try full.append(strdup("x")) }
    var empty = StopTexts()
    #expect(throws: StopTextError.empty) { try empty.append(strdup("")) }
    #expect(throws: StopTextError.tooLong) {
      try empty.append(strdup(String(repeating: "x", count: StopTexts.byteCountMax + 1)))
    }
    #expect(empty.count == 0)
  }
}
