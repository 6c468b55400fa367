import KVCache
import Memory
import Model
import Profile

/// The place of a text whose cache was copied to memory.
public struct KeptState: Sendable {
  let tokenCount: Int
  let position: Int
  let fixedCount: Int
  /// Filled slots of the head that has most.
  let slotCount: Int
  /// Of the memory that the copy takes.
  let byteCount: Int
}

extension EngineLayout {
  /// Bytes that `TokenSequence.keep` takes for a text of at most `tokenCount` tokens.
  @export(interface)
  public static func keptByteCount(
    _ shape: ModelShape, _ settings: RunSettings, tokenCount: Int
  ) -> Int {
    var carver = Carver.measuring
    let state = CacheState(carver: &carver, shape: shape, settings: settings)
    return state.byteCount(tokenCount: tokenCount, shape: shape, settings: settings)
  }
}

extension TokenSequence {
  /// Copies the cache and all that belongs to it, so that the text can be taken up again where it is
  /// now. The next tokens are then the same, bit for bit. All tokens must be committed.
  /// - Parameter memory: as many bytes as `EngineLayout.keptByteCount` says, or more.
  @export(interface)
  public func keep(in memory: UnsafeMutableRawBufferPointer) -> KeptState {
    precondition(appendedCount == 0 && openCount == 0, "tokens are not committed")
    var copier = unsafe StateCopier(memory: memory, restores: false)
    unsafe state.pointee.forEachPart(&copier)
    return KeptState(
      tokenCount: tokenCount, position: position, fixedCount: fixedCount, slotCount: slotsFilled,
      byteCount: copier.offset)
  }

  /// Takes up a text that was kept, in place of the one that there is. A block must follow before
  /// logits are made.
  @export(interface)
  public mutating func takeUp(_ kept: KeptState, from memory: UnsafeMutableRawBufferPointer) {
    reset()
    setPlace(
      tokenCount: kept.tokenCount, position: kept.position, fixedCount: kept.fixedCount)
    var copier = unsafe StateCopier(memory: memory, restores: true)
    unsafe state.pointee.forEachPart(&copier)
  }
}

extension Engine {
  /// See `TokenSequence.keep`.
  public func keep(in memory: UnsafeMutableRawBufferPointer) -> KeptState {
    unsafe sequence.keep(in: memory)
  }

  /// See `TokenSequence.takeUp`.
  public mutating func takeUp(_ kept: KeptState, from memory: UnsafeMutableRawBufferPointer) {
    unsafe sequence.takeUp(kept, from: memory)
    machine.forgetNumberPlaces()
  }
}

@safe private struct StateCopier: CacheVisitor {
  let memory: UnsafeMutableRawBufferPointer
  let restores: Bool
  private(set) var offset = 0

  init(memory: UnsafeMutableRawBufferPointer, restores: Bool) {
    unsafe self.memory = unsafe memory
    self.restores = restores
  }

  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    unsafe precondition(offset + bytes.count <= memory.count)
    let place = unsafe memory.baseAddress! + offset
    if restores {
      unsafe start.copyMemory(from: place, byteCount: bytes.count)
    } else {
      unsafe place.copyMemory(from: start, byteCount: bytes.count)
    }
    offset += bytes.count
  }
}
