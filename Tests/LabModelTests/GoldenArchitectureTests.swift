import Foundation
import LabModel
import TestSupport
import Testing

/// Another implementation, llama.cpp, on small models with random weights.
@Suite(.enabled(if: !GoldenArchitecture.names.isEmpty, "needs ../shared/golden/tiny"))
struct GoldenArchitectureTests {
  /// llama.cpp keeps keys, values, queries and weights of attention in Float16, which moves a float64
  /// transformer by up to 0.0012 of the largest logit.
  @Test(arguments: GoldenArchitecture.names) func logitsAreAsLlamaCpps(name: String) throws {
    let golden = try GoldenArchitecture(name)
    let tokens = try String(contentsOfFile: golden.tokens, encoding: .utf8)
      .split(separator: " ").map { Int32($0)! }
    let model = try FloatModel(path: golden.model, threads: 2)
    var found: [Float] = []
    model.forward(tokens, blockSize: 64) { found += $1 }
    try #require(found.count == golden.logits.count)
    let largest = golden.logits.map(abs).max()!
    let error = zip(found, golden.logits).map { abs($0 - $1) }.max()!
    print("\(name): largest difference \(error) of logits to \(largest)")
    // Some tokens go to other experts where two are nearly equal.
    if name == "qwen3moe" { return #expect(golden.correlation(found) > 0.9985) }
    #expect(error < 0.0015 * largest)
    #expect(golden.correlation(found) > 0.999_999)
  }
}
