import Board
import Platform
import Profile

/// What `probe` found, for people.
public enum ProbeTable {
  /// Rows of cores; the kernel of a large machine could give hundreds.
  private static let rowCountMax = 16

  @export(interface)
  public static func write(
    _ facts: borrowing BoardFacts, _ wishes: ProfileWishes, _ profile: DeviceProfile,
    to out: inout TextOutput
  ) {
    writeName("board", &out)
    out.write(profile.board.bytes)
    out.write("\n")
    writeInstructions(facts, &out)
    writeMemory(facts, wishes, profile, &out)
    writeCores(facts.cores, profile, &out)
    for index in 0..<BoardNote.count {
      guard let note = BoardNote(rawValue: index), facts.notes.contains(note) else { continue }
      out.write("   note: ")
      out.write(note.text)
      out.write("\n")
    }
    out.flush()
  }

  private static func writeName(_ name: StaticString, _ out: inout TextOutput) {
    out.write(spaces: 3)
    out.write(name, width: 14)
  }

  private static func writeInstructions(
    _ facts: borrowing BoardFacts, _ out: inout TextOutput
  ) {
    let instructions = facts.instructions
    writeName("instructions", &out)
    if instructions.isArm {
      out.write("NEON")
    } else {
      out.write(instructions.vectorWidthBits == 512 ? "AVX-512" : "AVX2")
    }
    if instructions.fp16 { out.write(", FP16") }
    if instructions.dotProduct { out.write(instructions.isArm ? ", dot product" : ", VNNI") }
    if instructions.i8mm { out.write(", i8mm") }
    if facts.sveWidthBits > 0 {
      out.write("; SVE of ")
      out.write(facts.sveWidthBits)
      out.write(" bits, which is not used")
    }
    out.write("\n")
  }

  private static func writeMemory(
    _ facts: borrowing BoardFacts, _ wishes: ProfileWishes, _ profile: DeviceProfile,
    _ out: inout TextOutput
  ) {
    writeName("memory", &out)
    out.write(facts.memory.availableByteCount / 1_048_576)
    out.write(" MiB available of ")
    out.write(facts.memory.byteCount / 1_048_576)
    out.write(", ")
    out.write(facts.reserveMiB(wishes))
    out.write(" kept back: cap ")
    out.write(profile.ramCapMiB)
    out.write("\n")
  }
}

// MARK: - Cores

extension ProbeTable {
  private static func writeCores(
    _ cores: borrowing CoreList, _ profile: DeviceProfile, _ out: inout TextOutput
  ) {
    if cores.count == 0 { return }
    out.write("   cores         cluster  capacity       MHz    L2 KiB    shared\n")
    var (start, rowCount) = (0, 0)
    while start < cores.count {
      if rowCount == rowCountMax {
        out.write("   … and ")
        out.write(cores.count - start)
        out.write(" cores more\n")
        break
      }
      var end = start + 1
      while end < cores.count && isAlike(cores, profile, start, end) { end += 1 }
      writeRow(cores, profile, start, end, &out)
      start = end
      rowCount += 1
    }
    out.write("   (* used)\n")
  }

  private static func isUsed(_ core: Core, _ profile: DeviceProfile) -> Bool {
    for index in 0..<profile.cores.count where Int(profile.cores[index]) == core.number {
      return true
    }
    return false
  }

  /// Whether a core goes into the row of the core at `start`: its number follows, and all is the
  /// same.
  private static func isAlike(
    _ cores: borrowing CoreList, _ profile: DeviceProfile, _ start: Int, _ index: Int
  ) -> Bool {
    let (first, core) = (cores[start], cores[index])
    return core.number == first.number + index - start && core.cluster == first.cluster
      && core.capacity == first.capacity && core.maxKilohertz == first.maxKilohertz
      && core.l2KiB == first.l2KiB && core.l2CoreCount == first.l2CoreCount
      && isUsed(core, profile) == isUsed(first, profile)
  }

  private static func writeRow(
    _ cores: borrowing CoreList, _ profile: DeviceProfile, _ start: Int, _ end: Int,
    _ out: inout TextOutput
  ) {
    let core = cores[start]
    out.write(isUsed(core, profile) ? " * " : "   ")
    out.write(core.number, width: 4)
    if end > start + 1 {
      out.write(" to ")
      out.write(cores[end - 1].number, width: 4)
    } else {
      out.write(spaces: 8)
    }
    out.write(core.cluster, width: 9)
    writeKnown(core.capacity, &out)
    writeKnown(core.maxKilohertz / 1000, &out)
    writeKnown(core.l2KiB, &out)
    writeKnown(core.l2CoreCount, &out)
    out.write("\n")
  }

  private static func writeKnown(_ value: Int, _ out: inout TextOutput) {
    if value == 0 { out.write(right: "-", width: 10) } else { out.write(value, width: 10) }
  }
}
