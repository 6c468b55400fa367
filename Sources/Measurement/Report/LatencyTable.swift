import Inference
import Platform

/// The prompt blocks' latency by part, as a table of milliseconds.
public enum LatencyTable {
  /// Rows from the start and the end of a long run; what lies between is left to the report.
  private static let headRows = 8
  private static let tailRows = 4

  @export(interface)
  public static func write(_ records: borrowing BlockRecords, to out: inout TextOutput) {
    if records.count == 0 { return }
    out.write("\n   block  tokens   slots      total     linear  attention      score      evict")
    out.write("      other  tokens/s")
    let columns = HealthColumns(records.sum.health)
    columns.writeNames(to: &out)
    let isLong = records.count > headRows + tailRows + 1
    for index in 0..<records.count {
      if isLong && index == headRows {
        out.write("     …\n")
      }
      if isLong && index >= headRows && index < records.count - tailRows { continue }
      let record = records[index]
      out.write(record.index, width: 8)
      writeCells(record, columns, to: &out)
    }
    out.write("     all")
    writeCells(records.sum, columns, to: &out)
    out.write("   share                  ")
    writeShares(records.sum.times, to: &out)
    out.write("(times in ms)\n")
    columns.writeLegend(records.sum.health, to: &out)
  }

  private static func writeCells(
    _ record: LatencyRecord, _ columns: HealthColumns, to out: inout TextOutput
  ) {
    out.write(record.tokenCount, width: 8)
    writeSlots(record, to: &out)
    let times = record.times
    for index in Part.all.indices {
      out.write(Double(Part.all[index].value(times)) / 1e6, decimals: 2, width: 11)
    }
    let seconds = Double(times.total) / 1e9
    out.write(seconds > 0 ? Double(record.tokenCount) / seconds : 0, decimals: 1, width: 10)
    columns.write(record.health, to: &out)
  }

  /// The KV heads that have least and most, if they differ.
  private static func writeSlots(_ record: LatencyRecord, to out: inout TextOutput) {
    if record.slotsBefore == record.slotsBeforeLeast {
      out.write(record.slotsBefore, width: 8)
    } else {
      out.write(record.slotsBeforeLeast, width: 5)
      out.write("-")
      out.write(record.slotsBefore)
    }
  }

  private static func writeShares(_ times: BlockTimes, to out: inout TextOutput) {
    for index in Part.all.indices {
      let part = Part.all[index]
      let share = times.total > 0 ? 100 * Double(part.value(times)) / Double(times.total) : 0
      out.write(share, decimals: 1, width: part == .total ? 8 : 9)
      out.write(" %")
    }
    out.write("   ")
  }
}

/// The columns of the table.
private enum Part {
  case total, linear, attention, score, evict, other

  static var all: InlineArray<6, Part> { [.total, .linear, .attention, .score, .evict, .other] }

  func value(_ times: BlockTimes) -> Int64 {
    switch self {
    case .total: times.total
    case .linear: times.linear
    case .attention: times.attention
    case .score: times.score
    case .evict: times.evict
    case .other: times.other
    }
  }
}
