import Foundation
import Profile
import TestSupport
import Testing

@testable import Inference

/// Texts that are taken up again from a copy of the cache.
@Suite struct KeptStateTests {
  private static let start: [Int32] = (0..<40).map { $0 * 7 % 29 }

  private let folder: Folder

  init() throws { folder = try Folder() }

  private func logits(_ fixture: inout Fixture, after ids: [Int32]) throws -> [Float] {
    for first in stride(from: 0, to: ids.count, by: 8) {
      let block = ids[first..<min(first + 8, ids.count)]
      for (index, id) in block.enumerated() { fixture.engine.block[index] = id }
      _ = try fixture.engine.append(block.count)
    }
    fixture.engine.makeLogits(firstRow: fixture.engine.lastRow, rowCount: 1)
    let row = fixture.engine.logits(0)
    return (0..<row.count).map { row.values[$0] }
  }

  /// The next logits are the same, bit for bit, as those of a text that was not interrupted, and as
  /// often as the copy is taken.
  @Test(arguments: [
    Policy.full, .keydiff, .keydiffStream, .keydiffNormalized, .h2o, .tova, .snapkv, .sink, .l2,
  ])
  func takingUpChangesNothing(policy: Policy) throws {
    let path = try ModelWriter(types: [.q8_0], seed: 4).write(to: folder)
    let run = settings(policy, block: 8, budget: policy == .full ? 96 : 16)
    var fixture = try Fixture.open(path, run)
    let byteCount = EngineLayout.keptByteCount(
      fixture.model.shape, run, tokenCount: Self.start.count)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { memory.deallocate() }
    let (first, second): ([Int32], [Int32]) = ([3, 1, 4, 1, 5, 9, 2, 6, 5, 3], [2, 7, 1, 8])
    _ = try logits(&fixture, after: Self.start)
    let state = fixture.engine.keep(in: memory)
    let whole = try logits(&fixture, after: first)
    for _ in 0..<2 {
      fixture.engine.takeUp(state, from: memory)
      _ = try logits(&fixture, after: second)
      fixture.engine.takeUp(state, from: memory)
      let again = try logits(&fixture, after: first)
      #expect(again.map(\.bitPattern) == whole.map(\.bitPattern))
      fixture.engine.reset()
    }
  }
}
