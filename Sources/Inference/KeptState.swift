import KVCache
import Memory
import Model
import Profile

/// The place of a text whose cache was copied to memory.
public struct KeptState: Sendable {
  let tokenCount: Int
  let position: Int
  /// Filled slots of every head.
  let slotCount: Int
}

extension EngineLayout {
  /// Bytes that `Engine.keep` takes for a text of at most `tokenCount` tokens.
  public static func keptByteCount(
    _ shape: ModelShape, _ settings: RunSettings, tokenCount: Int
  ) -> Int {
    let cacheShape = CacheShape(
      layerCount: shape.layerCount, kvHeadCount: shape.kvHeadCount, headDim: shape.headDim,
      slotCount: settings.slotCount)
    var carver = Carver.measuring
    var state = CacheState(
      carver: &carver, shape: cacheShape, settings: settings,
      group: shape.headCount / shape.kvHeadCount)
    let slotCountMax = settings.policy == .full ? settings.slotCount : settings.cacheBudget
    state.cache.setCount(min(tokenCount, slotCountMax))
    var counter = SnapshotCounter()
    state.forEachPart(&counter)
    return counter.byteCount
  }
}

extension CacheState {
  fileprivate func forEachPart<Visitor: CacheVisitor & ~Copyable>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try cache.forEachPart(&visitor)
    try eviction.forEachPart(slotCount: cache.count, &visitor)
  }
}

extension Engine {
  /// Copies the cache and all that belongs to it, so that the text can be taken up again where it is
  /// now. The next tokens are then the same, bit for bit.
  /// - Parameter memory: as many bytes as `EngineLayout.keptByteCount` says, or more.
  public func keep(in memory: UnsafeMutableRawBufferPointer) -> KeptState {
    var copier = StateCopier(memory: memory, restores: false)
    layout.state.pointee.forEachPart(&copier)
    return KeptState(tokenCount: tokenCount, position: position, slotCount: slotsFilled)
  }

  /// Takes up a text that was kept, in place of the one that there is. A block must follow before
  /// logits are made.
  public mutating func takeUp(_ state: KeptState, from memory: UnsafeMutableRawBufferPointer) {
    reset()
    (tokenCount, position) = (state.tokenCount, state.position)
    layout.state.pointee.cache.setCount(state.slotCount)
    var copier = StateCopier(memory: memory, restores: true)
    layout.state.pointee.forEachPart(&copier)
  }
}

private struct StateCopier: CacheVisitor {
  let memory: UnsafeMutableRawBufferPointer
  let restores: Bool
  private var offset = 0

  init(memory: UnsafeMutableRawBufferPointer, restores: Bool) {
    self.memory = memory
    self.restores = restores
  }

  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    precondition(offset + bytes.count <= memory.count)
    let place = memory.baseAddress! + offset
    if restores {
      start.copyMemory(from: place, byteCount: bytes.count)
    } else {
      place.copyMemory(from: start, byteCount: bytes.count)
    }
    offset += bytes.count
  }
}
