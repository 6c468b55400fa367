import Kernels
import Memory
import Model
import Platform

/// The router and the experts of a layer.
@safe struct ExpertWeights: BitwiseCopyable {
  /// A row for each expert.
  let router: ArenaRows<Float>
  /// `[experts]`, if the layer has it.
  let bias: UnsafeMutablePointer<Float>?
  let gates: ExpertMatrices
  let ups: ExpertMatrices
  let downs: ExpertMatrices
  /// If the layer has them.
  let biases: ExpertBiases?

  init(carver: inout Carver, _ shape: ModelShape, _ layer: Int, _ experts: ExpertSpec) {
    let (spec, length) = (shape.layer(layer), shape.embeddingLength)
    router = carver.takeRows(.norms, Float.self, count: experts.count, stride: length)
    unsafe bias =
      unsafe experts.hasBias ? carver.take(.norms, Float.self, count: experts.count) : nil
    func matrices(_ tensor: LayerTensor, outputs: Int, k: Int) -> ExpertMatrices {
      ExpertMatrices(
        carver: &carver, shape.format(layer, tensor), count: experts.count, outputs: outputs, k: k)
    }
    gates = matrices(.gate, outputs: spec.feedForwardLength, k: length)
    ups = matrices(.up, outputs: spec.feedForwardLength, k: length)
    downs = matrices(.down, outputs: length, k: spec.feedForwardLength)
    biases =
      experts.hasMatrixBiases
      ? ExpertBiases(
        carver: &carver, experts, length: length, feedForwardLength: spec.feedForwardLength) : nil
  }
}

/// What is added to the numbers of a router and to the products of all experts.
@safe struct ExpertBiases: BitwiseCopyable {
  /// `[experts]`
  let router: UnsafeMutablePointer<Float>
  /// A row for each expert, with zeros behind it to whole output groups.
  let gates: ArenaRows<Float>
  let ups: ArenaRows<Float>
  let downs: ArenaRows<Float>

  init(carver: inout Carver, _ experts: ExpertSpec, length: Int, feedForwardLength: Int) {
    unsafe router = unsafe carver.take(.norms, Float.self, count: experts.count)
    func rows(_ count: Int) -> ArenaRows<Float> {
      carver.takeRows(
        .norms, Float.self, count: experts.count, stride: MatrixFormat.outputCapacity(count))
    }
    gates = rows(feedForwardLength)
    ups = rows(feedForwardLength)
    downs = rows(length)
  }
}

extension ExpertWeights {
  /// Takes an expert's matrices out of memory.
  func dropPages(_ expert: Int, of image: UnsafeMutableRawBufferPointer) {
    unsafe FilePages.drop(gates.bytes(expert), of: image)
    unsafe FilePages.drop(ups.bytes(expert), of: image)
    unsafe FilePages.drop(downs.bytes(expert), of: image)
  }
}

/// A matrix of each expert, one behind the other: in a packed file, pages of their own.
@safe struct ExpertMatrices: BitwiseCopyable {
  private let format: MatrixFormat
  private let memory: UnsafeMutableRawPointer
  private let stride: Int
  let count: Int
  private let outputs: Int
  private let k: Int

  init(carver: inout Carver, _ format: MatrixFormat, count: Int, outputs: Int, k: Int) {
    self.format = format
    self.count = count
    self.outputs = outputs
    self.k = k
    stride = Self.stride(format, outputs: outputs, k: k)
    unsafe memory = unsafe carver.takeBytes(.experts, count: count * stride)
  }

  /// Bytes of one matrix.
  static func stride(_ format: MatrixFormat, outputs: Int, k: Int) -> Int {
    (format.byteCount(outputs: outputs, k: k) + 63) & ~63
  }

  func bytes(_ expert: Int) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: memory + expert * stride, count: stride)
  }

  subscript(expert: Int) -> WeightMatrix {
    unsafe WeightMatrix(format, memory: memory + expert * stride, outputs: outputs, k: k)
  }
}
