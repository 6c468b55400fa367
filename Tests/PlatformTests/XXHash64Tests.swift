import Testing

@testable import Platform

struct XXHash64Tests {
  private func hash(_ bytes: [UInt8], cuts: [Int] = []) -> UInt64 {
    var hash = XXHash64()
    var start = 0
    for end in cuts + [bytes.count] {
      bytes[start..<end].withUnsafeBytes { hash.update($0) }
      start = end
    }
    return hash.finish()
  }

  /// Of the reference program, xxhsum -H1.
  @Test(
    arguments: [
      ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
      ("xxhash", 0x32DD_38952C4BC720),
      ("The quick brown fox jumps over the lazy dog", 0x0B24_2D36_1FDA_71BC),
    ] as [(String, UInt64)])
  func publishedValues(text: String, expected: UInt64) {
    #expect(hash(Array(text.utf8)) == expected)
  }

  /// However the bytes come.
  @Test func cutsDoNotMatter() {
    let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let whole = hash(bytes)
    for first in 0...70 {
      for second in stride(from: first, through: 200, by: 13) {
        #expect(hash(bytes, cuts: [first, second]) == whole)
      }
    }
    var words = XXHash64()
    words.update(0x0706_0504_0302_0100)
    #expect(words.finish() == hash([0, 1, 2, 3, 4, 5, 6, 7]))
  }
}
