import Foundation
import TestSupport
import Testing

@testable import Kernels

/// Convolutions over channels, against their definitions in Double.
@Suite struct TokenMixingTests {
  private static func numbers(_ count: Int, _ random: inout SeededGenerator) -> [Float] {
    (0..<count).map { _ in Float.random(in: -2...2, using: &random) }
  }

  /// Calls `body` with copies that lie `shift` numbers behind an aligned place.
  private static func withShifted(
    _ values: [Float], _ shift: Int, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: 4 * (values.count + shift) + 64, alignment: 64
    ).assumingMemoryBound(to: Float.self)
    defer { memory.deallocate() }
    for index in values.indices { memory[shift + index] = values[index] }
    body(memory + shift)
  }

  /// The sum over the latest `length` rows of weight times input.
  private static func convolved(
    _ rows: [[Float]], _ token: Int, _ weights: [Float], length: Int, channel: Int
  ) -> Double {
    let channelCount = weights.count / length
    return (0..<length).reduce(0) { sum, place in
      let row = token - (length - 1 - place)
      if row < 0 { return sum }
      return sum + Double(weights[place * channelCount + channel]) * Double(rows[row][channel])
    }
  }

  /// Sums of at most 5 products of numbers below 4, each rounded: 2^-24 of 40 for each of 10 roundings; the
  /// factor behind them is below 2, and silu's own error is a few units in the last place.
  private static let tolerance = 1e-4

  @Test(arguments: [2, 3, 4, 5], [0, 1, 3]) func convolutionWithSiLU(length: Int, shift: Int) {
    var random = SeededGenerator(seed: UInt64(length * 10 + shift))
    let channelCount = 48
    let weights = Self.numbers(length * channelCount, &random)
    let rows = (0..<7).map { _ in Self.numbers(channelCount, &random) }
    var whole: [[Float]] = []
    for parts in [[0..<48], [0..<16, 16..<48], [32..<48, 0..<32]] {
      var found: [[Float]] = []
      Self.withShifted(weights, shift) { weights in
        let zeros = [Float](repeating: 0, count: (length - 1) * channelCount)
        Self.withShifted(zeros, shift) { state in
          let window = ChannelWindow(
            weights: weights, state: state, length: length, channelCount: channelCount)
          for row in rows {
            Self.withShifted(row, shift) { row in
              for channels in parts { window.runWithSiLU(row, channels: channels) }
              found.append((0..<channelCount).map { row[$0] })
            }
          }
        }
      }
      if whole.isEmpty { whole = found }
      #expect(found == whole)
    }
    for (token, row) in whole.enumerated() {
      for channel in 0..<channelCount {
        let x = Self.convolved(rows, token, weights, length: length, channel: channel)
        #expect(abs(Double(row[channel]) - x / (1 + exp(-x))) < Self.tolerance)
      }
    }
  }

  @Test(arguments: [2, 3, 4], [16, 37, 5]) func gatedConvolution(length: Int, channelCount: Int) {
    var random = SeededGenerator(seed: UInt64(length * 100 + channelCount))
    let weights = Self.numbers(length * channelCount, &random)
    let rows = (0..<6).map { _ in Self.numbers(3 * channelCount, &random) }
    let products = rows.map { row in
      (0..<channelCount).map { row[$0] * row[2 * channelCount + $0] }
    }
    let parts = channelCount > 16 ? [[0..<37], [0..<16, 16..<37]] : [[0..<channelCount]]
    var whole: [[Float]] = []
    for parts in parts {
      for shift in [0, 1, 5] {
        var found: [[Float]] = []
        Self.withShifted(weights, shift) { weights in
          let zeros = [Float](repeating: 0, count: (length - 1) * channelCount)
          Self.withShifted(zeros, shift) { state in
            let window = ChannelWindow(
              weights: weights, state: state, length: length, channelCount: channelCount)
            for row in rows {
              var out = [Float](repeating: .nan, count: channelCount)
              Self.withShifted(row, shift) { row in
                for channels in parts { window.runGated(row, channels: channels, into: &out) }
              }
              found.append(out)
            }
          }
        }
        if whole.isEmpty { whole = found }
        #expect(found == whole)
      }
    }
    for (token, row) in whole.enumerated() {
      for channel in 0..<channelCount {
        let x = Self.convolved(products, token, weights, length: length, channel: channel)
        let expected = x * Double(rows[token][channelCount + channel])
        #expect(abs(Double(row[channel]) - expected) < Self.tolerance)
      }
    }
  }
}
