import Kernels
import Memory
import Model

/// Sees all weights of a model, as those that make weights up and those that check them need.
package protocol WeightVisitor {
  /// - Parameter norm: `[count]`, with zeros behind it to whole vectors.
  mutating func visit(norm: UnsafeMutablePointer<Float>, count: Int)
  /// - Parameter bias: `[count]`, with zeros behind it to whole output groups.
  mutating func visit(bias: UnsafeMutablePointer<Float>, count: Int)
  /// - Parameter convolution: `[length][channels]`
  mutating func visit(convolution: UnsafeMutablePointer<Float>, count: Int)
  /// - Parameter decay: below 0
  mutating func visit(decay: UnsafeMutablePointer<Float>, count: Int)
  /// - Parameter router: rows of the length of an embedding, such as those of experts.
  mutating func visit(router: UnsafeMutablePointer<Float>, count: Int)
  /// - Parameter number: tells the matrices of a model apart, and is the same in every run.
  mutating func visit(matrix: WeightMatrix, number: Int)
}

extension ModelWeights {
  private static var matricesPerLayer: Int { 5 }
  /// Above all numbers of whole matrices.
  private static var partNumberStep: Int { 1 << 16 }

  /// Shows all weights to a visitor, layer by layer, each once: embeddings that are the output head as
  /// well are shown as embeddings.
  package func forEach<Visitor: WeightVisitor>(_ visitor: inout Visitor) {
    forEach(&visitor, leaving: nil)
  }

  /// - Parameter pages: of experts that leave memory once they have been shown.
  func forEach<Visitor: WeightVisitor>(_ visitor: inout Visitor, leaving pages: ExpertPages?) {
    pages?.leaveAll(self)
    for index in 0..<shape.layerCount {
      unsafe forEach(
        in: layers[index], number: Self.matricesPerLayer * index, &visitor, leaving: pages)
    }
    let next = Self.matricesPerLayer * shape.layerCount
    if let inputs = layerInputs {
      visitor.visit(matrix: inputs.projection, number: next + 2)
      unsafe visitor.visit(norm: inputs.norm, count: shape.layerInputLength)
    }
    unsafe visitor.visit(norm: outputNorm, count: shape.embeddingLength)
    visitor.visit(matrix: embeddings, number: next)
    if !shape.isOutputTied { visitor.visit(matrix: outputHead, number: next + 1) }
  }

  /// - Parameter number: of the layer's first matrix.
  private func forEach<Visitor: WeightVisitor>(
    in layer: LayerWeights, number: Int, _ visitor: inout Visitor, leaving pages: ExpertPages?
  ) {
    let length = shape.embeddingLength
    unsafe visitor.visit(norm: layer.attentionNorm, count: length)
    if let bias = unsafe layer.bias {
      unsafe visitor.visit(bias: bias, count: layer.spec.queryKeyValueLength)
    }
    if let norms = layer.headNorms {
      unsafe visitor.visit(norm: norms.query, count: layer.spec.headDim)
      unsafe visitor.visit(norm: norms.key, count: layer.spec.headDim)
    }
    if let convolution = unsafe layer.convolution {
      unsafe visitor.visit(
        convolution: convolution, count: layer.spec.stateCount(embeddingLength: length) + length)
    }
    if let delta = layer.delta, let spec = layer.spec.delta {
      unsafe visitor.visit(
        convolution: delta.convolution, count: spec.convolutionLength * spec.channelCount)
      unsafe visitor.visit(bias: delta.bias, count: spec.valueHeadCount)
      unsafe visitor.visit(decay: delta.decay, count: spec.valueHeadCount)
      unsafe visitor.visit(router: delta.beta, count: spec.valueHeadCount * length)
      unsafe visitor.visit(router: delta.alpha, count: spec.valueHeadCount * length)
      unsafe visitor.visit(norm: delta.norm, count: spec.valueDim)
    }
    for part in 0..<layer.queryKeyValue.partCount {
      visitor.visit(
        matrix: layer.queryKeyValue.part(part), number: number + part * Self.partNumberStep)
    }
    if let sinks = unsafe layer.sinks {
      unsafe visitor.visit(bias: sinks, count: layer.spec.headCount)
    }
    visitor.visit(matrix: layer.attentionOutput, number: number + 1)
    if let bias = unsafe layer.outputBias { unsafe visitor.visit(bias: bias, count: length) }
    if let norm = unsafe layer.attentionPostNorm { unsafe visitor.visit(norm: norm, count: length) }
    unsafe visitor.visit(norm: layer.feedForwardNorm, count: length)
    if let experts = layer.experts {
      unsafe visitor.visit(
        router: experts.router[0], count: experts.router.count * experts.router.stride)
      if let bias = unsafe experts.bias {
        unsafe visitor.visit(bias: bias, count: experts.gates.count)
      }
      if let biases = experts.biases {
        forEach(in: biases, layer.spec, experts.gates.count, &visitor)
      }
      for expert in 0..<experts.gates.count {
        let number = number + expert * Self.partNumberStep
        visitor.visit(matrix: experts.gates[expert], number: number + 2)
        visitor.visit(matrix: experts.ups[expert], number: number + 3)
        visitor.visit(matrix: experts.downs[expert], number: number + 4)
        pages?.leave(experts, expert)
      }
    } else {
      visitor.visit(matrix: layer.gate, number: number + 2)
      visitor.visit(matrix: layer.up, number: number + 3)
      visitor.visit(matrix: layer.down, number: number + 4)
    }
    if let norm = unsafe layer.feedForwardPostNorm {
      unsafe visitor.visit(norm: norm, count: length)
    }
    if let input = layer.input {
      // No layer that has an input has experts.
      visitor.visit(matrix: input.gate, number: number + 3 + Self.partNumberStep)
      visitor.visit(matrix: input.projection, number: number + 4 + Self.partNumberStep)
      unsafe visitor.visit(norm: input.norm, count: length)
      unsafe visitor.visit(norm: input.outputScale, count: 1)
    }
  }

  private func forEach<Visitor: WeightVisitor>(
    in biases: ExpertBiases, _ spec: LayerSpec, _ expertCount: Int, _ visitor: inout Visitor
  ) {
    unsafe visitor.visit(bias: biases.router, count: expertCount)
    for expert in 0..<expertCount {
      unsafe visitor.visit(bias: biases.gates[expert], count: spec.feedForwardLength)
      unsafe visitor.visit(bias: biases.ups[expert], count: spec.feedForwardLength)
      unsafe visitor.visit(bias: biases.downs[expert], count: shape.embeddingLength)
    }
  }
}
