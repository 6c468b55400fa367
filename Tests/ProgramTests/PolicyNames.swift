import TestSupport

/// The eviction policies of the program, as Toolchain/policies reads them from its help.
enum PolicyNames {
  static let all: [String] = {
    let script = Files.repository.appendingPathComponent("Toolchain/policies").path
    guard let program = Files.program, let outcome = try? run([script, program]) else { return [] }
    return outcome.output.split(separator: "\n").map(String.init)
  }()
}
