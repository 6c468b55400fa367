import Foundation
import Model
import TestSupport
import Testing

@testable import LabModel

@Suite struct RowSumsTests {
  /// By hand: rows (3, 4) and (4, -3) of length 5, mean (3.5, 0.5) of length sqrt(12.5); cosines
  /// 12.5 / (5 sqrt(12.5)) both.
  @Test func cosinesAndNorms() {
    var sums = RowSums(length: 2)
    for row: [Float] in [[3, 4], [4, -3]] { row.withUnsafeBufferPointer { sums.add($0) } }
    #expect(abs(sums.meanCosineToMean - 0.5.squareRoot()) < 1e-14)
    #expect(sums.meanNorm == 5)
    #expect(sums.relativeNormDeviation == 0)
    [Float](repeating: 0, count: 2).withUnsafeBufferPointer { sums.add($0) }
    // Norms 5, 5, 0: mean 10/3, variance 50/3 - 100/9 = 50/9.
    #expect(abs(sums.relativeNormDeviation - 0.5.squareRoot()) < 1e-14)
  }

  @Test func cosinesOfVectors() {
    #expect(cosine([1, 0], [0, 2]) == 0)
    #expect(abs(cosine([1, 2], [-2, -4]) + 1) < 1e-15)
    #expect(cosine([0, 0], [1, 1]) == 0)
  }
}

/// A text through a small model: what must hold whatever the weights.
@Suite struct GeometryIdentityTests {
  private static let name = "llama-F32"
  private static var path: String {
    Files.smallModels.appendingPathComponent(name + ".gguf").path
  }
  static var hasModel: Bool { FileManager.default.fileExists(atPath: path) }

  private func observe(threads: Int = 2, block: Int = 16) throws -> GeometryObserver {
    let model = try FloatModel(path: Self.path, threads: threads)
    let tokens = (0..<40).map { Int32($0 * 37 % 320) }
    let observer = GeometryObserver(model.shape, tokenCount: 40, blockSize: 16)
    model.forward(tokens, blockSize: block, observer: observer)
    return observer
  }

  @Test(.enabled(if: hasModel, "needs Toolchain/make-models"))
  func attentionIsHandedOutWhole() throws {
    let observer = try observe()
    let shape = observer.shape
    for layer in 0..<shape.layerCount {
      for kvHead in 0..<shape.layer(layer).kvHeadCount {
        let group = Double(shape.layer(layer).group)
        let all = observer.received(layer: layer, kvHead: kvHead).reduce(0, +)
        #expect(abs(all - 40 * group) < 1e-4)
        // The last block has the tokens 32 to 39.
        #expect(observer.lastBlockStart == 32)
        let last = observer.receivedLast(layer: layer, kvHead: kvHead).reduce(0, +)
        #expect(abs(last - 8 * group) < 1e-4)
      }
    }
  }

  @Test(.enabled(if: hasModel, "needs Toolchain/make-models"))
  func retainedMass() throws {
    let observer = try observe()
    let all = observer.retainedMass(layer: 1, kvHead: 0, kept: 0..<32)
    #expect(abs(all.share - 1) < 1e-12 && abs(all.pastShare - 1) < 1e-12)
    let even = observer.retainedMass(layer: 1, kvHead: 0, kept: stride(from: 0, to: 32, by: 2))
    let odd = observer.retainedMass(layer: 1, kvHead: 0, kept: stride(from: 1, to: 32, by: 2))
    let none = observer.retainedMass(layer: 1, kvHead: 0, kept: [])
    #expect(abs(even.pastShare + odd.pastShare - 1) < 1e-12)
    #expect(abs(even.share + odd.share - none.share - 1) < 1e-12)
    #expect(none.pastShare == 0 && none.share > 0 && none.share < even.share && even.share < 1)
  }

