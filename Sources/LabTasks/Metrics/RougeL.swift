/// ROUGE-L as the PyPI package `rouge` 1.0.1 computes it, whose F-measure LongBench uses.
///
/// Sentences are what lies between full stops. For every pair of a reference's and an answer's
/// sentence the words of one longest common subsequence are found; U is the set of all these words,
/// R and A are the sets of the words of reference and answer, and with p = |U| / |A|, r = |U| / |R|
/// the score is 2 p r / (p + r + 1e-8). This is Lin's summary-level ROUGE-L (2004), but for words
/// being counted once however often they occur, and for β = 1.
///
/// The package finds subsequences by recursion, which fails in sentences of about a thousand words,
/// for which LongBench gives 0; here they are scored.
public enum RougeL {
  public static func english(_ answer: String, _ reference: String) -> Double {
    var words = Vocabulary()
    return score(words.sentences(answer), words.sentences(reference))
  }

  /// By character, white space left out. LongBench takes jieba's words, so that its values differ.
  public static func chinese(_ answer: String, _ reference: String) -> Double {
    english(spaced(answer), spaced(reference))
  }

  static func spaced(_ text: String) -> String {
    text.unicodeScalars.filter { !ScalarText.isSpace($0) }.map { String($0) }
      .joined(separator: " ")
  }

  static func score(_ answer: [[Int]], _ reference: [[Int]]) -> Double {
    guard !answer.isEmpty, !reference.isEmpty else { return 0 }
    var union: Set<Int> = []
    for sentence in reference {
      for said in answer { union.formUnion(commonSubsequence(sentence, said)) }
    }
    let precision = Double(union.count) / Double(Set(answer.joined()).count)
    let recall = Double(union.count) / Double(Set(reference.joined()).count)
    return 2 * (precision * recall) / (precision + recall + 1e-8)
  }

  /// One longest common subsequence, its end first. Where two ways are equally long, the second
  /// sequence is shortened first, as in the package.
  static func commonSubsequence(_ first: [Int], _ second: [Int]) -> [Int] {
    let width = second.count + 1
    var lengths = [Int32](repeating: 0, count: (first.count + 1) * width)
    for i in 0..<first.count {
      for j in 0..<second.count {
        lengths[(i + 1) * width + j + 1] =
          first[i] == second[j]
          ? lengths[i * width + j] + 1
          : max(lengths[i * width + j + 1], lengths[(i + 1) * width + j])
      }
    }
    var common: [Int] = []
    var (i, j) = (first.count, second.count)
    while i > 0, j > 0 {
      if first[i - 1] == second[j - 1] {
        common.append(first[i - 1])
        (i, j) = (i - 1, j - 1)
      } else if lengths[(i - 1) * width + j] > lengths[i * width + j - 1] {
        i -= 1
      } else {
        j -= 1
      }
    }
    return common
  }

  /// Numbers in place of words.
  private struct Vocabulary {
    private var numbers: [String: Int] = [:]

    /// A sentence of white space alone has one word, the empty one, as in the package.
    mutating func sentences(_ text: String) -> [[Int]] {
      text.unicodeScalars.split(separator: ".").map { sentence in
        let words = ScalarText.words(String(sentence))
        return (words.isEmpty ? [""] : words).map { number($0) }
      }
    }

    private mutating func number(_ word: String) -> Int {
      if let number = numbers[word] { return number }
      numbers[word] = numbers.count
      return numbers.count - 1
    }
  }
}
