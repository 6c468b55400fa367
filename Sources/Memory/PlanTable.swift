import Platform

/// A memory plan as text and as JSON.
public enum PlanTable {
  /// What the process needs beside the arena: its code and data, the first thread's stack, glibc's
  /// own memory. Part of what is compared with the cap.
  public static let programByteCount = 5 * 1024 * 1024

  /// Bytes that the cap is compared with.
  public static func processByteCount(_ plan: MemoryPlan) -> Int {
    plan.residentByteCount + programByteCount
  }

  @export(interface)
  public static func write(_ plan: MemoryPlan, capByteCount: Int, to out: inout TextOutput) {
    out.write("   memory                            bytes         MiB\n")
    for index in 0..<Region.count {
      let region = Region(rawValue: index)!
      let bytes = plan.residentByteCount(of: region)
      if bytes > 0 { writeRow(region.name, bytes, &out) }
    }
    writeRow("alignment", plan.paddingByteCount, &out)
    writeRow("arena", plan.residentByteCount, &out)
    writeRow("program", programByteCount, &out)
    writeRow("process", processByteCount(plan), &out)
    writeRow("cap", capByteCount, &out)
  }

  private static func writeRow(_ name: StaticString, _ bytes: Int, _ out: inout TextOutput) {
    out.write(spaces: 3)
    out.write(name, width: 24)
    out.write(bytes, width: 15)
    out.write(Double(bytes) / 1_048_576, decimals: 2, width: 12)
    out.write("\n")
  }

  /// The members of a JSON object: `"regions": […], "totalBytes": …, "ramCapBytes": …`.
  @export(interface)
  public static func writeJSON(_ plan: MemoryPlan, capByteCount: Int, to out: inout TextOutput) {
    out.write("\"regions\": [")
    var isFirst = true
    for index in 0..<Region.count {
      let region = Region(rawValue: index)!
      if plan.byteCount(of: region) == 0 { continue }
      writeJSONRegion(region.name, plan.residentByteCount(of: region), isFirst: isFirst, &out)
      isFirst = false
    }
    writeJSONRegion("alignment", plan.paddingByteCount, isFirst: isFirst, &out)
    writeJSONRegion("program", programByteCount, isFirst: false, &out)
    out.write("], \"arenaBytes\": ")
    out.write(plan.residentByteCount)
    if plan.byteCountInFile > 0 {
      out.write(", \"expertBytesInFile\": ")
      out.write(plan.byteCountInFile)
    }
    out.write(", \"totalBytes\": ")
    out.write(processByteCount(plan))
    out.write(", \"ramCapBytes\": ")
    out.write(capByteCount)
  }

  /// A JSON object, with whether the plan fits, on a line.
  /// - Parameter keptFile: bytes of a file of kept texts, of one text there, and the count of texts.
  @export(interface)
  public static func writeReport(
    _ plan: MemoryPlan, capByteCount: Int,
    keptFile: (byteCount: Int, textByteCount: Int, textCount: Int)? = nil, to out: inout TextOutput
  ) {
    out.write("{")
    writeJSON(plan, capByteCount: capByteCount, to: &out)
    if let keptFile {
      out.write(", \"keptFile\": {\"bytes\": ")
      out.write(keptFile.byteCount)
      out.write(", \"textBytes\": ")
      out.write(keptFile.textByteCount)
      out.write(", \"texts\": ")
      out.write(keptFile.textCount)
      out.write("}")
    }
    out.write(", \"fits\": ")
    out.write(processByteCount(plan) > capByteCount ? "false}\n" : "true}\n")
  }

  private static func writeJSONRegion(
    _ name: StaticString, _ bytes: Int, isFirst: Bool, _ out: inout TextOutput
  ) {
    out.write(isFirst ? "{\"name\": " : ", {\"name\": ")
    out.write(jsonString: name)
    out.write(", \"bytes\": ")
    out.write(bytes)
    out.write("}")
  }
}