  @Test(.enabled(if: hasModel, "needs Toolchain/make-models"))
  func measuresAreInTheirRanges() throws {
    let measures = try observe().measures()
    #expect(measures.count == GeometryMeasure.Kind.allCases.count)
    for measure in measures {
      #expect(measure.values.count == 2)
      for value in measure.all {
        switch measure.kind {
        case .normKeys, .normQueries: #expect(value > 0)
        case .normDeviationKeys, .normDeviationQueries: #expect(value > 0 && value < 1)
        default: #expect(abs(value) <= 1 && value != 0)
        }
      }
      #expect(Set(measure.all).count > 1)
    }
  }

  @Test(.enabled(if: hasModel, "needs Toolchain/make-models"))
  func neitherThreadsNorBlocksChangeAMeasure() throws {
    let first = try observe(threads: 1, block: 40).measures().map(\.values)
    #expect(try observe(threads: 3, block: 7).measures().map(\.values) == first)
  }
}

/// Against numpy and scipy: 256 tokens of full.json through reference.py's model with a Float32
/// cache, blocks of 64, means over the heads; scipy.stats.spearmanr, numpy.linalg.slogdet.
@Suite struct GeometryReferenceTests {
  /// Of layers 0, 9 and 29, and the mean of all 30.
  private static let expected: [GeometryMeasure.Kind: [Double]] = [
    .spearman: [0.100606, 0.019699, 0.083571, -0.033771],
    .spearmanLastBlock: [0.080772, -0.069781, -0.185716, -0.103955],
    .cosineKeysMean: [0.691914, 0.769837, 0.824147, 0.791103],
    .cosineQueriesMean: [0.742407, 0.757158, 0.834515, 0.814226],
    .cosineMeans: [0.318233, -0.077169, -0.053655, -0.093548],
    .normKeys: [9.446126, 17.560247, 15.797425, 16.861944],
    .normQueries: [8.148889, 13.123813, 16.751103, 14.642824],
    .normDeviationKeys: [0.177662, 0.150473, 0.084788, 0.11817],
    .normDeviationQueries: [0.182383, 0.135527, 0.091252, 0.10944],
    .cosineBestKey: [0.121417, 0.663611, 0.411704, 0.457306],
  ]

  @Test(.enabled(if: Files.hasGolden("full.json"), "needs the default model and full.json"))
  func measuresAreTheReferences() throws {
    let model = try FloatModel(path: Files.model!, threads: 2)
    let observer = GeometryObserver(model.shape, tokenCount: 256, blockSize: 64)
    model.forward(Array(try Golden().tokens.prefix(256)), observer: observer)
    for measure in observer.measures() {
      let means = measure.layerMeans
      let found = [means[0], means[9], means[29], means.reduce(0, +) / 30]
      for (value, expected) in zip(found, Self.expected[measure.kind]!) {
        // Near ranks change places with the rounding of sums.
        #expect(abs(value - expected) < 2e-5 * max(1, expected), "\(measure.kind)")
      }
    }
    let even = stride(from: 0, to: 192, by: 2)
    let layers = [(0, 107.325373, 0.624663, 0.488613), (9, 267.206115, 0.471332, 0.280829)]
    for (layer, logDeterminant, share, pastShare) in layers {
      let heads = 0..<model.shape.layer(0).kvHeadCount
      let masses = heads.map { observer.retainedMass(layer: layer, kvHead: $0, kept: even) }
      let volume = heads.map { observer.logDeterminant(layer: layer, kvHead: $0, kept: even) }
      #expect(abs(volume.reduce(0, +) / 3 - logDeterminant) < 1e-3)
      #expect(abs(masses.map(\.share).reduce(0, +) / 3 - share) < 1e-5)
      #expect(abs(masses.map(\.pastShare).reduce(0, +) / 3 - pastShare) < 1e-5)
    }
    // Fewer tokens than the head's 64 dimensions.
    let few = (0..<3).map { observer.logDeterminant(layer: 9, kvHead: $0, kept: 0..<40) }
    #expect(abs(few.reduce(0, +) / 3 - 131.581198) < 1e-3)
  }
}
