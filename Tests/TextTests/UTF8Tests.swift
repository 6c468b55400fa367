import Testing
import Text

struct UTF8Tests {
  /// The first and last of each length, and those around the surrogates.
  private static let bounds: [UInt32] = [
    0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x10ffff,
  ]

  private func bytes(_ scalar: UInt32) -> [UInt8] {
    Array(String(Character(Unicode.Scalar(scalar)!)).utf8)
  }

  @Test func charactersAtTheBounds() {
    for scalar in Self.bounds {
      let expected = bytes(scalar)
      let made = UTF8Character(scalar: scalar)
      #expect((0..<made.count).map { made.storage[$0] } == expected)
      #expect(made.isWhole)
      var arriving = UTF8Character()
      for (index, byte) in expected.enumerated() {
        #expect(!arriving.isWhole && arriving.count == index)
        let isTaken = arriving.take(byte)
        #expect(isTaken)
      }
      #expect(arriving.isWhole && arriving.count == expected.count)
      #expect(utf8SequenceByteCount(expected, at: 0) == expected.count)
      #expect(isUTF8(expected))
    }
  }

  /// A beginning of a character is no character, and all before it is.
  @Test func beginningsOfCharacters() {
    for scalar in Self.bounds {
      let whole = bytes(scalar)
      for count in 1..<max(whole.count, 1) where count < whole.count {
        let text = Array("ab".utf8) + whole.prefix(count)
        #expect(!isUTF8(text))
        #expect(validPrefixByteCount(text) == 2)
        #expect(utf8SequenceByteCount(text, at: 2) == 0)
      }
    }
  }

  /// Every pair of a first and a second byte, against the standard library.
  @Test func secondBytes() {
    for lead in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        let tail: [UInt8] = lead >= 0xf0 ? [0x80, 0x80] : lead >= 0xe0 ? [0x80] : []
        let text = lead < 0x80 ? [lead] : [lead, second] + tail
        let expected = String(validating: text, as: UTF8.self) != nil
        #expect(isUTF8(text) == expected, "\(lead) \(second)")
      }
    }
  }

  @Test func noTextIsUTF8() { #expect(isUTF8([])) }
}
