import Testing

@testable import LabTasks

// Values marked "LongBench" were printed by LongBench's own metrics.py (THUDM/LongBench) with
// rouge 1.0.1 and fuzzywuzzy 0.18.0 from PyPI, without python-Levenshtein, under Python 3.11. For
// the Chinese ones jieba's word list was replaced by one that gives each character that is no white
// space. The others are by hand.

@Suite struct AnswerF1Tests {
  // LongBench; the second by hand too: tokens its apple best apple / apple: p = 1/4, r = 1.
  @Test(arguments: [
    ("The cat sat on the mat.", "A cat sat on a mat", 1),
    ("It's an apple, the best apple!", "the apple", 0.4),
    ("No", "Yes", 0),
    ("“the end”  of THE line", "end of line", 0.5714285714285715),
    ("3.5 percent points", "5 percent points.", 0.6666666666666666),
    (
      "She declined to read it, and then she left; she never read.", "She declined to read it.",
      0.5882352941176471
    ),
    ("naïve café", "Cafe", 0),
    ("a_the b", "athe b", 1),
    ("", "x", 0),
  ])
  func english(answer: String, reference: String, expected: Double) {
    #expect(abs(AnswerF1.english(answer, reference) - expected) < 1e-12)
  }

  // LongBench. The third by hand: 不 知 道 and 教 育 share nothing.
  @Test(arguments: [
    ("2012年，铜仁市的财政总收入增长了25.89%。", "财政总收入增长了25.89%", 0.7272727272727273),
    ("《红楼梦》的作者是曹雪芹", "曹雪芹", 0.42857142857142855),
    ("不知道", "教育", 0),
    ("龙骑统帅。", "龙骑统帅", 1),
  ])
  func chinese(answer: String, reference: String, expected: Double) {
    #expect(abs(AnswerF1.chinese(answer, reference) - expected) < 1e-12)
  }
}

@Suite struct RougeLTests {
  // LongBench. The first by hand: LCS of 6 words of 7 and 6, of which "the" twice:
  // p = 5/6, r = 5/5. The fourth is Lin's example of the union: w1 w2 w3 w5 of 5 and 8 words.
  @Test(arguments: [
    ("the cat was found under the bed", "the cat was under the bed", 0.9090909041322315),
    (
      "Police killed the gunman. The gunman was shot.",
      "The gunman was shot down by police. Police killed him.", 0.7058823480968859
    ),
    (
      "One two three four. Five six . . seven", "four three two one. seven. six five. ",
      0.4999999950000001
    ),
    ("w1 w2 w6 w7 w8. w1 w3 w8 w9 w5", "w1 w2 w3 w4 w5", 0.6153846106508877),
    ("", "something", 0),
    ("...", "something", 0),
    (" .", "a . ", 0.6666666622222223),
    ("Emilia is angry", "Emilia is still angry.", 0.8571428522448981),
    (
      "GAO is not making recommendations in this report. Education provided $122 billion in "
        + "grants, loans and work study funds.",
      "Education provided over $122 billion in grants, loans and work study funds to help students "
        + "pay for college at about 6,000 schools in fiscal year 2017. GAO is not making "
        + "recommendations in this report.", 0.7199999953920001
    ),
  ])
  func english(answer: String, reference: String, expected: Double) {
    #expect(abs(RougeL.english(answer, reference) - expected) < 1e-12)
  }

  // LongBench, by character.
  @Test(arguments: [
    ("体验服是测试新模式的。", "体验服是逆战拿来测试新模式的。", 0.8461538412721893),
    ("龙骑 统帅", "屠龙这款皮肤 eq 速度最快。", 0.11764705522491362),
    ("版本1.5增长. 很快", "增长很快,版本1.5", 0.9411764656055364),
  ])
  func chinese(answer: String, reference: String, expected: Double) {
    #expect(abs(RougeL.chinese(answer, reference) - expected) < 1e-12)
  }

  @Test func sentencesOfThousandsOfWords() {
    let words = (0..<3_000).map { "w\($0)" }.joined(separator: " ")
    #expect(RougeL.english(words, words) > 0.999)
  }
}

@Suite struct SequenceRatioTests {
  // fuzzywuzzy with difflib. rapidfuzz 3.14.6 gives 75, 87, 67, 64, 50, 50 for the first six: more
  // only for "tide", for which difflib's greedy block is "t" or "d".
  @Test(arguments: [
    ("abcd", "bcde", 75),
    ("private Thread currentThread;", "private volatile Thread currentThread;", 87),
    ("qabxcd", "abycdf", 67),
    (
      "for (int i = 0; i < count; i++) { total += values[i] * weights[i]; }",
      "int total = 0; for (int k = 0; k < n; ++k) total += w[k] * v[k];", 64
    ),
    ("tide", "diet", 25),
    ("diet", "tide", 50),
    ("", "", 100),
    ("", "x", 0),
    ("e", "e\u{301}", 67),
  ])
  func short(first: String, second: String, expected: Int) {
    #expect(SequenceRatio.percent(first, second) == expected)
  }

