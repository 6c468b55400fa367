import LabResults

/// Names of curves: the policy, and what else is not the same for all results of a task: model, block
/// size, and properties of items that are no samples of the same thing.
struct SeriesNames {
  private let runs: [RunKey: String]
  private let conditions: [String]

  init(task: String, _ lines: [ResultLine]) {
    let keys = lines.map(\.run).unique
    let manyModels = Set(keys.map(\.model)).count > 1
    let manyBlocks = Set(keys.map(\.block)).count > 1
    runs = keys.reduce(into: [:]) { names, run in
      var name = run.label
      if manyBlocks { name += ", B \(run.block)" }
      if manyModels { name += ", \(run.model)" }
      names[run] = name
    }
    conditions = Self.properties(task, lines).filter { name in
      Set(lines.map { $0.item[name] }).count > 1
    }
  }

  /// Texts, such as the haystack, and for what is measured over whole texts numbers too; but not what
  /// samples are told apart by or are averaged over.
  private static func properties(_ task: String, _ lines: [ResultLine]) -> [String] {
    let averaged: Set = ["sample", "seed", "dataset", "subject", "level", "place", "layer"]
    let areTexts = task == "nll" || task == "geometry"
    let names = lines.flatMap { line in
      line.item.filter { areTexts || $0.value.text != nil }.keys
    }
    return Set(names).subtracting(averaged).subtracting(areTexts ? [] : ["lines"]).sorted()
  }

  subscript(line: ResultLine) -> String {
    let own = conditions.compactMap { name -> String? in
      switch line.item[name] {
      case .number(let number): "\(name) \(Format.number(number))"
      case .text(let text): name == "compared" ? "alone" : text
      case nil: nil
      }
    }
    return ([runs[line.run] ?? line.run.label] + own).joined(separator: ", ")
  }
}
