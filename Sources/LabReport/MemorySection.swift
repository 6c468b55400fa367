/// What lies where in the arena.
enum MemorySection {
  struct Plan {
    var label: String
    var plan: PlanReport
    /// Measured.
    var peakBytes: Double?
  }

  /// Plans that are the same are drawn once.
  static func make(_ plans: [Plan]) -> Section? {
    var groups: [(labels: [String], plan: Plan)] = []
    for one in plans where !one.plan.regions.isEmpty {
      if let index = groups.firstIndex(where: { isSame($0.plan.plan, one.plan) }) {
        groups[index].labels.append(one.label)
        let peaks = [groups[index].plan.peakBytes, one.peakBytes].compactMap { $0 }
        groups[index].plan.peakBytes = peaks.max()
      } else {
        groups.append(([one.label], one))
      }
    }
    if groups.isEmpty { return nil }
    let end = groups.map { placed($0.plan.plan).reduce(0) { $0 + $1.bytes } }.max()
    let charts = groups.map { labels, one in
      let title = "Memory: \(labels.unique.joined(separator: "; "))"
      let map = MemoryMap(
        title: title,
        regions: placed(one.plan).map {
          MemoryMap.Region(name: $0.name, byteCount: $0.bytes, kind: kind($0.name))
        }, commonEnd: end)
      return HTML.figure(title, map.svg(), note: note(one))
    }
    return Section(
      id: "memory", title: "Memory",
      content: [
        HTML.figures(charts),
        table(groups.map { ($0.labels.unique.joined(separator: "; "), $0.plan.plan) }),
      ])
  }

  private static func isSame(_ left: PlanReport, _ right: PlanReport) -> Bool {
    left.regions.map(\.name) == right.regions.map(\.name)
      && left.regions.map(\.bytes) == right.regions.map(\.bytes)
      && left.ramCapBytes == right.ramCapBytes
  }

  /// The gaps for alignment have no place of their own.
  private static func placed(_ plan: PlanReport) -> [PlanReport.Region] {
    plan.regions.filter { $0.name != "alignment" && $0.bytes > 0 && $0.bytes < 1e18 }
  }

  private static func kind(_ name: String) -> MemoryMap.Kind {
    switch name {
    case "weights", "embeddings", "output head", "norm weights": .model
    case "KV keys", "KV values", "slot positions and norms", "eviction policy": .cache
    case "tokenizer", "text buffers": .text
    case "activations", "int8 activations", "attention scratch", "logits", "loading scratch": .work
    default: .other
    }
  }

  private static func note(_ one: Plan) -> String {
    let plan = one.plan
    let padding = plan.regions.filter { $0.name == "alignment" }.reduce(0) { $0 + $1.bytes }
    var text =
      "Planned \(Format.bytes(plan.totalBytes)), "
      + "\(Format.percent(plan.totalBytes / plan.ramCapBytes)) of the cap of "
      + "\(Format.bytes(plan.ramCapBytes))"
    if let peak = one.peakBytes { text += "; peak resident size \(Format.bytes(peak))" }
    if plan.fits == false || plan.totalBytes > plan.ramCapBytes { text += "; does not fit" }
    text += ". Regions lie in this order; gaps for alignment, "
    return text + "\(Format.bytes(padding)) together, are not drawn."
  }

  /// All plans beside each other.
  private static func table(_ plans: [(label: String, plan: PlanReport)]) -> Markup {
    let names = plans.flatMap { $0.plan.regions.map(\.name) }.unique
    var rows = names.map { name in
      [name]
        + plans.flatMap { plan in
          cells(plan.plan.regions.first { $0.name == name }?.bytes, of: plan.plan.totalBytes)
        }
    }
    rows.append(["process"] + plans.flatMap { cells($0.plan.totalBytes, of: $0.plan.totalBytes) })
    rows.append(["cap"] + plans.flatMap { cells($0.plan.ramCapBytes, of: .nan) })
    let columns = plans.flatMap { plan in
      [HTML.Column(name: plans.count > 1 ? plan.label : "bytes"), HTML.Column(name: "share")]
    }
    return HTML.table(
      "Regions in bytes, and their share of the process",
      [HTML.Column(name: "region", isText: true)] + columns, rows, isLong: true)
  }

  private static func cells(_ bytes: Double?, of total: Double) -> [String] {
    guard let bytes else { return ["–", ""] }
    return [Format.count(bytes), total.isFinite ? Format.percent(bytes / total) : ""]
  }
}
