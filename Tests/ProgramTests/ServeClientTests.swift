import Foundation
import TestSupport
import Testing

/// Client libraries speak with a service as they are: each has a script in `Clients`.
@Suite(
  .serialized,
  .enabled(
    if: Files.canRun && ClientPackages.areThere,
    "needs .build/release/edge-infer, the default model and Toolchain/fetch-clients"))
struct ServeClientTests {
  @Test(arguments: [
    "openai", "litellm", "langchain_openai", "pydantic_ai", "agents", "llm", "instructor", "ollama",
    "anthropic",
  ])
  func client(_ name: String) throws {
    try runScript("client_\(name).py")
  }

  /// Answers of a schema, and calls of tools.
  @Test(arguments: ["openai", "langchain_openai", "pydantic_ai", "agents", "instructor"])
  func structuredOutput(_ name: String) throws {
    try runScript("structured_output.py", [name])
  }

  private func runScript(_ script: String, _ arguments: [String] = []) throws {
    let service = try RunningService(model: nil)
    let path = Files.repository.appendingPathComponent("Tests/ProgramTests/Clients/" + script).path
    let outcome = try run(ClientPackages.python + [path, "\(service.port)"] + arguments)
    #expect(outcome.code == 0, "\(outcome.output)\(outcome.error)")
    #expect(outcome.output.hasSuffix("all as it should be\n"))
  }
}

/// The packages in `.build-check/clients`.
private enum ClientPackages {
  private static let folder = Files.repository.appendingPathComponent(".build-check/clients").path
  static let python = ["/usr/bin/env", "PYTHONPATH=" + folder, "python3"]
  static let areThere = FileManager.default.fileExists(atPath: folder + "/.complete")
}
