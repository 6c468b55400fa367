import Platform
import Profile
import TestSupport
import Testing

/// Files of head budgets, and the budgets that follow from them.
@Suite struct HeadSharesTests {
  private static let mark = "00000000000000ff"

  /// A file of these shares, with its members in order.
  private static func text(
    _ shares: String, mark: String = "\"\(mark)\"", more: String = ""
  ) -> String {
    """
    {"model": \(mark), "name": "m", "rule": "both", "data": "d", "settings": "s",\(more)
     "shares": \(shares)}
    """
  }

  /// What reading says: the shares, or the sentence about them.
  private func read(_ text: String) -> Result<HeadShares, ReadFault> { read(Array(text.utf8)) }

  private struct ReadFault: Error {
    let sentence: String
    let code: ExitCode
  }

  private func read(_ bytes: [UInt8]) -> Result<HeadShares, ReadFault> {
    var shares = HeadShares()
    do throws(HeadSharesError) {
      try shares.read(json: bytes.span)
      return .success(shares)
    } catch {
      return .failure(ReadFault(sentence: sentence(error), code: error.exitCode))
    }
  }

  private func sentence(_ error: HeadSharesError) -> String { written { error.write(to: &$0) } }

  private func fault(_ text: String) -> String {
    switch read(text) {
    case .success: "no error"
    case .failure(let fault): fault.sentence
    }
  }

  @Test func readsLayersOfDifferentHeads() throws {
    let shares = try read(Self.text("[[2500, 500], [0, 1000, 1000], [64000]]")).get()
    #expect(shares.modelMark == 255 && shares.layerCount == 3 && shares.headCount == 6)
    #expect((0..<3).map { shares.headCount(layer: $0) } == [2, 3, 1])
    // 69,000 thousandths for 6 heads; each has one slot, and 6 * 99 are shared out.
    #expect(shares.budget(layer: 0, kvHead: 0, mean: 100) == 1 + 594 * 2500 / 69_000)
    #expect(shares.budget(layer: 1, kvHead: 0, mean: 100) == 1)
    #expect(shares.budgets(mean: 1) == 1...1)
  }

  /// All heads together have N times their number, whatever the shares and N.
  @Test(arguments: 0..<40 as Range<UInt64>) func sumsAreExact(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let layers = (0..<Int.random(in: 1...60, using: &random)).map { _ in
      (0..<Int.random(in: 1...16, using: &random)).map { _ in
        Bool.random(using: &random) ? Int.random(in: 0...64_000, using: &random) : 1
      }
    }
    let shares = try read(Self.text("\(layers)")).get()
    for mean in [1, 2, 3, 64, 1000, 2047, 65_537, ProfileLimits.cacheBudgetMax] {
      let budgets = layers.indices.map { layer in
        layers[layer].indices.map { shares.budget(layer: layer, kvHead: $0, mean: mean) }
      }
      let all = budgets.flatMap { $0 }
      #expect(all.reduce(0, +) == mean * all.count)
      #expect(shares.budgets(mean: mean) == all.min()!...all.max()!)
      #expect(all.min()! >= 1)
      // To a slot, a head's budget is its share.
      let total = Double(layers.joined().reduce(0, +))
      for (budget, share) in zip(all, layers.joined()) {
        let exact = 1 + Double((mean - 1) * all.count) * Double(share) / total
        #expect(abs(Double(budget) - exact) <= 1 + exact * 1e-12)
      }
    }
  }

  @Test func hashTellsSharesApart() throws {
    let texts = ["[[1, 2], [3]]", "[[1], [2, 3]]", "[[2, 1], [3]]", "[[1, 2, 3]]", "[[1, 2], [4]]"]
    let hashes = try texts.map { try read(Self.text($0)).get().hash }
    #expect(Set(hashes).count == texts.count)
  }

  @Test func hostileFiles() {
    let cases: [(text: String, part: String)] = [
      ("", "the text ends"), ("[]", "found '['"), ("{}", "model is missing"),
      (Self.text("[[1]]", more: "\"x\": 1,"), "no such field"),
      (Self.text("[[1]]", more: "\"rule\": \"a\","), "second time"),
      (Self.text("[[1]]", mark: "1"), "16 hexadecimal digits"),
      (Self.text("[[1]]", mark: "\"00000000000000FG\""), "16 hexadecimal digits"),
      (Self.text("[[1]]", mark: "\"0000000000000000f\""), "16 hexadecimal digits"),
      (Self.text("[[-1]]"), "0 to 64000"), (Self.text("[[64001]]"), "0 to 64000"),
      (Self.text("[[1.5]]"), "0 to 64000"), (Self.text("[[1e3]]"), "0 to 64000"),
      (Self.text("[[99999999999999999999]]"), "0 to 64000"), (Self.text("[[\"1\"]]"), "0 to 64000"),
      (Self.text("[[]]"), "all shares are 0"),
      (Self.text("[]"), "all shares are 0"), (Self.text("[[0, 0]]"), "all shares are 0"),
      (Self.text("[1]"), "found '1'"), (Self.text("[[[1]]]"), "0 to 64000"),
      (Self.text("[[1,]]"), "remove the comma"), (Self.text("[[1]]") + "x", "nothing may follow"),
      (
        Self.text("[" + Array(repeating: "[1]", count: 257).joined(separator: ",") + "]"),
        "256 layers"
      ),
      (
        Self.text("[[" + Array(repeating: "1", count: 6145).joined(separator: ",") + "]]"),
        "6144 heads"
      ),
      (Self.text("[[1]]", more: "\"name\": 1,"), "second time"),
      ("{\"name\": 1}", "not a string"),
      (Self.text("[[1]]") + String(repeating: " ", count: 65_536), "larger than"),
    ]
    for (text, part) in cases {
      let found = fault(text)
      #expect(found.contains(part), "\(text.prefix(80)): \(found)")
      #expect(!found.contains("\n"))
    }
  }

  /// Whatever is cut off or changed, there is an error of one line, or a file.
  @Test func damagedFiles() {
    let text = Array(Self.text("[[2500, 500], [0, 1000, 1000]]").utf8)
    for count in 0..<text.count - 1 {
      guard case .failure(let fault) = read(Array(text[..<count])) else {
        Issue.record("cut to \(count) bytes it is read")
        continue
      }
      #expect(!fault.sentence.isEmpty && fault.code == .malformedData)
    }
    var random = SeededGenerator(seed: 3)
    for _ in 0..<2000 {
      var bytes = text
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = random.byte()
      }
      if case .success(let shares) = read(bytes) {
        #expect(shares.headCount > 0 && shares.budgets(mean: 64).lowerBound >= 1)
      }
    }
  }
}
