import Platform
import Profile

/// What the kernel says of the machine that the program runs on, or of one whose files were
/// recorded.
public struct BoardFacts: ~Copyable {
  public let name: FixedText<97>
  public let instructions: Instructions
  /// The length of an SVE vector; 0 without SVE. No kernel here uses it.
  public let sveWidthBits: Int
  public let memory: MemoryFacts
  /// The cores that are online and that the process may use.
  public let cores: CoreList
  public let notes: BoardNotes

  /// - Parameters:
  ///   - root: where the kernel's files are.
  ///   - processor: the machine's own; nil has /proc/cpuinfo below `root` tell of the instructions.
  @export(interface)
  public init(below root: KernelPath, _ processor: ProcessorFeatures?) throws(BoardError) {
    let instructions = try Self.readInstructions(root, processor)
    var found = BoardNotes()
    self.instructions = instructions
    name = BoardName.read(below: root)
    sveWidthBits = instructions.isArm ? Self.readSVEWidth(root) : 0
    memory = MemoryFacts(below: root, &found)
    cores = CoreList(below: root, &found)
    notes = found
  }

  private static func readInstructions(
    _ root: KernelPath, _ processor: ProcessorFeatures?
  ) throws(BoardError) -> Instructions {
    let instructions: Instructions
    if let processor {
      instructions = Instructions(processor)
    } else {
      guard var file = root.appending("/proc/cpuinfo").open() else { throw .noCPUInfo }
      instructions = try Instructions(cpuinfo: &file)
    }
    if instructions.vectorWidthBits == 0 { throw .noVectors(isArm: instructions.isArm) }
    return instructions
  }

  /// The kernel has the file where the processor has SVE. Lengths are 16 to 256 bytes (Arm
  /// Architecture Reference Manual, SVE).
  private static func readSVEWidth(_ root: KernelPath) -> Int {
    let path = root.appending("/proc/sys/abi/sve_default_vector_length")
    guard let byteCount = path.readNumber(), byteCount >= 16, byteCount <= 256 else { return 0 }
    return byteCount * 8
  }
}
