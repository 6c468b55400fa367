import Kernels
import Model
import Profile

/// What each matrix of a model is held in.
extension ModelShape {
  /// - Parameter slot: a matrix.
  func format(_ slot: TensorSlot) -> MatrixFormat {
    guard keepsCodes, let type = coded[slot] else { return .int8 }
    return MatrixFormat(keeping: type)
  }

  func format(_ layer: Int, _ tensor: LayerTensor) -> MatrixFormat {
    format(.layer(layer, tensor))
  }

  /// What a layer's queries, keys and values are all held in; nil if each has a matrix of its own. If
  /// their types differ and their outputs are not whole groups, all of them become int8.
  func queryKeyValueFormat(_ layer: Int) -> MatrixFormat? {
    let query = format(layer, .query)
    if let delta = self.layer(layer).delta {
      if format(layer, .key) == query { return query }
      return delta.channelCount % MatrixJoin.outputMultiple == 0 ? nil : .int8
    }
    // What a convolution takes comes from one matrix.
    if !self.layer(layer).attends || self.layer(layer).keySource != nil { return query }
    if format(layer, .key) == query && format(layer, .value) == query { return query }
    let (spec, multiple) = (self.layer(layer), MatrixJoin.outputMultiple)
    return spec.keyStart % multiple == 0 && spec.kvLength % multiple == 0 ? nil : .int8
  }

  /// Gives matrices that come from no file types, as far as their rows are whole blocks of them.
  @export(interface)
  public mutating func setMadeUpTypes(_ format: WeightFormat) {
    guard format.isMadeUp else { return }
    for layer in 0..<layerCount {
      let spec = self.layer(layer)
      for index in LayerTensor.query.rawValue...LayerTensor.down.rawValue {
        guard let tensor = LayerTensor(rawValue: index), !tensor.isVector else { continue }
        let k =
          switch tensor {
          case .attentionOutput: spec.mixedLength(embeddingLength: embeddingLength)
          case .down: spec.feedForwardLength
          default: embeddingLength
          }
        setMadeUpType(.layer(layer, tensor), k: k, format.type(layer, tensor, of: layerCount))
      }
    }
    setMadeUpType(.tokenEmbedding, k: embeddingLength, format.type(isHead: isOutputTied))
    if !isOutputTied { setMadeUpType(.output, k: embeddingLength, format.type(isHead: true)) }
  }

  private mutating func setMadeUpType(_ slot: TensorSlot, k: Int, _ type: TensorType) {
    if k % type.blockElementCount == 0 { coded.set(slot, type) }
  }

  /// All forms that activations are rounded in.
  var roundingForms: RoundingForms {
    var forms = format(isOutputTied ? .tokenEmbedding : .output).form
    for layer in 0..<layerCount {
      if let format = queryKeyValueFormat(layer) {
        forms.formUnion(format.form)
      } else {
        forms.formUnion(format(layer, .query).form)
        forms.formUnion(format(layer, .key).form)
        if self.layer(layer).attends { forms.formUnion(format(layer, .value).form) }
      }
      forms.formUnion(format(layer, .attentionOutput).form)
      forms.formUnion(format(layer, .gate).form)
      forms.formUnion(format(layer, .up).form)
      forms.formUnion(format(layer, .down).form)
    }
    if layerInputLength > 0 { forms.formUnion(MatrixFormat.int8.form) }
    return forms
  }
}

extension MatrixFormat {
  /// - Parameter type: one that `isCoded`.
  fileprivate init(keeping type: TensorType) {
    switch type {
    case .q4_0: self = .bits(.q4_0)
    case .q4_1: self = .bits(.q4_1)
    case .q5_0: self = .bits(.q5_0)
    case .q5_1: self = .bits(.q5_1)
    case .iq4_nl: self = .bits(.iq4_nl)
    case .q4_k: self = .bits(.q4_k)
    case .q5_k: self = .bits(.q5_k)
    case .q6_k: self = .bits(.q6_k)
    case .iq4_xs: self = .bits(.iq4_xs)
    case .q8_0: self = .bits(.q8_0)
    case .mxfp4: self = .bits(.mxfp4)
    default: self = .int8
    }
  }
}

extension WeightFormat {
  /// Of a layer's matrix. llama.cpp's Q4_K_M has more bits for values and for the last matrix of the
  /// feed-forward part in the first and the last eighth of the layers and in each third one between.
  fileprivate func type(_ layer: Int, _ tensor: LayerTensor, of count: Int) -> TensorType {
    if self != .q4_k_m || (tensor != .value && tensor != .down) { return type(isHead: false) }
    let eighth = count / 8
    let isLong = layer < eighth || layer >= 7 * count / 8 || (layer - eighth) % 3 == 2
    return isLong ? .q6_k : .q4_k
  }

  fileprivate func type(isHead: Bool) -> TensorType {
    switch self {
    case .q4_0: .q4_0
    case .q4_1: .q4_1
    case .q5_0: .q5_0
    case .q5_1: .q5_1
    case .iq4_nl: .iq4_nl
    case .q5_k: .q5_k
    case .q6_k: .q6_k
    case .iq4_xs: .iq4_xs
    case .mxfp4: .mxfp4
    case .q4_k_m: isHead ? .q6_k : .q4_k
    case .int8, .file, .q4_k: .q4_k
    }
  }
}
