import KernelChecks
import Testing

/// The checks of `KernelChecks`, in ordinary Swift on this machine.
@Suite struct NativeCheckTests {
  @Test(arguments: CheckNames.all)
  func holds(name: String) throws {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: CheckContext.memoryByteCount, alignment: 64)
    defer { memory.deallocate() }
    var run = NamedRun(name: name, memory: memory)
    CheckList.visit(&run)
    #expect(run.runCount == 1)
    #expect(run.comparisonCount > 1)
    if let failure = run.failure { Issue.record("\(name): \(failure)") }
  }

  @Test func namesDiffer() {
    #expect(Set(CheckNames.all).count == CheckNames.all.count)
  }
}

/// The names of all checks.
private struct CheckNames: CheckVisitor {
  private var names: [String] = []

  static var all: [String] {
    var collector = CheckNames()
    CheckList.visit(&collector)
    return collector.names
  }

  mutating func visit(_ name: StaticString, _ check: (inout CheckContext) -> Void) {
    names.append("\(name)")
  }
}

/// Runs the check of one name.
private struct NamedRun: CheckVisitor {
  let name: String
  let memory: UnsafeMutableRawPointer
  private(set) var runCount = 0
  private(set) var comparisonCount = 0
  private(set) var failure: String?

  init(name: String, memory: UnsafeMutableRawPointer) {
    self.name = name
    self.memory = memory
  }

  mutating func visit(_ name: StaticString, _ check: (inout CheckContext) -> Void) {
    if "\(name)" != self.name { return }
    runCount += 1
    var context = CheckContext(memory: memory)
    check(&context)
    context.finish()
    comparisonCount = context.comparisonCount
    failure = context.failure.map(describe)
  }

  private func describe(_ failure: CheckFailure) -> String {
    let labels = (0..<failure.labelCount).map {
      "\(failure.labels[$0].name) \(failure.labels[$0].value)"
    }
    return """
      \(failure.reason) (\(labels.joined(separator: ", "))) at \(failure.index): found \
      \(failure.found), expected \(failure.expected) within \(failure.tolerance)
      """
  }
}
