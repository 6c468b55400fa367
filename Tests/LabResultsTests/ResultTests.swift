import Foundation
import LabResults
import Testing

private func line(_ sample: Int) -> ResultLine {
  ResultLine(
    task: "needle", run: RunKey(model: "m.gguf", policy: "keydiff", budget: 64, block: 16),
    item: ["sample": .number(Double(sample)), "dataset": .text("a")], scores: ["match": 1],
    tokens: 5, seconds: 0.5)
}

@Suite struct ResultFileTests {
  private let path = NSTemporaryDirectory() + UUID().uuidString + ".jsonl"

  @Test func linesComeBackAndCellsAreKnown() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try ResultFile(path: path)
    try file.append(line(1))
    #expect(file.has(line(1).cell))
    #expect(!file.has(line(2).cell))
    let lines = try ResultFile.read(path)
    #expect(lines.count == 1)
    #expect(lines[0].cell == line(1).cell)
    #expect(lines[0].scores == ["match": 1])
  }

  @Test func aCutLastLineIsDropped() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      let file = try ResultFile(path: path)
      try file.append(line(1))
      try file.append(line(2))
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.dropLast(7).write(to: URL(fileURLWithPath: path))
    let file = try ResultFile(path: path)
    #expect(file.has(line(1).cell))
    #expect(!file.has(line(2).cell))
    try file.append(line(2))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
  }

  @Test func whatIsNoResultIsRefused() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("{}\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: ResultFileError.self) { try ResultFile(path: path) }
    #expect(throws: ResultFileError.self) { try ResultFile.read(path + ".absent") }
  }
}

@Suite struct EstimateTests {
  @Test func byHand() {
    let estimate = Estimate([1, 2, 3, 4])
    #expect(estimate.mean == 2.5)
    // Squares 5, variance 5/3, over 4.
    #expect(abs(estimate.error - (5.0 / 12).squareRoot()) < 1e-12)
    #expect(estimate.low > 1 && estimate.low < 2.5 && estimate.high > 2.5 && estimate.high < 4)
    #expect(estimate == Estimate([1, 2, 3, 4]))
  }

  @Test func oneSampleHasNoError() {
    let estimate = Estimate([3])
    #expect(estimate.error.isNaN)
    #expect(estimate.low == 3 && estimate.high == 3)
  }

  /// For many samples the percentile interval is that of the normal distribution.
  @Test func intervalOfManySamples() {
    var generator = SplitMix64(seed: 7)
    let samples = (0..<4_000).map { _ in Double.random(in: 0..<1, using: &generator) }
    let estimate = Estimate(samples)
    #expect(abs((estimate.high - estimate.low) / (2 * 1.96 * estimate.error) - 1) < 0.1)
  }

  /// The first numbers of seed 1234567, as published with the reference program.
  @Test func splitMix() {
    var generator = SplitMix64(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
  }
}