  // fuzzywuzzy with difflib, whose characters that are frequent in 200 and more begin no block.
  @Test func long() {
    let abcd = String(repeating: "abcd", count: 60)
    #expect(SequenceRatio.percent(abcd, String(repeating: "abcdx", count: 50)) == 2)
    let x = String(repeating: "x", count: 100)
    let y = String(repeating: "y", count: 100)
    let other = "hello world that is\(x)\(x.prefix(50))\(y.prefix(50))"
    #expect(SequenceRatio.percent("\(x)hello world this is\(y)", other) == 8)
  }
}

@Suite struct LongBenchMetricTests {
  // LongBench.
  @Test(arguments: [
    ("            if e.text == language:", "            if e.text == language:", 1),
    ("\n\n# comment\n  if a == b:\n x", "  if (a == b):", 0.92),
    ("```python\nreturn self.x\n```", "return self.y", 0.92),
    ("// c\n# d", "x", 0),
    ("a\r\nb", "a", 0.67),
  ])
  func code(answer: String, reference: String, expected: Double) {
    #expect(LongBenchMetric.codeSimilarity.score(answer, reference, classes: []) == expected)
  }

  private static let classes = [
    "Food", "Date", "Order, rank", "Other location", "location", "Other entity", "Individual",
    "Title of a person", "person", "ent",
  ]

  // LongBench.
  @Test(arguments: [
    ("Individual", "Individual", 1),
    ("Individual, or Date", "Individual", 0.5),
    ("Other location", "Other location", 1),
    ("the Other entity", "Other entity", 1),
    ("Food", "Date", 0),
    ("Title of a person", "Title of a person", 1),
    ("", "Date", 0),
    ("individual", "Individual", 0),
  ])
  func classification(answer: String, reference: String, expected: Double) {
    let score = LongBenchMetric.classification.score(answer, reference, classes: Self.classes)
    #expect(score == expected)
  }

  /// LongBench's loop passes over "AB" after taking "A" out.
  @Test func classificationPassesOver() {
    let classes = ["A", "AB", "ABC"]
    #expect(LongBenchMetric.classification.score("ABC", "ABC", classes: classes) == 0.5)
    #expect(LongBenchMetric.classification.score("AB", "AB", classes: classes) == 1)
    #expect(LongBenchMetric.classification.score("ABC", "B", classes: classes) == 0)
  }

  // LongBench.
  @Test(arguments: [
    ("Paragraph 19", 1), ("19 or 20", 0.5), ("Paragraph 1", 0), ("none", 0),
    ("It is 19. 19! 7", 0.6666666666666666),
  ])
  func retrieval(answer: String, expected: Double) {
    #expect(LongBenchMetric.retrieval.score(answer, "Paragraph 19", classes: []) == expected)
  }

  // LongBench: "５" is a digit, but not the same.
  @Test(arguments: [("段落5", 1), ("第5段或者第6段", 0.5), ("５", 0)])
  func retrievalChinese(answer: String, expected: Double) {
    #expect(LongBenchMetric.retrievalChinese.score(answer, "段落5", classes: []) == expected)
  }

  // LongBench.
  @Test(arguments: [("46", 1), ("There are 46 of 50", 0.5), ("forty", 0), ("4.6", 0)])
  func count(answer: String, expected: Double) {
    #expect(LongBenchMetric.count.score(answer, "46", classes: []) == expected)
  }
}

@Suite struct LongBenchDatasetTests {
  @Test func all() {
    #expect(LongBenchDataset.all.count == 21)
    // pred.py's list, and eval.py's.
    #expect(
      Set(LongBenchDataset.all.filter { !$0.usesTemplate }.map(\.name)) == [
        "trec", "triviaqa", "samsum", "lsht", "lcc", "repobench-p",
      ])
    #expect(
      Set(LongBenchDataset.all.filter(\.firstLineOnly).map(\.name)) == [
        "trec", "triviaqa", "samsum", "lsht",
      ])
    #expect(LongBenchDataset.named("qasper_e")?.name == "qasper")
    #expect(LongBenchDataset.named("squad") == nil)
  }

  @Test func bestReference() throws {
    let trivia = try #require(LongBenchDataset.named("triviaqa"))
    #expect(trivia.score("\n\nfifty-five\nQuestion: 12", ["55", "fifty-five"], classes: []) == 1)
    let qasper = try #require(LongBenchDataset.named("qasper"))
    #expect(qasper.score("\nfour\nthree", ["three", "two"], classes: []) == 2.0 / 3)
  }
}

@Suite struct ContainedAnswerTests {
  @Test(arguments: [
    ("It is 12345.", "12345", true), ("It is 123456.", "12345", false),
    ("It is 912345.", "12345", false), ("EAT  a\nsandwich", "eat a Sandwich", true),
    ("", "1", false), ("555-201-1000", "201-1000", true), ("x", "", false),
  ])
  func contains(answer: String, expected: String, isContained: Bool) {
    #expect(ScalarText.containsAnswer(answer, expected) == isContained)
  }
}
