/// F1 over the tokens of an answer and a reference (Rajpurkar et al., "SQuAD", 2016), normalized as
/// LongBench does (THUDM/LongBench, metrics.py).
public enum AnswerF1 {
  /// Words in lower case, without ASCII punctuation and without the articles.
  public static func english(_ answer: String, _ reference: String) -> Double {
    score(englishTokens(answer), englishTokens(reference))
  }

  /// Characters in lower case, without punctuation and white space. LongBench counts jieba's words
  /// in place of characters, so that its values differ.
  public static func chinese(_ answer: String, _ reference: String) -> Double {
    score(chineseTokens(answer), chineseTokens(reference))
  }

  /// Tokens are counted as often as both have them; 0 where nothing is shared.
  static func score(_ answer: [String], _ reference: [String]) -> Double {
    var left: [String: Int] = [:]
    for token in reference { left[token, default: 0] += 1 }
    var shared = 0
    for token in answer where left[token, default: 0] > 0 {
      left[token]! -= 1
      shared += 1
    }
    guard shared > 0 else { return 0 }
    let precision = Double(shared) / Double(answer.count)
    let recall = Double(shared) / Double(reference.count)
    return 2 * precision * recall / (precision + recall)
  }

  static func englishTokens(_ text: String) -> [String] {
    let scalars = text.lowercased().unicodeScalars.filter { !isASCIIPunctuation($0) }
    var kept = String.UnicodeScalarView()
    var word = String.UnicodeScalarView()
    func closeWord() {
      if !["a", "an", "the"].contains(String(word)) { kept += word } else { kept.append(" ") }
      word = String.UnicodeScalarView()
    }
    for scalar in scalars {
      if ScalarText.isWord(scalar) {
        word.append(scalar)
      } else {
        closeWord()
        kept.append(scalar)
      }
    }
    closeWord()
    return ScalarText.words(String(kept))
  }

  static func chineseTokens(_ text: String) -> [String] {
    text.lowercased().unicodeScalars.filter {
      !isASCIIPunctuation($0) && !chinesePunctuation.contains($0) && !ScalarText.isSpace($0)
    }.map { String($0) }
  }

  private static func isASCIIPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }

  /// The characters LongBench removes from Chinese texts besides ASCII punctuation.
  private static let chinesePunctuation = Set(
    ("！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿–—‘’‛“”„‟…‧﹏.")
      .unicodeScalars)
}
