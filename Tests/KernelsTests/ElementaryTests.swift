import Foundation
import Kernels
import TestSupport
import Testing

/// The elementary functions in Double against the C library's, for many random arguments.
@Suite struct ElementaryTests {
  private let count = 200_000

  /// The C library's results are within one unit in the last place, 2.2e-16.
  @Test func logarithm() {
    var random = SeededGenerator(seed: 11)
    var worst = 0.0
    for index in 0..<count {
      let x =
        index & 1 == 0
        ? Foundation.exp(Double.random(in: -700...700, using: &random))
        : Double.random(in: 0.5...2, using: &random)
      let expected = Foundation.log(x)
      worst = max(worst, (Elementary.log(x) - expected).magnitude / expected.magnitude)
    }
    #expect(worst < 1e-15)
  }

  @Test func exponential() {
    var random = SeededGenerator(seed: 12)
    var worst = 0.0
    for index in 0..<count {
      let bound = index & 1 == 0 ? 699.0 : 2
      let x = Double.random(in: -bound...bound, using: &random)
      worst = max(worst, (Elementary.exp(x) / Foundation.exp(x) - 1).magnitude)
    }
    #expect(worst < 1e-15)
  }

  /// Random angles, whole numbers as positions give, and the neighbourhood of multiples of pi / 2,
  /// where the reduced angle loses most.
  @Test(arguments: [10, 1e3, 1e6, 9.9e8])
  func angles(bound: Double) {
    var random = SeededGenerator(seed: 13)
    var worst = 0.0
    for index in 0..<count {
      var x = Double.random(in: -bound...bound, using: &random)
      if index % 3 == 1 { x.round() }
      if index % 3 == 2 { x = (x / (.pi / 2)).rounded() * (.pi / 2) + x * 1e-17 }
      let (sine, cosine) = Elementary.sineAndCosine(x)
      worst = max(worst, (sine - Foundation.sin(x)).magnitude)
      worst = max(worst, (cosine - Foundation.cos(x)).magnitude)
    }
    #expect(worst < 1e-15)
  }

  /// base^(-i / half) as the C library computes it.
  @Test(arguments: [(10_000.0, 32), (100_000.0, 32), (1_000_000.0, 64), (500_000.0, 64)])
  func rotaryFrequencies(base: Double, half: Int) {
    let frequencies = UnsafeMutablePointer<Double>.allocate(capacity: half)
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: 2 * half)
    defer {
      frequencies.deallocate()
      floats.deallocate()
    }
    let table = RotaryTable(
      frequencies: frequencies, cosines: floats, sines: floats + half, half: half)
    table.setFrequencies(base: base)
    for index in 0..<half {
      let expected = Foundation.pow(base, -Double(index) / Double(half))
      #expect((frequencies[index] / expected - 1).magnitude < 16e-15)
    }
    let position = 131_071
    table.setToken(0, position: position)
    for index in 0..<half {
      let angle = Double(position) * frequencies[index]
      #expect((Double(floats[index]) - Foundation.cos(angle)).magnitude < 0x1p-24)
      #expect((Double(floats[half + index]) - Foundation.sin(angle)).magnitude < 0x1p-24)
    }
  }
}
