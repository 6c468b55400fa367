import Foundation
import LabResults
import TestSupport
import Testing

@testable import LabTasks

@Suite struct LongBenchTaskTests {
  @Test func original() throws {
    let folder = try Folder()
    let line =
      #"{"input":"Who {context}?","context":"Ann {input}.","answers":["Ann"],"length":2,"#
      + #""dataset":"hotpotqa","language":"en","all_classes":null,"_id":"7f"}"#
    let path = try folder.write("data/hotpotqa.jsonl", line + "\n")
    _ = try folder.write(
      "config/dataset2prompt.json", #"{"hotpotqa":"C: {context} Q: {input}\nA"}"#)
    _ = try folder.write("config/dataset2maxlen.json", #"{"hotpotqa":9}"#)
    let items = try LongBenchTask().items(path)
    #expect(items.count == 1)
    // What is filled in is not filled in again.
    #expect(items[0].prompt == "C: Ann {input}. Q: Who {context}?\nA")
    #expect(items[0].item == ["dataset": .text("hotpotqa"), "sample": .text("7f")])
    #expect(items[0].maxTokens == 9)
    #expect(items[0].usesTemplate)
    #expect(items[0].score("the Ann") == ["score": 1])
  }

  @Test func mini() throws {
    let folder = try Folder()
    let path = try folder.write(
      "m.jsonl",
      """
      {"task":"trec","id":"trec-0","prompt":"P","gold":{"all_classes":["a","b"],"answers":["b"]}}

      {"task":"lsht","id":"lsht-0","prompt":"P","gold":{"all_classes":["教育","体育"],"answers":["教育"]}}
      {"task":"qasper","id":"qasper-0","prompt":"P","gold":["5 points","five"]}
      {"task":"gov_report","id":"gov_report-0","prompt":"P","gold":["It's so."]}
      {"task":"lcc","id":"lcc-0","prompt":"P","gold":["x = 1"]}
      {"task":"lcc","id":"lcc-1","prompt":"P","gold":["y"]}

      """)
    var task = LongBenchTask()
    let items = try task.items(path)
    #expect(items.map { $0.score("b\nc")["score"] } == [1, 0, 0, 0, 0, 0])
    #expect(items[1].score("体育、教育") == ["score": 0.5])
    #expect(items[2].score("five") == ["score": 1])
    #expect(items[3].score("It's so.")["score"]! > 0.99)
    #expect(items[4].score("x = 1") == ["score": 1])
    #expect(items.map(\.usesTemplate) == [false, false, true, true, false, false])
    #expect(items.map(\.maxTokens) == [64, 64, 128, 512, 64, 64])

    task.languages = [.code]
    task.limit = 1
    #expect(try task.items(path).map(\.item["sample"]) == [.text("lcc-0")])
    task = LongBenchTask()
    task.datasets = ["trec", "qasper"]
    #expect(try task.items(folder.url.path).count == 2)
    #expect(try task.items(path) { $0 + "!" }.map(\.prompt) == ["P!", "P!"])
  }

  @Test(arguments: [
    (#"{"task":"trec","#, "line 2 is not a JSON object"),
    ("[1]", "line 2 is not a JSON object"),
    (#"{"task":"squad","prompt":"","gold":["x"]}"#, "line 2: \"squad\" is no data set"),
    (#"{"task":"qasper","gold":["x"]}"#, "line 2: \"prompt\" is missing"),
    (#"{"task":"qasper","prompt":"p"}"#, "line 2: \"gold\" is missing"),
    (#"{"task":"qasper","prompt":"p","gold":"x"}"#, "line 2: \"gold\" has no answers"),
    (#"{"task":"qasper","prompt":"p","gold":[]}"#, "line 2: \"gold\" has no answers"),
    (#"{"task":"qasper","prompt":"p","gold":[[1]]}"#, "line 2: \"gold\" has no answers"),
    (#"{"task":"qasper","prompt":["p"],"gold":["x"]}"#, "line 2: \"prompt\" is not a text"),
    (#"{"task":"trec","prompt":"p","gold":["x"]}"#, "line 2: the classes of \"trec\" are missing"),
    (#"{"context":"c","input":"i","answers":["x"]}"#, "line 2: \"dataset\" is missing"),
    (
      #"{"context":"c","input":"i","answers":["x"],"dataset":"qasper"}"#,
      "line 2: no template for \"qasper\""
    ),
  ])
  func hostile(line: String, reason: String) throws {
    let folder = try Folder()
    let good = #"{"task":"qasper","id":"1","prompt":"p","gold":["x"]}"#
    let path = try folder.write("m.jsonl", "\(good)\n\(line)\n")
    let error = #expect(throws: TaskFileError.self) { try LongBenchTask().items(path) }
    #expect(error?.description.hasPrefix("\(path): \(reason)") == true, "\(error!)")
  }

  @Test func absent() throws {
    let folder = try Folder()
    for path in [folder.url.path, folder.url.path + "/no.jsonl"] {
      let error = #expect(throws: TaskFileError.self) { try LongBenchTask().items(path) }
      #expect(error?.kind == .missing)
    }
    let empty = try folder.write("e.jsonl", "\n\n")
    let error = #expect(throws: TaskFileError.self) { try LongBenchTask().items(empty) }
    #expect(error?.kind == .malformed)
  }

  @Test(
    .enabled(
      if: Files.shared("data/longbench/mlb_dev.jsonl") != nil, "needs ../shared/data/longbench"))
  func realMiniLongBench() throws {
    let items = try LongBenchTask().items(Files.shared("data/longbench/mlb_dev.jsonl")!)
    // Counted with a few lines of Python.
    #expect(items.count == 124)
    var english = LongBenchTask()
    english.languages = [.english]
    #expect(try english.items(Files.shared("data/longbench")!).count == 73)
    var totals: [String: Double] = [:]
    for item in items {
      let dataset = try #require(item.item["dataset"]?.text)
      let answer = String(String.UnicodeScalarView(item.prompt.unicodeScalars.suffix(300)))
      totals[dataset, default: 0] += try #require(item.score(answer)["score"])
    }
    #expect(totals.count == 21)
    for (dataset, total) in Self.totals {
      #expect(abs(try #require(totals[dataset]) - total) < 1e-8, "\(dataset)")
    }
  }

  /// Sums of the scores by LongBench's own metrics.py and the steps of its eval.py over the items
  /// of mlb_dev.jsonl, where the last 300 code points of a prompt are taken for the answer. As in
  /// `MetricTests`, jieba's words were replaced by characters.
  private static let totals: [String: Double] = [
    "2wikimqa": 0.298618841, "dureader": 0.276801962, "gov_report": 0.326902984,
    "hotpotqa": 0.084219858, "lcc": 2.96, "lsht": 1.0, "multi_news": 0.651185214,
    "multifieldqa_en": 0.68590596, "multifieldqa_zh": 0.488549566, "musique": 0.12414966,
    "narrativeqa": 0.076923077, "passage_count": 0.0, "passage_retrieval_en": 0.5,
    "passage_retrieval_zh": 0.590909091, "qasper": 0.280788177, "qmsum": 0.255294241,
    "repobench-p": 2.63, "samsum": 0.195286189, "trec": 0.0, "triviaqa": 0.746428571,
    "vcsum": 0.327161333,
  ]
}

@Suite struct RulerTaskTests {
  @Test func items() throws {
    let folder = try Folder()
    let line =
      #"{"index":3,"input":"In","outputs":["Alpha","beta"],"length":512,"answer_prefix":" Are"}"#
    let niah = try folder.write("niah_single_1/validation.jsonl", line)
    let qa = try folder.write("qa_1.jsonl", line)
    let item = try RulerTask().items(niah)[0]
    #expect(
      item.item == [
        "dataset": .text("niah_single_1"), "sample": .number(0), "length": .number(512),
      ])
    #expect(item.prefill == " Are")
    #expect(item.maxTokens == 128)
    #expect(!item.usesTemplate)
    #expect(item.score("it is ALPHA") == ["match": 0.5])
    #expect(item.score("beta, alphabet") == ["match": 1])
    let question = try RulerTask().items(qa)[0]
    #expect(question.score("beta\u{1}") == ["match": 1])
    #expect(question.score("none") == ["match": 0])
    #expect(question.maxTokens == 32)
    var part = RulerTask()
    part.match = .part
    #expect(try part.items(niah)[0].score("alpha") == ["match": 1])
    let bad = try folder.write("bad.jsonl", #"{"input":"In","outputs":[]}"#)
    let error = #expect(throws: TaskFileError.self) { try RulerTask().items(bad) }
    #expect(error?.description == "\(bad): line 1: \"outputs\" is not a list of texts")
  }
}

@Suite struct MathTaskTests {
  @Test func items() throws {
    let folder = try Folder()
    let path = try folder.write(
      "math.jsonl",
      #"""
      {"problem":"1/2?","solution":"It is $\\boxed{\\frac{1}{2}}$.","answer":"\\frac{1}{2}","subject":"Algebra","level":2,"unique_id":"a/1.json"}
      {"problem":"2?","solution":"It is $\\boxed{2}$."}
      """#)
    let items = try MathTask().items(path)
    #expect(
      items[0].item == [
        "sample": .text("a/1.json"), "subject": .text("Algebra"), "level": .number(2),
      ])
    #expect(items[0].prompt.hasPrefix("1/2?\n"))
    #expect(items[0].score("\\boxed{1/2}") == ["exact": 0, "flexible": 1])
    #expect(items[1].score("\\boxed{2}") == ["exact": 1, "flexible": 1])
    let bad = try folder.write("bad.jsonl", #"{"problem":"2?","solution":"2"}"#)
    let error = #expect(throws: TaskFileError.self) { try MathTask().items(bad) }
    #expect(error?.description == "\(bad): line 1: \"solution\" has no \\boxed{}")
  }
}
