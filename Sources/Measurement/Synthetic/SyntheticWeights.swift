import Inference
import Kernels
import Platform

/// Pseudo-random weights for measurements without a model file, written straight into the packed
/// matrices by all threads.
///
/// Each four consecutive weights of a row are (a, b, -a, -b) with a and b odd, from -127 to 127. So
/// they hold in any order in which a matrix lays out its groups of four, every row sums to 0 (the
/// start of an output's sum, which is there to take back a bias of the activations, is 0), and
/// padding, which is not zero here, meets activations that are.
private struct SyntheticWeights: WeightVisitor {
  /// Bytes that a thread fills at a time.
  private static let chunkByteCount = 1 << 20
  private let seed: UInt64
  private var shares: ShareWalk

  init(seed: UInt64, _ member: Member) {
    self.seed = seed
    shares = ShareWalk(member: member)
  }

  mutating func visit(norm: UnsafeMutablePointer<Float>, count: Int) {
    unsafe fill(norm, count: count, with: 1)
  }

  mutating func visit(bias: UnsafeMutablePointer<Float>, count: Int) {
    unsafe fill(bias, count: count, with: 0)
  }

  private mutating func fill(_ vector: UnsafeMutablePointer<Float>, count: Int, with value: Float) {
    if shares.take(of: 1) != nil { unsafe vector.update(repeating: value, count: count) }
    shares.pass(1)
  }

  mutating func visit(convolution: UnsafeMutablePointer<Float>, count: Int) {
    unsafe fill(convolution, count: count, with: 0.5)
  }

  mutating func visit(router: UnsafeMutablePointer<Float>, count: Int) {
    if shares.take(of: 1) != nil {
      var random = NormalNumbers(seed: seed)
      unsafe random.fill(router, count: count)
    }
    shares.pass(1)
  }

  mutating func visit(decay: UnsafeMutablePointer<Float>, count: Int) {
    unsafe fill(decay, count: count, with: -0.1)
  }

  mutating func visit(matrix: WeightMatrix, number: Int) {
    switch matrix {
    case .int8(let matrix): fill(matrix, number)
    case .bits(let matrix): fill(matrix, number)
    }
  }

  /// Random codes: rows of length about 1, as activations are not transformed.
  private mutating func fill(_ matrix: BitsMatrix, _ number: Int) {
    while let group = shares.take(of: matrix.groupCount) {
      let bytes = unsafe matrix.group(group)
      var random = RandomLanes(seed: seed, stream: UInt64(number) << 32 | UInt64(group))
      unsafe random.fill(bytes.baseAddress!, byteCount: bytes.count & ~63)
      matrix.setMadeUpFactors(group: group)
    }
    shares.pass(matrix.groupCount)
  }

  private mutating func fill(_ matrix: Int8Matrix, _ number: Int) {
    let codes = unsafe UnsafeMutableRawBufferPointer(
      start: matrix.weights,
      count: Int8Matrix.weightCount(outputs: matrix.outputCount, k: matrix.k))
    let chunkCount = (codes.count + Self.chunkByteCount - 1) / Self.chunkByteCount
    while let chunk = shares.take(of: chunkCount) {
      if chunk == 0 { setScales(matrix) }
      let start = chunk * Self.chunkByteCount
      var random = RandomLanes(seed: seed, stream: UInt64(number) << 32 | UInt64(chunk))
      unsafe random.fill(
        codes.baseAddress! + start, byteCount: min(Self.chunkByteCount, codes.count - start))
    }
    shares.pass(chunkCount)
  }

  /// Rows of length at most 1 after the transform's own factor, so that a product of activations of
  /// mean square 1 has a mean square of at most 1: nothing grows beyond the sum over the layers.
  private func setScales(_ matrix: Int8Matrix) {
    let scale = 1 / (RandomLanes.standardDeviation * Float(matrix.k))
    let count = matrix.groupCount * Int8Geometry.groupOutputs
    unsafe matrix.scales.update(repeating: scale, count: count)
    unsafe matrix.starts.update(repeating: 0, count: count)
  }
}

/// What the members of a team fill together.
private struct SyntheticWeightsTask {
  let weights: ModelWeights
  let seed: UInt64
}

extension Engine {
  /// Makes weights up in place of `load`.
  @export(interface)
  public func fillSynthetic(seed: UInt64) {
    setRotaryFrequencies()
    var task = SyntheticWeightsTask(weights: weights, seed: seed)
    unsafe team.run(&task) { context, team, index in
      let task = unsafe context.assumingMemoryBound(to: SyntheticWeightsTask.self).pointee
      var visitor = unsafe SyntheticWeights(seed: task.seed, Member(team: team, index: index))
      task.weights.forEach(&visitor)
    }
  }
}
