import Foundation
import TestSupport
import Testing

/// The service's page in a browser.
@Suite(
  .serialized,
  .enabled(
    if: Files.canRun && Files.tool("chromium") != nil,
    "needs .build/release/edge-infer, the default model and chromium"))
struct ServePageTests {
  @Test func thePageInABrowser() throws {
    let folder = try Folder()
    let service = try RunningService(model: nil)
    let script = Files.repository.appendingPathComponent("Tests/ProgramTests/page_client.py").path
    let outcome = try run([
      "/usr/bin/env", "python3", script, Files.tool("chromium")!, "\(service.port)",
      folder.path(""),
    ])
    #expect(outcome.code == 0, "\(outcome.output)\(outcome.error)")
    #expect(outcome.output.hasSuffix("all as it should be\n"))
  }
}
