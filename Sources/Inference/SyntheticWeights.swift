import Kernels
import Model
import Platform

/// Pseudo-random weights for measurements without a model file, written straight into the packed
/// matrices by all threads.
///
/// Each four consecutive weights of a row are (a, b, -a, -b) with a and b odd, from -127 to 127. So
/// they hold in any order in which a matrix lays out its groups of four, every row sums to 0 (the
/// start of an output's sum, which is there to take back a bias of the activations, is 0), and
/// padding, which is not zero here, meets activations that are.
struct SyntheticWeights {
  /// Bytes that a thread fills at a time.
  private static let chunkByteCount = 1 << 20
  private let weights: ModelWeights
  private let seed: UInt64

  static func fill(_ weights: ModelWeights, seed: UInt64, team: borrowing Team) {
    var task = SyntheticWeights(weights: weights, seed: seed)
    team.run(&task) { context, team, index in
      context.assumingMemoryBound(to: SyntheticWeights.self).pointee
        .run(Member(team: team, index: index))
    }
  }

  private func run(_ member: Member) {
    var shares = ShareWalk(member: member)
    let dim = weights.shape.embeddingLength
    for index in 0..<weights.shape.layerCount {
      let layer = weights.layers[index]
      fill(layer.attentionNorm, count: dim, &shares)
      fillHeads(layer, &shares)
      fill(layer.queryKeyValue, number: 5 * index, &shares)
      fill(layer.attentionOutput, number: 5 * index + 1, &shares)
      fill(layer.feedForwardNorm, count: dim, &shares)
      fill(layer.gate, number: 5 * index + 2, &shares)
      fill(layer.up, number: 5 * index + 3, &shares)
      fill(layer.down, number: 5 * index + 4, &shares)
    }
    let next = 5 * weights.shape.layerCount
    fill(weights.outputNorm, count: dim, &shares)
    fill(weights.embeddings, number: next, &shares)
    if !weights.shape.isOutputTied { fill(weights.outputHead, number: next + 1, &shares) }
  }

  private func fillHeads(_ layer: LayerWeights, _ shares: inout ShareWalk) {
    let shape = weights.shape
    if let bias = layer.bias, shares.take(of: 1) != nil {
      bias.update(repeating: 0, count: shape.queryKeyValueLength)
    }
    if layer.bias != nil { shares.pass(1) }
    if let norms = layer.headNorms {
      fill(norms.query, count: shape.headDim, &shares)
      fill(norms.key, count: shape.headDim, &shares)
    }
  }

  private func fill(_ norm: UnsafeMutablePointer<Float>, count: Int, _ shares: inout ShareWalk) {
    if shares.take(of: 1) != nil { norm.update(repeating: 1, count: count) }
    shares.pass(1)
  }

  /// - Parameter number: of the matrix in the model; matrices get different weights.
  private func fill(_ matrix: PackedMatrix, number: Int, _ shares: inout ShareWalk) {
    let byteCount = PackedMatrix.weightCount(outputs: matrix.outputCount, k: matrix.k)
    let chunkCount = (byteCount + Self.chunkByteCount - 1) / Self.chunkByteCount
    while let chunk = shares.take(of: chunkCount) {
      if chunk == 0 { setScales(matrix) }
      let start = chunk * Self.chunkByteCount
      var random = RandomLanes(seed: seed, stream: UInt64(number) << 32 | UInt64(chunk))
      random.fill(
        UnsafeMutableRawPointer(matrix.weights + start),
        byteCount: min(Self.chunkByteCount, byteCount - start))
    }
    shares.pass(chunkCount)
  }

  /// Rows of length at most 1 after the transform's own factor, so that a product of activations of
  /// mean square 1 has a mean square of at most 1: nothing grows beyond the sum over the layers.
  private func setScales(_ matrix: PackedMatrix) {
    let count = PackedMatrix.paddedOutputCount(matrix.outputCount)
    let scale = 1 / (RandomLanes.standardDeviation * Float(matrix.k))
    matrix.scales.update(repeating: scale, count: count)
    matrix.starts.update(repeating: 0, count: count)
  }
}

/// Sixteen 32-bit xorshift generators side by side (Marsaglia, "Xorshift RNGs", 13-17-5).
struct RandomLanes {
  /// Of the odd numbers from -127 to 127: the root of (128^2 - 1) / 3.
  static var standardDeviation: Float { 73.898_58 }
  private var state: SIMD16<UInt32>

  init(seed: UInt64, stream: UInt64) {
    var source = SplitMix64(seed: seed ^ (stream &* 0xD6E8_FEB8_6659_FD93))
    state = SIMD16(repeating: 0)
    for lane in 0..<16 { state[lane] = UInt32(truncatingIfNeeded: source.next()) | 1 }
  }

  /// Writes groups of four bytes (a, b, -a, -b) with a and b odd.
  /// - Parameter byteCount: a multiple of 64, as packed matrices' sizes are.
  mutating func fill(_ target: UnsafeMutableRawPointer, byteCount: Int) {
    precondition(byteCount % 64 == 0)
    var lanes = state
    for offset in stride(from: 0, to: byteCount, by: 64) {
      lanes ^= lanes &<< 13
      lanes ^= lanes &>> 17
      lanes ^= lanes &<< 5
      // An odd byte is negated by turning all of its bits but the lowest.
      let pair = (lanes & 0xFFFF) | 0x0101
      let quad = pair | ((pair ^ 0xFEFE) &<< 16)
      target.storeBytes(of: quad, toByteOffset: offset, as: SIMD16<UInt32>.self)
    }
    state = lanes
  }
}

/// The SplitMix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators").
public struct SplitMix64: Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension Engine {
  /// Makes weights up in place of `load`.
  public func fillSynthetic(seed: UInt64) {
    layout.workspace.rotary.setFrequencies(shape)
    SyntheticWeights.fill(layout.weights, seed: seed, team: team)
  }
}
