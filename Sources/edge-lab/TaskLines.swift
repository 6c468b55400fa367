import LabResults
import LabTasks

extension LabFailure {
  init(_ error: TaskFileError) {
    switch error.kind {
    case .missing: self = .missingFile(error.description)
    case .unreadable: self = .inputOutput(error.description)
    case .malformed: self = .data(error.description)
    }
  }
}

extension [TaskItem] {
  /// Items of a form of their own are other items: `--raw`, or what a command calls it.
  func marked(_ evaluation: Evaluation, form: String? = nil) -> [TaskItem] {
    let forms = [form, evaluation.isRaw ? "raw" : nil].compactMap(\.self)
    return map { $0.named("form", forms.isEmpty ? nil : .text(forms.joined(separator: " "))) }
  }
}

extension ResultLine {
  /// The name of what `comparedToFull` adds.
  static let difference = "minus full"
}

extension [ResultLine] {
  /// With the difference of a score to that of `full` with the same item and block, where there is
  /// one: the differences of the same items say more than those of two means.
  func comparedToFull(_ score: String) -> [ResultLine] {
    var full: [Asked: Double] = [:]
    for line in self where line.run.policy == "full" {
      full[Asked(line)] = line.scores[score]
    }
    return map { line in
      guard line.run.policy != "full", let own = line.scores[score],
        let other = full[Asked(line)]
      else { return line }
      var line = line
      line.scores[ResultLine.difference] = own - other
      return line
    }
  }
}

private struct Asked: Hashable {
  let block: Int
  let item: [String: ItemValue]

  init(_ line: ResultLine) {
    block = line.run.block
    item = line.item
  }
}
