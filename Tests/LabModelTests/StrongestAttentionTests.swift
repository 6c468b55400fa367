import Foundation
import Model
import TestSupport
import Testing

@testable import LabModel

@Suite struct StrongestAttentionTests {
  /// Two layers; the second has two query heads for each KV head.
  private static func shape() throws -> ModelShape {
    var layers = LayerTable(
      repeating: LayerSpec(headCount: 2, kvHeadCount: 2, headDim: 8, feedForwardLength: 16),
      count: 2)
    let isSet = layers.set(
      1, to: LayerSpec(headCount: 4, kvHeadCount: 2, headDim: 8, feedForwardLength: 16))
    precondition(isSet)
    return try ModelShape(
      architecture: .llama, layers: layers,
      ropeTables: RopeTables(RopeSpec(frequencyBase: 10_000, dimensionCount: 8)),
      embeddingLength: 16, vocabularyCount: 10, contextLength: 512, rmsEpsilon: 1e-5,
      isOutputTied: true)
  }

  /// Against all weights of a text, one after the other.
  @Test func histogramsHoldTheLargestFarWeights() throws {
    let (length, total) = (40, 400)
    let observer = StrongestAttention(try Self.shape(), length: length)
    var random = SeededGenerator(seed: 5)
    var strongest: [String: [Float]] = [:]
    for layer in 0..<2 {
      for head in 0..<(layer == 0 ? 2 : 4) {
        let name = StrongestAttention.name(layer, layer == 0 ? head : head / 2)
        var largest = strongest[name] ?? [Float](repeating: 0, count: length)
        for position in 0..<total {
          let weights = (0...position).map { _ in
            exp2(Float.random(in: -22...0, using: &random))
          }
          weights.withUnsafeBufferPointer {
            observer.attention(layer: layer, head: head, position: position, weights: $0)
          }
          for index in 0..<length where position - index >= StrongestAttention.distance {
            largest[index] = max(largest[index], weights[index])
          }
        }
        strongest[name] = largest
      }
    }
    let histograms = observer.histograms
    #expect(Set(histograms.keys) == Set(strongest.keys) && histograms.count == 4)
    for (name, largest) in strongest {
      var expected = [Double](repeating: 0, count: StrongestAttention.binCount)
      for weight in largest {
        expected[min(max(Int(160 + log2(Double(weight)) * 8), 0), 159)] += 1
      }
      #expect(histograms[name] == expected)
    }
  }
}
