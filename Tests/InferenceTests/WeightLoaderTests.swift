import Foundation
import Model
import Profile
import TestSupport
import Testing

@testable import Inference

/// Models of every tensor type, in one file and in several, through the whole of the program.
@Suite struct WeightLoaderTests {
  private static let types: [TensorType] = [
    .q4_k, .q6_k, .q2_k, .q3_k, .q5_k, .iq4_xs, .iq4_nl, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0,
    .mxfp4,
  ]
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// The weights are the same bits as those of a model with the decoded numbers as F32, so all logits
  /// are too.
  @Test(arguments: types.map { [$0] } + [types])
  func encodedWeightsEqualTheirNumbers(types: [TensorType]) throws {
    let model = ModelWriter(types: types, seed: 5)
    let encoded = try logits(model.write(to: folder))
    let plain = try logits(model.widened.write(to: folder))
    #expect(encoded == plain)
    #expect(Set(encoded).count > encoded.count / 2)
    #expect(encoded.allSatisfy { Float(bitPattern: $0).isFinite })
  }

  /// Parts give the same weights, whatever member reads them.
  @Test(arguments: [[4, 6, 11], [0, 20, 1], [Int](repeating: 1, count: 21)], [1, 3])
  func partsEqualTheWhole(tensorCounts: [Int], threads: Int) throws {
    let model = ModelWriter(types: Self.types, seed: 6)
    #expect(model.tensors.count == 21)
    let whole = try logits(model.write(to: folder))
    let split = try logits(
      model.write(to: folder, tensorCounts: tensorCounts), threads: threads)
    #expect(split == whole)
  }

  /// A scale that is not finite is told with the tensor's name.
  @Test(arguments: types) func refusesWeightsThatAreNotFinite(type: TensorType) throws {
    var model = ModelWriter(types: [type], seed: 7)
    let index = model.tensors.firstIndex { $0.name == "blk.1.ffn_down.weight" }!
    let size = model.tensors[index].bytes.count
    model.tensors[index].bytes = [UInt8](repeating: 0xFF, count: size)
    let path = try model.write(to: folder)
    do {
      _ = try logits(path)
      Issue.record("the weights are NaN")
    } catch let error as ModelError {
      guard case .notFinite(let name) = error.fault else { throw error }
      #expect(
        String(decoding: (0..<name.count).map { name[$0] }, as: UTF8.self)
          == "blk.1.ffn_down.weight")
    }
  }

  /// The bits of the logits of the last token of each of two blocks.
  private func logits(_ path: String, threads: Int = 2) throws -> [UInt32] {
    var fixture = try Fixture.open(path, settings(.full, block: 8, budget: 16, threads: threads))
    var bits: [UInt32] = []
    for block in 0..<2 {
      for index in 0..<8 {
        fixture.engine.block[index] = Int32((block * 8 + index) * 7 % ModelWriter.vocabularyCount)
      }
      _ = try fixture.engine.append(8)
      fixture.engine.makeLogits(firstRow: 7, rowCount: 1)
      bits += fixture.engine.logits(0).bytes.bindMemory(to: UInt32.self)
    }
    return bits
  }
}
