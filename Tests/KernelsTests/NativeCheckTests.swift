import KernelChecks
import Testing

/// The checks of `KernelChecks`, in ordinary Swift on this machine.
@Suite struct NativeCheckTests {
  @Test(arguments: CheckNames.all)
  func holds(name: String) throws {
    let run = NamedRun(name: name)
    #expect(run.runCount == 1)
    #expect(run.comparisonCount > 1)
    if let failure = run.failure { Issue.record("\(name): \(failure)") }
  }

  @Test func namesDiffer() {
    #expect(Set(CheckNames.all).count == CheckNames.all.count)
  }
}
