import KVCache
import Platform

// Layers that attend to the keys of another one. A block's tokens that come one by one have all come, and others
// have been evicted for them, when the next of these layers begins: it goes back and takes the same steps again.

extension ForwardPass {
  /// Whether the policy does its work on a KV head's slots with this layer. Of layers that share keys it does so
  /// with the last one; but if tokens come one by one, with the layer that keeps the keys, since there the next token
  /// comes to the slots that are left.
  func isScored(_ layer: Int) -> Bool {
    let keys = unsafe weights.keys[layer]
    return isStepwise ? keys.layer == layer : keys.isLast
  }

  /// Whether the tokens of the block have come one by one to the slots that the layer attends to, in the layer that
  /// keeps the keys.
  func repeatsSteps(_ layer: Int) -> Bool {
    unsafe isStepwise && weights.keys[layer].layer != layer
  }

  /// A KV head's slots are as before the block, to whose tokens an earlier layer has attended.
  func rewind(_ layer: Int, kvHead: Int) {
    for token in (0..<tokenCount).reversed() {
      unsafe state.pointee.eviction.rewind(block(layer, kvHead: kvHead, token: token))
    }
  }

  /// What the layer that keeps the keys has evicted for a token leaves again, once attention has seen it.
  func evictAgain(_ layer: Int, _ block: HeadBlock, _ timer: inout LapTimer) {
    if !repeatsSteps(layer) { return }
    timer.times.attention += timer.lap()
    unsafe state.pointee.eviction.evictAgain(block)
    timer.times.evict += timer.lap()
  }
}
