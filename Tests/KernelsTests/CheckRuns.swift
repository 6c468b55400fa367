import KernelChecks

/// The names of all checks.
struct CheckNames: CheckVisitor {
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

/// Runs the check of one name on this machine.
struct NamedRun: CheckVisitor {
  private let name: String
  private let memory: UnsafeMutableRawPointer
  private(set) var runCount = 0
  private(set) var comparisonCount = 0
  private(set) var digest: UInt64 = 0
  private(set) var failure: String?

  init(name: String) {
    self.name = name
    memory = .allocate(byteCount: CheckContext.memoryByteCount, alignment: 64)
    defer { memory.deallocate() }
    CheckList.visit(&self)
  }

  mutating func visit(_ name: StaticString, _ check: (inout CheckContext) -> Void) {
    if "\(name)" != self.name { return }
    runCount += 1
    var context = CheckContext(memory: memory)
    check(&context)
    context.finish()
    comparisonCount = context.comparisonCount
    digest = context.digest
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
