import Foundation
import LabResults

/// Items of LongBench or MiniLongBench files.
///
/// LongBench's lines have `input`, `context`, `answers`, `all_classes` and `dataset`, and need its
/// dataset2prompt.json; MiniLongBench's have `task`, `id`, the finished `prompt` and `gold`: a list
/// of answers, or an object with `answers` and `all_classes`.
public struct LongBenchTask: Sendable {
  /// Only data sets of these languages.
  public var languages: Set<LongBenchDataset.Language> = Set(LongBenchDataset.Language.allCases)
  /// Only these data sets; nil for all.
  public var datasets: Set<String>?
  /// Items at most, for each data set.
  public var limit: Int?
  /// Where dataset2prompt.json and dataset2maxlen.json are; nil: beside the data, in `config`
  /// beside it, or the same one folder up.
  public var configFolder: String?

  public init() {}

  /// - Parameters:
  ///   - path: a `.jsonl` file, or a folder of them.
  ///   - shortened: makes prompts fit; see `MiddleTruncation`.
  public func items(
    _ path: String, shortened: (String) throws -> String = { $0 }
  ) throws -> [TaskItem] {
    var counts: [String: Int] = [:]
    var items: [TaskItem] = []
    for file in try TaskFile.lineFiles(path) {
      let config = try Config(besides: file, folder: configFolder)
      for record in try TaskFile.records(file) {
        let question = try Question(record, config)
        let dataset = question.dataset
        guard languages.contains(dataset.language), datasets?.contains(question.name) ?? true
        else { continue }
        let count = counts[question.name, default: 0]
        counts[question.name] = count + 1
        if let limit, count >= limit { continue }
        items.append(
          TaskItem(
            item: ["dataset": .text(question.name), "sample": .text(question.id ?? "\(count)")],
            prompt: try shortened(question.prompt), usesTemplate: dataset.usesTemplate,
            maxTokens: config.maxTokens[dataset.name] ?? dataset.maxTokens
          ) { ["score": dataset.score($0, question.references, classes: question.classes)] })
      }
    }
    return items
  }

  /// A line of either format.
  private struct Question: Sendable {
    var dataset: LongBenchDataset
    /// As the file has it.
    var name: String
    var id: String?
    var prompt: String
    var references: [String]
    var classes: [String] = []

    init(_ record: Record, _ config: Config) throws(TaskFileError) {
      let isMini = record.fields["gold"] != nil || record.fields["task"] != nil
      name = try record.text(isMini ? "task" : "dataset")
      guard let dataset = LongBenchDataset.named(name) else {
        throw record.error("\"\(name)\" is no data set of LongBench")
      }
      self.dataset = dataset
      id = (record.fields["id"] ?? record.fields["_id"])?.asText
      if isMini {
        prompt = try record.text("prompt")
        (references, classes) = try Self.gold(record)
      } else {
        prompt = try config.prompt(record, dataset)
        references = try record.texts("answers")
        classes = record.fields["all_classes"]?.asTexts ?? []
      }
      if dataset.metric == .classification, classes.isEmpty {
        throw record.error("the classes of \"\(name)\" are missing")
      }
    }

    private static func gold(_ record: Record) throws(TaskFileError) -> ([String], [String]) {
      var gold = try record.value("gold")
      var classes: [String] = []
      if case .object(let fields) = gold {
        classes = fields["all_classes"]?.asTexts ?? []
        gold = fields["answers"] ?? .null
      }
      guard let answers = gold.asTexts, !answers.isEmpty else {
        throw record.error("\"gold\" has no answers")
      }
      return (answers, classes)
    }
  }

  /// What LongBench keeps beside its data.
  private struct Config {
    var prompts: [String: String]
    var maxTokens: [String: Int]

    init(besides file: String, folder: String?) throws(TaskFileError) {
      let parent = URL(fileURLWithPath: file).deletingLastPathComponent()
      let above = parent.deletingLastPathComponent()
      let folders =
        folder.map { [$0] }
        ?? [parent, above].flatMap { [$0.path, $0.appendingPathComponent("config").path] }
      prompts = try Self.table("dataset2prompt.json", folders) ?? [:]
      maxTokens = try Self.table("dataset2maxlen.json", folders) ?? [:]
    }

    private static func table<Value: Decodable>(
      _ name: String, _ folders: [String]
    ) throws(TaskFileError) -> [String: Value]? {
      let paths = folders.map { "\($0)/\(name)" }
      guard let path = paths.first(where: FileManager.default.fileExists) else { return nil }
      let data = try TaskFile.contents(path)
      guard let table = try? JSONDecoder().decode([String: Value].self, from: data) else {
        throw TaskFileError("\(path): is not a table by data set")
      }
      return table
    }

    /// The template with `{context}` and `{input}` filled in; their braces stay as they are.
    func prompt(_ record: Record, _ dataset: LongBenchDataset) throws(TaskFileError) -> String {
      guard let template = prompts[dataset.name] else {
        throw record.error(
          "no template for \"\(dataset.name)\": dataset2prompt.json is missing beside the data, "
            + "or has none")
      }
      let context = try record.text("context")
      let input = try record.text("input")
      return template.split(separator: "{context}", omittingEmptySubsequences: false).map {
        $0.split(separator: "{input}", omittingEmptySubsequences: false).joined(separator: input)
      }.joined(separator: context)
    }
  }
}
