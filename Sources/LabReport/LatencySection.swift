/// Where the time of a prompt goes, block by block.
enum LatencySection {
  static func make(_ timings: [Timing]) -> Section? {
    let timings = timings.filter { !$0.blocks.isEmpty }
    if timings.isEmpty { return nil }
    // Charts of the same block size have the same height for the same time.
    let isShared = Set(timings.map(\.settings.blockSize)).count == 1
    let high = isShared ? timings.flatMap(perBlock).max() : nil
    let charts = timings.flatMap { timing in
      HealthFigures.make(timing) + [
        HTML.figure("Time per block: \(timing.label)", chart(timing, commonHigh: high).svg())
      ]
    }
    return Section(
      id: "latency", title: "Latency by block",
      content: [
        HTML.paragraph(
          "Linear is the products with the weights; score and evict are what the policy adds to a "
            + "block; other is norms, rounding, rotary embedding and writing the cache."),
        HTML.figures(charts),
      ] + timings.map(table))
  }

  private static func perBlock(_ timing: Timing) -> [Double] {
    timing.mergedBlocks().map { $0.parts.reduce(0, +) / $0.blockCount / 1_000 }
  }

  private static func chart(_ timing: Timing, commonHigh: Double?) -> StackedBars {
    let blocks = timing.mergedBlocks()
    var start = 0.0
    let bars = blocks.map { block in
      defer { start += block.tokens }
      return StackedBars.Bar(
        start: start, end: start + block.tokens, name: name(block),
        values: block.parts.map { $0 / block.blockCount / 1_000 })
    }
    let size = Format.count(timing.settings.blockSize)
    let isMean = blocks.contains { $0.blockCount > 1 }
    return StackedBars(
      title: "Time per block by part, \(timing.label)",
      x: Axis("place in the prompt / tokens", .fromZero),
      y: Axis("time per block of \(size)\(isMean ? ", mean" : "") / ms", .fromZero),
      parts: BlockReport.partNames, bars: bars, commonHigh: commonHigh)
  }

  private static func name(_ block: BlockReport) -> String {
    let first = Format.count(block.index)
    let name =
      block.blockCount > 1
      ? "blocks \(first)–\(Format.count(block.index + block.blockCount - 1))" : "block \(first)"
    return block.throttled == true ? name + " (throttled)" : name
  }

  private static func table(_ timing: Timing) -> Markup {
    let sensors = HealthFigures.Column.allCases.filter { column in
      timing.blocks.contains { column.value($0) != nil }
    }
    let columns =
      ["block", "tokens", "slots", "total"] + BlockReport.partNames + ["tokens/s"]
      + sensors.map(\.rawValue)
    func row(_ name: String, _ block: BlockReport) -> [String] {
      Self.row(name, block) + sensors.map { $0.text(block) }
    }
    var rows = timing.mergedBlocks().map { row(name($0), $0) }
    if var all = timing.blocks.first, timing.blocks.count > 1 {
      for block in timing.blocks.dropFirst() { all.add(block) }
      rows.append(row("all", all))
      let shares = all.parts.map { Format.percent(all.totalUs > 0 ? $0 / all.totalUs : .nan) }
      rows.append(
        ["share", "", "", Format.percent(1)] + shares + [""] + sensors.map { _ in "" })
    }
    return HTML.table(
      "\(timing.label): times in ms", columns.map { HTML.Column(name: $0, isText: $0 == "block") },
      rows, isLong: true)
  }

  private static func row(_ name: String, _ block: BlockReport) -> [String] {
    [name, Format.count(block.tokens), Format.count(block.slotsBefore)]
      + ([block.totalUs] + block.parts).map(Format.milliseconds)
      + [Format.fixed(block.totalUs > 0 ? block.tokens / block.totalUs * 1e6 : .nan, 1)]
  }
}
