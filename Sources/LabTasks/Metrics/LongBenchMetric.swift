/// LongBench's metrics (THUDM/LongBench, metrics.py and eval.py), each from 0 to 1.
public enum LongBenchMetric: String, Sendable {
  case answerF1 = "F1"
  case answerF1Chinese = "F1 (characters)"
  case rougeL = "ROUGE-L"
  case rougeLChinese = "ROUGE-L (characters)"
  case classification = "accuracy"
  case retrieval = "retrieval"
  case retrievalChinese = "retrieval (zh)"
  case count = "count"
  case codeSimilarity = "edit similarity"

  /// - Parameter classes: all there are, for `classification`.
  public func score(_ answer: String, _ reference: String, classes: [String]) -> Double {
    switch self {
    case .answerF1: AnswerF1.english(answer, reference)
    case .answerF1Chinese: AnswerF1.chinese(answer, reference)
    case .rougeL: RougeL.english(answer, reference)
    case .rougeLChinese: RougeL.chinese(answer, reference)
    case .classification: Self.classification(answer, reference, classes: classes)
    case .retrieval: Self.number(answer, Self.number(in: reference, after: "Paragraph "))
    case .retrievalChinese: Self.number(answer, Self.number(in: reference, after: "段落"))
    case .count: Self.number(answer, reference)
    case .codeSimilarity: Self.codeSimilarity(answer, reference)
    }
  }

  /// One over the number of classes that the answer names, where the right one is among them;
  /// 0 otherwise. A class whose name is a part of the right one's is not counted; as in LongBench's
  /// loop, which takes names out of the list it walks, the name after one taken out is passed over.
  static func classification(_ answer: String, _ reference: String, classes: [String]) -> Double {
    var named = classes.filter { ScalarText.contains(answer, $0) }
    var place = 0
    while place < named.count {
      let name = named[place]
      if name != reference, ScalarText.contains(reference, name) {
        named.remove(at: named.firstIndex(of: name)!)
      }
      place += 1
    }
    return named.contains(reference) ? 1 / Double(named.count) : 0
  }

  /// The share of the answer's numbers that are the right one; 0 where it has none.
  static func number(_ answer: String, _ right: String?) -> Double {
    let numbers = ScalarText.numbers(answer)
    guard let right, !numbers.isEmpty else { return 0 }
    return Double(numbers.count { $0 == right }) / Double(numbers.count)
  }

  /// The first number in `text` that follows `mark` at once.
  static func number(in text: String, after mark: String) -> String? {
    let scalars = Array(text.unicodeScalars)
    let mark = Array(mark.unicodeScalars)
    for start in scalars.indices where scalars[start...].starts(with: mark) {
      let digits = scalars[(start + mark.count)...].prefix(while: ScalarText.isDigit)
      if !digits.isEmpty { return String(String.UnicodeScalarView(digits)) }
    }
    return nil
  }

  /// Similarity of the answer's first line that is neither a comment nor a code fence: without `,
  /// # and //.
  static func codeSimilarity(_ answer: String, _ reference: String) -> Double {
    let lines = ScalarText.lines(String(answer.unicodeScalars.drop { $0 == "\n" }))
    let line = lines.first { line in
      !["`", "#", "//"].contains { ScalarText.contains(line, $0) }
    }
    return Double(SequenceRatio.percent(line ?? "", reference)) / 100
  }
}
