import Foundation
import Model

extension FloatText {
  /// attended = what the delta rule gives, normalized and gated; token by token, by the definition.
  func runDeltaRule(_ index: Int, _ delta: FloatDelta) {
    let (spec, state) = (delta.spec, states[index].start)
    multiply(normalized, delta.input, into: parts)
    convolve(delta, state)
    multiply(normalized, delta.gate, into: attended)
    for row in 0..<rowCount {
      for head in 0..<spec.valueHeadCount {
        step(
          row, head, delta,
          state + spec.convolutionStateCount + head * spec.keyDim * spec.valueDim)
      }
    }
  }

  /// silu of each channel's sum over the latest tokens, in place.
  private func convolve(_ delta: FloatDelta, _ state: UnsafeMutablePointer<Float>) {
    let count = delta.spec.channelCount
    for channel in 0..<count {
      let weights = delta.convolution[channel]
      var taken = (0..<weights.count - 1).map { state[$0 * count + channel] }
      for row in 0..<rowCount {
        taken.append(parts[row][channel])
        let sum = zip(weights, taken).reduce(0) { $0 + $1.0 * $1.1 }
        parts[row][channel] = sum / (1 + exp(-sum))
        taken.removeFirst()
      }
      for (place, value) in taken.enumerated() { state[place * count + channel] = value }
    }
  }

  private func step(
    _ row: Int, _ head: Int, _ delta: FloatDelta, _ state: UnsafeMutablePointer<Float>
  ) {
    let (spec, source) = (delta.spec, parts[row])
    let keyHead = head % spec.keyHeadCount * spec.keyDim
    let query = unit(source + keyHead, spec.keyDim)
    let key = unit(source + spec.keyLength + keyHead, spec.keyDim)
    let value = source + 2 * spec.keyLength + head * spec.valueDim
    let alpha = product(delta.alpha[head], row) + delta.bias[head]
    let decay = exp(delta.decay[head] * log1p(exp(alpha)))
    let rate = 1 / (1 + exp(-product(delta.beta[head], row)))
    var out = [Float](repeating: 0, count: spec.valueDim)
    for column in 0..<spec.valueDim {
      var known: Float = 0
      for index in 0..<spec.keyDim {
        state[index * spec.valueDim + column] *= decay
        known += state[index * spec.valueDim + column] * key[index]
      }
      for index in 0..<spec.keyDim {
        state[index * spec.valueDim + column] += key[index] * rate * (value[column] - known)
        out[column] += state[index * spec.valueDim + column] * query[index]
      }
      out[column] /= Float(spec.keyDim).squareRoot()
    }
    rootMeanSquareNorm(out, weight: delta.norm, epsilon: shape.rmsEpsilon, into: &out)
    for column in 0..<spec.valueDim {
      let gate = attended[row][head * spec.valueDim + column]
      attended[row][head * spec.valueDim + column] = out[column] * gate / (1 + exp(-gate))
    }
  }

  private func product(_ weights: [Float], _ row: Int) -> Float {
    weights.indices.reduce(0) { $0 + weights[$1] * normalized[row][$1] }
  }

  private func unit(_ values: UnsafePointer<Float>, _ count: Int) -> [Float] {
    let squares = (0..<count).reduce(Float(0)) { $0 + values[$1] * values[$1] }
    return (0..<count).map { values[$0] / max(squares.squareRoot(), shape.rmsEpsilon) }
  }
}
