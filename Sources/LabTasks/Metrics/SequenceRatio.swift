/// Similarity of two texts after Ratcliff and Obershelp ("Pattern matching: the gestalt approach",
/// 1988): 2 M / T, M the characters in matching blocks, T those of both texts.
///
/// It is what Python's `difflib.SequenceMatcher.ratio` gives and with it `fuzzywuzzy`'s `ratio`
/// where no `python-Levenshtein` is installed; LongBench's requirements.txt asks for `fuzzywuzzy`
/// alone. (With `python-Levenshtein`, or with `rapidfuzz`, M is the length of the longest common
/// subsequence, and values are never smaller than these.)
public struct SequenceRatio {
  /// From this length on a character that makes up more than 1 % of the second text begins no
  /// matching block (difflib's `autojunk`).
  private static let longText = 200

  private let first: [Unicode.Scalar]
  private let second: [Unicode.Scalar]
  /// Where each character of the second text that may begin a block occurs.
  private var places: [Unicode.Scalar: [Int]] = [:]

  /// In percent, rounded to a whole number, half to even; 100 for equal texts and 0 where one is
  /// empty: `fuzzywuzzy.fuzz.ratio`.
  public static func percent(_ first: String, _ second: String) -> Int {
    let a = Array(first.unicodeScalars)
    let b = Array(second.unicodeScalars)
    if a == b { return 100 }
    if a.isEmpty || b.isEmpty { return 0 }
    let matching = SequenceRatio(a, b).matching()
    return Int((200 * Double(matching) / Double(a.count + b.count)).rounded(.toNearestOrEven))
  }

  private init(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) {
    self.first = first
    self.second = second
    for (place, scalar) in second.enumerated() { places[scalar, default: []].append(place) }
    if second.count >= Self.longText {
      let most = second.count / 100 + 1
      places = places.filter { $0.value.count <= most }
    }
  }

  /// Characters in all matching blocks.
  private func matching() -> Int {
    var total = 0
    var open = [(0..<first.count, 0..<second.count)]
    while let (a, b) = open.popLast() {
      let block = longestBlock(a, b)
      guard block.count > 0 else { continue }
      total += block.count
      open.append((a.lowerBound..<block.a, b.lowerBound..<block.b))
      open.append((block.a + block.count..<a.upperBound, block.b + block.count..<b.upperBound))
    }
    return total
  }

  /// The longest common block in two ranges; of several, the one that begins first in the first
  /// text, and of those, first in the second.
  private func longestBlock(
    _ a: Range<Int>, _ b: Range<Int>
  ) -> (a: Int, b: Int, count: Int) {
    var best = (a: a.lowerBound, b: b.lowerBound, count: 0)
    // Length of the block that ends before place j of the second text, for the last row.
    var lengths: [Int: Int] = [:]
    for i in a {
      var row: [Int: Int] = [:]
      for j in places[first[i]] ?? [] where b.contains(j) {
        let count = (lengths[j] ?? 0) + 1
        row[j + 1] = count
        if count > best.count { best = (i - count + 1, j - count + 1, count) }
      }
      lengths = row
    }
    while best.a > a.lowerBound, best.b > b.lowerBound, first[best.a - 1] == second[best.b - 1] {
      best = (best.a - 1, best.b - 1, best.count + 1)
    }
    while best.a + best.count < a.upperBound, best.b + best.count < b.upperBound,
      first[best.a + best.count] == second[best.b + best.count]
    {
      best.count += 1
    }
    return best
  }
}
