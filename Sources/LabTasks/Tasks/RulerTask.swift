import Foundation
import LabResults

/// Items of RULER's files (Hsieh et al., 2024; NVIDIA/RULER): `input`, `outputs` and, in newer
/// versions, `answer_prefix`, with which the answer begins.
///
/// The inputs hold the model's template already, where they were made for one, so that they are
/// asked as plain text unless `usesTemplate` says otherwise.
public struct RulerTask: Sendable {
  /// How outputs are compared (scripts/eval/synthetic/constants.py), without regard to case.
  public enum Match: String, Sendable {
    /// The share of the outputs that occur in the answer.
    case all
    /// 1 if one of them does.
    case part
  }

  /// nil: by the task's name.
  public var match: Match?
  public var usesTemplate = false
  /// Items at most, for each file.
  public var limit: Int?

  public init() {}

  /// - Parameter path: a `.jsonl` file, or a folder of them. A task is named by its file, or by its
  ///   folder where RULER's own layout has it (`niah_single_1/validation.jsonl`).
  public func items(_ path: String) throws(TaskFileError) -> [TaskItem] {
    var items: [TaskItem] = []
    for file in try TaskFile.lineFiles(path) {
      let task = Self.task(of: file)
      let match = match ?? (task.hasPrefix("qa") ? .part : .all)
      for (sample, record) in try TaskFile.records(file).prefix(limit ?? .max).enumerated() {
        let outputs = try record.texts("outputs")
        var item: [String: ItemValue] = ["dataset": .text(task), "sample": .number(Double(sample))]
        item["length"] = record.fields["length"]?.asText.flatMap(Double.init).map(ItemValue.number)
        items.append(
          TaskItem(
            item: item, prompt: try record.text("input"), usesTemplate: usesTemplate,
            prefill: record.fields["answer_prefix"]?.asText ?? "",
            maxTokens: Self.maxTokens(task)
          ) { ["match": Self.score($0, outputs, match)] })
      }
    }
    return items
  }

  static func score(_ answer: String, _ outputs: [String], _ match: Match) -> Double {
    // RULER makes control characters line ends; no output has either.
    let answer = String(
      String.UnicodeScalarView(answer.unicodeScalars.map { $0.value < 0x20 ? "\n" : $0 })
    ).lowercased()
    let found = outputs.count { ScalarText.contains(answer, $0.lowercased()) }
    return switch match {
    case .all: Double(found) / Double(outputs.count)
    case .part: found > 0 ? 1 : 0
    }
  }

  static func task(of file: String) -> String {
    let url = URL(fileURLWithPath: file)
    let name = url.deletingPathExtension().lastPathComponent
    return ["validation", "test"].contains(name)
      ? url.deletingLastPathComponent().lastPathComponent : name
  }

  /// RULER's tokens_to_generate (scripts/data/synthetic/constants.py).
  static func maxTokens(_ task: String) -> Int {
    let known = [
      ("qa", 32), ("vt", 30), ("variable", 30), ("cwe", 120), ("common", 120), ("fwe", 50),
      ("freq", 50),
    ]
    return known.first { task.hasPrefix($0.0) }?.1 ?? 128
  }
}
