import Kernels
import Model

/// A model with Float32 weights, activations and cache, to compare the int8 runtime with and to look
/// inside: what the runtime computes, without rounding to int8 and Float16, and without eviction.
///
/// Results depend neither on the count of threads nor on the size of blocks.
public final class FloatModel {
  public let shape: ModelShape
  let weights: FloatWeights
  let workers: Workers

  /// Reads a GGUF file, or a split model's first part: 4 bytes of memory for each weight.
  public init(path: String, threads: Int) throws {
    workers = Workers(count: max(1, threads))
    weights = try FloatWeights(path: path, workers)
    shape = weights.shape
    for factor in weights.ropeFactors.joined()
    where factor < RopeScaling.frequencyFactorMin || factor > RopeScaling.frequencyFactorMax {
      throw FloatModelError(
        description: "a factor of rotary frequencies is outside 0.001 to 1e30")
    }
  }

  /// Starts a text.
  /// - Parameters:
  ///   - capacity: tokens of the text at most.
  ///   - blockSize: tokens of a block at most.
  public func start(capacity: Int, blockSize: Int) -> FloatText {
    FloatText(self, capacity: capacity, blockSize: blockSize)
  }

  /// A whole text, block by block.
  /// - Parameters:
  ///   - row: gets the position of each token and the logits of the next one, in order; nil where the
  ///     logits are not wanted.
  public func forward(
    _ tokens: [Int32], blockSize: Int = 128, observer: (any ForwardObserver)? = nil,
    row: ((_ position: Int, _ logits: UnsafeBufferPointer<Float>) throws -> Void)? = nil
  ) rethrows {
    let text = start(capacity: tokens.count, blockSize: blockSize)
    for first in stride(from: 0, to: tokens.count, by: blockSize) {
      let block = tokens[first..<min(first + blockSize, tokens.count)]
      text.forward(block, observer: observer)
      if let row { try text.forEachLogitRow { try row(first + $0, $1) } }
    }
  }
}
