import KVCache
import Kernels
import Model
import Platform

extension TokenSequence {
  /// Writes the cache, all that belongs to it, and what the next token is made from. All tokens must be
  /// committed, and the last block that the machine took must be this text's.
  func save(to out: inout TextOutput, on machine: borrowing Machine, _ weights: ModelWeights) {
    Snapshot(self, on: machine, weights, row: lastRow).write(to: &out)
  }

  /// Takes the state that `save` wrote. If it throws, the sequence is as it was, or else at the start
  /// of a text.
  /// - Parameter buffer: for reading, as `Snapshot.checkedHeader` asks.
  mutating func restore(
    from file: borrowing InputFile, on machine: borrowing Machine, _ weights: ModelWeights,
    buffer: UnsafeMutableRawBufferPointer
  ) throws(SnapshotError) {
    let snapshot = Snapshot(self, on: machine, weights, row: 0)
    let header = try unsafe snapshot.checkedHeader(of: file, buffer: buffer)
    do throws(SnapshotError) {
      try snapshot.take(file)
      try checkPositions(below: Int(header.position))
    } catch {
      reset()
      throw error
    }
    // No more tokens can be taken back than the heads have, whatever the header says.
    let takenCountMax = unsafe shape.stateLayerCount > 0 ? 0 : state.pointee.cache.leastCount
    let tokenCount = Int(header.tokenCount)
    setPlace(
      tokenCount: tokenCount, position: Int(header.position),
      fixedCount: max(Int(header.fixedCount), tokenCount - takenCountMax))
  }

  private func checkPositions(below position: Int) throws(SnapshotError) {
    for layer in 0..<shape.layerCount {
      for kvHead in 0..<shape.layer(layer).keptHeadCount {
        let positions = unsafe keptPositions(layer: layer, kvHead: kvHead)
        for slot in positions.indices where unsafe positions[slot] >= UInt32(position) {
          throw .malformed("positions of its tokens")
        }
      }
    }
  }
}

extension Engine {
  /// See `TokenSequence.save`.
  @export(interface)
  public func save(to out: inout TextOutput) {
    sequence.save(to: &out, on: machine, layout.weights)
  }

  /// See `TokenSequence.restore`.
  @export(interface)
  public mutating func restore(from file: borrowing InputFile) throws(SnapshotError) {
    try unsafe sequence.restore(
      from: file, on: machine, layout.weights, buffer: layout.loading.buffer)
  }
}
