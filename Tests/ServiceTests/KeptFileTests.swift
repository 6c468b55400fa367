import Foundation
import TestSupport
import Testing

@testable import Service

/// Texts that leave memory for a file and come back.
@Suite(.serialized) struct KeptFileTests {
  private let folder: Folder
  private var path: String { folder.path("kept") }

  init() throws { folder = try Folder() }

  /// Prompts that have no beginning in common.
  private static func request(_ letter: String) -> [UInt8] {
    let prompt = String(repeating: letter + " goes on and on ", count: 3)
    return LoopTests.post("/v1/completions", "{\"prompt\":\"\(prompt)\",\"max_tokens\":6}")
  }
  /// Tokens of such a prompt that need not be read again.
  private static let cachedCount = 3 * "A goes on and on ".utf8.count - 1

  private func rig(slots: Int, kept: Int = 1, budget: Int = 512) throws -> ServiceRig {
    try ServiceRig(keptCount: kept, budget: budget, keptFile: (path, slots))
  }

  private func fresh(_ letter: String) throws -> String? {
    try LoopTests.answer(ServiceRig(keptCount: 0, budget: 512), Self.request(letter)).content
  }

  /// Asks for a text, and compares its answer with that of a fresh service.
  /// - Returns: tokens that were not read.
  @discardableResult
  private func ask(_ rig: ServiceRig, _ letter: String) throws -> Int? {
    let answer = try LoopTests.answer(rig, Self.request(letter))
    #expect(try answer.content == fresh(letter), "\(letter)")
    return answer.usage("cached_tokens")
  }

  private func metric(_ rig: ServiceRig, _ name: String) throws -> Int? {
    let request = bytes("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    let body = try LoopTests.answer(rig, request).body
    return body.split(separator: "\n").first { $0.hasPrefix("edge_infer_kept_file_\(name) ") }?
      .split(separator: " ").last.flatMap { Int($0) }
  }

  /// The file has what left memory; the text that was not used for the longest time makes room.
  @Test func theOldestMakesRoom() throws {
    let rig = try rig(slots: 2)
    for letter in ["A", "B", "C", "D", "E"] { #expect(try ask(rig, letter) == 0) }
    #expect(try metric(rig, "texts") == 2)
    // The engine has E, memory D, and the file B and C. B is used, so that D takes the place of C, and
    // then E that of D.
    #expect(try ask(rig, "B") == Self.cachedCount)
    #expect(try ask(rig, "C") == 0)
    #expect(try ask(rig, "E") == Self.cachedCount)
    #expect(try metric(rig, "hits_total") == 2)
    #expect(try metric(rig, "failures_total") == 0)
  }

  /// One slot: it is not written while it is read.
  @Test func oneSlot() throws {
    let rig = try rig(slots: 1)
    for letter in ["A", "B", "C"] { try ask(rig, letter) }
    #expect(try ask(rig, "A") == Self.cachedCount)
    #expect(try ask(rig, "A") == Self.cachedCount)
  }

  @Test func aNewStartFindsTheTexts() throws {
    let letters = ["A", "B", "C", "D"]
    do {
      let rig = try rig(slots: 6)
      for letter in letters { try ask(rig, letter) }
      rig.storeTexts()
      #expect(try metric(rig, "texts") == 4)
    }
    for _ in 0..<2 {
      let rig = try rig(slots: 6)
      #expect(try metric(rig, "texts") == 4)
      for letter in letters { #expect(try ask(rig, letter) == Self.cachedCount) }
      #expect(try metric(rig, "hits_total") == 4)
    }
    // The order of use is known too: of fewer slots, the last ones are kept.
    do {
      let rig = try rig(slots: 6)
      try ask(rig, "A")
      for letter in ["E", "F", "G", "H", "I"] { try ask(rig, letter) }
      #expect(try ask(rig, "A") == Self.cachedCount)
      #expect(try ask(rig, "B") == 0)
    }
  }

  /// Without the last words of a service there are the texts that had left memory.
  @Test func aServiceThatWasKilled() throws {
    do {
      let rig = try rig(slots: 4)
      for letter in ["A", "B", "C"] { try ask(rig, letter) }
    }
    let rig = try rig(slots: 4)
    #expect(try ask(rig, "A") == Self.cachedCount)
    #expect(try ask(rig, "B") == 0)
  }

  /// Other settings find nothing, and write over what there is.
  @Test func aRunThatIsNotLikeIt() throws {
    do {
      let rig = try rig(slots: 4)
      try ask(rig, "A")
      rig.storeTexts()
    }
    do {
      let other = try rig(slots: 4, budget: 256)
      #expect(try metric(other, "texts") == 0)
      for letter in ["A", "B", "C"] { try ask(other, letter) }
      #expect(try metric(other, "texts") == 1)
      #expect(try metric(other, "failures_total") == 0)
    }
    let rig = try rig(slots: 4)
    #expect(try metric(rig, "texts") == 0)
  }

  /// A file with one text, stored as a service ends.
  private func storedFile(_ letter: String = "A") throws -> Data {
    try? FileManager.default.removeItem(atPath: path)
    do {
      let rig = try rig(slots: 1)
      try ask(rig, letter)
      rig.storeTexts()
    }
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// What a service makes of a file: tokens of a text that it does not read.
  private func cachedCount(_ data: Data, of letter: String = "A") throws -> Int? {
    try data.write(to: URL(fileURLWithPath: path))
    return try ask(rig(slots: 1), letter)
  }

  /// A bit that is wrong anywhere in a text's bytes voids it.
  @Test func damage() throws {
    let whole = try storedFile()
    #expect(try cachedCount(whole) == Self.cachedCount)
    let sizes = try ServiceRig().sizes
    #expect(sizes.slotByteCount <= whole.count)
    let cache = sizes.cacheOffset
    // Zeros follow the bytes of a text.
    let cacheEnd = whole.lastIndex { $0 != 0 }!
    #expect(cacheEnd > cache + 4096)
    let tokens = stride(from: 4096, to: 4096 + 4 * Self.cachedCount, by: 13)
    let parts = stride(from: cache, through: cacheEnd, by: (cacheEnd - cache) / 40)
    for offset in Array(8..<72) + tokens + parts {
      var damaged = whole
      damaged[offset] ^= 1 << (offset % 8)
      #expect(try cachedCount(damaged) == 0, "at \(offset)")
    }
  }

  /// The parts of a slot may reach a disk in any order: a new head with an old cache is no text.
  @Test func tornSlots() throws {
    let first = try storedFile()
    let second = try storedFile("B")
    #expect(try cachedCount(second, of: "B") == Self.cachedCount)
    let cache = try ServiceRig().sizes.cacheOffset
    #expect(first[..<72] != second[..<72] && first[cache...] != second[cache...])
    for cut in [4096, cache, cache + 136, cache + 4096] {
      for letter in ["A", "B"] {
        #expect(try cachedCount(second[..<cut] + first[cut...], of: letter) == 0, "cut at \(cut)")
        #expect(try cachedCount(first[..<cut] + second[cut...], of: letter) == 0, "cut at \(cut)")
      }
    }
    for count in [8, 72, 4096, cache, cache + 5000] {
      #expect(try cachedCount(first.prefix(count)) == 0, "\(count) bytes")
    }
  }
}
