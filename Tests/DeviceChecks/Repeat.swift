import CPlatform
import KernelChecks
import Platform
import Profile

/// Runs one workload `count` times.
/// - Returns: the exit code: 64 where the name or the count is not one.
@inline(never)
func repeatWorkload(_ name: UnsafePointer<CChar>, count: Int) -> Int32 {
  guard let memory = unsafe edge_map(CheckContext.memoryByteCount) else { return refuseMemory() }
  var repeater = unsafe Repeater(memory: memory, name: name, count: count)
  if count > 0 { WorkloadList.visit(&repeater) }
  if repeater.isFound { return 0 }
  var out = TextOutput.standardError
  out.write("device-checks: --repeat NAME COUNT: COUNT is 1 or more, NAME one of")
  var lister = NameLister(out: out)
  WorkloadList.visit(&lister)
  lister.out.write("\n")
  lister.out.flush()
  return 64  // EX_USAGE
}

/// Runs a policy on `count` blocks.
/// - Returns: the exit code: 64 where an argument is not one.
@inline(never)
func runPolicy(_ name: UnsafePointer<CChar>, slots: Int, start: Int, count: Int) -> Int32 {
  guard let memory = unsafe edge_map(CheckContext.memoryByteCount) else { return refuseMemory() }
  for index in 0..<Policy.count {
    guard let policy = Policy(rawValue: index), unsafe isEqual(name, policy.name) else { continue }
    let isFitting = slots > PolicyWorkload.blockSize && slots <= PolicyWorkload.slotMax
    if !isFitting || start < slots || count < 1 { break }
    var context = unsafe CheckContext(memory: memory)
    PolicyWorkload.run(&context, policy, slots: slots, start: start, count: count)
    return context.failure == nil ? 0 : 1
  }
  var out = TextOutput.standardError
  out.write("device-checks: --policy NAME SLOTS START COUNT: NAME is a policy's, SLOTS above ")
  out.write(PolicyWorkload.blockSize)
  out.write(" and at most ")
  out.write(PolicyWorkload.slotMax)
  out.write(", START at least SLOTS, COUNT 1 or more\n")
  out.flush()
  return 64  // EX_USAGE
}

/// Runs the workload of one name.
@safe private struct Repeater: ~Copyable, WorkloadVisitor {
  private let memory: UnsafeMutableRawPointer
  private let name: UnsafePointer<CChar>
  private let count: Int
  private(set) var isFound = false

  init(memory: UnsafeMutableRawPointer, name: UnsafePointer<CChar>, count: Int) {
    unsafe self.memory = memory
    unsafe self.name = name
    self.count = count
  }

  mutating func visit(_ name: StaticString, _ run: (inout CheckContext, Int) -> Void) {
    if unsafe !isEqual(self.name, name) { return }
    isFound = true
    var context = unsafe CheckContext(memory: memory)
    run(&context, count)
  }
}

private struct NameLister: ~Copyable, WorkloadVisitor {
  var out: TextOutput

  init(out: consuming TextOutput) {
    self.out = out
  }

  mutating func visit(_ name: StaticString, _ run: (inout CheckContext, Int) -> Void) {
    out.write(" ")
    out.write(name)
  }
}

/// True where both are the same text.
func isEqual(_ argument: UnsafePointer<CChar>, _ text: StaticString) -> Bool {
  for index in 0..<text.utf8CodeUnitCount {
    // A shorter argument ends in a zero, which no text holds.
    if unsafe UInt8(bitPattern: argument[index]) != text.utf8Start[index] { return false }
  }
  return unsafe argument[text.utf8CodeUnitCount] == 0
}
