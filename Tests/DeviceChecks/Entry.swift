import CPlatform
import KernelChecks
import Platform
import Profile

/// Runs the checks whose name starts with the argument, or all: one line each, then the counts.
/// Exit code 0 where all passed, 1 where one failed, sysexits' values for other reasons.
///
/// `--policy NAME SLOTS START COUNT` runs an eviction policy on so many blocks (`PolicyWorkload`), and
/// `--repeat NAME COUNT` runs one workload so many times instead, and writes nothing. `--schemas` decides
/// cases of JSON schemas (`decideSchemas`).
@c(device_checks_main)
public func main(
  _ argumentCount: Int32, _ argumentValues: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  let processor = ProcessorFeatures()
  if let missing = BuildFeatures.missing(from: processor) {
    return refuse(processor, missing)
  }
  if unsafe argumentCount == 4 && isEqual(argumentValues[1]!, "--repeat") {
    return unsafe repeatWorkload(argumentValues[2]!, count: atol(argumentValues[3]!))
  }
  if unsafe argumentCount == 6 && isEqual(argumentValues[1]!, "--policy") {
    return unsafe runPolicy(
      argumentValues[2]!, slots: atol(argumentValues[3]!), start: atol(argumentValues[4]!),
      count: atol(argumentValues[5]!))
  }
  if unsafe argumentCount == 2 && isEqual(argumentValues[1]!, "--schemas") {
    return decideSchemas()
  }
  let prefix = unsafe argumentCount > 1 ? argumentValues[1] : nil
  return unsafe runChecks(prefix)
}

@inline(never)
private func refuse(_ processor: ProcessorFeatures, _ missing: StaticString) -> Int32 {
  var out = TextOutput.standardError
  out.write("device-checks: this program was built for a processor with ")
  out.write(missing)
  out.write(", which this one lacks; ")
  out.write(BuildFeatures.advice(for: processor))
  out.write("\n")
  out.flush()
  return 69  // EX_UNAVAILABLE
}

@inline(never)
func refuseMemory() -> Int32 {
  var out = TextOutput.standardError
  out.write("device-checks: the system gives no memory for the checks\n")
  out.flush()
  return 71  // EX_OSERR
}

@inline(never)
private func runChecks(_ prefix: UnsafeMutablePointer<CChar>?) -> Int32 {
  guard let memory = unsafe edge_map(CheckContext.memoryByteCount) else { return refuseMemory() }
  var runner = unsafe Runner(memory: memory, prefix: prefix)
  CheckList.visit(&runner)
  return runner.finish()
}

/// Runs each check and writes its line.
@safe private struct Runner: ~Copyable, CheckVisitor {
  private let memory: UnsafeMutableRawPointer
  private let prefix: UnsafeMutablePointer<CChar>?
  private var out = TextOutput.standardOutput
  private var passedCount = 0
  private var failedCount = 0

  init(memory: UnsafeMutableRawPointer, prefix: UnsafeMutablePointer<CChar>?) {
    unsafe self.memory = memory
    unsafe self.prefix = prefix
  }

  mutating func visit(_ name: StaticString, _ check: (inout CheckContext) -> Void) {
    if !isWanted(name) { return }
    var context = unsafe CheckContext(memory: memory)
    check(&context)
    context.finish()
    if let failure = context.failure {
      failedCount += 1
      out.write("FAILED ")
      out.write(name)
      out.write(": ")
      failure.write(to: &out)
    } else {
      passedCount += 1
      out.write("ok ")
      out.write(name)
      writeEffort(context.comparisonCount, context.worstShare, context.digest)
    }
    out.write("\n")
    out.flush()
  }

  private mutating func writeEffort(
    _ comparisonCount: Int, _ worstShare: Double, _ digest: UInt64
  ) {
    out.write(" (")
    out.write(comparisonCount)
    out.write(" comparisons")
    if worstShare > 0 {
      out.write(", errors up to ")
      out.write(worstShare * 100, decimals: 0)
      out.write(" % of the tolerance, digest ")
      out.write(digest)
    }
    out.write(")")
  }

  private func isWanted(_ name: StaticString) -> Bool {
    guard let prefix = unsafe prefix else { return true }
    var index = 0
    while unsafe prefix[index] != 0 {
      if index >= name.utf8CodeUnitCount { return false }
      if unsafe UInt8(bitPattern: prefix[index]) != name.utf8Start[index] { return false }
      index += 1
    }
    return true
  }

  /// The last line and the exit code.
  mutating func finish() -> Int32 {
    out.write(passedCount)
    out.write(" passed, ")
    out.write(failedCount)
    out.write(" failed\n")
    out.flush()
    return failedCount == 0 && passedCount > 0 && out.failure == 0 ? 0 : 1
  }
}
