/// A data set of LongBench (Bai et al., 2023): its metric, and how LongBench asks it.
public struct LongBenchDataset: Sendable {
  public enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case chinese = "zh"
    case code
  }

  public var name: String
  public var language: Language
  public var metric: LongBenchMetric
  /// Answer tokens at most, as LongBench's dataset2maxlen.json has it.
  public var maxTokens: Int
  /// LongBench asks these without the chat template (pred.py).
  public var usesTemplate: Bool
  /// Only the answer's first line is scored (eval.py).
  public var firstLineOnly: Bool

  /// The best score over all references.
  public func score(_ answer: String, _ references: [String], classes: [String]) -> Double {
    let answer = firstLineOnly ? ScalarText.firstLine(answer) : answer
    return references.map { metric.score(answer, $0, classes: classes) }.max() ?? 0
  }

  /// By name; LongBench-E's names, which end in `_e`, are those of LongBench.
  public static func named(_ name: String) -> LongBenchDataset? {
    let name = name.hasSuffix("_e") ? String(name.dropLast(2)) : name
    return all.first { $0.name == name }
  }

  public static let all: [LongBenchDataset] = [
    .init("narrativeqa", .english, .answerF1, 128),
    .init("qasper", .english, .answerF1, 128),
    .init("multifieldqa_en", .english, .answerF1, 64),
    .init("multifieldqa_zh", .chinese, .answerF1Chinese, 64),
    .init("hotpotqa", .english, .answerF1, 32),
    .init("2wikimqa", .english, .answerF1, 32),
    .init("musique", .english, .answerF1, 32),
    .init("dureader", .chinese, .rougeLChinese, 128),
    .init("gov_report", .english, .rougeL, 512),
    .init("qmsum", .english, .rougeL, 512),
    .init("multi_news", .english, .rougeL, 512),
    .init("vcsum", .chinese, .rougeLChinese, 512),
    .init("trec", .english, .classification, 64, template: false, firstLine: true),
    .init("triviaqa", .english, .answerF1, 32, template: false, firstLine: true),
    .init("samsum", .english, .rougeL, 128, template: false, firstLine: true),
    .init("lsht", .chinese, .classification, 64, template: false, firstLine: true),
    .init("passage_count", .english, .count, 32),
    .init("passage_retrieval_en", .english, .retrieval, 32),
    .init("passage_retrieval_zh", .chinese, .retrievalChinese, 32),
    .init("lcc", .code, .codeSimilarity, 64, template: false),
    .init("repobench-p", .code, .codeSimilarity, 64, template: false),
  ]

  private init(
    _ name: String, _ language: Language, _ metric: LongBenchMetric, _ maxTokens: Int,
    template: Bool = true, firstLine: Bool = false
  ) {
    self.name = name
    self.language = language
    self.metric = metric
    self.maxTokens = maxTokens
    usesTemplate = template
    firstLineOnly = firstLine
  }
}
